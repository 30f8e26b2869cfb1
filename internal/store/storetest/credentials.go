package storetest

import (
	"time"

	"github.com/loginwatch/loginwatch"
)

// The budget is that of the value: names are for people.
var valueTests = []named{
	{"a rotated secret starts afresh at once", func(s *session) {
		s.reject(3, value("acme", "old"))
		s.refused(loginwatch.ReasonSuspended, coolDown, value("acme", "old"))
		s.settle(s.granted(value("acme", "new")), acceptance)
		s.credentialIs(3, 0)
	}},
	{"a rotated secret has a budget of its own", func(s *session) {
		s.reject(2, value("acme", "old"))
		s.reject(2, value("acme", "new"))
		s.credentialIs(1, 0)
		s.reject(1, value("acme", "new"))
		s.credentialIs(0, coolDown)
		s.reject(1, value("acme", "old"))
		s.credentialIs(0, coolDown)
	}},
	{"an old value that comes back is still suspended", func(s *session) {
		s.reject(3, value("acme", "old"))
		s.settle(s.granted(value("acme", "new")), acceptance)
		s.refused(loginwatch.ReasonSuspended, coolDown, value("acme", "old"))
		s.credentialIs(0, coolDown)
		s.granted(value("acme", "new"))
		s.credentialIs(3, 0)
	}},
	{"a run of the old value settles the old one", func(s *session) {
		late := s.granted(value("acme", "old"))
		s.settle(s.granted(value("acme", "new")), acceptance)
		if state := s.settle(late, refusal); state.Remaining != 2 {
			s.t.Errorf("the old value stands at %+v", state)
		}
		s.credentialIs(3, 0)
	}},
	{"the same values under two names share a budget", func(s *session) {
		s.reject(2, value("a", "same"), target("acme", "production"))
		s.reject(1, value("b", "same"), target("acme", "staging"))
		s.refused(loginwatch.ReasonSuspended, coolDown, value("a", "same"))
		s.refused(loginwatch.ReasonSuspended, coolDown, value("b", "same"))
		states, err := s.ledger.Credentials(s.t.Context(), s.now)
		if err != nil || len(states) != 2 || !states[0].Suspended || !states[1].Suspended ||
			states[0].Credential != "a" || states[1].Credential != "b" {
			s.t.Errorf("got %+v, %v; want a and b, both suspended", states, err)
		}
	}},
	{"without a digest the name stands for the value", func(s *session) {
		s.reject(3, value("a", ""))
		s.refused(loginwatch.ReasonSuspended, coolDown, value("a", ""))
		s.granted(value("b", ""))
		s.granted(value("c", "a")) // a digest is no name
	}},
}

// A suspension says what it rests on, and only that.
var refusalTests = []named{
	{"possible refusals count like certain ones", func(s *session) {
		for range 3 {
			s.settle(s.granted(), maybe)
		}
		s.credentialIs(0, coolDown)
		s.restsOn(loginwatch.RefusalPossible)
		s.refused(loginwatch.ReasonSuspended, coolDown)
	}},
	{"one certain refusal makes a suspension certain", func(s *session) {
		s.settle(s.granted(), maybe)
		s.settle(s.granted(), refusal)
		s.restsOn(loginwatch.RefusalNone) // it is not suspended yet
		s.settle(s.granted(), maybe)
		s.restsOn(loginwatch.RefusalCertain)
	}},
	{"a certain refusal that does not count any more makes nothing certain", func(s *session) {
		s.settle(s.granted(), refusal)
		s.pass(time.Hour)
		for range 3 {
			s.settle(s.granted(), maybe)
		}
		s.restsOn(loginwatch.RefusalPossible)
	}},
	{"a trial that is refused makes it certain, and one that may be does not", func(s *session) {
		for range 3 {
			s.settle(s.granted(), maybe)
		}
		s.pass(coolDown)
		s.settle(s.granted(), maybe)
		s.restsOn(loginwatch.RefusalPossible)
		s.pass(2 * coolDown)
		s.settle(s.granted(), refusal)
		s.restsOn(loginwatch.RefusalCertain)
		s.pass(4 * coolDown)
		s.settle(s.granted(), maybe)
		s.restsOn(loginwatch.RefusalCertain)
	}},
	{"an accepted login forgets what there was", func(s *session) {
		s.reject(3)
		s.pass(coolDown)
		if state := s.settle(s.granted(), acceptance); state.Suspended || state.Refusal != loginwatch.RefusalNone {
			s.t.Errorf("after an accepted login: %+v", state)
		}
		for range 3 {
			s.settle(s.granted(), maybe)
		}
		s.restsOn(loginwatch.RefusalPossible)
	}},
	{"what is neither accepted nor refused clears nothing", func(s *session) {
		for _, r := range []loginwatch.Settlement{nothing, {Throttled: true}, {RetryAfter: time.Second}} {
			s.reject(2)
			s.settle(s.granted(), r)
			s.pass(time.Minute)
			s.credentialIs(1, 0)
			s.settle(s.granted(), acceptance)
		}
	}},
	{"answers tell how the credential stands", func(s *session) {
		for _, want := range []int{2, 1} {
			if state := s.settle(s.granted(), maybe); state.Remaining != want || state.Suspended || state.Credential != "acme-production" {
				s.t.Errorf("got %+v, want %d remaining", state, want)
			}
		}
		if state := s.settle(s.granted(), maybe); !state.Suspended || !state.Until.Equal(s.now.Add(coolDown)) || state.Refusal != loginwatch.RefusalPossible {
			s.t.Errorf("after the last one: %+v", state)
		}
		if a := s.admit(s.claim()); !a.Credential.Suspended || !a.Credential.Until.Equal(a.Until) || a.Credential.Refusal != loginwatch.RefusalPossible {
			s.t.Errorf("a refused claim: %+v", a)
		}
	}},
}

// restsOn checks what the suspension of the only credential rests on.
func (s *session) restsOn(want loginwatch.Refusal) {
	s.t.Helper()
	states, err := s.ledger.Credentials(s.t.Context(), s.now)
	if err != nil || len(states) != 1 || states[0].Refusal != want {
		s.t.Fatalf("at %s: got %+v, %v; want a suspension for %q", s.now.Format(time.TimeOnly), states, err, want)
	}
}
