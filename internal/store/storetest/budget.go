package storetest

import (
	"sync"
	"time"

	"github.com/loginwatch/loginwatch"
)

const coolDown = 15 * time.Minute

// lost is how long a run that is never settled holds its place.
const lost = 5 * time.Minute

var budgetTests = []named{
	{"three rejections suspend", func(s *session) {
		s.reject(1)
		s.credentialIs(2, 0)
		s.reject(1)
		s.credentialIs(1, 0)
		s.reject(1)
		s.credentialIs(0, coolDown)
		s.refused(loginwatch.ReasonSuspended, coolDown)
		s.pass(coolDown - time.Nanosecond)
		s.refused(loginwatch.ReasonSuspended, time.Nanosecond)
		s.pass(time.Nanosecond)
		s.credentialIs(1, trial)
		s.granted()
	}},
	{"rejections older than an hour do not count", func(s *session) {
		s.reject(1)
		s.pass(30 * time.Minute)
		s.reject(1)
		s.pass(30 * time.Minute)
		s.credentialIs(2, 0)
		s.reject(1)
		s.credentialIs(1, 0)
		s.granted()
	}},
	{"a rejection counts from its settlement", func(s *session) {
		c := s.granted()
		s.pass(10 * time.Second)
		s.settle(c, refusal)
		s.pass(time.Hour - time.Nanosecond)
		s.credentialIs(2, 0)
		s.pass(time.Nanosecond)
		s.credentialIs(3, 0)
	}},
	{"a run that may take long holds its place as long", func(s *session) {
		long := func(c *loginwatch.Claim) { c.Longest = time.Hour }
		s.reject(2)
		s.granted(long)
		s.pass(lost)
		s.refused(loginwatch.ReasonOverlap, time.Hour+time.Minute-lost)
		s.pass(time.Hour + time.Minute - lost)
		s.granted()
	}},
	{"an accepted run clears the window", func(s *session) {
		s.reject(2)
		s.settle(s.granted(), acceptance)
		s.credentialIs(3, 0)
		s.reject(2)
		s.credentialIs(1, 0)
	}},
	{"runs that decide nothing count for nothing", func(s *session) {
		s.reject(2)
		for range 10 {
			s.settle(s.granted(), nothing)
		}
		s.credentialIs(1, 0)
		s.reject(1)
		s.credentialIs(0, coolDown)
	}},
	{"refused outweighs accepted", func(s *session) {
		s.reject(2)
		s.settle(s.granted(), loginwatch.Settlement{Refusal: loginwatch.RefusalPossible, Accepted: true})
		s.credentialIs(0, coolDown)
	}},
	{"one trial after the cool-down", func(s *session) {
		s.reject(3)
		s.pass(coolDown)
		trial := s.granted()
		s.credentialIs(0, lost)
		s.refused(loginwatch.ReasonSuspended, lost)
		s.pass(10 * time.Second)
		s.refused(loginwatch.ReasonSuspended, lost-10*time.Second)
		s.settle(trial, acceptance)
		s.credentialIs(3, 0)
		s.reject(2)
		s.granted()
	}},
	{"rejected trials double the cool-down up to a day", func(s *session) {
		s.reject(3)
		wait := coolDown
		for range 10 {
			s.refused(loginwatch.ReasonSuspended, wait)
			s.pass(wait)
			s.reject(1)
			wait = min(2*wait, 24*time.Hour)
			s.credentialIs(0, wait)
		}
		s.pass(wait)
		s.settle(s.granted(), acceptance)
		s.reject(3) // everything is as at the start
		s.credentialIs(0, coolDown)
	}},
	{"a trial that decides nothing is followed by another", func(s *session) {
		s.reject(3)
		s.pass(coolDown)
		s.settle(s.granted(), nothing)
		s.credentialIs(1, trial)
		s.reject(1)
		s.credentialIs(0, 2*coolDown)
	}},
	{"a lost trial may have been refused and doubles the cool-down", func(s *session) {
		s.reject(3)
		s.pass(coolDown)
		unsettled := s.granted()
		s.pass(lost - time.Nanosecond)
		s.refused(loginwatch.ReasonSuspended, time.Nanosecond)
		s.pass(time.Nanosecond)
		s.credentialIs(0, 2*coolDown)
		s.refused(loginwatch.ReasonSuspended, 2*coolDown)
		s.pass(2 * coolDown)
		second := s.granted()
		s.refused(loginwatch.ReasonSuspended, lost)
		// What the lost one brings after all extends the cool-down and doubles nothing.
		s.settle(unsettled, refusal)
		s.credentialIs(0, 2*coolDown)
		s.settle(second, refusal)
		s.credentialIs(0, 4*coolDown)
	}},
	{"a lost trial that was accepted after all ends the suspension", func(s *session) {
		s.reject(3)
		s.pass(coolDown)
		unsettled := s.granted()
		s.pass(lost)
		s.refused(loginwatch.ReasonSuspended, 2*coolDown)
		s.settle(unsettled, acceptance)
		s.credentialIs(3, 0)
	}},
	{"an acceptance that is booked late takes back no refusal that came after it", func(s *session) {
		late, accepted := s.granted(), s.now
		s.pass(time.Minute)
		s.reject(2)
		s.settleAt(late, acceptance, accepted)
		s.credentialIs(1, 0)
		s.reject(1)
		s.credentialIs(0, coolDown)
	}},
	{"an acceptance that is booked late lifts no suspension that came after it", func(s *session) {
		late, accepted := s.granted(), s.now
		s.pass(lost + time.Minute) // it holds no place any more
		s.reject(2)
		s.settleAt(late, acceptance, accepted)
		s.credentialIs(0, coolDown)
	}},
	{"what a wrong clock wrote ends", func(s *session) {
		right := s.now
		s.pass(10 * 365 * 24 * time.Hour)
		s.granted(credential("under-way"))
		s.reject(3)
		s.settle(s.granted(credential("throttled")), retryAfter(time.Hour))
		s.now = right
		s.refused(loginwatch.ReasonSuspended, 24*time.Hour)
		s.refused(loginwatch.ReasonRetryAfter, 24*time.Hour, credential("another"))
		s.pass(24 * time.Hour)
		s.granted()
		s.granted(credential("another"))
		s.granted(credential("under-way"))
	}},
	{"runs under way could all be rejected", func(s *session) {
		claims := make([]loginwatch.Claim, 20)
		for i := range claims {
			claims[i] = s.claim()
		}
		if n := s.grantedAtOnce(claims); n != 3 {
			s.t.Errorf("%d of 20 were granted, want 3", n)
		}
		s.refused(loginwatch.ReasonOverlap, lost)
		s.refused(loginwatch.ReasonOverlap, lost)
	}},
	{"runs that nobody settled may have been refused", func(s *session) {
		s.granted()
		known := s.granted()
		s.pass(lost)
		s.settle(s.granted(), nothing)
		s.credentialIs(1, 0)
		s.settle(known, nothing) // told after all
		s.credentialIs(2, 0)
		s.granted()
		s.granted()
		s.pass(2 * lost)
		s.refused(loginwatch.ReasonSuspended, coolDown-lost)
		s.pass(coolDown - lost)
		s.settle(s.granted(), acceptance)
		s.credentialIs(3, 0)
	}},
	{"a settled run gives its place back", func(s *session) {
		s.reject(2)
		c := s.granted()
		s.refused(loginwatch.ReasonOverlap, lost)
		s.settle(c, nothing)
		s.granted()
	}},
	{"runs under way at the suspension", func(s *session) {
		late, good := s.granted(), s.granted()
		s.pass(lost)
		s.reject(1)
		s.credentialIs(0, coolDown)
		s.pass(time.Minute)
		s.settle(late, refusal)
		s.credentialIs(0, coolDown)
		s.settle(good, acceptance)
		s.credentialIs(3, 0)
	}},
	{"a credential is shared by probes and targets", func(s *session) {
		s.reject(2, target("acme", "production"))
		s.reject(1, target("acme", "staging"))
		s.refused(loginwatch.ReasonSuspended, coolDown, target("acme", "production"))
	}},
	{"credentials do not share a budget", func(s *session) {
		s.reject(3, credential("b"))
		s.reject(1, credential("a"))
		s.refused(loginwatch.ReasonSuspended, coolDown, credential("b"))
		s.granted(credential("a"))
		states, err := s.ledger.Credentials(s.t.Context(), s.now)
		if err != nil || len(states) != 2 || states[0].Credential != "a" || states[1].Credential != "b" ||
			states[0].Remaining != 2 || !states[1].Suspended {
			s.t.Errorf("got %+v, %v; want a with 2 remaining, then b suspended", states, err)
		}
	}},
	{"a run without a credential has no budget", func(s *session) {
		s.reject(5, none)
		if states, err := s.ledger.Credentials(s.t.Context(), s.now); err != nil || len(states) != 0 {
			s.t.Errorf("got %+v, %v; want none", states, err)
		}
	}},
	{"of concurrent trials one is granted", func(s *session) {
		s.reject(3)
		s.pass(coolDown)
		claims := make([]loginwatch.Claim, 32)
		for i := range claims {
			claims[i] = s.claim()
		}
		if n := s.grantedAtOnce(claims); n != 1 {
			s.t.Errorf("%d trials were granted, want 1", n)
		}
	}},
}

// grantedAtOnce claims all at the same time and counts those that were granted.
func (s *session) grantedAtOnce(claims []loginwatch.Claim) int {
	s.t.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	granted := 0
	for _, c := range claims {
		wg.Go(func() {
			a, err := s.ledger.Admit(s.t.Context(), c)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				s.t.Errorf("Admit: %v", err)
			}
			if a.Granted {
				granted++
				if s.tickets[a.ID] {
					s.t.Errorf("the ticket %d is granted twice", a.ID)
				}
				s.tickets[a.ID] = true
			}
		})
	}
	wg.Wait()
	return granted
}
