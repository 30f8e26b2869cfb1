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
	slots    = flag.Int("slots", 6, "due times of each login in each line of incidents")
	pictures = flag.String("pictures", "", "a script for node that draws pictures at the end, given Prometheus' address and when the demonstration began")
)

// incidents are what befalls the vendors in turn, one line after the other. The
// refused credential rests to the end.
var incidents = [][]sim.FaultName{
	{""},
	{"", sim.FaultDropField, sim.FaultHTML502, sim.FaultReject, sim.FaultShortLived},
	{sim.FaultExtraField, "", "", "", sim.FaultWrongType},
	{""},
}

// befall lets all incidents happen, each for a number of slots of every login.
func (d *demo) befall(t *testing.T, ctx context.Context) {
	t.Helper()
	for i, faults := range incidents {
		for j, vendor := range d.simulator.Vendors() {
			if err := d.simulator.SetFault(vendor, sim.Fault{Name: faults[j%len(faults)]}); err != nil {
				t.Fatal(err)
			}
		}
		d.until(t, ctx, fmt.Sprintf("count(loginwatch_slots_planned_total) == %d and min(loginwatch_slots_planned_total) > %d", len(d.probes), (i+1)**slots))
	}
	d.until(t, ctx, `sum(loginwatch_slots_skipped_total{reason="suspended"})`)
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
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute+time.Duration(len(incidents)**slots)*time.Second)
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
