//go:build prometheus

package dashtest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/dashboards"
)

var pictures = flag.String("pictures", "", "a script for node that draws pictures at the end, given Prometheus' address and the day's begin and end")

// step is the time between two points of a query's answer, as Grafana has it for
// a panel of common width: the panel's least step, or a minute for a day.
func (q query) step() time.Duration {
	switch {
	case q.target == nil || q.target.Instant:
		return 0
	case q.target.Interval == dashboards.Bar:
		return 15 * time.Minute
	}
	return time.Minute
}

// substituted is a query as Grafana sends it for one login.
func (q query) substituted(vendor, probe, target string) string {
	rate := max(q.step()+scrapeEvery, 4*scrapeEvery)
	if q.target != nil && q.target.Interval != "" { // a least step stands for the time between scrapes
		rate = 4 * q.step()
	}
	seconds := func(d time.Duration) string { return fmt.Sprintf("%.0fs", d.Seconds()) }
	return strings.NewReplacer(
		"$__rate_interval", seconds(rate), "$__interval", seconds(q.step()), "$__range", seconds(length), "$window", "1h",
		"$job", ".*", "$instance", ".*", "$vendor", vendor, "$probe", probe, "$target", target,
	).Replace(q.expr)
}

// fallback is what a count of nothing shows.
var fallback = regexp.MustCompile(` or (vector\(0\)|0 \* count\(loginwatch_build_info\{[^}]*\}\))$`)

// answered tells whether a query has data for all logins together, or for one of
// them: not every vendor's answers tell when a token ends. A count that may well
// be of nothing now must have been of something during the day.
func (a *archive) answered(ctx context.Context, q query) (bool, error) {
	step := q.step()
	if bare := fallback.ReplaceAllString(q.expr, ""); bare != q.expr {
		q.expr, step = bare, time.Minute
	}
	found, err := a.ask(ctx, q.substituted(".*", ".*", ".*"), step)
	if err != nil || len(found) == 0 && q.file != "login-detail.json" {
		return false, err
	}
	for _, j := range a.jobs {
		found, err := a.ask(ctx, q.substituted(j.next.Vendor, j.next.Probe, j.next.Target), step)
		if err != nil || len(found) > 0 {
			return len(found) > 0, err
		}
	}
	return false, nil
}

func TestDay(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	a := newArchive(t, newDemo(t))
	all := queries(t)
	// On the counters alone: `make dashboards` has this done on Prometheus 2 too.
	t.Run("bars count runs once", func(t *testing.T) { a.countsOnce(t, ctx, all) })
	t.Run("ranges count runs once", func(t *testing.T) { a.countsRanges(t, ctx, all) })
	t.Run("recorded", func(t *testing.T) {
		a.recordAll(t)
		t.Run("every query answers", func(t *testing.T) { a.answersAll(t, ctx, all) })
		t.Run("exported objectives count as rules do", func(t *testing.T) { a.countsObjectives(t, ctx) })
		t.Run("every state is seen", func(t *testing.T) { a.seesStates(t, ctx, all) })
		t.Run("a reload hides no drift", func(t *testing.T) { a.reloads(t, ctx, all) })
		t.Run("silence is no success", func(t *testing.T) { a.isSilent(t, ctx, all) })
	})
	if *pictures == "" {
		return
	}
	draw := exec.CommandContext(ctx, "node", *pictures, a.url, fmt.Sprint(a.from.Unix()), fmt.Sprint(a.to.Unix()))
	draw.Stdout, draw.Stderr = os.Stdout, os.Stderr
	if err := draw.Run(); err != nil {
		t.Errorf("%s: %v", *pictures, err)
	}
}

func (a *archive) answersAll(t *testing.T, ctx context.Context, all []query) {
	for _, q := range all {
		ok, err := a.answered(ctx, q)
		if err != nil {
			t.Errorf("%s: %v\n%s", q, err, q.expr)
		} else if !ok {
			t.Errorf("%s: no data\n%s", q, q.expr)
		}
	}
	// What a query is there to find must be found, or the day shows nothing.
	for _, expr := range []string{
		`count(sum by (verdict) (loginwatch_runs_total{verdict!="skipped"}) > 0) == 6`,
		`sum(loginwatch_findings_total{class="breaking"})`, `sum(loginwatch_findings_total{class="additive"})`, `sum(loginwatch_findings_total{class="tolerated"})`,
		`count(loginwatch_token_lifetime_seconds)`, `sum(loginwatch_phase_duration_seconds_sum{phase="tls"})`,
	} {
		if found, err := a.ask(ctx, expr, 0); err != nil || len(found) == 0 || found[0][0] == 0 {
			t.Errorf("%s: nothing of it happened: %v, %v", expr, found, err)
		}
	}
}

// named gives the query of a panel of the overview.
func named(t *testing.T, all []query, panel string) query {
	t.Helper()
	for _, q := range all {
		if q.file == "overview.json" && q.panel == panel {
			return q
		}
	}
	t.Fatalf("the overview has no panel %q", panel)
	return query{}
}

func (a *archive) seesStates(t *testing.T, ctx context.Context, all []query) {
	shared := readSources(t).Common
	found, err := a.ask(ctx, named(t, all, "State of every login").substituted(".*", ".*", ".*"), scrapeEvery)
	if err != nil || len(found) != len(a.jobs) {
		t.Errorf("%d logins have a state, there are %d: %v", len(found), len(a.jobs), err)
	}
	seen := map[string]bool{}
	for _, login := range found {
		for _, state := range login {
			seen[fmt.Sprint(state)] = true
		}
		if n, scrapes := len(login), int(length/scrapeEvery); n < scrapes-1 { // rules begin within a minute
			t.Errorf("a login has a state at %d of %d times", n, scrapes)
		}
	}
	for _, state := range shared.Mappings["states"] {
		if !seen[state.Value] {
			t.Errorf("no login was %s", state.Text)
		}
	}
}

// The first login drifts from the beginning, so what is known of its last
// ok is when the configuration was read.
func (a *archive) reloads(t *testing.T, ctx context.Context, all []query) {
	j := a.jobs[0].next
	state := named(t, all, "State of every login").substituted(j.Vendor, j.Probe, j.Target)
	at := func(hour float64) int64 { return a.from.Add(time.Duration(hour * float64(time.Hour))).Unix() }
	for hour := reload - 0.25; hour < reload+0.25; hour += 1. / 60 {
		found, err := a.ask(ctx, fmt.Sprintf("last_over_time((%s)[1s:1s] @ %d)", state, at(hour)), 0)
		if err != nil || len(found) != 1 || found[0][0] != 1 {
			t.Fatalf("%.2f hours after the beginning the state is %v, not drift (%v)", hour, found, err)
		}
	}
}

// Before the day there was no daemon. Nothing may look as if all were well then.
func (a *archive) isSilent(t *testing.T, ctx context.Context, all []query) {
	for _, q := range all {
		if q.target == nil || q.panel == "Probers" {
			continue
		}
		expr := fmt.Sprintf("last_over_time((%s)[1s:1s] @ %d)", q.substituted(".*", ".*", ".*"), a.from.Add(-time.Hour).Unix())
		if found, err := a.ask(ctx, expr, 0); err != nil || len(found) > 0 {
			t.Errorf("%s: without a daemon it shows %v (%v)", q, found, err)
		}
	}
}
