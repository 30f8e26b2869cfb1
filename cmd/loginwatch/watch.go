package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/daemon"
	"github.com/loginwatch/loginwatch/internal/metrics"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/plan"
	"github.com/loginwatch/loginwatch/internal/probe"
	"github.com/loginwatch/loginwatch/internal/store"
	"github.com/loginwatch/loginwatch/internal/web"
)

// watch is the daemon put together: what survives a reload.
type watch struct {
	serve    serveCmd
	fixed    config.Fixed // what stays from the start on
	logger   *slog.Logger
	out      io.Writer
	ledger   *store.Memory
	metrics  *metrics.Metrics
	board    *web.Board
	planner  *plan.Planner
	executor *daemon.Executor

	ready     atomic.Bool
	reloading sync.Mutex // one reload at a time; guards warned, too
	warned    map[string]bool
	mu        sync.Mutex // of jobs
	jobs      []loginwatch.Job
	simulated map[string][]*loginwatch.Target
	stopSim   func()
}

func newWatch(s serveCmd, conf *config.Config, env environment) *watch {
	w := &watch{serve: s, fixed: conf.Fixed(), out: env.stdout, logger: newLogger(env.stderr, conf, s.Simulate), warned: map[string]bool{}, stopSim: func() {}}
	w.ledger = store.NewMemory(store.Budget{
		Rejections: conf.Budget.Rejections, Per: conf.Budget.Per, CoolDown: conf.Budget.CoolDown, CoolDownMax: conf.Budget.CoolDownMax,
	})
	v, revision := buildVersion()
	w.metrics = metrics.New(metrics.Options{
		Version: v, Revision: revision, Ledger: w.ledger,
		Upcoming: func() []loginwatch.Slot { return w.planner.Upcoming() },
	})
	w.board = web.NewBoard(time.Now)
	w.executor = &daemon.Executor{
		Runner: probe.New(probe.Options{UserAgent: userAgent()}), Ledger: w.ledger, Logger: w.logger, Now: time.Now,
		Recorders: []loginwatch.Recorder{w.metrics, w.board},
	}
	if s.Simulate {
		w.executor.Recorders = append(w.executor.Recorders, &narrator{out: env.stdout, last: map[string]string{}})
	}
	w.planner = plan.New(plan.Options{
		Logger: w.logger, Planned: w.executor.Planned, Skip: w.executor.Skip, Immediate: s.Simulate,
	})
	return w
}

// start takes the jobs of what was read and begins to plan; nothing runs when
// anything is wrong.
func (w *watch) start(ctx context.Context, files reading) error {
	jobs, err := w.jobsOf(ctx, files)
	if err != nil {
		return err
	}
	if err := w.apply(jobs); err != nil {
		return ours(err)
	}
	w.metrics.ConfigReloaded(true, time.Now())
	w.warnOddSecrets(files.conf)
	w.planner.Start()
	w.ready.Store(true)
	return nil
}

// jobsOf makes jobs of what was read.
func (w *watch) jobsOf(ctx context.Context, files reading) ([]loginwatch.Job, error) {
	if w.serve.Simulate {
		return w.jobsSimulated(ctx, files.catalog)
	}
	return files.jobs, nil
}

// jobsSimulated makes a job of every enabled probe against a simulator.
func (w *watch) jobsSimulated(ctx context.Context, catalog *pack.Catalog) ([]loginwatch.Job, error) {
	if w.simulated == nil {
		targets, stop, err := startSimulators(ctx, catalog.Contracts, catalog.Probes, w.serve.Fault...)
		if err != nil {
			return nil, err
		}
		w.simulated, w.stopSim = targets, stop
	}
	var jobs []loginwatch.Job
	for _, p := range enabled(catalog) {
		own := *p
		own.Schedule = "@every " + w.serve.Every.String()
		for _, t := range w.simulated[p.Contract.Vendor] {
			jobs = append(jobs, loginwatch.Job{Probe: &own, Target: t})
		}
	}
	return jobs, nil
}

func enabled(c *pack.Catalog) []*loginwatch.Probe {
	var probes []*loginwatch.Probe
	for _, p := range c.Probes {
		if !p.Disabled {
			probes = append(probes, p)
		}
	}
	return probes
}

// apply hands the jobs to everything that needs to know them.
func (w *watch) apply(jobs []loginwatch.Job) error {
	tasks := make([]plan.Task, len(jobs))
	for i := range jobs {
		schedule, err := plan.Parse(jobs[i].Probe.Schedule)
		if err != nil {
			return fmt.Errorf("probe %s: %w", jobs[i].Probe.ID(), err)
		}
		jobs[i].Interval = schedule.Interval()
		job := jobs[i]
		tasks[i] = plan.Task{
			Key: job.Key(), Schedule: schedule,
			Run: func(ctx context.Context, slot loginwatch.Slot) { w.executor.Execute(ctx, job, slot) },
		}
	}
	// Metrics and board first: a slot may be due at once.
	w.metrics.SetJobs(jobs)
	w.board.SetJobs(jobs)
	w.mu.Lock()
	w.jobs = jobs
	w.mu.Unlock()
	return w.planner.Replace(tasks)
}

// reload reads everything anew and tells the log what came of it; when anything
// is wrong the old jobs stay. restart names the keys that changed in the file and
// stay as they were.
func (w *watch) reload(ctx context.Context) (restart []string, err error) {
	w.reloading.Lock()
	defer w.reloading.Unlock()
	files, problems := w.serve.read(w.serve.Config)
	var jobs []loginwatch.Job
	if len(problems) > 0 {
		err = problemsError(problems)
	} else if jobs, err = w.jobsOf(ctx, files); err == nil {
		err = w.apply(jobs)
	}
	w.metrics.ConfigReloaded(err == nil, time.Now())
	if err != nil {
		w.logger.Error("not reloaded, the old configuration stays in force", "error", strings.ReplaceAll(loginwatch.Brief(err), "\n", "; "))
		return nil, err
	}
	w.logger.Info("configuration reloaded", "jobs", len(jobs))
	w.warnOddSecrets(files.conf)
	if files.conf == nil {
		return nil, nil
	}
	restart = slices.DeleteFunc(w.fixed.Changed(files.conf.Fixed()), func(key string) bool {
		return key == "listen" && w.serve.Listen != "" // the flag's address counts, whatever the file says
	})
	if len(restart) > 0 {
		w.logger.Warn("keys that changed need a restart to count", "keys", strings.Join(restart, ", "))
	}
	return restart, nil
}

func (w *watch) handler() http.Handler {
	v, _ := buildVersion()
	return web.Handler(web.Options{
		Board: w.board, Ledger: w.ledger, Upcoming: w.planner.Upcoming, Ready: w.ready.Load, Reload: w.reload,
		Metrics: w.metrics.Handler(), Pprof: w.serve.Pprof, Version: v, Logger: w.logger,
	})
}

// stop ends planning and waits for the running probes, at most as long as the
// slowest of them may take.
func (w *watch) stop() {
	w.ready.Store(false)
	patience := time.Second
	w.mu.Lock()
	for _, j := range w.jobs {
		patience = max(patience, j.Probe.Longest()+time.Second)
	}
	w.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.planner.Stop(ctx); err != nil {
		w.logger.Error("not all probes ended in time", "error", err)
	}
}

func (w *watch) close() { w.stopSim() }

// announce tells a person where to look.
func (w *watch) announce(base string) {
	if !w.serve.Simulate {
		w.logger.Info("watching", "jobs", len(w.jobs), "address", base)
		return
	}
	fmt.Fprintf(w.out, "Watching %d simulated logins, each every %s.\n\n  status page  %s/\n  metrics      %s/metrics\n\nCtrl-C ends it. Every change of a verdict is shown here:\n\n",
		len(w.jobs), brief(w.serve.Every), base, base)
}

// brief is a duration without its zero parts.
func brief(d time.Duration) string {
	text := d.String()
	for _, unit := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, unit) {
			text = strings.TrimSuffix(text, unit[1:])
		}
	}
	return text
}

// narrator tells a person in front of simulators what changed.
type narrator struct {
	mu   sync.Mutex
	out  io.Writer
	last map[string]string
}

// RecordPlanned implements [loginwatch.Recorder].
func (n *narrator) RecordPlanned(context.Context, loginwatch.Slot) error { return nil }

// RecordRun implements [loginwatch.Recorder].
func (n *narrator) RecordRun(_ context.Context, run *loginwatch.Run) error {
	text := string(run.Verdict)
	if run.Reason != "" {
		text += " (" + string(run.Reason) + ")"
	}
	n.tell(run.Vendor+"/"+run.Probe, text, fmt.Sprintf("%.1f ms", float64(run.Duration.Microseconds())/1000))
	return nil
}

// RecordSkip implements [loginwatch.Recorder].
func (n *narrator) RecordSkip(_ context.Context, s loginwatch.SkippedSlot) error {
	if s.Reason != loginwatch.ReasonShutdown {
		n.tell(s.Vendor+"/"+s.Probe, "skipped ("+string(s.Reason)+")", "")
	}
	return nil
}

func (n *narrator) tell(who, what, more string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.last[who] == what {
		return
	}
	n.last[who] = what
	fmt.Fprintf(n.out, "  %s  %-30s %-24s %s\n", time.Now().Format(time.TimeOnly), who, what, more)
}
