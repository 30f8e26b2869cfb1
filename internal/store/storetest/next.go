package storetest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch"
)

// next claims beside the current values others that are to take their place.
func next(digest string) func(*loginwatch.Claim) {
	return func(c *loginwatch.Claim) {
		c.Next, c.TriesNext = loginwatch.Credential{Name: c.Credential.Name, Digest: digest}, true
	}
}

var coming = next("new")

// tries runs a slot that must be made with the next credential, or must not.
func (s *session) tries(want bool, how ...func(*loginwatch.Claim)) loginwatch.Ticket {
	s.t.Helper()
	a := s.granted(how...)
	if a.Next != want {
		s.t.Fatalf("at %s: made with the next one: %t, want %t: %+v", s.now.Format(time.TimeOnly), a.Next, want, a)
	}
	return a
}

// nextIs checks how the next one of the only credential stands.
func (s *session) nextIs(want loginwatch.NextStanding, refusal loginwatch.Refusal) {
	s.t.Helper()
	states, err := s.ledger.Credentials(context.Background(), s.now)
	if err != nil || len(states) != 1 {
		s.t.Fatalf("got %+v, %v", states, err)
	}
	if got := states[0].Next; got.Standing != want || got.Refusal != refusal || (got.Digest == "new") != (want != "") {
		s.t.Fatalf("at %s: the next one stands at %+v, want %q %q", s.now.Format(time.TimeOnly), got, want, refusal)
	}
}

func (s *session) resume() {
	s.t.Helper()
	if _, known, err := s.ledger.Resume(context.Background(), "acme-production", s.now); err != nil || !known {
		s.t.Fatalf("Resume: %t, %v", known, err)
	}
}

var nextTests = []named{
	{"a next one that is accepted takes over", func(s *session) {
		s.settle(s.tries(true, coming), acceptance)
		s.settle(s.tries(true, coming), acceptance)
		s.nextIs(loginwatch.NextTakenOver, "")
		s.settle(s.tries(false), acceptance) // of a target that has none
	}},
	{"what has taken over and become the current one is no next one", func(s *session) {
		s.settle(s.tries(true, coming), acceptance)
		s.settle(s.tries(true, coming), acceptance)
		s.settle(s.tries(false, value("acme-production", "new")), acceptance)
		s.nextIs("", "")
		s.settle(s.tries(false, value("acme-production", "new"), coming), acceptance) // it stands in both places
		s.nextIs("", "")
	}},
	{"a run that does not send what is new tries nothing, and uses what has taken over", func(s *session) {
		another := func(c *loginwatch.Claim) { c.TriesNext = false }
		s.settle(s.tries(false, coming, another), acceptance)
		s.nextIs(loginwatch.NextWaiting, "")
		s.settle(s.tries(true, coming), acceptance)
		s.settle(s.tries(true, coming, another), acceptance)
	}},
	{"a next one that is refused is not tried again", func(s *session) {
		s.settle(s.tries(true, coming), refusal)
		for range 3 {
			s.settle(s.tries(false, coming), acceptance)
			s.nextIs(loginwatch.NextRefused, loginwatch.RefusalCertain)
			s.pass(100 * 24 * time.Hour)
		}
		s.settle(s.tries(false, value("acme-production", "current by now"), coming), acceptance) // whatever it stands beside
		s.settle(s.tries(true, next("another")), acceptance)
	}},
	{"what may have been refused is not tried again", func(s *session) {
		s.settle(s.tries(true, coming), maybe)
		s.settle(s.tries(false, coming), acceptance)
		s.nextIs(loginwatch.NextRefused, loginwatch.RefusalPossible)
	}},
	{"a refused next one counts for the account", func(s *session) {
		s.reject(1, coming, next("one"))
		s.reject(1, coming, next("two"))
		s.credentialIs(1, 0)
		s.reject(1)
		s.credentialIs(0, coolDown)
		s.refused(loginwatch.ReasonSuspended, coolDown, coming)
	}},
	{"the account's trial may be the next one's", func(s *session) {
		s.reject(3)
		s.refused(loginwatch.ReasonSuspended, coolDown, coming)
		s.pass(coolDown)
		s.settle(s.tries(true, coming), acceptance)
		s.settle(s.tries(true, coming), acceptance)
		s.credentialIs(3, 0)
		s.refusedUntilTrial()
	}},
	{"a refused trial of the next one doubles the cool-down", func(s *session) {
		s.reject(3)
		s.pass(coolDown)
		s.reject(1, coming)
		s.refused(loginwatch.ReasonSuspended, 2*coolDown, coming)
	}},
	{"what has taken over has a budget of its own, and nothing falls back", func(s *session) {
		s.reject(2)
		s.settle(s.tries(true, coming), acceptance)
		s.reject(2, coming)
		s.settle(s.tries(true, coming), refusal)
		s.refused(loginwatch.ReasonSuspended, coolDown, coming)
		s.nextIs(loginwatch.NextTakenOver, "")
	}},
	{"one that is suspended elsewhere is not tried", func(s *session) {
		s.reject(3, value("other", "new"), target("acme", "staging"))
		s.settle(s.tries(false, coming), acceptance)
		s.pass(coolDown)
		s.settle(s.tries(true, coming), acceptance)
	}},
	{"without a word of the vendor it is tried again, after longer and longer, and not for ever", func(s *session) {
		wait := coolDown
		for range 5 {
			s.settle(s.tries(true, coming), nothing)
			s.settle(s.tries(false, coming), acceptance)
			s.pass(wait - time.Second)
			s.settle(s.tries(false, coming), acceptance)
			s.pass(time.Second)
			wait *= 2
		}
		s.settle(s.tries(false, coming), acceptance)
		s.nextIs(loginwatch.NextUndecided, "")
	}},
	{"what was not sent was no try", func(s *session) {
		for range 9 {
			s.settle(s.tries(true, coming), loginwatch.Settlement{Unsent: true})
			s.nextIs(loginwatch.NextWaiting, "")
			s.pass(coolDown)
		}
		s.settle(s.tries(true, coming), acceptance)
	}},
	{"a lost try is made once more", func(s *session) {
		s.tries(true, coming)
		s.settle(s.tries(false, coming), acceptance) // while it may be under way
		s.pass(lost + coolDown)
		s.settle(s.tries(false, coming), acceptance) // it is found lost
		s.pass(coolDown)
		s.tries(true, coming)
		s.pass(lost)
		s.settle(s.tries(false, coming), acceptance)
		s.nextIs(loginwatch.NextRefused, loginwatch.RefusalPossible)
	}},
	{"what a lost try brought counts after all", func(s *session) {
		late := s.tries(true, coming)
		s.pass(lost)
		s.settle(s.tries(false, coming), acceptance)
		s.settle(late, acceptance)
		s.settle(s.tries(true, coming), acceptance)
		s.nextIs(loginwatch.NextTakenOver, "")
	}},
	{"what has taken over stays so while another replica has moved it already", func(s *session) {
		moved := value("acme-production", "new")
		s.settle(s.tries(true, coming), acceptance)
		during := s.tries(true, coming)
		s.settle(s.tries(false, moved), acceptance)
		s.settle(during, nothing)
		for range 6 {
			s.settle(s.tries(false, moved), acceptance)
			s.settle(s.tries(true, coming), nothing) // as when the vendor is down
		}
	}},
	{"a lost try that was refused after all is the last one", func(s *session) {
		late := s.tries(true, coming)
		s.pass(lost)
		s.settle(s.tries(false, coming), acceptance)
		s.pass(coolDown)
		second := s.tries(true, coming)
		s.settle(late, refusal)
		s.settle(second, nothing)
		s.pass(10 * coolDown)
		s.settle(s.tries(false, coming), acceptance)
		s.nextIs(loginwatch.NextRefused, loginwatch.RefusalCertain)
		s.credentialIs(3, 0)
	}},
	{"of a lost try that is refused after the next one was accepted nothing is told", func(s *session) {
		late := s.tries(true, coming)
		s.pass(lost)
		s.settle(s.tries(false, coming), acceptance)
		s.pass(coolDown)
		s.settle(s.tries(true, coming), acceptance)
		s.settle(late, refusal)
		s.settle(s.tries(true, coming), acceptance)
		s.nextIs(loginwatch.NextTakenOver, "")
	}},
	{"a wait of the vendor's holds for both", func(s *session) {
		s.settle(s.granted(), loginwatch.Settlement{RetryAfter: time.Hour})
		s.refused(loginwatch.ReasonRetryAfter, time.Hour, coming)
		s.pass(time.Hour)
		s.settle(s.tries(true, coming), loginwatch.Settlement{Throttled: true})
		s.refused(loginwatch.ReasonRetryAfter, time.Minute, coming)
	}},
	{"a session of the account bars the next one's", func(s *session) {
		a := s.tries(false, opens)
		s.refused(loginwatch.ReasonOverlap, lost, opens, coming)
		s.settle(a, acceptance)
		s.tries(true, opens, coming)
		s.refused(loginwatch.ReasonOverlap, lost, opens)
	}},
	{"resume allows one more try", func(s *session) {
		for range 3 {
			s.settle(s.tries(true, coming), refusal)
			s.settle(s.tries(false, coming), acceptance)
			s.resume()
		}
		s.settle(s.tries(true, coming), acceptance)
		s.nextIs(loginwatch.NextTakenOver, "")
	}},
	{"of many claims one tries", func(s *session) {
		var claims []loginwatch.Claim
		for i := range 12 {
			c := s.claim(coming)
			c.Slot.Target = fmt.Sprint("target-", i)
			claims = append(claims, c)
		}
		var mu sync.Mutex
		var all sync.WaitGroup
		tried := 0
		for _, c := range claims {
			all.Go(func() {
				a, err := s.ledger.Admit(context.Background(), c)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					s.t.Error(err)
				}
				if a.Next {
					tried++
				}
			})
		}
		if all.Wait(); tried != 1 {
			s.t.Errorf("%d of them try", tried)
		}
	}},
	{"a slot that somebody has tries nothing", func(s *session) {
		c := s.claim(coming)
		s.settle(s.admit(c), nothing)
		if a := s.admit(c); a.Granted || a.Next {
			s.t.Errorf("got %+v", a)
		}
	}},
}

// refusedUntilTrial checks that the current credential is as suspended as it was: what
// was accepted was another one.
func (s *session) refusedUntilTrial() {
	s.t.Helper()
	if a := s.granted(); !a.Credential.Suspended {
		s.t.Errorf("the current one stands at %+v", a.Credential)
	}
}
