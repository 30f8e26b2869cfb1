package storetest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
)

// opens claims a run whose login opens a session.
func opens(c *loginwatch.Claim) { c.Opens = true }

func (s *session) opened(a loginwatch.Ticket, token string) {
	s.t.Helper()
	if err := s.ledger.Opened(context.Background(), a, token); err != nil {
		s.t.Fatal(err)
	}
}

// leftOpenIs checks the sessions that the only credential left open.
func (s *session) leftOpenIs(want ...loginwatch.OpenSession) {
	s.t.Helper()
	states, err := s.ledger.Credentials(context.Background(), s.now)
	if err != nil || len(states) != 1 {
		s.t.Fatalf("got %+v, %v", states, err)
	}
	same := func(x, y loginwatch.OpenSession) bool { return x.Token == y.Token && x.Since.Equal(y.Since) }
	if !slices.EqualFunc(states[0].LeftOpen, want, same) {
		s.t.Fatalf("left open are %+v, want %+v", states[0].LeftOpen, want)
	}
}

var sessionTests = []named{
	{"of one account one session is open at a time", func(s *session) {
		a := s.granted(opens)
		s.refused(loginwatch.ReasonOverlap, lost, opens)
		s.refused(loginwatch.ReasonOverlap, lost, opens, target("acme", "staging"))
		s.granted(opens, credential("another"))
		s.settle(s.granted(), nothing) // opens none
		s.settle(a, nothing)
		s.granted(opens)
	}},
	{"a session that was closed is not told", func(s *session) {
		a := s.granted(opens)
		s.opened(a, "one")
		s.settle(a, acceptance)
		s.leftOpenIs()
	}},
	{"one that could not be closed is told by its fingerprint, also after others were accepted", func(s *session) {
		since := s.now
		a := s.granted(opens)
		s.opened(a, "one")
		s.settle(a, loginwatch.Settlement{Accepted: true, LeftOpen: true})
		s.settle(s.granted(opens), acceptance)
		s.leftOpenIs(loginwatch.OpenSession{Token: "one", Since: since})
		s.pass(30*24*time.Hour + time.Second)
		s.settle(s.granted(), nothing)
		s.leftOpenIs()
	}},
	{"one whose opening could not be noted is told without", func(s *session) {
		s.settle(s.granted(opens), loginwatch.Settlement{Accepted: true, LeftOpen: true})
		s.leftOpenIs(loginwatch.OpenSession{Since: s.now})
	}},
	{"so is one whose run nobody told the end of", func(s *session) {
		since := s.now
		a := s.granted(opens)
		s.opened(a, "")
		s.opened(a, "one")
		s.leftOpenIs()
		s.pass(lost)
		s.leftOpenIs(loginwatch.OpenSession{Token: "one", Since: since})
		s.settle(s.granted(opens), acceptance)
		s.leftOpenIs(loginwatch.OpenSession{Token: "one", Since: since})
	}},
	{"a run that opened nothing leaves nothing open", func(s *session) {
		s.settle(s.granted(opens), refusal)
		s.granted(opens)
		s.pass(lost)
		s.leftOpenIs()
	}},
	{"one that was closed after all is not told any more", func(s *session) {
		a := s.granted(opens)
		s.opened(a, "one")
		s.pass(lost)
		s.settle(s.granted(), nothing)
		s.leftOpenIs(loginwatch.OpenSession{Token: "one", Since: s.now.Add(-lost)})
		s.settle(a, acceptance)
		s.leftOpenIs()
	}},
	{"one that was lost and stays open is told once, as long as it is worth it", func(s *session) {
		since := s.now
		a := s.granted(opens)
		s.opened(a, "one")
		s.pass(lost)
		s.settle(s.granted(), nothing)
		s.settle(a, loginwatch.Settlement{LeftOpen: true})
		for range 9 { // a probe that is seldom due, while the store forgets what nobody uses
			s.pass(3 * 24 * time.Hour)
			s.settle(s.granted(none), nothing)
		}
		s.leftOpenIs(loginwatch.OpenSession{Token: "one", Since: since})
	}},
	{"of many the last ones are told", func(s *session) {
		var want []loginwatch.OpenSession
		for i := range 25 {
			a := s.granted(opens)
			s.opened(a, fmt.Sprint(i))
			s.settle(a, loginwatch.Settlement{Accepted: true, LeftOpen: true})
			if i >= 5 {
				want = append(want, loginwatch.OpenSession{Token: fmt.Sprint(i), Since: s.now})
			}
			s.pass(time.Minute)
		}
		s.leftOpenIs(want...)
	}},
	{"nobody notes a session without a ticket", func(s *session) {
		a := s.granted(opens)
		s.settle(a, nothing)
		s.opened(a, "late")
		s.opened(loginwatch.Ticket{}, "none")
		s.opened(loginwatch.Ticket{ID: 1 << 40}, "none")
		s.leftOpenIs()
	}},
}
