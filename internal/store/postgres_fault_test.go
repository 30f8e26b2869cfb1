//go:build postgres

package store

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/store/pgtest"
)

// within is a context that ends soon: what waits for a standby waits for good.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// doubted claims what can't be acknowledged.
func doubted(t *testing.T, l *Ledger, c loginwatch.Claim) {
	t.Helper()
	a, err := l.Admit(within(t, 300*time.Millisecond), c)
	if err == nil || a.Granted {
		t.Fatalf("without a standby: %+v, %v", a, err)
	}
	if !strings.Contains(err.Error(), "nobody knows whether it is kept") {
		t.Errorf("without a standby: %v", err)
	}
}

// A commit whose standby is away is on the primary alone, and a promotion takes it back:
// so nothing rests on it, however the wait for the standby ends.
func TestPostgreSQLWithoutStandby(t *testing.T) {
	t.Parallel() // it waits, mostly
	pair := pgtest.StartWithStandby(t)
	t.Run("lost with its primary", func(t *testing.T) {
		database := pair.Database()
		here, there := openPg(t, pair, database), openPg(t, pair, database)
		// Who asks once the standby was promoted has to be answered, however busy the machine is:
		// if that one gave up as well, its claim would be taken back, and nobody would have the slot.
		there.patience, there.engine.(*postgres).patience = time.Minute, time.Minute
		granted := 0
		claim := func(l *Ledger) (err error) {
			a, err := l.Admit(t.Context(), claimed(1))
			if err == nil && a.Granted {
				granted++
			}
			return err
		}
		if a, err := here.Admit(t.Context(), claimed(0)); err != nil || !a.Granted {
			t.Fatalf("%+v, %v", a, err)
		}
		pair.StopStandby()
		over := make(chan struct{})
		go func() {
			defer close(over)
			_ = claim(here) // which is not acknowledged, or is once the standby was promoted
		}()
		waitFor(t, pair, database, "SyncRep")
		pair.CancelWaits() // as an operator would who sees them hang
		visible := 0
		for visible == 0 { // it is there, for all to see
			pair.Value(database, `SELECT count(*) FROM loginwatch.slot WHERE due = $1`, &visible, claimed(1).Slot.Due.UnixNano())
		}
		pair.KillPrimary()
		pair.StartStandby()
		pair.Promote()
		pair.AddStandby()
		<-over // who has asked meanwhile, or asks now
		if err := claim(there); err != nil {
			t.Fatal(err)
		}
		_ = claim(here) // which takes back what was not acknowledged
		if granted != 1 {
			t.Errorf("the slot was granted %d times", granted)
		}
	})
	for name, end := range map[string]func(string){
		"cancelled by us":         func(string) {},
		"cancelled by the server": func(string) { pair.CancelWaits() },
		"ended by the server":     func(string) { pair.EndWaits() },
	} {
		t.Run(name, func(t *testing.T) {
			database := pair.Database()
			l := openPg(t, pair, database)
			first, err := l.Admit(t.Context(), claimed(0))
			if err != nil || !first.Granted {
				t.Fatalf("%+v, %v", first, err)
			}
			pair.StopStandby()
			stop := make(chan struct{})
			go func() {
				for {
					select {
					case <-stop:
						return
					case <-time.After(50 * time.Millisecond):
						end(database)
					}
				}
			}()
			limited := claimed(1)
			limited.Limits = []loginwatch.OperationLimit{{Operation: "login", Requests: 1, Limit: loginwatch.RateLimit{Requests: 1, Per: time.Hour}}}
			doubted(t, l, limited)
			close(stop)
			pair.StartStandby()
			waitFor(t, pair, database, "")
			if lost, err := l.Lost(t.Context(), start.AddDate(1, 0, 0), all); err != nil || len(lost) != 1 || !lost[0].Due.Equal(claimed(0).Slot.Due) {
				t.Errorf("lost %v, %v; want the first slot alone", lost, err)
			}
			if a, err := l.Admit(t.Context(), limited); err != nil || a.Granted || a.Reason != loginwatch.ReasonElsewhere {
				t.Errorf("the slot again: %+v, %v", a, err)
			}
			limited.Slot.Probe = "other"
			if a, err := l.Admit(t.Context(), limited); err != nil || !a.Granted || a.Credential.Remaining != 3 {
				t.Errorf("the limit afterwards: %+v, %v", a, err)
			}
			reason := ""
			pair.Value(database, `SELECT reason FROM loginwatch.slot JOIN loginwatch.job ON job.id = job WHERE due = $1 AND probe = 'login'`, &reason, limited.Slot.Due.UnixNano())
			if reason != string(loginwatch.ReasonStore) {
				t.Errorf("the slot is %q", reason)
			}
		})
	}
}

// waitFor waits until a connection waits for something, or none waits for the standby.
func waitFor(t *testing.T, pair *pgtest.Pair, database, event string) {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < 10*time.Second; time.Sleep(5 * time.Millisecond) {
		n := 0
		pair.Value(database, `SELECT count(*) FROM pg_stat_activity WHERE wait_event = $1`, &n, map[bool]string{true: event, false: "SyncRep"}[event != ""])
		if (n > 0) == (event != "") {
			return
		}
	}
	t.Fatalf("nobody waits for %q", event)
}

// What a login brought is kept until the standby is there again, and nothing is granted
// before that.
func TestPostgreSQLSettlesLater(t *testing.T) {
	t.Parallel() // it waits, mostly
	pair := pgtest.StartWithStandby(t)
	l := openPg(t, pair, pair.Database())
	l.engine.(*postgres).patience = time.Second
	a, err := l.Admit(t.Context(), claimed(0))
	if err != nil || !a.Granted {
		t.Fatalf("%+v, %v", a, err)
	}
	pair.StopStandby()
	if _, err := l.Settle(t.Context(), a, loginwatch.Settlement{At: claimed(0).At, Refusal: loginwatch.RefusalCertain}); err == nil {
		t.Fatal("settled without a standby")
	}
	if a, err := l.Admit(within(t, 300*time.Millisecond), claimed(1)); err == nil || a.Granted {
		t.Fatalf("%+v, %v", a, err)
	}
	pair.KillPrimary() // and with it what it had taken down alone
	pair.StartStandby()
	pair.Promote()
	pair.AddStandby()
	if a, err := l.Admit(t.Context(), claimed(2)); err != nil || !a.Granted || a.Credential.Remaining != 2 {
		t.Errorf("afterwards: %+v, %v; want the refusal counted", a, err)
	}
}
