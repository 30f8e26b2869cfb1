package storetest

import (
	"context"
	"testing"
	"time"
	_ "time/tzdata" // so that a machine without zones knows them

	"github.com/loginwatch/loginwatch"
)

// quota claims a run that counts against one.
func quota(logins int, per loginwatch.QuotaPeriod) func(*loginwatch.Claim) {
	return func(c *loginwatch.Claim) { c.Quota = &loginwatch.Quota{Logins: logins, Per: per} }
}

// used checks what a run's quota had used with it.
func used(t testing.TB, a loginwatch.Ticket, logins int, ends time.Time) {
	t.Helper()
	if a.Quota.Used != logins || !a.Quota.Ends.Equal(ends) {
		t.Fatalf("the quota is %+v, want %d used until %s", a.Quota, logins, ends)
	}
}

var quotaTests = []named{
	{"a quota of a day is used up and begins again at midnight", func(s *session) { // it is 10:00
		q := quota(3, loginwatch.QuotaDay)
		midnight := s.now.Truncate(24 * time.Hour).Add(24 * time.Hour)
		for n := range 3 {
			a := s.granted(q)
			used(s.t, a, n+1, midnight)
			s.settle(a, nothing)
		}
		s.refused(loginwatch.ReasonQuota, 14*time.Hour, q)
		s.pass(14*time.Hour - time.Nanosecond)
		s.refused(loginwatch.ReasonQuota, time.Nanosecond, q)
		s.pass(time.Nanosecond)
		used(s.t, s.granted(q), 1, midnight.Add(24*time.Hour))
	}},
	{"a quota of a month ends with the month", func(s *session) { // it is the 21st of November
		q := quota(1, loginwatch.QuotaMonth)
		s.settle(s.granted(q), nothing)
		s.refused(loginwatch.ReasonQuota, 9*24*time.Hour+14*time.Hour, q)
		s.pass(9*24*time.Hour + 14*time.Hour)
		s.settle(s.granted(q), nothing)
		s.refused(loginwatch.ReasonQuota, 31*24*time.Hour, q)
	}},
	{"the vendor's own midnight counts", func(s *session) {
		zone, err := time.LoadLocation("Asia/Kolkata")
		if err != nil {
			s.t.Fatal(err)
		}
		q := func(c *loginwatch.Claim) {
			c.Quota = &loginwatch.Quota{Logins: 1, Per: loginwatch.QuotaDay, Zone: zone}
		}
		s.settle(s.granted(q), nothing)
		s.refused(loginwatch.ReasonQuota, 8*time.Hour+30*time.Minute, q)
	}},
	{"it is shared by all who log in at an address", func(s *session) {
		q, there := quota(2, loginwatch.QuotaDay), address("https://api.example.com")
		s.settle(s.granted(q, there), nothing)
		s.settle(s.granted(q, there, credential("b"), target("acme", "staging")), nothing)
		s.refused(loginwatch.ReasonQuota, 14*time.Hour, q, there)
		s.granted(q, address("https://other.example.com"))
		s.granted(q, there, target("another", "production"))
		s.granted(there) // counts against none
	}},
	{"runs that are under way count", func(s *session) {
		q := quota(2, loginwatch.QuotaDay)
		s.granted(q)
		s.granted(q)
		s.refused(loginwatch.ReasonQuota, 14*time.Hour, q)
		s.pass(lost) // also once nobody will tell
		s.refused(loginwatch.ReasonQuota, 14*time.Hour-lost, q)
	}},
	{"a run counts in the period that it ends in", func(s *session) {
		q := quota(1, loginwatch.QuotaDay)
		s.pass(14*time.Hour - time.Second)
		a := s.granted(q)
		s.pass(2 * time.Second)
		s.settle(a, nothing)
		s.refused(loginwatch.ReasonQuota, 24*time.Hour-time.Second, q)
	}},
	{"so does one whose end is not known yet", func(s *session) {
		q := quota(1, loginwatch.QuotaDay)
		s.pass(14*time.Hour - time.Second)
		s.granted(q)
		s.pass(2 * time.Second)
		s.refused(loginwatch.ReasonQuota, 24*time.Hour-time.Second, q)
	}},
	{"what was refused or not sent uses nothing", func(s *session) {
		q := quota(1, loginwatch.QuotaDay)
		s.settle(s.granted(q), loginwatch.Settlement{Unsent: true})
		s.settle(s.granted(), retryAfter(time.Minute))
		s.refused(loginwatch.ReasonRetryAfter, time.Minute, q)
		s.pass(time.Minute)
		s.granted(q)
	}},
	{"another quota goes on with what was used", func(s *session) {
		for range 3 {
			s.settle(s.granted(quota(3, loginwatch.QuotaDay)), nothing)
		}
		s.refused(loginwatch.ReasonQuota, 14*time.Hour, quota(2, loginwatch.QuotaDay))
		used(s.t, s.granted(quota(5, loginwatch.QuotaDay)), 4, s.now.Add(14*time.Hour))
	}},
	{"one for another period begins to count with it", func(s *session) {
		s.settle(s.granted(quota(1, loginwatch.QuotaDay)), nothing)
		used(s.t, s.granted(quota(1, loginwatch.QuotaMonth)), 1, s.now.Add(9*24*time.Hour+14*time.Hour))
	}},
	{"claims that cross at midnight lose no count", func(s *session) {
		q := quota(2, loginwatch.QuotaDay)
		midnight := s.now.Truncate(24 * time.Hour).Add(24 * time.Hour)
		s.pass(14*time.Hour + time.Second)
		s.settle(s.granted(q), nothing)
		s.now = midnight.Add(-time.Second) // stamped before, and asked after
		s.settle(s.granted(q), nothing)
		s.now = midnight.Add(2 * time.Second)
		a := s.granted(q)
		used(s.t, a, 2, midnight.Add(24*time.Hour))
	}},
	{"what a wrong clock counted ends", func(s *session) {
		q := quota(1, loginwatch.QuotaMonth)
		right := s.now
		s.pass(11 * 24 * time.Hour) // into the next month
		s.settle(s.granted(q), nothing)
		s.now = right
		s.settle(s.granted(q), nothing)
		s.refused(loginwatch.ReasonQuota, 9*24*time.Hour+14*time.Hour, q)
	}},
	{"a quota of none makes no sense", func(s *session) {
		if a, err := s.ledger.Admit(context.Background(), s.claim(quota(0, loginwatch.QuotaDay))); err == nil || a.Granted {
			s.t.Errorf("got %+v, %v", a, err)
		}
	}},
}
