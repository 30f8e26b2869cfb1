package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch"
)

// The variables that make the tests' own program one that runs slots of a store in
// PostgreSQL, from one on, and writes its logins into a file, which is the vendor.
const (
	replicaOf     = "LOGINWATCH_TEST_REPLICA"
	replicaFrom   = "LOGINWATCH_TEST_REPLICA_FROM"
	replicaLogins = "LOGINWATCH_TEST_REPLICA_LOGINS"
)

const (
	replicaSlots = 10_000
	replicaJobs  = 50
)

// replicaKey is the key of their store.
type replicaKey struct{}

func (replicaKey) Secret(name string) (string, bool, error) {
	return strings.Repeat("5a", keyBytes), name == "key", nil
}
func (replicaKey) Origin(string) string { return "the test" }

// slotNumber is a claim of one of the slots: each job has one in a minute, and two jobs
// log in as one account, ten seconds apart, with a code of 30 seconds.
func slotNumber(i int) loginwatch.Claim {
	job, round := i%replicaJobs, i/replicaJobs
	due := start.Add(time.Duration(round)*time.Minute + time.Duration(job%2*10+job/2)*time.Second)
	return loginwatch.Claim{
		Slot:       loginwatch.Slot{Key: loginwatch.Key{Vendor: "acme", Probe: fmt.Sprint("login-", job), Target: "t"}, Due: due, Planned: due},
		Credential: loginwatch.Credential{Name: fmt.Sprint("c", job), Digest: fmt.Sprint("d", job)},
		Address:    "https://api.example.com", At: due,
		Limits: []loginwatch.OperationLimit{{
			Operation: "code", Account: fmt.Sprint("account-", job/2), Requests: 1,
			Limit: loginwatch.RateLimit{Requests: 1, Per: 30 * time.Second},
		}},
	}
}

// replica says the number of each slot once it is decided.
func replica(url, from, logins string, out io.Writer) int {
	first, err := strconv.Atoi(from)
	if err != nil {
		return 1
	}
	l, err := Open(context.Background(), Place{URL: url, Secrets: replicaKey{}, Instance: strconv.Itoa(os.Getpid())}, Budget{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	vendor, err := os.OpenFile(logins, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	numbers := make(chan int)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range numbers {
				for err := errors.New("not yet"); err != nil; {
					err = runSlot(l, i, vendor)
				}
				fmt.Fprintln(out, i)
			}
		})
	}
	for i := first; i < replicaSlots; i++ {
		numbers <- i
	}
	close(numbers)
	wg.Wait()
	if err := l.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// runSlot claims a slot and logs in where it may. The error says that nobody knows whose
// it is; what a login brought is kept by the ledger until it can be written.
func runSlot(l *Ledger, i int, vendor io.Writer) error {
	c := slotNumber(i)
	c.At = c.At.Add(rand.N(2 * time.Second)) //nolint:gosec // no two replicas are equally late
	a, err := l.Admit(context.Background(), c)
	if err != nil || !a.Granted {
		return err
	}
	// One write of a few bytes at the end of the file: whole, whoever else writes.
	if _, err := fmt.Fprintf(vendor, "%d %s %d\n", i, c.Limits[0].Account, c.At.Unix()/30); err != nil {
		return nil
	}
	result := loginwatch.Settlement{At: c.At.Add(time.Second), Accepted: true}
	if i%97 == 0 {
		result.Accepted, result.Refusal = false, loginwatch.RefusalCertain
	}
	_, _ = l.Settle(context.Background(), a, result)
	return nil
}
