package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/store/storetest"
)

// claimAndSettleLimit is what a run may cost the store, in CPU of this process, where
// callers share commits. One who is alone pays for two by itself, most of it in the
// kernel, which waits for the disk: that is told and not judged, since who has few runs
// has CPU.
const claimAndSettleLimit = 300 * time.Microsecond

// A run's claim and what comes of it, on the disk each, and the run itself in the
// history, in a closed loop: by one caller, and by many. Only "make bench", which sets
// FIGURES, judges it.
func TestFiguresStore(t *testing.T) {
	judged := os.Getenv("FIGURES") != ""
	runs := 40
	if judged {
		runs = 1_500
	}
	for _, callers := range []int{1, 8, 32} {
		best, judged := time.Hour, judged && callers > 1
		for round := 0; round < 1 || judged && (round < 3 || best > claimAndSettleLimit && round < 10); round++ {
			best = min(best, costOfRuns(t, runs, callers))
		}
		t.Logf("SQLite, %2d callers: %s of CPU for the claim, the settlement and the record of a run", callers, best.Round(time.Microsecond))
		if judged && best > claimAndSettleLimit {
			t.Errorf("want at most %s", claimAndSettleLimit)
		}
	}
}

// costOfRuns gives the CPU of one run of many.
func costOfRuns(t *testing.T, many, callers int) time.Duration {
	t.Helper()
	l := openAt(t, filepath.Join(t.TempDir(), "loginwatch.db"))
	defer func() { _ = l.Close() }()
	now := time.Now()
	runs := make([]loginwatch.Run, callers)
	for caller := range runs {
		runs[caller] = *watched(rand.New(rand.NewPCG(1, uint64(caller))), now, caller)
	}
	do := func(caller, i int) error {
		at := now.Add(time.Duration(i) * time.Second)
		a, err := l.Admit(context.Background(), loginwatch.Claim{
			Slot:       loginwatch.Slot{Key: loginwatch.Key{Vendor: "acme", Probe: fmt.Sprint("login-", caller), Target: "production"}, Due: at, Planned: at},
			Credential: loginwatch.Credential{Name: fmt.Sprint("acme-", caller), Digest: fmt.Sprintf("%064d", caller)}, Address: "https://api.example.com/v1", At: at,
		})
		if err != nil || !a.Granted {
			return fmt.Errorf("%+v, %w", a, err)
		}
		if _, err = l.Settle(context.Background(), a, loginwatch.Settlement{At: at.Add(time.Second), Accepted: true}); err != nil {
			return err
		}
		run := runs[caller]
		run.Due, run.Started = at, at
		return l.Past().RecordRun(context.Background(), &run)
	}
	before := storetest.ProcessCPU()
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			for i := range many / callers {
				if err := do(caller, i); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	s, _ := l.engine.(*sqlite)
	flush(t, s)
	return (storetest.ProcessCPU() - before) / time.Duration(many/callers*callers)
}
