package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
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
	logger   *slog.Logger
	out      io.Writer
	ledger   *store.Memory
	metrics  *metrics.Metrics
	board    *web.Board
	planner  *plan.Planner
	executor *daemon.Executor

	ready     atomic.Bool
	reloading sync.Mutex // one reload at a time
	mu        sync.Mutex // of jobs
	jobs      []daemon.Job
	simulated map[string][]*loginwatch.Target
	stopSim   func()
}

func newWatch(s serveCmd, conf *config.Config, env environment) *watch {
	w := &watch{serve: s, out: env.stdout, logger: newLogger(env.stderr, conf, s.Simulate), stopSim: func() {}}
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
		Logger: w.logger, Planned: w.metrics.SlotPlanned, Skip: w.executor.Skip, Immediate: s.Simulate,
	})
	return w
}

// start loads the jobs and begins to plan; nothing runs when anything is wrong.
func (w *watch) start(ctx context.Context) error {
	jobs, err := w.load(ctx)
	if err != nil {
		return err
	}
	if err := w.apply(jobs); err != nil {
		return ours(err)
	}
	for _, j := range jobs {
		if warning := probe.TrustWarning(j.Target); warning != "" {
			w.logger.Warn(warning)
			break // it is about the machine
		}
	}
	w.metrics.ConfigReloaded(true, time.Now())
	w.planner.Start()
	w.ready.Store(true)
	return nil
}

// load reads the packs and the configuration anew.
func (w *watch) load(ctx context.Context) ([]daemon.Job, error) {
	if w.serve.Simulate {
		return w.loadSimulated(ctx)
	}
	conf, err := w.serve.configuration()
	if err != nil {
		return nil, err
	}
	catalog, problems := w.serve.load(conf)
	if len(problems) > 0 {
		return nil, problemsError(problems)
	}
	assignments, problems := conf.Assign(catalog.Contracts, catalog.Probes, configOptions())
	if len(problems) > 0 {
		return nil, problemsError(problems)
	}
	var jobs []daemon.Job
	for _, a := range assignments {
		jobs = append(jobs, daemon.Job{Probe: a.Probe, Target: a.Target})
	}
	return jobs, nil
}

// loadSimulated makes a job of every enabled probe against a simulator.
func (w *watch) loadSimulated(ctx context.Context) ([]daemon.Job, error) {
	catalog, problems := w.serve.load(nil)
	if len(problems) > 0 {
		return nil, problemsError(problems)
	}
	if w.simulated == nil {
		targets, stop, err := startSimulators(ctx, catalog.Contracts, catalog.Probes, w.serve.Fault...)
		if err != nil {
			return nil, err
		}
		w.simulated, w.stopSim = targets, stop
	}
	var jobs []daemon.Job
	for _, p := range enabled(catalog) {
		own := *p
		own.Schedule = "@every " + w.serve.Every.String()
		for _, t := range w.simulated[p.Contract.Vendor] {
			jobs = append(jobs, daemon.Job{Probe: &own, Target: t})
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
func (w *watch) apply(jobs []daemon.Job) error {
	planned := make([]plan.Job, len(jobs))
	infos := make([]metrics.ProbeInfo, len(jobs))
	rows := make([]web.ProbeInfo, len(jobs))
	for i, j := range jobs {
		schedule, err := plan.Parse(j.Probe.Schedule)
		if err != nil {
			return fmt.Errorf("probe %s: %w", j.Probe.ID(), err)
		}
		vendor := j.Probe.Contract.Vendor
		planned[i] = plan.Job{
			Vendor: vendor, Probe: j.Probe.Name, Target: j.Target.Name, Schedule: schedule,
			Run: func(ctx context.Context, slot loginwatch.Slot) { w.executor.Execute(ctx, j, slot) },
		}
		infos[i] = metrics.ProbeInfo{
			Vendor: vendor, Probe: j.Probe.Name, Target: j.Target.Name, Interval: schedule.Interval(), Credential: j.Target.Credential,
			Objectives: j.Probe.Objectives, SHA256: j.Probe.Contract.SHA256, Document: j.Probe.Contract.Document.File,
		}
		rows[i] = web.ProbeInfo{
			Vendor: vendor, Title: j.Probe.Contract.Title, Probe: j.Probe.Name, Target: j.Target.Name,
			Schedule: j.Probe.Schedule, Interval: schedule.Interval(), Credential: j.Target.Credential,
			Address: j.Target.BaseURL.String(),
		}
	}
	// Metrics and board first: a slot may be due at once.
	w.metrics.SetProbes(infos)
	w.board.SetProbes(rows)
	w.mu.Lock()
	w.jobs = jobs
	w.mu.Unlock()
	return w.planner.Replace(planned)
}

// reload reads everything anew; when anything is wrong the old jobs stay.
func (w *watch) reload(ctx context.Context) error {
	w.reloading.Lock()
	defer w.reloading.Unlock()
	jobs, err := w.load(ctx)
	if err == nil {
		err = w.apply(jobs)
	}
	w.metrics.ConfigReloaded(err == nil, time.Now())
	if err == nil {
		w.logger.Info("configuration reloaded", "jobs", len(jobs))
	}
	return err
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
		patience = max(patience, j.Probe.Timeout+time.Second)
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
func (w *watch) announce(addr net.Addr, tls bool) {
	scheme := "http"
	if tls {
		scheme = "https"
	}
	base := scheme + "://" + addr.String()
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

// RecordRun implements [loginwatch.Recorder].
func (n *narrator) RecordRun(_ context.Context, run *loginwatch.Run) {
	text := string(run.Verdict)
	if run.Reason != "" {
		text += " (" + string(run.Reason) + ")"
	}
	n.tell(run.Vendor+"/"+run.Probe, text, fmt.Sprintf("%.1f ms", float64(run.Duration.Microseconds())/1000))
}

// RecordSkip implements [loginwatch.Recorder].
func (n *narrator) RecordSkip(_ context.Context, slot loginwatch.Slot, reason loginwatch.Reason) {
	if reason != loginwatch.ReasonShutdown {
		n.tell(slot.Vendor+"/"+slot.Probe, "skipped ("+string(reason)+")", "")
	}
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
