// Package storetest says how every ledger behaves, as tests that each
// implementation runs. It never looks behind [loginwatch.Ledger] and never
// waits: all times are passed in.
package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

// Run tests the ledgers that empty gives, each new and without any memory. They
// have the default budget: 3 rejections in an hour, then a cool-down of 15
// minutes that doubles up to 24 hours.
func Run(t *testing.T, empty func() loginwatch.Ledger) {
	t.Helper()
	for _, group := range [][]named{budgetTests, waitTests, limitTests, callTests} {
		for _, tt := range group {
			t.Run(tt.name, func(t *testing.T) { tt.run(newSession(t, empty())) })
		}
	}
}

type named struct {
	name string
	run  func(*session)
}

// session drives one ledger along a made-up clock.
type session struct {
	t      testing.TB
	ledger loginwatch.Ledger
	now    time.Time
	slots  int
}

func newSession(t testing.TB, l loginwatch.Ledger) *session {
	return &session{t: t, ledger: l, now: time.Date(2026, time.November, 21, 10, 0, 0, 0, time.UTC)}
}

func (s *session) pass(d time.Duration) { s.now = s.now.Add(d) }

// claim gives a claim of the usual probe and credential, changed by how.
func (s *session) claim(how ...func(*loginwatch.Claim)) loginwatch.Claim {
	s.slots++
	c := loginwatch.Claim{
		Slot:       loginwatch.Slot{Key: loginwatch.Key{Vendor: "acme", Probe: "login", Target: "production"}, Due: s.now, Planned: s.now},
		Credential: "acme-production",
		At:         s.now,
	}
	// Slots of one instant belong to different probes.
	c.Slot.Probe = fmt.Sprintf("login-%d", s.slots)
	for _, f := range how {
		f(&c)
	}
	return c
}

func credential(name string) func(*loginwatch.Claim) {
	return func(c *loginwatch.Claim) { c.Credential = name }
}

func target(vendor, name string) func(*loginwatch.Claim) {
	return func(c *loginwatch.Claim) { c.Slot.Vendor, c.Slot.Target = vendor, name }
}

func address(url string) func(*loginwatch.Claim) {
	return func(c *loginwatch.Claim) { c.Address = url }
}

func limits(ls ...loginwatch.RateLimit) func(*loginwatch.Claim) {
	return func(c *loginwatch.Claim) { c.Limits = ls }
}

func (s *session) admit(c loginwatch.Claim) loginwatch.Admission {
	s.t.Helper()
	a, err := s.ledger.Admit(context.Background(), c)
	if err != nil {
		s.t.Fatalf("Admit: %v", err)
	}
	return a
}

// granted admits a claim that must be granted.
func (s *session) granted(how ...func(*loginwatch.Claim)) loginwatch.Claim {
	s.t.Helper()
	c := s.claim(how...)
	if a := s.admit(c); !a.Granted || a.Reason != "" || !a.Until.IsZero() {
		s.t.Fatalf("at %s: got %+v, want it granted", s.now.Format(time.TimeOnly), a)
	}
	return c
}

// refused claims what must be refused until after a while.
func (s *session) refused(reason loginwatch.Reason, wait time.Duration, how ...func(*loginwatch.Claim)) {
	s.t.Helper()
	a := s.admit(s.claim(how...))
	if a.Granted || a.Reason != reason || !a.Until.Equal(s.now.Add(wait)) {
		s.t.Fatalf("at %s: got %+v, want %s for %s", s.now.Format(time.TimeOnly), a, reason, wait)
	}
}

func (s *session) settle(c loginwatch.Claim, r loginwatch.Settlement) {
	s.t.Helper()
	r.At = s.now
	if err := s.ledger.Settle(context.Background(), c, r); err != nil {
		s.t.Fatalf("Settle: %v", err)
	}
}

var (
	refusal    = loginwatch.Settlement{Refused: true}
	acceptance = loginwatch.Settlement{Accepted: true}
	nothing    = loginwatch.Settlement{}
)

// trial is the wait of a credential that may be tried once.
const trial = -1

// reject runs and is rejected, n times.
func (s *session) reject(n int, how ...func(*loginwatch.Claim)) {
	s.t.Helper()
	for range n {
		s.settle(s.granted(how...), refusal)
	}
}

// credentialIs checks the only credential's state; a wait of 0 means that it
// isn't suspended, and one of trial that its one trial is due.
func (s *session) credentialIs(remaining int, wait time.Duration) {
	s.t.Helper()
	states, err := s.ledger.Credentials(context.Background(), s.now)
	if err != nil || len(states) != 1 {
		s.t.Fatalf("Credentials: %v, %v; want one", states, err)
	}
	got := states[0]
	ok := got.Remaining == remaining && got.Suspended == (wait != 0)
	if wait > 0 {
		ok = ok && got.Until.Equal(s.now.Add(wait))
	} else {
		ok = ok && got.Until.IsZero()
	}
	if !ok {
		s.t.Fatalf("at %s: got %+v, want %d remaining, suspended for %s", s.now.Format(time.TimeOnly), got, remaining, wait)
	}
}
