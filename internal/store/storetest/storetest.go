// Package storetest says how every ledger behaves, as tests that each
// implementation runs. It never looks behind [Store] and never waits: all times are
// passed in.
package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

// Store is what a store does for its users.
type Store interface {
	loginwatch.Ledger
	loginwatch.Rotations
	Resume(ctx context.Context, name string, now time.Time) (before loginwatch.CredentialState, known bool, err error)
}

// Run tests the stores that empty gives, each new and without any memory. They
// have the default budget: 3 rejections in an hour, then a cool-down of 15
// minutes that doubles up to 24 hours.
func Run(t *testing.T, empty func(testing.TB) Store) {
	t.Helper()
	for _, group := range [][]named{budgetTests, valueTests, refusalTests, waitTests, limitTests, operationTests, quotaTests, sessionTests, nextTests, slotTests, rotationTests, callTests, clockTests} {
		for _, tt := range group {
			t.Run(tt.name, func(t *testing.T) { tt.run(newSession(t, empty(t))) })
		}
	}
}

type named struct {
	name string
	run  func(*session)
}

// session drives one ledger along a made-up clock.
type session struct {
	t       testing.TB
	ledger  Store
	now     time.Time
	slots   int
	tickets map[int64]bool // that were granted
}

func newSession(t testing.TB, l Store) *session {
	return &session{t: t, ledger: l, now: time.Date(2026, time.November, 21, 10, 0, 0, 0, time.UTC), tickets: map[int64]bool{}}
}

func (s *session) pass(d time.Duration) { s.now = s.now.Add(d) }

// claim gives a claim of the usual probe and credential, changed by how.
func (s *session) claim(how ...func(*loginwatch.Claim)) loginwatch.Claim {
	s.slots++
	c := loginwatch.Claim{
		Slot:       loginwatch.Slot{Key: loginwatch.Key{Vendor: "acme", Probe: "login", Target: "production"}, Due: s.now, Planned: s.now},
		Credential: loginwatch.Credential{Name: "acme-production", Digest: "acme-production's values"},
		At:         s.now,
	}
	// Slots of one instant belong to different probes.
	c.Slot.Probe = fmt.Sprintf("login-%d", s.slots)
	for _, f := range how {
		f(&c)
	}
	return c
}

// credential claims another one, whose values are like no other's.
func credential(name string) func(*loginwatch.Claim) { return value(name, name+"'s values") }

// value claims a credential by its name and the digest of its values.
func value(name, digest string) func(*loginwatch.Claim) {
	return func(c *loginwatch.Claim) { c.Credential = loginwatch.Credential{Name: name, Digest: digest} }
}

// none claims a run that sends no credential.
func none(c *loginwatch.Claim) { c.Credential = loginwatch.Credential{} }

func target(vendor, name string) func(*loginwatch.Claim) {
	return func(c *loginwatch.Claim) { c.Slot.Vendor, c.Slot.Target = vendor, name }
}

func address(url string) func(*loginwatch.Claim) {
	return func(c *loginwatch.Claim) { c.Address = url }
}

func limits(ls ...loginwatch.OperationLimit) func(*loginwatch.Claim) {
	return func(c *loginwatch.Claim) { c.Limits = ls }
}

// admit claims and holds every answer to what holds for all: it is a grant with
// a ticket of its own or a reason of the closed list, and it tells how the
// claim's credential stands.
func (s *session) admit(c loginwatch.Claim) loginwatch.Ticket {
	s.t.Helper()
	a, err := s.ledger.Admit(context.Background(), c)
	switch {
	case err != nil:
		s.t.Fatalf("Admit: %v", err)
	case a.Credential.Credential != c.Credential.Name:
		s.t.Fatalf("Admit tells of the credential %q instead of %q", a.Credential.Credential, c.Credential.Name)
	case a.Granted && (a.Reason != "" || !a.Until.IsZero() || s.tickets[a.ID]):
		s.t.Fatalf("at %s: a grant with a reason, or with the ticket of another: %+v", s.now.Format(time.TimeOnly), a)
	case !a.Granted && !slices.Contains(loginwatch.AdmissionReasons, a.Reason):
		s.t.Fatalf("at %s: refused for a reason outside the list: %+v", s.now.Format(time.TimeOnly), a)
	case a.Granted:
		s.tickets[a.ID] = true
	}
	return a
}

// granted admits a claim that must be granted.
func (s *session) granted(how ...func(*loginwatch.Claim)) loginwatch.Ticket {
	s.t.Helper()
	a := s.admit(s.claim(how...))
	if !a.Granted {
		s.t.Fatalf("at %s: got %+v, want it granted", s.now.Format(time.TimeOnly), a)
	}
	return a
}

// refused claims what must be refused until after a while.
func (s *session) refused(reason loginwatch.Reason, wait time.Duration, how ...func(*loginwatch.Claim)) {
	s.t.Helper()
	a := s.admit(s.claim(how...))
	if a.Granted || a.Reason != reason || !a.Until.Equal(s.now.Add(wait)) {
		s.t.Fatalf("at %s: got %+v, want %s for %s", s.now.Format(time.TimeOnly), a, reason, wait)
	}
}

func (s *session) settle(a loginwatch.Ticket, r loginwatch.Settlement) loginwatch.CredentialState {
	s.t.Helper()
	return s.settleAt(a, r, s.now)
}

// settleAt settles what ended at a time before now.
func (s *session) settleAt(a loginwatch.Ticket, r loginwatch.Settlement, ended time.Time) loginwatch.CredentialState {
	s.t.Helper()
	r.At = ended
	state, err := s.ledger.Settle(context.Background(), a, r)
	if err != nil {
		s.t.Fatalf("Settle: %v", err)
	}
	return state
}

var (
	refusal    = loginwatch.Settlement{Refusal: loginwatch.RefusalCertain}
	maybe      = loginwatch.Settlement{Refusal: loginwatch.RefusalPossible}
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
