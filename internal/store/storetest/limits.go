package storetest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch"
)

// limit is what a run with one login takes of a documented limit.
func limit(requests int, per time.Duration) loginwatch.OperationLimit {
	return loginwatch.OperationLimit{
		Operation: "login", Requests: 1,
		Limit: loginwatch.RateLimit{Requests: requests, Per: per, Pos: loginwatch.Pos{File: "contract.yaml", Line: 7}},
	}
}

// times is the same limit for a run that sends more than one request to it.
func times(n int, l loginwatch.OperationLimit) loginwatch.OperationLimit {
	l.Requests = n
	return l
}

// of is the same limit of another operation.
func of(id string, l loginwatch.OperationLimit) loginwatch.OperationLimit {
	l.Operation = id
	return l
}

func retryAfter(d time.Duration) loginwatch.Settlement {
	return loginwatch.Settlement{Throttled: true, RetryAfter: d}
}

var waitTests = []named{
	{"Retry-After is kept", func(s *session) {
		s.settle(s.granted(), retryAfter(90*time.Second))
		s.refused(loginwatch.ReasonRetryAfter, 90*time.Second)
		s.pass(90*time.Second - time.Nanosecond)
		s.refused(loginwatch.ReasonRetryAfter, time.Nanosecond)
		s.pass(time.Nanosecond)
		s.granted()
	}},
	{"throttled without Retry-After waits a minute", func(s *session) {
		s.settle(s.granted(), retryAfter(0))
		s.refused(loginwatch.ReasonRetryAfter, time.Minute)
		s.pass(time.Minute)
		s.granted()
	}},
	{"Retry-After of a server in trouble is kept", func(s *session) {
		s.settle(s.granted(), loginwatch.Settlement{RetryAfter: 2 * time.Minute})
		s.refused(loginwatch.ReasonRetryAfter, 2*time.Minute)
	}},
	{"Retry-After is believed for a day at most", func(s *session) {
		s.settle(s.granted(), retryAfter(1000*time.Hour))
		s.refused(loginwatch.ReasonRetryAfter, 24*time.Hour)
	}},
	{"a negative Retry-After is none", func(s *session) {
		s.settle(s.granted(), loginwatch.Settlement{RetryAfter: -time.Hour})
		s.settle(s.granted(), retryAfter(-time.Hour))
		s.refused(loginwatch.ReasonRetryAfter, time.Minute)
	}},
	{"the longest wait holds", func(s *session) {
		first, second := s.granted(), s.granted()
		s.settle(first, retryAfter(10*time.Minute))
		s.settle(second, retryAfter(time.Minute))
		s.refused(loginwatch.ReasonRetryAfter, 10*time.Minute)
	}},
	{"a wait holds for one target of one vendor, whatever the credential", func(s *session) {
		s.settle(s.granted(), retryAfter(time.Minute))
		s.refused(loginwatch.ReasonRetryAfter, time.Minute, credential("other"))
		s.refused(loginwatch.ReasonRetryAfter, time.Minute, none)
		s.granted(target("acme", "staging"))
		s.granted(target("other", "production"))
	}},
	{"a trial that has to wait is not used up", func(s *session) {
		waiting := s.granted(none)
		s.reject(3)
		s.pass(coolDown - time.Second)
		s.settle(waiting, retryAfter(10*time.Second))
		s.pass(time.Second)
		s.refused(loginwatch.ReasonRetryAfter, 9*time.Second)
		s.credentialIs(1, trial)
		s.pass(9 * time.Second)
		s.granted()
	}},
}

var limitTests = []named{
	{"what was not sent counts against nothing", func(s *session) {
		l := limits(limit(1, time.Hour))
		s.settle(s.granted(l), loginwatch.Settlement{Unsent: true})
		s.settle(s.granted(l), nothing)
		s.refused(loginwatch.ReasonRateLimit, time.Hour, l)
	}},
	{"a limit counts the requests of its window", func(s *session) {
		l := limits(limit(2, time.Minute))
		s.settle(s.granted(l), acceptance)
		s.pass(20 * time.Second)
		s.settle(s.granted(l), acceptance)
		s.refused(loginwatch.ReasonRateLimit, 40*time.Second, l)
		s.pass(40 * time.Second)
		s.settle(s.granted(l), acceptance)
		s.refused(loginwatch.ReasonRateLimit, 20*time.Second, l)
	}},
	{"requests count from the end of their run", func(s *session) {
		l := limits(limit(1, 5*time.Second))
		c := s.granted(l)
		s.pass(10 * time.Second)
		if a := s.admit(s.claim(l)); a.Granted {
			s.t.Error("granted although a run may still send")
		}
		s.settle(c, nothing)
		s.refused(loginwatch.ReasonRateLimit, 5*time.Second, l)
		s.pass(5 * time.Second)
		s.granted(l)
	}},
	{"a limit of each account is none of another's", func(s *session) {
		l := limit(1, time.Minute)
		l.Account = "one"
		s.settle(s.granted(limits(l)), acceptance)
		l.Account = "another"
		s.settle(s.granted(limits(l)), acceptance)
		l.Account = "one"
		s.refused(loginwatch.ReasonRateLimit, time.Minute, limits(l))
		s.refused(loginwatch.ReasonRateLimit, time.Minute, limits(l), credential("other"))
	}},
	{"a lost run gives its place back", func(s *session) {
		l := limits(limit(1, 5*time.Second))
		s.granted(l)
		s.pass(10 * time.Minute)
		s.granted(l)
	}},
	{"a run of several requests takes several places", func(s *session) {
		one, two := limit(3, time.Minute), limits(times(2, limit(3, time.Minute)))
		s.settle(s.granted(two), acceptance)
		s.refused(loginwatch.ReasonRateLimit, time.Minute, two)
		s.settle(s.granted(limits(one)), acceptance)
		s.refused(loginwatch.ReasonRateLimit, time.Minute, limits(one))
	}},
	{"a run waits until all its requests have room", func(s *session) {
		l := limit(2, time.Minute)
		s.settle(s.granted(limits(l)), acceptance)
		s.pass(20 * time.Second)
		s.settle(s.granted(limits(l)), acceptance)
		s.refused(loginwatch.ReasonRateLimit, time.Minute, limits(times(2, l)))
		s.refused(loginwatch.ReasonRateLimit, 40*time.Second, limits(l))
	}},
	{"a refused claim takes no place", func(s *session) {
		small, large := of("public-key", limit(1, time.Minute)), limit(2, time.Hour)
		s.settle(s.granted(limits(small, large)), acceptance)
		for range 5 {
			s.refused(loginwatch.ReasonRateLimit, time.Minute, limits(small, large))
		}
		s.pass(time.Minute)
		s.settle(s.granted(limits(small, large)), acceptance)
		s.refused(loginwatch.ReasonRateLimit, 59*time.Minute, limits(small, large))
	}},
	{"a run larger than its limit is never granted", func(s *session) {
		l := limits(times(2, limit(1, time.Minute)))
		s.refused(loginwatch.ReasonRateLimit, time.Minute, l)
		s.pass(time.Minute)
		s.refused(loginwatch.ReasonRateLimit, time.Minute, l)
	}},
	{"limits are kept apart by vendor, target and operation", func(s *session) {
		l := limit(1, time.Minute)
		s.granted(limits(l), credential("a"))
		s.granted(limits(l), credential("b"), target("acme", "staging"))
		s.granted(limits(l), credential("c"), target("other", "production"))
		s.granted(limits(of("public-key", l)), credential("d"))
	}},
	{"targets at one address share a limit and a wait", func(s *session) {
		l, there := limits(limit(1, time.Minute)), address("https://api.example.com")
		s.settle(s.granted(l, there, credential("a")), acceptance)
		s.refused(loginwatch.ReasonRateLimit, time.Minute, l, there, credential("b"), target("acme", "staging"))
		s.pass(time.Minute)
		s.settle(s.granted(l, there, credential("a")), retryAfter(time.Hour))
		s.refused(loginwatch.ReasonRetryAfter, time.Hour, there, credential("b"), target("acme", "staging"))
	}},
	{"credentials share a limit", func(s *session) {
		l := limits(limit(1, time.Minute))
		s.settle(s.granted(l, credential("a")), acceptance)
		s.refused(loginwatch.ReasonRateLimit, time.Minute, l, credential("b"))
	}},
	{"concurrent claims keep to the limit", func(s *session) {
		claims := make([]loginwatch.Claim, 60)
		for i := range claims {
			claims[i] = s.claim(limits(limit(25, 5*time.Second)), none)
		}
		if n := s.grantedAtOnce(claims); n != 25 {
			s.t.Errorf("%d of 60 were granted, want 25", n)
		}
	}},
}

// A contract is edited and read again while its limits are in use.
var operationTests = []named{
	{"a limit that moves in its file goes on counting", func(s *session) {
		l := limit(1, time.Minute)
		s.settle(s.granted(limits(l)), acceptance)
		l.Limit.Pos.Line++ // a comment above it, and a reload
		l.Limit.Cite.Words = "rate limits, paragraph 2"
		s.refused(loginwatch.ReasonRateLimit, time.Minute, limits(l))
		l.Limit.Pos.File = "packs/acme/contract.yaml"
		s.refused(loginwatch.ReasonRateLimit, time.Minute, limits(l))
	}},
	{"a limit that allows less goes on counting", func(s *session) {
		s.settle(s.granted(limits(limit(3, time.Minute))), acceptance)
		s.settle(s.granted(limits(limit(3, time.Minute))), acceptance)
		s.refused(loginwatch.ReasonRateLimit, time.Minute, limits(limit(2, time.Minute)))
		s.refused(loginwatch.ReasonRateLimit, time.Minute, limits(limit(1, time.Minute)))
	}},
	{"a limit that allows more goes on counting", func(s *session) {
		s.settle(s.granted(limits(limit(1, time.Minute))), acceptance)
		s.refused(loginwatch.ReasonRateLimit, time.Minute, limits(limit(1, time.Minute)))
		s.settle(s.granted(limits(limit(2, time.Minute))), acceptance)
		s.refused(loginwatch.ReasonRateLimit, time.Minute, limits(limit(2, time.Minute)))
	}},
	{"a limit that holds for longer counts what is still known", func(s *session) {
		s.settle(s.granted(limits(limit(1, 10*time.Minute))), acceptance)
		s.pass(5 * time.Minute)
		s.refused(loginwatch.ReasonRateLimit, 55*time.Minute, limits(limit(1, time.Hour)))
		s.pass(54 * time.Minute)
		s.refused(loginwatch.ReasonRateLimit, time.Minute, limits(limit(1, time.Hour)))
		s.pass(time.Minute)
		s.granted(limits(limit(1, time.Hour)))
	}},
	{"a limit that holds for less is free earlier", func(s *session) {
		s.settle(s.granted(limits(limit(1, time.Hour))), acceptance)
		s.pass(time.Minute)
		s.granted(limits(limit(1, time.Minute)))
	}},
}

var callTests = []named{
	{"nothing is granted once the context has ended", func(s *session) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if a, err := s.ledger.Admit(ctx, s.claim()); !errors.Is(err, context.Canceled) || a.Granted {
			s.t.Errorf("got %+v, %v", a, err)
		}
	}},
	{"a limit that makes no sense is an error", func(s *session) {
		one := limit(1, time.Minute)
		for _, ls := range [][]loginwatch.OperationLimit{
			{limit(0, time.Minute)}, {limit(1, 0)}, {limit(-1, -time.Minute)}, {times(0, one)}, {one, one},
		} {
			if a, err := s.ledger.Admit(context.Background(), s.claim(limits(ls...))); err == nil || a.Granted {
				s.t.Errorf("%+v: got %+v, %v", ls, a, err)
			}
		}
	}},
	{"a ticket is settled once", func(s *session) {
		a := s.granted()
		s.settle(a, refusal)
		s.settle(a, refusal)
		s.settle(a, retryAfter(time.Hour))
		s.settle(a, acceptance)
		s.credentialIs(2, 0)
		s.granted()
	}},
	{"a ticket that is settled many times at once counts once", func(s *session) {
		a := s.granted()
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if _, err := s.ledger.Settle(s.t.Context(), a, loginwatch.Settlement{At: s.now, Refusal: loginwatch.RefusalCertain}); err != nil {
					s.t.Errorf("Settle: %v", err)
				}
			})
		}
		wg.Wait()
		s.credentialIs(2, 0)
	}},
	{"what was not granted settles nothing", func(s *session) {
		s.settle(s.granted(), retryAfter(time.Minute))
		s.settle(s.admit(s.claim()), refusal)
		s.settle(loginwatch.Ticket{}, refusal)
		s.credentialIs(3, 0)
		s.refused(loginwatch.ReasonRetryAfter, time.Minute)
	}},
	{"a settlement belongs to its ticket, whichever ends first", func(s *session) {
		slot := func(of string) func(c *loginwatch.Claim) { return func(c *loginwatch.Claim) { c.Slot.Probe = of } }
		first, second := s.granted(slot("login")), s.granted(slot("pay"))
		s.settle(second, refusal)
		s.settle(first, nothing)
		s.credentialIs(2, 0)
	}},
	{"suspension is told before a wait, a wait before a limit", func(s *session) {
		l := limits(limit(1, time.Hour))
		throttled := s.granted(l)
		s.refused(loginwatch.ReasonRateLimit, time.Hour, l)
		s.settle(throttled, retryAfter(time.Minute))
		s.refused(loginwatch.ReasonRetryAfter, time.Minute, l)
		s.pass(time.Minute)
		s.reject(3)
		s.refused(loginwatch.ReasonSuspended, coolDown, l)
	}},
	{"times in other zones are the same times", func(s *session) {
		s.settle(s.granted(), retryAfter(time.Hour))
		s.now = s.now.In(time.FixedZone("", 5*3600+1800))
		s.refused(loginwatch.ReasonRetryAfter, time.Hour)
	}},
}
