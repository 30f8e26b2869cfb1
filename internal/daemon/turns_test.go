package daemon_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/store"
)

// away is a ledger of which another daemon has the slots, for a while.
type away struct {
	loginwatch.Ledger
	others bool
	asked  []time.Time
}

func (a *away) Admit(ctx context.Context, c loginwatch.Claim) (loginwatch.Ticket, error) {
	a.asked = append(a.asked, time.Now())
	if a.others {
		return loginwatch.Ticket{Admission: loginwatch.Admission{Reason: loginwatch.ReasonElsewhere}}, nil
	}
	return a.Ledger.Admit(ctx, c)
}

// Who had a job's slot before goes first, and when it is gone somebody else does from
// then on.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger := &away{Ledger: store.NewMemory(store.Budget{})}
		f := newFixture(ledger, judged(loginwatch.OK, "", "success"))
		var waited []time.Duration
		for _, others := range []bool{false, true, true, false, false} {
			ledger.others = others
			begun := time.Now()
			f.slots(t.Context(), 1, time.Minute)
			waited = append(waited, ledger.asked[len(ledger.asked)-1].Sub(begun))
		}
		const first, later = 0, 250 * time.Millisecond
		for i, want := range []time.Duration{first, first, later, later, first} {
			if waited[i] != want {
				t.Errorf("slot %d was claimed after %s, want %s", i, waited[i], want)
			}
		}
		if f.sent != 3 {
			t.Errorf("%d logins, want 3", f.sent)
		}
		// Nobody waits who is told to end.
		ledger.others = true
		f.slots(t.Context(), 1, time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		begun := time.Now()
		f.slots(ctx, 1, time.Minute)
		if time.Since(begun) > 0 {
			t.Errorf("it waited %s", time.Since(begun))
		}
	})
}
