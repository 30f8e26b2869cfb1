//go:build postgres

package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/store/pgtest"
)

// Ten replicas that all want the same slots at the same time, each in another order, grant
// each of them once.
func TestPostgreSQLTenReplicas(t *testing.T) {
	pair := pgtest.Start(t)
	database := pair.Database()
	const replicas, slots = 10, 50
	var mu sync.Mutex
	granted := map[string]int{}
	var work sync.WaitGroup
	now := time.Now().Truncate(time.Second)
	for range replicas {
		l := openPg(t, pair, database)
		order := rand.Perm(slots)
		work.Go(func() {
			for _, i := range order {
				key := loginwatch.Key{Vendor: "acme", Probe: fmt.Sprint("login-", i), Target: "production"}
				a, err := l.Admit(context.Background(), loginwatch.Claim{Slot: loginwatch.Slot{Key: key, Due: now, Planned: now}, At: now})
				if err != nil {
					t.Error(err)
					return
				}
				if a.Granted {
					mu.Lock()
					granted[key.Probe]++
					mu.Unlock()
					if _, err := l.Settle(context.Background(), a, loginwatch.Settlement{At: now}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	work.Wait()
	for i := range slots {
		if n := granted[fmt.Sprint("login-", i)]; n != 1 {
			t.Errorf("slot %d was granted %d times", i, n)
		}
	}
}
