package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

// failing is an engine that can't be asked for a while.
type failing struct {
	engine
	down bool
}

var errDown = errors.New("the disk is gone")

func (f *failing) claim(ctx context.Context, slot loginwatch.Slot, t ticket, decide func(*page, int64) loginwatch.Admission) error {
	if f.down {
		return errDown
	}
	return f.engine.claim(ctx, slot, t, decide)
}

func (f *failing) book(ctx context.Context, id int64, settles bool, change func(ticket, *page)) error {
	if f.down {
		return errDown
	}
	return f.engine.book(ctx, id, settles, change)
}

// Whatever becomes of the engine, a refusal that was seen counts, and nothing is
// granted before it does.
func TestSettlementsSurviveAnOutage(t *testing.T) {
	l := NewMemory(Budget{Rejections: 2})
	f := &failing{engine: l.engine}
	l.engine = f
	now := start
	claim := func() (loginwatch.Ticket, error) {
		now = now.Add(time.Second)
		return l.Admit(t.Context(), loginwatch.Claim{Slot: loginwatch.Slot{Due: now}, Credential: loginwatch.Credential{Name: "c"}, At: now})
	}
	refused := func(a loginwatch.Ticket) error {
		_, err := l.Settle(t.Context(), a, loginwatch.Settlement{At: now, Refusal: loginwatch.RefusalCertain})
		return err
	}
	a, err := claim()
	if err != nil {
		t.Fatal(err)
	}
	f.down = true
	if err := refused(a); !errors.Is(err, errDown) {
		t.Fatalf("Settle: %v", err)
	}
	for range 3 {
		if a, err := claim(); !errors.Is(err, errDown) || a.Granted {
			t.Fatalf("without a store: %+v, %v", a, err)
		}
	}
	f.down = false
	a, err = claim()
	if err != nil || !a.Granted || a.Credential.Remaining != 1 {
		t.Fatalf("afterwards: %+v, %v; want the refusal counted", a, err)
	}
	f.down = true
	if err := refused(a); err == nil {
		t.Fatal("settled without a store")
	}
	f.down = false
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	states, err := l.Credentials(t.Context(), now)
	if err != nil || len(states) != 1 || !states[0].Suspended {
		t.Errorf("after the end: %+v, %v", states, err)
	}
}
