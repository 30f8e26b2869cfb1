package store

import (
	"context"
	"encoding/binary"
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

// vendor is the file of the logins, beside which all replicas have one clock: a claim is
// made now, however long ago its slot was due, and no clock of theirs is minutes behind
// (docs/fleet.md).
type vendor struct{ logins, clock *os.File }

func openVendor(logins string) (v vendor, err error) {
	if v.logins, err = os.OpenFile(logins, os.O_APPEND|os.O_RDWR, 0); err == nil {
		v.clock, err = os.OpenFile(logins+".clock", os.O_CREATE|os.O_RDWR, 0o600)
	}
	return v, err
}

// now gives a time, or the latest that any replica was at.
func (v vendor) now(at time.Time) (time.Time, error) {
	text := make([]byte, 8)
	if _, err := v.clock.ReadAt(text, 0); err == nil {
		if latest := time.Unix(0, int64(binary.BigEndian.Uint64(text))).UTC(); latest.After(at) { //nolint:gosec // it was made of one
			return latest, nil
		}
	}
	binary.BigEndian.PutUint64(text, uint64(at.UnixNano())) //nolint:gosec // and is made one again
	_, err := v.clock.WriteAt(text, 0)
	return at, err
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
	v, err := openVendor(logins)
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
					err = runSlot(l, i, v)
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
func runSlot(l *Ledger, i int, v vendor) (err error) {
	c := slotNumber(i)
	if c.At, err = v.now(c.At.Add(rand.N(2 * time.Second))); err != nil { //nolint:gosec // no two replicas are equally late
		return err
	}
	a, err := l.Admit(context.Background(), c)
	if err != nil || !a.Granted {
		return err
	}
	// One write of a few bytes at the end of the file: whole, whoever else writes.
	if _, err := fmt.Fprintf(v.logins, "%d %s %d\n", i, c.Limits[0].Account, c.At.Unix()/30); err != nil {
		return nil
	}
	result := loginwatch.Settlement{At: c.At.Add(time.Second), Accepted: true}
	if i%97 == 0 {
		result.Accepted, result.Refusal = false, loginwatch.RefusalCertain
	}
	_, _ = l.Settle(context.Background(), a, result)
	return nil
}
