//go:build oncall

package alerttest

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/sim"
)

// killedDaemon kills the daemon amid incidents, as the kernel does that is out of memory,
// and starts it again: what fires goes on firing, as the same alert, and what is about to
// fires when it would have.
func killedDaemon(t *testing.T, s *stage) {
	down, rejected, next := s.target(t, "outage"), s.target(t, "rejected"), s.target(t, "drift")
	began := time.Now()
	down.fault(t, sim.FaultOutage, 0)
	rejected.fault(t, sim.FaultReject, 0)
	s.expect(t, "LoginDown outage", began, 3*interval+minute+slack)
	s.expect(t, "LoginCredentialSuspended", began, 3*interval+slack)
	before := s.receiver.snapshot()

	began = time.Now()
	next.fault(t, sim.FaultOutage, 0)
	s.holds(t, fmt.Sprintf(`loginwatch_consecutive_failures{target="%s", verdict="unavailable"} == 2`, next.name), 3*interval)
	s.daemon.kill()
	s.watch(t)
	s.expect(t, "LoginDown drift", began, 3*interval+minute+slack)
	s.holds(t, `changes(process_start_time_seconds[1m]) > 0 and on () min(login:consecutive_failures:min{target="outage", verdict="unavailable"}) >= 5`, 3*interval)
	for alert, labels := range map[string]string{
		"LoginDown outage":         `alertname="LoginDown", target="outage"`,
		"LoginCredentialSuspended": `alertname="LoginCredentialSuspended"`,
	} {
		s.unbroken(t, labels, before[alert].fired, time.Now())
		if x := s.receiver.snapshot()[alert]; x.fired != before[alert].fired || !x.resolved.IsZero() {
			t.Errorf("%s was told of again", alert)
		}
	}
	for _, x := range []*target{down, rejected, next} {
		x.fault(t, "", 0)
	}
	s.quiet(t, 3*time.Minute)
}

// unbroken holds that an alert fired at each evaluation between two times, and that it was
// one and the same.
func (s *stage) unbroken(t *testing.T, labels string, from, to time.Time) {
	t.Helper()
	for _, q := range []string{`count(ALERTS{alertstate="firing", ` + labels + `}) == 1`, `max(ALERTS_FOR_STATE{` + labels + `})`} {
		found, err := query(t.Context(), s.prometheus, "query_range", url.Values{
			"query": {q}, "start": {from.Format(time.RFC3339Nano)}, "end": {to.Format(time.RFC3339Nano)}, "step": {"0.5"},
		})
		if err != nil || len(found) != 1 {
			t.Fatalf("%s: %d series, %v", q, len(found), err)
		}
		values := found[0].Values
		if want := int(to.Sub(from)/(500*time.Millisecond)) + 1; len(values) != want {
			t.Errorf("%s: %d of %d times", q, len(values), want)
		}
		for _, v := range values {
			if v[1] != values[0][1] {
				t.Errorf("%s: first %v and then %v", q, values[0][1], v[1])
				break
			}
		}
	}
}

func (s *stage) target(t *testing.T, name string) *target {
	t.Helper()
	for _, x := range s.targets {
		if x.name == name {
			return x
		}
	}
	t.Fatalf("there is no target %s", name)
	return nil
}
