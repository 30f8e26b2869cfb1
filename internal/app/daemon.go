package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/flow"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/place"
	"github.com/loginwatch/loginwatch/internal/plan"
	"github.com/loginwatch/loginwatch/internal/probe"
	"github.com/loginwatch/loginwatch/internal/store"
	"github.com/loginwatch/loginwatch/internal/web"
)

// DaemonOptions set up a [Daemon].
type DaemonOptions struct {
	Files      Files
	Simulation *Simulation // simulators to watch instead of the files' targets; nil for none
	Store      string      // the address of the store; that of the configuration when empty
	Version    string
	Revision   string
	Logger     *slog.Logger
	// Supervisor is told of reloads, and how the planner stands; nil tells nobody.
	Supervisor *Supervisor
}

// Simulation is what to watch without any file.
type Simulation struct {
	Every  time.Duration // between two logins of a probe; at least a second
	Faults []string
	Out    io.Writer // is told every change of a verdict
}

// Daemon watches logins: what survives a reload.
type Daemon struct {
	*Engine
	opts    DaemonOptions
	fixed   config.Fixed // what stays from the start on
	keep    store.Keep
	logger  *slog.Logger
	planner *plan.Planner
	traces  *Tracer

	ready     atomic.Bool
	reloading sync.Mutex // one reload at a time, and none while the planner stops; guards warned, too
	warned    map[string]bool
	mu        sync.Mutex // of jobs
	jobs      []loginwatch.Job
	simulated map[string][]*loginwatch.Target
	rotation  *flow.Rotation
	stopSim   func()

	telling     sync.WaitGroup // of lost slots
	stopTelling func()
}

// NewDaemon puts a daemon together that runs nothing yet. The error says what is wrong
// with its store. What watches simulators remembers nothing, unless a store is named.
func NewDaemon(ctx context.Context, conf *config.Config, o DaemonOptions) (*Daemon, error) {
	at := StoreOf(conf)
	switch {
	case o.Store != "":
		at = StoreNamed(o.Store)
	case o.Simulation != nil:
		at.URL = place.Memory
	}
	at.Instance = conf.Instance // also where a flag names the store
	ledger, err := store.Open(ctx, at, store.Budget(conf.Budget))
	if err != nil {
		return nil, err
	}
	d := &Daemon{opts: o, fixed: conf.Fixed(), keep: store.Keep(conf.Keep), logger: o.Logger, warned: map[string]bool{}, stopSim: func() {}, stopTelling: func() {}, rotation: flow.NewRotation(ledger, o.Logger)}
	d.traces = NewTracer(o.Version, conf.Instance, o.Logger)
	d.Engine = NewEngine(EngineOptions{
		Traces: d.traces,
		Ledger: ledger, Logger: o.Logger, Version: o.Version, Revision: o.Revision,
		Upcoming: func() []loginwatch.Slot { return d.planner.Upcoming() },
	})
	if o.Simulation != nil {
		d.Executor.Recorders = append(d.Executor.Recorders, &narrator{out: o.Simulation.Out, last: map[string]string{}})
	}
	d.planner = plan.New(plan.Options{
		Logger: d.logger, Planned: d.Executor.Planned, Skip: d.Executor.Skip, Immediate: o.Simulation != nil,
	})
	return d, nil
}

// Start takes the jobs of what was read and begins to plan; nothing runs when
// anything is wrong.
func (d *Daemon) Start(ctx context.Context, files Reading) error {
	jobs, err := d.jobsOf(ctx, files)
	if err != nil {
		return err
	}
	if err := d.apply(ctx, jobs); err != nil {
		return err
	}
	for _, j := range jobs {
		if warning := probe.TrustWarning(j.Target); warning != "" {
			d.logger.Warn(warning)
			break // it is about the machine
		}
	}
	d.Metrics.ConfigReloaded(true, time.Now())
	d.follow(files.Config)
	d.planner.Start()
	d.ready.Store(true)
	ctx, d.stopTelling = context.WithCancel(ctx)
	d.telling.Go(func() { d.tellLost(ctx) })
	d.telling.Go(func() { d.tidy(ctx) })
	d.telling.Go(func() { d.Drift.Run(ctx) })
	d.telling.Go(func() { d.keepingUp(ctx) })
	d.telling.Go(func() { d.opts.Supervisor.Watch(ctx, d.planner.Alive) })
	return nil
}

// tidy keeps the history short, until the context ends. A clock that is a year ahead would
// have it drop everything.
func (d *Daemon) tidy(ctx context.Context) {
	again := time.NewTicker(time.Minute)
	defer again.Stop()
	for told := false; ; {
		var err error
		if now := time.Now(); d.Ledger.TrustsClock(now) {
			err = d.Past.Tidy(ctx, now, d.keep)
		}
		if err != nil && ctx.Err() == nil && !told {
			d.logger.Error("the history can't be counted and shortened", "error", err)
		}
		told = err != nil
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}

// keepingUp has the engine know what came of the slots that others had, until the context
// ends.
func (d *Daemon) keepingUp(ctx context.Context) {
	again := time.NewTicker(keepUpEvery)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
			d.KeepUp(ctx)
		}
	}
}

// tellLost tells of the slots that an earlier process began and never told the end of,
// until the context ends.
func (d *Daemon) tellLost(ctx context.Context) {
	again := time.NewTicker(time.Minute)
	defer again.Stop()
	for {
		if err := d.rotation.KeepLate(); err != nil {
			d.logger.Error("a new value of a secret that its vendor takes once can't be kept yet", "error", err)
		}
		d.Executor.Lost(ctx, d.has)
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}

// has tells whether a job is one of those that are watched.
func (d *Daemon) has(k loginwatch.Key) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.ContainsFunc(d.jobs, func(j loginwatch.Job) bool { return j.Key() == k })
}

// jobsOf makes jobs of what was read.
func (d *Daemon) jobsOf(ctx context.Context, files Reading) ([]loginwatch.Job, error) {
	jobs := files.Jobs
	if d.opts.Simulation != nil {
		var err error
		if jobs, err = d.jobsSimulated(ctx, files.Catalog); err != nil {
			return nil, err
		}
	}
	if d.opts.Simulation == nil {
		for _, warning := range slices.Concat(jobWarnings(jobs, d.Ledger.Lasts()), maintenanceWarnings(jobs, time.Now()), idleMaintenance(files)) {
			if d.isNew(warning) {
				d.logger.Warn(warning)
			}
		}
	}
	d.rotating(jobs)
	return jobs, nil
}

// rotating has the jobs use rotating secrets as they are by now.
func (d *Daemon) rotating(jobs []loginwatch.Job) {
	for _, j := range jobs {
		j.Target.Secrets = d.rotation.Of(j.Probe.Contract, j.Target.Secrets)
		if j.Target.Next != nil {
			j.Target.Next = d.rotation.Of(j.Probe.Contract, j.Target.Next)
		}
	}
}

// jobsSimulated makes a job of every enabled probe against a simulator.
func (d *Daemon) jobsSimulated(ctx context.Context, catalog *pack.Catalog) ([]loginwatch.Job, error) {
	if d.simulated == nil {
		targets, stop, err := StartSimulators(ctx, catalog.Contracts, catalog.Probes, d.opts.Simulation.Faults...)
		if err != nil {
			return nil, err
		}
		d.simulated, d.stopSim = targets, stop
	}
	var jobs []loginwatch.Job
	for _, p := range enabled(catalog) {
		own := *p
		own.Schedule = "@every " + d.opts.Simulation.Every.String()
		for _, t := range d.simulated[p.Contract.Vendor] {
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

// apply hands the jobs to everything that needs to know them, or to nothing when
// the planner would not take them: first to what shows them, since a slot may be
// due at once.
func (d *Daemon) apply(ctx context.Context, jobs []loginwatch.Job) error {
	tasks, err := d.Tasks(jobs)
	if err != nil {
		return err
	}
	if err := d.planner.Check(tasks); err != nil {
		return err
	}
	d.SetJobs(ctx, jobs)
	d.mu.Lock()
	d.jobs = jobs
	d.mu.Unlock()
	return d.planner.Replace(tasks)
}

// Reload reads everything again and tells the log what came of it; when anything
// is wrong the old jobs stay. restart names the keys that changed in the file and
// stay as they were. It may be called concurrently.
func (d *Daemon) Reload(ctx context.Context) (restart []string, err error) {
	d.reloading.Lock()
	defer d.reloading.Unlock()
	d.opts.Supervisor.Reloading()
	defer debug.FreeOSMemory() // a large file takes much to read, however that ends
	files, problems := d.opts.Files.Read()
	var jobs []loginwatch.Job
	if len(problems) > 0 {
		err = ProblemsError(problems)
	} else if jobs, err = d.jobsOf(ctx, files); err == nil {
		err = d.apply(ctx, jobs)
	}
	d.Metrics.ConfigReloaded(err == nil, time.Now())
	d.opts.Supervisor.Ready(d.status(err))
	if err != nil {
		d.logger.Error("not reloaded, the old configuration stays in force", "error", strings.ReplaceAll(loginwatch.Brief(err), "\n", "; "))
		return nil, err
	}
	d.logger.Info("configuration reloaded", "jobs", len(jobs))
	d.follow(files.Config)
	if files.Config == nil {
		return nil, nil
	}
	restart = slices.DeleteFunc(d.fixed.Changed(files.Config.Fixed()), func(key string) bool {
		return key == "listen" && d.opts.Files.Listen != "" || key == "pprof" && d.opts.Files.Pprof || key == "store" && d.opts.Store != "" // the flag counts, whatever the file says
	})
	if len(restart) > 0 {
		d.logger.Warn("these changed keys need a restart", "keys", strings.Join(restart, ", "))
	}
	return restart, nil
}

// Serving is to be called once pages are served: what starts after the daemon may ask for
// them.
func (d *Daemon) Serving() { d.opts.Supervisor.Ready(d.status(nil)) }

// status is how the daemon stands, in a line for the service manager.
func (d *Daemon) status(reloaded error) string {
	words := fmt.Sprintf("Logins watched: %d", d.Jobs())
	if reloaded != nil {
		words += "; not reloaded, the old configuration stays in force"
	}
	return words
}

// Handler serves the status page, the metrics and what else is documented.
func (d *Daemon) Handler() http.Handler {
	o := web.Options{
		Board: d.Board, Ledger: d.Ledger, Upcoming: d.planner.Upcoming, Ready: d.ready.Load, Reload: d.Reload,
		Metrics: d.Metrics.Handler(), Hosts: ourNames(d.fixed), Version: d.opts.Version, Logger: d.logger,
	}
	if d.fixed.Pprof || d.opts.Files.Pprof {
		o.Pprof = mayProfile(d.fixed.WebConfig)
	}
	return web.Handler(o)
}

// Stop ends planning and waits for the running probes, at most as long as the
// slowest of them may take.
func (d *Daemon) Stop() {
	d.opts.Supervisor.Stopping()
	d.ready.Store(false)
	d.reloading.Lock()
	defer d.reloading.Unlock()
	patience := time.Second
	d.mu.Lock()
	for _, j := range d.jobs {
		patience = max(patience, j.Probe.Longest()+time.Second)
	}
	d.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := d.planner.Stop(ctx); err != nil {
		d.logger.Error("not all probes ended in time", "error", err)
	}
}

// Close ends the simulators, if any, what sends traces, and the store.
func (d *Daemon) Close() {
	d.stopSim()
	d.stopTelling()
	d.telling.Wait()
	d.traces.Close()
	if err := errors.Join(d.rotation.KeepLate(), d.Ledger.Close()); err != nil {
		d.logger.Error("the store was not closed as it should be", "error", err)
	}
}

// Logger is where the daemon tells what happens.
func (d *Daemon) Logger() *slog.Logger { return d.logger }

// Jobs is how many logins are watched.
func (d *Daemon) Jobs() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.jobs)
}

// warnOddSecrets tells the log of secrets that are used as they are, each once.
func (d *Daemon) warnOddSecrets(conf *config.Config) {
	for _, warning := range oddSecrets(conf) {
		if d.isNew(warning) {
			d.logger.Warn("a secret looks odd", "warning", warning)
		}
	}
}

// follow takes over what a configuration, which may be nil, says beside its jobs and can
// change without a restart.
func (d *Daemon) follow(conf *config.Config) {
	d.traces.Follow(conf)
	d.Metrics.Summarize(conf != nil && conf.Summary)
	d.warnOddSecrets(conf)
}

// isNew tells whether a warning was not told before: each reload would tell it again.
func (d *Daemon) isNew(warning string) bool {
	told := d.warned[warning]
	d.warned[warning] = true
	return !told
}
