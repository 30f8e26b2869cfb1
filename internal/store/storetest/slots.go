package storetest

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loginwatch/loginwatch"
)

// at claims a slot of a job.
func at(probe, location string, due time.Time) func(*loginwatch.Claim) {
	return func(c *loginwatch.Claim) {
		c.Slot.Probe, c.Slot.Location, c.Slot.Due, c.Slot.Planned = probe, location, due, due
	}
}

// elsewhere claims a slot that somebody has.
func (s *session) elsewhere(how ...func(*loginwatch.Claim)) {
	s.t.Helper()
	if a := s.admit(s.claim(how...)); a.Granted || a.Reason != loginwatch.ReasonElsewhere || !a.Until.IsZero() {
		s.t.Fatalf("at %s: got %+v, want the slot elsewhere for good", s.now.Format(time.TimeOnly), a)
	}
}

// all are mine.
func all(loginwatch.Key) bool { return true }

// lost checks which slots are told to be lost; one without a name is any.
func (s *session) lost(want ...loginwatch.Slot) {
	s.t.Helper()
	got, err := s.ledger.Lost(context.Background(), s.now, all)
	if err != nil || len(got) != len(want) {
		s.t.Fatalf("at %s: lost %v, %v; want %v", s.now.Format(time.TimeOnly), got, err, want)
	}
	for i, w := range want {
		if w.Vendor != "" && (got[i].Key != w.Key || !got[i].Due.Equal(w.Due) || !got[i].Planned.Equal(w.Planned)) {
			s.t.Fatalf("lost %+v, want %+v", got[i], w)
		}
	}
}

var slotTests = []named{
	{"a slot is run once, also after its run has ended", func(s *session) {
		slot := at("login", "", s.now)
		a := s.granted(slot)
		s.elsewhere(slot)
		s.settle(a, acceptance)
		s.elsewhere(slot)
		s.pass(5 * time.Hour)
		s.elsewhere(slot)
	}},
	{"a slot that was refused is not decided again", func(s *session) {
		s.settle(s.granted(), retryAfter(time.Minute))
		slot := at("login", "", s.now)
		s.refused(loginwatch.ReasonRetryAfter, time.Minute, slot)
		s.pass(time.Minute)
		s.elsewhere(slot)
	}},
	{"other due times, jobs and locations are other slots", func(s *session) {
		due := s.now
		for _, slot := range []func(*loginwatch.Claim){
			at("login", "", due), at("login", "", due.Add(time.Nanosecond)), at("login", "eu", due), at("pay", "", due),
		} {
			s.settle(s.granted(slot, none), nothing)
			s.elsewhere(slot, none)
		}
	}},
	{"a slot in another zone is the same", func(s *session) {
		s.settle(s.granted(at("login", "", s.now)), nothing)
		s.elsewhere(at("login", "", s.now.In(time.FixedZone("", 5*3600+1800))))
	}},
	{"a slot that somebody has counts against nothing", func(s *session) {
		slot, l := at("login", "", s.now), limits(limit(2, time.Hour))
		a := s.granted(slot, l)
		s.elsewhere(slot, l)
		s.settle(a, nothing)
		s.settle(s.granted(l), nothing)
		s.refused(loginwatch.ReasonRateLimit, time.Hour, l)
	}},
	{"a slot that nobody settled is lost once it can't be under way any more", func(s *session) {
		slot := at("login", "eu", s.now)
		s.granted(slot, func(c *loginwatch.Claim) { c.Longest = time.Hour })
		s.settle(s.granted(), nothing)
		s.settle(s.granted(), retryAfter(2*time.Hour))
		s.refused(loginwatch.ReasonRetryAfter, 2*time.Hour)
		s.lost()
		s.pass(time.Hour)
		s.lost()
		s.pass(time.Minute)
		s.lost(s.claim(slot).Slot)
		s.lost()
		s.elsewhere(slot)
	}},
	{"lost slots of others are theirs to tell", func(s *session) {
		s.granted(at("login", "", s.now))
		s.granted(at("refresh", "", s.now))
		s.pass(time.Hour)
		mine := func(k loginwatch.Key) bool { return k.Probe == "login" }
		got, err := s.ledger.Lost(context.Background(), s.now, mine)
		if err != nil || len(got) != 1 || got[0].Probe != "login" {
			s.t.Fatalf("got %v, %v", got, err)
		}
		s.lost(loginwatch.Slot{Key: loginwatch.Key{Vendor: "acme", Probe: "refresh", Target: "production"}, Due: got[0].Due, Planned: got[0].Planned})
	}},
	{"what came of a lost slot counts, should it be told after all", func(s *session) {
		a := s.granted()
		s.pass(time.Hour)
		s.lost(loginwatch.Slot{})
		s.settle(a, refusal)
		s.credentialIs(2, 0)
	}},
	{"of many who claim a slot at once one has it", func(s *session) {
		var granted atomic.Int64
		var wg sync.WaitGroup
		for range 20 {
			c := s.claim(at("login", "", s.now))
			wg.Go(func() {
				a, err := s.ledger.Admit(s.t.Context(), c)
				switch {
				case err != nil:
					s.t.Errorf("Admit: %v", err)
				case a.Granted:
					granted.Add(1)
				case a.Reason != loginwatch.ReasonElsewhere:
					s.t.Errorf("refused for %s", a.Reason)
				}
			})
		}
		wg.Wait()
		if n := granted.Load(); n != 1 {
			s.t.Errorf("%d have it", n)
		}
	}},
}
