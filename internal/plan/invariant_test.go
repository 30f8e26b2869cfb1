package plan

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/loginwatch/loginwatch"
)

// move is one thing that happens to a planner.
type move struct {
	kind string // wait, reload, sleep
	wait time.Duration
	jobs []int // of the reload, into a fixed table
}

type scenario struct {
	immediate bool
	moves     []move
	patience  time.Duration
}

var scenarioJobs = []struct {
	probe, schedule string
	lasting         time.Duration
}{
	{"a", "@every 1s", 0}, {"a", "@every 3s", 7 * time.Second}, {"b", "* * * * *", 90 * time.Second},
	{"b", "*/2 * * * *", 0}, {"c", "@every 1500ms", 2 * time.Second}, {"d", "*/7 * * * * *", time.Second},
}

func drawScenario(t *rapid.T) scenario {
	return scenario{
		immediate: rapid.Bool().Draw(t, "immediate"),
		patience:  time.Duration(rapid.IntRange(0, 100_000).Draw(t, "patience")) * time.Millisecond,
		moves: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) move {
			return move{
				kind: rapid.SampledFrom([]string{"wait", "reload", "sleep"}).Draw(t, "kind"),
				wait: time.Duration(rapid.IntRange(0, 200_000).Draw(t, "wait")) * time.Millisecond,
				jobs: rapid.SliceOfNDistinct(rapid.IntRange(0, len(scenarioJobs)-1), 0, 4,
					func(i int) string { return scenarioJobs[i].probe }).Draw(t, "jobs"),
			}
		}), 1, 12).Draw(t, "moves"),
	}
}

// Whatever happens, every slot that was planned either ran or was skipped, no
// run overlaps its predecessor, and no slot runs twice unless the clock was set back.
func TestPlannedIsExecutedPlusSkipped(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		sc := drawScenario(rt)
		var problem error
		synctest.Test(t, func(t *testing.T) { problem = play(t, sc) })
		if problem != nil {
			rt.Fatal(problem)
		}
	})
}

func play(t *testing.T, sc scenario) error {
	l := newLedger()
	opts := l.options()
	opts.Immediate = sc.immediate
	p := New(opts)
	p.Start()
	stepped := false
	for _, m := range sc.moves {
		switch m.kind {
		case "wait":
			time.Sleep(m.wait)
		case "reload":
			var jobs []Task
			for _, i := range m.jobs {
				j := scenarioJobs[i]
				jobs = append(jobs, l.job(t, j.probe, j.schedule, j.lasting))
			}
			if err := p.Replace(jobs); err != nil {
				return err
			}
		case "sleep":
			// A wake-up as if the clock stood ahead; the next move sets it back.
			stepped = true
			p.rearm(time.Now().Add(m.wait).UTC())
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), sc.patience)
	defer cancel()
	_ = p.Stop(ctx) // cutting runs short is part of the scenario
	if l.overlap != "" {
		return fmt.Errorf("%s ran twice at once", l.overlap)
	}
	due := map[string]bool{}
	for _, s := range l.starts {
		key := fmt.Sprint(s.slot.Probe, s.slot.Due)
		if due[key] && !stepped {
			return fmt.Errorf("slot %s ran twice", key)
		}
		due[key] = true
	}
	for _, probe := range []string{"a", "b", "c", "d"} {
		if planned, ran, skipped := l.count(probe); planned != ran+skipped {
			return fmt.Errorf("%s: planned %d, ran %d, skipped %d", probe, planned, ran, skipped)
		}
	}
	return nil
}

// Scenarios that broke the invariant once, or that chance finds too seldom.
func TestNoSlotTwice(t *testing.T) {
	tests := map[string]scenario{
		"immediate at a due time": {immediate: true, moves: []move{
			{kind: "reload", jobs: []int{5}}, {kind: "wait", wait: 10 * time.Second}}},
		"removed and brought back": {immediate: true, moves: []move{
			{kind: "reload", jobs: []int{5}}, {kind: "reload"}, {kind: "reload", jobs: []int{5}},
			{kind: "wait", wait: 10 * time.Second}}},
		"another schedule with the same due times": {moves: []move{
			{kind: "reload", jobs: []int{0}}, {kind: "wait", wait: 3800 * time.Millisecond},
			{kind: "reload", jobs: []int{1}}, {kind: "wait", wait: 10 * time.Second}}},
	}
	for name, sc := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if err := play(t, sc); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// cron may have started a wake-up when a reload removes its job.
func TestWakeUpAfterRemoval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		p := New(l.options())
		replace(t, p, l.job(t, "a", "@every 10s", 0))
		p.Start()
		e := p.entries[loginwatch.Key{Vendor: "acme", Probe: "a", Target: "sim"}]
		if err := p.Replace(nil); err != nil {
			t.Fatal(err)
		}
		p.wake(e, time.Now().Add(10*time.Second))
		stop(t, p)
		l.want(t, "a", 0, 0, "map[]")
	})
}
