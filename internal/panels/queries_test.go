//go:build prometheus

package panels

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/sim"
)

var (
	slots    = flag.Int("slots", 8, "due times of each login before, during and after the incidents")
	pictures = flag.String("pictures", "", "a script for node that draws pictures at the end, given Prometheus' address and when the demonstration began")
)

// incidents befall the vendors in turn; the first one stays well.
var incidents = []sim.FaultName{"", sim.FaultDropField, sim.FaultHTML502, sim.FaultReject, sim.FaultShortLived}

// befall lets every login be probed some times, then breaks most of them, then
// mends them again.
func (d *demo) befall(t *testing.T, ctx context.Context) {
	t.Helper()
	planned := func(times int) {
		d.until(t, ctx, fmt.Sprintf("count(loginwatch_slots_planned_total) == %d and min(loginwatch_slots_planned_total) > %d", len(d.probes), times**slots))
	}
	set := func(i int, fault sim.Fault) {
		if err := d.simulator.SetFault(d.simulator.Vendors()[i], fault); err != nil {
			t.Fatal(err)
		}
	}
	planned(1)
	for i := range d.simulator.Vendors() {
		set(i, sim.Fault{Name: incidents[i%len(incidents)]})
	}
	planned(2)
	d.until(t, ctx, `sum(loginwatch_slots_skipped_total{reason="suspended"})`)
	for i := range d.simulator.Vendors() {
		set(i, sim.Fault{})
	}
	set(0, sim.Fault{Name: sim.FaultExtraField})
	planned(3)
}

// substituted is a query as Grafana sends it for one login.
func (d *demo) substituted(expr, vendor, probe, target string) string {
	return strings.NewReplacer(
		"$__rate_interval", "10s", "$__range", "1m", "$window", "30s",
		"$job", ".*", "$instance", ".*", "$vendor", vendor, "$probe", probe, "$target", target,
	).Replace(expr)
}

// answered tells whether a query has data for all logins together, or for one of
// them: not every vendor's answers tell when a token ends.
func (d *demo) answered(ctx context.Context, q query) (bool, error) {
	instant := q.target == nil || q.target.Instant
	n, _, err := d.ask(ctx, d.substituted(q.expr, ".*", ".*", ".*"), instant)
	if err != nil || n == 0 && q.file != "login-detail.json" {
		return false, err
	}
	for _, p := range d.probes {
		n, _, err := d.ask(ctx, d.substituted(q.expr, p.Contract.Vendor, p.Name, d.targets[p.Contract.Vendor]), instant)
		if err != nil || n > 0 {
			return n > 0, err
		}
	}
	return false, nil
}

func TestEveryQueryReturnsData(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute+3*time.Duration(*slots)*time.Second)
	defer cancel()
	d := newDemo(t)
	d.befall(t, ctx)
	for _, q := range queries(t) {
		ok, err := d.answered(ctx, q)
		if err != nil {
			t.Errorf("%s: %v\n%s", q, err, q.expr)
		} else if !ok {
			t.Errorf("%s: no data\n%s", q, q.expr)
		}
	}
	// What a query is there to find must be found, or the demonstration shows
	// nothing: every state and the reasons behind it.
	for _, expr := range []string{
		`count(sum by (verdict) (loginwatch_runs_total{verdict=~"ok|drift|unavailable|rejected"}) > 0) == 4`,
		`sum(loginwatch_findings_total{class="breaking"})`, `sum(loginwatch_findings_total{class="additive"})`,
		`count(loginwatch_token_lifetime_seconds)`, `sum(loginwatch_phase_duration_seconds_sum{phase="tls"})`,
	} {
		if n, value, err := d.ask(ctx, expr, true); err != nil || n == 0 || value == "0" {
			t.Errorf("%s: nothing of it happened: %s, %v", expr, value, err)
		}
	}
	if *pictures == "" {
		return
	}
	draw := exec.CommandContext(t.Context(), "node", *pictures, d.prometheus, fmt.Sprint(d.began.Unix()))
	draw.Stdout, draw.Stderr = os.Stdout, os.Stderr
	if err := draw.Run(); err != nil {
		t.Errorf("%s: %v", *pictures, err)
	}
}
