//go:build oncall

package alerttest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/sim"
)

// incident is a fault and the alerts that it must raise, "ALERT TARGET", with
// their waits in the time of the test.
type incident struct {
	target string
	begin  func(*testing.T, *target)
	alerts map[string]time.Duration // to their "for"
}

func fault(name sim.FaultName, delay time.Duration) func(*testing.T, *target) {
	return func(t *testing.T, x *target) { x.fault(t, name, delay) }
}

const minute = time.Minute / speed

var incidents = []incident{
	{"outage", fault(sim.FaultOutage, 0), map[string]time.Duration{"LoginDown outage": minute}},
	{"drift", fault(sim.FaultDropField, 0), map[string]time.Duration{"LoginContractBroken drift": 0, "LoginContractFailing drift": minute}},
	{"slow", fault(sim.FaultSlow, 1500*time.Millisecond), map[string]time.Duration{"LoginSlow slow": minute}},
	{"rejected", fault(sim.FaultReject, 0), map[string]time.Duration{"LoginCredentialRejected rejected": 0, "LoginCredentialSuspended": 0}},
	{"throttled", fault(sim.FaultThrottle, 0), map[string]time.Duration{"LoginThrottled throttled": 0}},
	{"certificate", func(_ *testing.T, x *target) { x.certificate.Store(x.ending) }, map[string]time.Duration{"LoginCertificateExpiring certificate": 5 * minute}},
	{"steady", func(*testing.T, *target) {}, nil},
}

// slack is what scraping, evaluating and grouping take on a busy machine.
const slack = 8 * time.Second

// TestEndToEnd has real incidents found by the real daemon and told by the real
// Prometheus and Alertmanager: the right alert in time, resolved afterwards, and
// nothing else.
func TestEndToEnd(t *testing.T) {
	var names []string
	for _, i := range incidents {
		names = append(names, i.target)
	}
	s := newStage(t, names, "certificate")
	s.watch(t)
	s.alarm(t)
	s.holds(t, fmt.Sprintf(`count(login:up:newest == 1) == %d and min(login:slo_total:increase15m) >= 2.5`, len(names)), time.Minute)
	s.expect(t, "LoginwatchDeadMansSwitch", time.Now(), 10*time.Second)
	if got := s.receiver.firing(); !slices.Equal(got, []string{"LoginwatchDeadMansSwitch"}) {
		t.Fatalf("before any incident %q fire", got)
	}
	t.Run("incidents", func(t *testing.T) { everyIncident(t, s) })
	t.Run("queries", func(t *testing.T) { everyQuery(t, s) })
	t.Run("network", func(t *testing.T) { ownNetwork(t, s) })
	t.Run("reload", func(t *testing.T) { failedReload(t, s) })
	killedDaemon(t, s) // no test of its own, whose end would end the daemon
	t.Run("daemon", func(t *testing.T) { deadDaemon(t, s) })
	nothingElse(t, s)
}

// everyIncident happens at once, each to a target of its own.
func everyIncident(t *testing.T, s *stage) {
	began := time.Now()
	latest := map[string]time.Duration{}
	for i, x := range incidents {
		x.begin(t, s.targets[i])
		for alert, wait := range x.alerts {
			latest[alert] = 3*interval + wait + slack
		}
	}
	for name, limit := range latest {
		s.expect(t, name, began, limit)
	}
	for _, x := range s.targets {
		x.fault(t, "", 0)
		if x.fresh != nil {
			x.certificate.Store(x.fresh)
		}
	}
	s.quiet(t, 3*time.Minute)
}

// expect waits for an alert and holds it to its time.
func (s *stage) expect(t *testing.T, name string, began time.Time, limit time.Duration) {
	t.Helper()
	var at time.Time
	// Patience beyond the limit tells late from never.
	if !s.receiver.await(time.Until(began.Add(2*limit)), func(heard map[string]*story) bool {
		x := heard[name]
		if x == nil || !x.resolved.IsZero() {
			return false
		}
		at = x.fired
		return true
	}) {
		t.Errorf("%s did not come; there are %q", name, s.receiver.firing())
		return
	}
	took := max(at.Sub(began), 0)
	t.Logf("%-42s after %5.1f s, at most %.0f s", name, took.Seconds(), limit.Seconds())
	if took > limit {
		t.Errorf("%s came after %v, later than %v", name, took, limit)
	}
}

// quiet waits until nothing but the dead man's switch fires.
func (s *stage) quiet(t *testing.T, patience time.Duration) {
	t.Helper()
	began := time.Now()
	if !s.receiver.await(patience, func(heard map[string]*story) bool {
		for name, x := range heard {
			if x.resolved.IsZero() && name != "LoginwatchDeadMansSwitch" {
				return false
			}
		}
		return true
	}) {
		t.Fatalf("still firing after %v: %q", patience, s.receiver.firing())
	}
	t.Logf("all resolved after %.1f s", time.Since(began).Seconds())
}

// everyQuery of the runbooks and of the page on metrics is understood.
func everyQuery(t *testing.T, s *stage) {
	x := s.targets[0]
	fill := strings.NewReplacer("VENDOR", x.vendor, "TARGET", x.name, "PROBE", "login", "JOB", "loginwatch")
	for _, e := range expressions(t) {
		if strings.Contains(e.query, "%s") {
			continue // the texts of alerts have been rendered
		}
		if _, err := query(t.Context(), s.prometheus, "query", url.Values{"query": {fill.Replace(e.query)}}); err != nil {
			t.Errorf("%s: %q: %v", e.place, e.query, err)
		}
	}
}

// ownNetwork takes all vendors away: one page, as ours, and none of theirs.
func ownNetwork(t *testing.T, s *stage) {
	before := s.receiver.snapshot()
	began := time.Now()
	for _, x := range s.targets {
		x.fault(t, sim.FaultReset, 0)
	}
	s.expect(t, "LoginwatchAllVendorsUnavailable", began, 3*interval+slack)
	// Long enough for every login to be down for certain and for its wait.
	s.holds(t, fmt.Sprintf(`count(ALERTS{alertname="LoginDown", alertstate="firing"}) == %d`, len(s.targets)), 6*interval)
	for _, x := range s.targets {
		x.fault(t, "", 0)
	}
	s.quiet(t, 2*time.Minute)
	for name, x := range s.receiver.snapshot() {
		if name != "LoginwatchAllVendorsUnavailable" && name != "LoginwatchDeadMansSwitch" && (before[name] == nil || x.fired != before[name].fired || x.resolved != before[name].resolved) {
			t.Errorf("%s was told of as well", name)
		}
	}
}

func failedReload(t *testing.T, s *stage) {
	good := text(t, s.config)
	began := time.Now()
	if s.reload(t, "targets: [") {
		t.Fatal("the daemon took a broken configuration")
	}
	s.expect(t, "LoginwatchReloadFailed", began, 3*interval+minute+slack)
	if !s.reload(t, good) {
		t.Fatal("the daemon refused the good configuration")
	}
	s.quiet(t, time.Minute)
}

func deadDaemon(t *testing.T, s *stage) {
	began := time.Now()
	s.daemon.kill()
	s.expect(t, "LoginwatchAbsent", began, 3*interval+2*minute+slack)
	s.watch(t)
	s.quiet(t, time.Minute)
}

// nothingElse holds all that was told in the whole test to what was to be told,
// and to the receiver that it belongs to.
func nothingElse(t *testing.T, s *stage) {
	want := map[string]bool{
		"LoginwatchDeadMansSwitch": true, "LoginwatchAllVendorsUnavailable": true, "LoginwatchReloadFailed": true, "LoginwatchAbsent": true, "LoginDown drift": true,
	}
	for _, i := range incidents {
		for alert := range i.alerts {
			want[alert] = true
		}
	}
	to := map[string]string{"page": "on-call", "ticket": "tickets", "none": "heartbeat"}
	severity := map[string]string{}
	for _, a := range alerts(t) {
		severity[a.Alert] = a.Labels["severity"]
	}
	for name, x := range s.receiver.snapshot() {
		if !want[name] {
			t.Errorf("%s was told of and should not have been", name)
		}
		alert, _, _ := strings.Cut(name, " ")
		if x.receiver != to[severity[alert]] {
			t.Errorf("%s went to %s", name, x.receiver)
		}
	}
	for _, text := range s.receiver.strange {
		t.Error(text)
	}
}
