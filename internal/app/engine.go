package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/daemon"
	"github.com/loginwatch/loginwatch/internal/drift"
	"github.com/loginwatch/loginwatch/internal/metrics"
	"github.com/loginwatch/loginwatch/internal/plan"
	"github.com/loginwatch/loginwatch/internal/probe"
	"github.com/loginwatch/loginwatch/internal/store"
	"github.com/loginwatch/loginwatch/internal/web"
)

// EngineOptions set up an [Engine]; the zero value is usable.
type EngineOptions struct {
	Ledger   *store.Ledger            // decides what may be sent; one in memory when nil
	Runner   daemon.Runner            // what carries out plans; the network's when nil
	Now      func() time.Time         // the wall clock; time.Now when nil
	Logger   *slog.Logger             // nil logs nothing
	Upcoming func() []loginwatch.Slot // the next slot of each job, for the metrics
	Version  string
	Revision string
	Traces   *Tracer // nil traces nothing
}

// Engine is the daemon without a clock: it carries out the slots that it is
// given and shows what came of them.
type Engine struct {
	Ledger   *store.Ledger
	Past     store.Past
	Drift    *drift.Keeper
	Metrics  *metrics.Metrics
	Board    *web.Board
	Executor *daemon.Executor

	standings *standings
}

// NewEngine puts an engine together.
func NewEngine(o EngineOptions) *Engine {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Ledger == nil {
		o.Ledger = store.NewMemory(store.Budget{})
	}
	recall := func(*loginwatch.Run) {}
	if o.Runner == nil {
		runner := probe.New(probe.Options{UserAgent: UserAgent(o.Version), Key: o.Ledger.Key()})
		o.Runner, recall = runner, runner.Recall
	}
	e := &Engine{Ledger: o.Ledger, Past: o.Ledger.Past(), Board: web.NewBoard(o.Now), Drift: drift.NewKeeper(o.Ledger.Learned(), o.Logger, o.Now)}
	e.Metrics = metrics.New(metrics.Options{
		Version: o.Version, Revision: o.Revision, Ledger: e.Ledger, Now: o.Now, Upcoming: o.Upcoming, Unwritten: e.Past.Unwritten, Changes: e.Drift.Open, Traces: o.Traces.measured(),
	})
	e.standings = &standings{past: e.Past, logger: o.Logger, now: o.Now, resume: func(s loginwatch.Standing) {
		e.Metrics.Resume(s)
		e.Board.Resume(s)
		for _, r := range s.Runs {
			recall(r)
		}
	}}
	e.Executor = &daemon.Executor{
		Runner: o.Runner, Ledger: e.Ledger, Key: e.Ledger.Key(), Logger: o.Logger, Now: o.Now, TriesNext: true,
		Recorders: []loginwatch.Recorder{e.standings, e.Metrics, e.Board, e.Drift, e.Past}, // what is written down knows whether it was a change
	}
	if o.Traces != nil {
		e.Executor.Recorders = append(e.Executor.Recorders, o.Traces)
	}
	return e
}

// UserAgent is what every request of a version calls itself.
func UserAgent(version string) string { return "loginwatch/" + version }

// Tasks gives what is to be planned of the jobs, whose intervals it fills in. The
// error names the probe with a bad schedule.
func (e *Engine) Tasks(jobs []loginwatch.Job) ([]plan.Task, error) {
	tasks := make([]plan.Task, len(jobs))
	parsed := map[string]plan.Schedule{} // thousands of jobs have the same few, each looked at for days ahead
	for i := range jobs {
		schedule, known := parsed[jobs[i].Probe.Schedule]
		if !known {
			var err error
			if schedule, err = plan.Parse(jobs[i].Probe.Schedule); err != nil {
				return nil, fmt.Errorf("probe %s: %w", jobs[i].Probe.ID(), err)
			}
			parsed[jobs[i].Probe.Schedule] = schedule
		}
		jobs[i].Interval = schedule.Interval()
		job := jobs[i]
		tasks[i] = plan.Task{
			Key: job.Key(), Schedule: schedule,
			Run: func(ctx context.Context, slot loginwatch.Slot) { e.Executor.Execute(ctx, job, slot) },
		}
	}
	return tasks, nil
}

// SetJobs tells all that show them of the jobs, whose intervals are known, and how those
// stood that are new.
func (e *Engine) SetJobs(ctx context.Context, jobs []loginwatch.Job) {
	e.Metrics.SetJobs(jobs)
	e.Board.SetJobs(jobs)
	targets := make([]drift.Target, len(jobs))
	for i, j := range jobs {
		targets[i] = drift.Target{Vendor: j.Key().Vendor, Target: j.Target.Name}
	}
	e.Drift.Watch(targets)
	e.standings.watch(ctx, jobs)
}

// KeepUp has the engine know what came of the slots that others had. It is to be called
// from time to time.
func (e *Engine) KeepUp(ctx context.Context) { e.standings.keepUp(ctx) }
