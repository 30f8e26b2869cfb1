package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
)

// kept is something that one replica recorded and that another one, whose clock is wrong,
// comes across.
type kept struct {
	what   string
	how    func(*loginwatch.Claim)
	record func(s *session, how func(*loginwatch.Claim))
	reason loginwatch.Reason
	lasts  time.Duration // by the clock that it was recorded by
}

func runOnce(s *session, how func(*loginwatch.Claim)) { s.settle(s.granted(how), nothing) }

func code(c *loginwatch.Claim) {
	l := limit(1, 30*time.Second)
	l.Operation, l.Account = "one-time code", "the account"
	c.Limits = []loginwatch.OperationLimit{l}
}

var keptThings = []kept{
	{what: "a one-time code", how: code, record: runOnce, reason: loginwatch.ReasonRateLimit, lasts: 30 * time.Second},
	{what: "a rate", how: limits(limit(2, time.Minute)), reason: loginwatch.ReasonRateLimit, lasts: time.Minute, record: func(s *session, how func(*loginwatch.Claim)) {
		runOnce(s, how)
		runOnce(s, how)
	}},
	{what: "a cool-down", how: func(*loginwatch.Claim) {}, reason: loginwatch.ReasonSuspended, lasts: coolDown, record: func(s *session, how func(*loginwatch.Claim)) {
		s.reject(3, how)
	}},
	{what: "the longest cool-down", how: func(*loginwatch.Claim) {}, reason: loginwatch.ReasonSuspended, lasts: 24 * time.Hour, record: func(s *session, how func(*loginwatch.Claim)) {
		s.reject(3, how)
		for wait := coolDown; wait < 24*time.Hour; wait *= 2 {
			s.pass(wait)
			s.reject(1, how)
		}
	}},
	{what: "the longest Retry-After", how: func(*loginwatch.Claim) {}, reason: loginwatch.ReasonRetryAfter, lasts: 24 * time.Hour, record: func(s *session, how func(*loginwatch.Claim)) {
		s.settle(s.granted(how), retryAfter(24*time.Hour))
	}},
	{what: "a quota", how: quota(1, loginwatch.QuotaDay), record: runOnce, reason: loginwatch.ReasonQuota, lasts: 24 * time.Hour},
	{what: "an open session", how: opens, reason: loginwatch.ReasonOverlap, lasts: lost, record: func(s *session, how func(*loginwatch.Claim)) {
		s.granted(how)
	}},
}

// clockTests are of two replicas of which one has a wrong clock.
var clockTests = slices.Concat(behindTests(), aheadTests(), stepTests())

// Whatever a replica does whose clock is behind, the others keep to what they recorded, to the
// nanosecond; and it keeps to it as well.
func behindTests() (all []named) {
	for _, k := range keptThings {
		for _, by := range []time.Duration{70 * time.Second, time.Hour, 23 * time.Hour, 10 * year} {
			all = append(all, named{fmt.Sprintf("%s, and a clock that is %s behind", k.what, by), func(s *session) {
				s.now = s.now.Truncate(24 * time.Hour).Add(24 * time.Hour) // a day has just begun
				k.record(s, k.how)
				recorded := s.now
				for _, d := range []time.Duration{k.lasts / 10, k.lasts / 2, k.lasts - 1} {
					s.now = recorded.Add(d - by)
					if a := s.admit(s.claim(k.how)); a.Granted && !k.elsewhere(by) {
						s.t.Fatalf("the clock that is behind was granted a run after %s", d)
					}
					s.now = recorded.Add(d)
					s.refused(k.reason, k.lasts-d, k.how)
				}
			}})
		}
	}
	return all
}

const year = 365 * 24 * time.Hour

// elsewhere tells whether a clock that is so far off counts for itself: there are no logins of
// today in a year of its own.
func (k kept) elsewhere(off time.Duration) bool {
	return k.reason == loginwatch.ReasonQuota && off >= year
}

// A clock that is behind comes to the very steps whose codes the others have used.
func stepTests() (all []named) {
	for _, by := range []time.Duration{20 * time.Second, 70 * time.Second, time.Hour, 2*time.Hour - time.Minute} {
		all = append(all, named{fmt.Sprintf("no code is made twice by a clock that is %s behind", by), func(s *session) {
			made := map[time.Time]bool{}
			login := func(how func(*loginwatch.Claim)) {
				a := s.admit(s.claim(how))
				if !a.Granted {
					return
				}
				step := s.now.Truncate(30 * time.Second)
				if made[step] {
					s.t.Fatalf("two codes of %s", step)
				}
				made[step] = true
				s.settle(a, nothing)
			}
			for range 3 {
				login(code)
				s.pass(by)
				login(code)
				s.pass(time.Second - by) // to where the first code was made
				login(code)
				s.pass(time.Minute + by)
			}
			right := len(made)
			s.pass(2 * time.Minute) // the one whose clock is right is gone, and its time has come again
			login(code)
			if len(made) == right {
				s.t.Error("nobody logs in any more")
			}
		}})
	}
	return all
}

// What a clock wrote that was ahead holds for the others at first, and ends: when it would
// have by that clock, or within a day.
func aheadTests() (all []named) {
	for _, k := range keptThings {
		for _, by := range []time.Duration{70 * time.Second, time.Hour, 10 * year} {
			all = append(all, named{fmt.Sprintf("%s, and a clock that was %s ahead", k.what, by), func(s *session) {
				s.now = s.now.Truncate(24 * time.Hour).Add(by)
				k.record(s, k.how)
				s.pass(time.Second - by)
				if a := s.admit(s.claim(k.how)); a.Granted != k.elsewhere(by) {
					s.t.Fatalf("got %+v", a)
				}
				s.pass(k.lasts + min(by, 24*time.Hour))
				s.granted(k.how)
			}})
		}
	}
	return all
}
