package store

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/store/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Run(t, func(testing.TB) storetest.Store { return trusting(NewMemory(Budget{})) })
}

// trusting has a ledger forget by the made-up clock of a test as by one that has run
// steadily.
func trusting(l *Ledger) *Ledger {
	l.steady = func(time.Time) bool { return true }
	return l
}

var start = time.Date(2026, time.November, 21, 10, 0, 0, 0, time.UTC)

func TestBudgetFillsInDefaults(t *testing.T) {
	if got := (Budget{}).withDefaults(); got != DefaultBudget() {
		t.Errorf("got %+v", got)
	}
	long := Budget{CoolDown: 48 * time.Hour}.withDefaults()
	if long.coolDown(0) != 48*time.Hour || long.coolDown(5) != 48*time.Hour {
		t.Errorf("a cool-down over the default maximum became %s, then %s", long.coolDown(0), long.coolDown(5))
	}
}

func TestBudgetIsConfigurable(t *testing.T) {
	m := NewMemory(Budget{Rejections: 1, CoolDown: time.Hour, CoolDownMax: 90 * time.Minute})
	now := start
	for _, wait := range []time.Duration{time.Hour, 90 * time.Minute, 90 * time.Minute} {
		c := loginwatch.Claim{Slot: loginwatch.Slot{Due: now}, Credential: loginwatch.Credential{Name: "c"}, At: now}
		granted, err := m.Admit(t.Context(), c)
		if err != nil || !granted.Granted {
			t.Fatalf("at %s: %+v, %v", now, granted, err)
		}
		if _, err := m.Settle(t.Context(), granted, loginwatch.Settlement{At: now, Refusal: loginwatch.RefusalCertain}); err != nil {
			t.Fatal(err)
		}
		a, err := m.Admit(t.Context(), loginwatch.Claim{Slot: loginwatch.Slot{Due: now.Add(1)}, Credential: loginwatch.Credential{Name: "c"}, At: now})
		if err != nil || a.Granted || !a.Until.Equal(now.Add(wait)) {
			t.Fatalf("at %s: %+v, %v; want a cool-down of %s", now, a, err, wait)
		}
		now = now.Add(wait)
	}
}

// A shutdown cuts runs short; what they brought must still count.
func TestSettlementIgnoresItsContext(t *testing.T) {
	m := NewMemory(Budget{Rejections: 1})
	c := loginwatch.Claim{Slot: loginwatch.Slot{Due: start}, Credential: loginwatch.Credential{Name: "c"}, At: start}
	granted, err := m.Admit(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Settle(ctx, granted, loginwatch.Settlement{At: start, Refusal: loginwatch.RefusalCertain}); err != nil {
		t.Fatal(err)
	}
	states, err := m.Credentials(t.Context(), start)
	if err != nil || len(states) != 1 || !states[0].Suspended {
		t.Errorf("got %+v, %v", states, err)
	}
	if _, err := m.Credentials(ctx, start); err == nil {
		t.Error("Credentials ignores its context")
	}
}

// Who unlocked an account lets its credential be tried at once: once.
func TestResume(t *testing.T) {
	for name, l := range map[string]*Ledger{"memory": NewMemory(Budget{}), "SQLite": openAt(t, filepath.Join(t.TempDir(), "loginwatch.db"))} {
		resumes(t, name, l)
		_ = l.Close()
	}
}

func resumes(t *testing.T, name string, l *Ledger) {
	t.Helper()
	l.budget.Rejections = 1
	now := start
	claim := func() loginwatch.Ticket {
		now = now.Add(time.Second)
		a, err := l.Admit(t.Context(), loginwatch.Claim{Slot: loginwatch.Slot{Due: now}, Credential: loginwatch.Credential{Name: "c", Digest: "d"}, At: now})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	refuse := func(a loginwatch.Ticket) {
		if _, err := l.Settle(t.Context(), a, loginwatch.Settlement{At: now, Refusal: loginwatch.RefusalCertain}); err != nil || !a.Granted {
			t.Fatalf("%s: %+v, %v", name, a, err)
		}
	}
	resume := func(of string, suspended, known bool) {
		t.Helper()
		if before, ok, err := l.Resume(t.Context(), of, now); err != nil || ok != known || before.Suspended != suspended {
			t.Errorf("%s: %+v, %t, %v", name, before, ok, err)
		}
	}
	resume("c", false, false)
	a := claim()
	resume("c", false, true)
	refuse(a)
	if a := claim(); a.Granted || a.Reason != loginwatch.ReasonSuspended {
		t.Errorf("%s: %+v", name, a)
	}
	resume("other", false, false)
	resume("c", true, true)
	refuse(claim())
	if a := claim(); a.Granted || !a.Until.Equal(now.Add(30*time.Minute-time.Second)) {
		t.Errorf("%s: %+v", name, a)
	}
}

// What is kept does not grow with time, with credentials and targets that come
// and go, or with runs that are never settled.
func TestMemoryIsBounded(t *testing.T) {
	m := trusting(NewMemory(Budget{}))
	kept := m.engine.(*memory)
	now := start
	limit := loginwatch.OperationLimit{Operation: "login", Requests: 1, Limit: loginwatch.RateLimit{Requests: 25, Per: 5 * time.Second}}
	for i := range 2_000 {
		now = now.Add(10 * time.Minute)
		c := loginwatch.Claim{
			Slot:       loginwatch.Slot{Key: loginwatch.Key{Vendor: "acme", Target: fmt.Sprintf("t%d", i)}, Due: now},
			Credential: loginwatch.Credential{Name: fmt.Sprintf("c%d", i), Digest: fmt.Sprintf("d%d", i)}, Limits: []loginwatch.OperationLimit{limit}, At: now,
		}
		granted, err := m.Admit(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			if _, err := m.Settle(t.Context(), granted, loginwatch.Settlement{At: now, Refusal: loginwatch.RefusalCertain, Throttled: true}); err != nil {
				t.Fatal(err)
			}
		}
	}
	idle := 49*6 + 2 // steps until a credential is forgotten, and then some
	if len(kept.known) > idle || len(kept.inUse) > idle || len(kept.blocked) > 5 || len(kept.windows) > 10 || len(kept.tickets) > 80 || len(kept.slots) > 160 {
		t.Errorf("%d credentials, %d names, %d waits, %d windows, %d tickets, %d slots are kept",
			len(kept.known), len(kept.inUse), len(kept.blocked), len(kept.windows), len(kept.tickets), len(kept.slots))
	}

	// One credential that is rejected whenever it may run, for a year.
	m = trusting(NewMemory(Budget{}))
	runs := 0
	for now = start; now.Before(start.AddDate(1, 0, 0)); now = now.Add(5 * time.Minute) {
		c := loginwatch.Claim{Slot: loginwatch.Slot{Due: now}, Credential: loginwatch.Credential{Name: "c"}, At: now, Limits: []loginwatch.OperationLimit{limit}}
		a, err := m.Admit(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if a.Granted {
			runs++
			if _, err := m.Settle(t.Context(), a, loginwatch.Settlement{At: now, Refusal: loginwatch.RefusalCertain}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := len(m.engine.(*memory).known[budgetKey{name: "c"}].Rejections); n > 3 {
		t.Errorf("%d rejections are kept", n)
	}
	if runs > 3+8+365 {
		t.Errorf("%d logins with a rejected credential in a year", runs)
	}
}

// all are mine.
func all(loginwatch.Key) bool { return true }
