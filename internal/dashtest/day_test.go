//go:build prometheus

package dashtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/flow"
	"github.com/loginwatch/loginwatch/internal/sim"
)

// incident is what befalls a vendor for some hours of the day.
type incident struct {
	vendor   int // counted over the five that come first, then from the first again
	from, to float64
	fault    sim.FaultName
}

// Incidents that no simulator makes.
const (
	hanging   sim.FaultName = "hanging"   // the scheduler plans no more
	forgotten sim.FaultName = "forgotten" // the secrets are gone
	storeless sim.FaultName = "storeless" // the store can't be asked
)

// incidents show every state that a login can have. Some last to the end of the
// day.
var incidents = []incident{
	{0, 0, 1.5, sim.FaultDropField}, {0, 8, 19, sim.FaultExtraField}, {0, 19.5, 20.5, forgotten},
	{1, 14, 14.7, hanging}, {1, 17, 18, storeless}, {1, 21, 21.1, sim.FaultReset},
	{2, 3.5, 4.25, sim.FaultHTML502}, {2, 12, 12.6, sim.FaultThrottle}, {2, 17, 19, sim.FaultSlow},
	{3, 6, 6.1, sim.FaultReset}, {3, 20.5, 25, sim.FaultReject},
	{4, 9, 16, sim.FaultShortLived}, {4, 22.4, 25, sim.FaultWrongType},
}

const (
	restart = 10.13 // hours from the beginning: the daemon, amid a bar; nothing has run since the scrape before
	reload  = 0.75  // while the first vendor's login has never been ok
)

// hours is how far the day has come.
func (d *demo) hours() float64 { return d.now().Sub(d.from).Hours() }

// befallen is the fault in force for the i-th job.
func (d *demo) befallen(i int) sim.FaultName {
	for _, x := range incidents {
		if x.vendor == i%5 && x.from <= d.hours() && d.hours() < x.to {
			return x.fault
		}
	}
	return ""
}

// pass lets the day pass and writes what every scrape finds.
func (d *demo) pass(t *testing.T, history io.Writer) {
	t.Helper()
	w := bufio.NewWriter(history)
	d.start(t)
	for at := d.from; !at.After(d.to); at = at.Add(scrapeEvery) {
		before := d.hours()
		for i, j := range d.jobs {
			switch late := at.Sub(j.next.Planned); {
			case late < 0 || d.befallen(i) == hanging:
			case late > 2*scrapeEvery: // it hung
				j.plan(at)
			default:
				d.slot(t, i, j)
			}
		}
		d.clock.Store(at.UnixNano())
		passed := func(hour float64) bool { return before < hour && d.hours() >= hour }
		if passed(reload) {
			d.engine.Metrics.ConfigReloaded(true, at)
		}
		if passed(restart) {
			d.start(t)
			at = at.Add(11 * time.Second) // it is another one to Prometheus, and has its turn at another time
		}
		d.scrape(t, w, at)
	}
	fmt.Fprintln(w, "# EOF")
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

// slot carries out the next slot of a job.
func (d *demo) slot(t *testing.T, i int, j *job) {
	t.Helper()
	slot := j.next
	j.plan(slot.Planned)
	d.current = i
	d.clock.Store(slot.Planned.Add(d.about(2*time.Millisecond, 0.9)).UnixNano())
	fault := d.befallen(i)
	if slices.Contains([]sim.FaultName{forgotten, storeless, sim.FaultSlow}, fault) { // d.Run and the ledger do these
		fault = ""
	}
	if err := d.simulator.SetFault(slot.Vendor, sim.Fault{Name: fault}); err != nil {
		t.Fatal(err)
	}
	d.engine.Executor.Planned(t.Context(), slot)
	d.engine.Executor.Execute(t.Context(), j.Job, slot)
}

// ledger is the daemon's, in a store that fails now and then.
type ledger struct {
	loginwatch.Ledger
	day *demo
}

// Admit implements [loginwatch.Ledger].
func (l ledger) Admit(ctx context.Context, claim loginwatch.Claim) (loginwatch.Ticket, error) {
	if l.day.befallen(l.day.current) == storeless {
		return loginwatch.Ticket{}, errors.New("the disk is full")
	}
	return l.Ledger.Admit(ctx, claim)
}

// usual is how long the phases of a login take.
var usual = map[loginwatch.Phase]time.Duration{
	loginwatch.PhaseDNS: 9 * time.Millisecond, loginwatch.PhaseConnect: 16 * time.Millisecond, loginwatch.PhaseTLS: 34 * time.Millisecond,
	loginwatch.PhaseSend: 100 * time.Microsecond, loginwatch.PhaseWait: 160 * time.Millisecond, loginwatch.PhaseReceive: time.Millisecond,
}

// Run implements [daemon.Runner]: the real one sends the login, which takes no
// time worth speaking of here, and then it gets the times of one far away.
func (d *demo) Run(ctx context.Context, plan *flow.Plan) *loginwatch.Run {
	if d.befallen(d.current) == forgotten {
		bare := *plan.Target
		bare.Secrets = config.Static("a file that is gone", nil)
		plan = flow.New(loginwatch.Job{Probe: plan.Probe, Target: &bare})
	}
	run := d.runner.Run(ctx, plan)
	run.Duration = 0
	for i := range run.Steps {
		step := &run.Steps[i]
		step.Duration = 0
		for _, phase := range loginwatch.Phases {
			if _, passed := step.Phases[phase]; !passed {
				continue
			}
			step.Phases[phase] = d.about(usual[phase], 0.4)
			if phase == loginwatch.PhaseWait && d.befallen(d.current) == sim.FaultSlow {
				step.Phases[phase] *= 6
			}
			step.Duration += step.Phases[phase]
		}
		run.Duration += step.Duration
	}
	return run
}

// about is a time that is mostly the usual and now and then much more.
func (d *demo) about(usual time.Duration, spread float64) time.Duration {
	return time.Duration(float64(usual) * math.Exp(spread*d.random.NormFloat64()))
}

// scrape writes what Prometheus would read now, in the format that promtool
// makes history of.
func (d *demo) scrape(t *testing.T, w io.Writer, at time.Time) {
	t.Helper()
	answer := httptest.NewRecorder()
	d.engine.Metrics.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if answer.Code != http.StatusOK {
		t.Fatal(answer.Body)
	}
	for line := range strings.Lines(answer.Body.String()) {
		series, value, _ := strings.Cut(line, " ")
		if end := strings.LastIndexByte(line, '}'); end >= 0 {
			series, value = line[:end], line[end+2:]
		}
		name, labels, _ := strings.Cut(series, "{")
		if name == "#" || strings.HasPrefix(name, "go_") && !strings.HasSuffix(name, "goroutines") && !strings.HasSuffix(name, "inuse_bytes") {
			continue // much, and no dashboard shows it
		}
		if name == "process_start_time_seconds" {
			value = fmt.Sprint(d.started.Unix())
		}
		if labels != "" {
			labels = "," + labels
		}
		fmt.Fprintf(w, "%s{job=\"loginwatch\",instance=\"loginwatch:9713\"%s} %s %d\n", name, labels, strings.TrimSpace(value), at.Unix())
	}
}
