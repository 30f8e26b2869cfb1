//go:build prometheus

package dashtest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/dashboards"
)

// tally counts what happens in the day, beside the metrics, and once more what
// happens after the daemon's start.
type tally struct {
	since     func() bool
	day, late map[string]int
}

func newTally(since func() bool) *tally {
	return &tally{since, map[string]int{}, map[string]int{}}
}

func (c *tally) add(what string, n int) {
	c.day[what] += n
	if c.since() {
		c.late[what] += n
	}
}

// RecordPlanned implements [loginwatch.Recorder].
func (c *tally) RecordPlanned(context.Context, loginwatch.Slot) error { return nil }

// RecordRun implements [loginwatch.Recorder].
func (c *tally) RecordRun(_ context.Context, r *loginwatch.Run) error {
	c.add("runs", 1)
	if r.Verdict != loginwatch.OK {
		c.add("not ok", 1)
	}
	if r.Verdict == loginwatch.Broken {
		c.add("broken", 1)
	} else {
		c.add("timed", 1)
	}
	c.add("findings", len(r.Findings()))
	return nil
}

// RecordSkip implements [loginwatch.Recorder].
func (c *tally) RecordSkip(context.Context, loginwatch.SkippedSlot) error {
	c.add("skips", 1)
	return nil
}

// bars are all queries that count over windows which follow each other, by what
// their bars must add up to.
var bars = map[string]string{
	"overview.json: Runs that were not ok A":                    "not ok",
	"login-detail.json: Verdicts A":                             "runs",
	"login-detail.json: Why runs failed A":                      "not ok",
	"login-detail.json: Login time, every run A":                "timed",
	"login-detail.json: How answers differ from the contract A": "findings",
	"login-detail.json: Slots A":                                "runs",
	"login-detail.json: Slots B":                                "skips",
	"prober-health.json: Slots A":                               "runs",
	"prober-health.json: Slots B":                               "skips",
	"prober-health.json: Lateness, every run A":                 "runs",
	"prober-health.json: Scrapes with errors A":                 "scrapes with errors",
}

// Each run is in one bar, and in no second one: the bars of the day add up to
// what happened in it, whichever end of a range is open, and across a start of
// the daemon that is no end of a bar.
func (a *archive) countsOnce(t *testing.T, ctx context.Context, all []query) {
	checked := 0
	for _, q := range all {
		if q.target == nil || q.target.Interval != dashboards.Bar {
			continue
		}
		what, known := bars[q.String()]
		if !known {
			t.Errorf("%s: nobody says what its bars add up to", q)
			continue
		}
		checked++
		expr := q.substituted(".*", ".*", ".*")
		if q.target.Format == "heatmap" {
			expr = fmt.Sprintf("max(%s)", expr) // the last bucket holds all
		}
		found, err := a.ask(ctx, expr, q.step())
		if err != nil {
			t.Fatal(err)
		}
		if sum := total(found); sum != float64(a.happened.day[what]) {
			t.Errorf("%s: the bars add up to %v, there were %d %s", q, sum, a.happened.day[what], what)
		}
	}
	if checked != len(bars) {
		t.Errorf("%d queries with bars, %d were expected", checked, len(bars))
	}
	for _, what := range bars {
		if a.happened.day[what] == 0 && what != "scrapes with errors" {
			t.Errorf("the day has no %s", what)
		}
	}
}

func total(found [][]float64) (sum float64) {
	for _, series := range found {
		for _, n := range series {
			sum += n
		}
	}
	return sum
}

// ranges are queries that count over any time, by what they count.
var ranges = map[string]string{
	"overview.json: Why runs failed A":                      "not ok",
	"overview.json: How answers differ from the contract A": "findings",
	"prober-health.json: Runs broken by us A":               "broken",
	"prober-health.json: Runs A":                            "runs",
}

// lately is a time in which the daemon did not start.
const lately = 13 * time.Hour

// What is counted over a time without a start of the daemon is exact as well.
func (a *archive) countsRanges(t *testing.T, ctx context.Context, all []query) {
	checked := 0
	for _, q := range all {
		what, known := ranges[q.String()]
		if !known {
			continue
		}
		checked++
		span := fmt.Sprintf("%.0fs", lately.Seconds())
		q.expr = strings.NewReplacer("$__range", span, "$window", span).Replace(q.expr)
		found, err := a.ask(ctx, q.substituted(".*", ".*", ".*"), 0)
		if err != nil {
			t.Fatal(err)
		}
		if sum := total(found); sum != float64(a.happened.late[what]) || sum == 0 {
			t.Errorf("%s: counts %v, there were %d %s", q, sum, a.happened.late[what], what)
		}
	}
	if checked != len(ranges) {
		t.Errorf("%d queries that count over a time, %d were expected", checked, len(ranges))
	}
}
