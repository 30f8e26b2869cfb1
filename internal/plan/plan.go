// Package plan decides when probes are due: schedules, spread, overlap and
// slots that were missed. Every slot that it plans is either handed to the
// job's Run or skipped with a reason, so that planned = executed + skipped at
// any instant, across reloads and at shutdown.
//
// It is the only importer of robfig/cron. It never sends anything, never asks
// whether a credential may be used and never runs a slot twice.
package plan

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/loginwatch/loginwatch"
)

// Options are the planner's surroundings. Callbacks run outside its locks and
// may be called concurrently for different jobs; for one slot, Planned comes
// before Skip or Run.
type Options struct {
	Logger  *slog.Logger // nil logs nothing
	Planned func(context.Context, loginwatch.Slot)
	// Skip is told of slots that the planner itself does not run: overlap,
	// missed, also where the machine does not keep up, and shutdown.
	Skip func(context.Context, loginwatch.Slot, loginwatch.Reason)
	// Immediate plans one slot of every job as soon as it is known, instead of
	// waiting for its schedule; the job's own slots of the half interval
	// after it, at least, are then left out. A job that a reload changes or brings back gets
	// none. A daemon that restarts often would log in at every start, so this is
	// for simulators.
	Immediate bool
}

// Task is a job's key with its schedule and what to run.
type Task struct {
	loginwatch.Key
	Schedule Schedule
	// Run executes one slot. Its context ends when the planner was stopped and
	// its patience is over. A panic is logged and ends that run alone.
	Run func(context.Context, loginwatch.Slot)
}

// Planner runs jobs on their schedules. Its methods are safe for concurrent use.
type Planner struct {
	opts Options
	log  *slog.Logger
	gate *gate

	runCtx    context.Context // of every run; cancelled when Stop loses patience
	cancelRun context.CancelFunc
	quit      chan struct{} // ends the clock watch
	stopped   chan struct{} // closed once Stop has waited for everything

	mu      sync.Mutex // never held while a callback runs
	state   state
	clocks  [manyClocks]*cron.Cron // each with its jobs; nil for one without
	rewind  [manyClocks]bool       // those whose jobs have changed
	entries map[loginwatch.Key]*entry
	order   []loginwatch.Key             // as the jobs were given
	running map[loginwatch.Key]bool      // survives the removal of a job: a re-added one must not overlap
	lastDue map[loginwatch.Key]time.Time // survives it too: a changed one must not repeat a slot
	work    sync.WaitGroup               // callbacks and runs under way; grows only under mu and before stopping
}

type state int

const (
	idle state = iota
	started
	stopping
)

// New gives a planner without jobs.
func New(opts Options) *Planner {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Planned == nil {
		opts.Planned = func(context.Context, loginwatch.Slot) {}
	}
	if opts.Skip == nil {
		opts.Skip = func(context.Context, loginwatch.Slot, loginwatch.Reason) {}
	}
	p := &Planner{
		opts: opts, log: opts.Logger, gate: newGate(),
		quit: make(chan struct{}), stopped: make(chan struct{}),
		entries: map[loginwatch.Key]*entry{}, running: map[loginwatch.Key]bool{}, lastDue: map[loginwatch.Key]time.Time{},
	}
	p.runCtx, p.cancelRun = context.WithCancel(context.Background())
	return p
}

// Start begins to plan. It does nothing when called again.
func (p *Planner) Start() {
	p.mu.Lock()
	if p.state != idle {
		p.mu.Unlock()
		return
	}
	p.state = started
	now := time.Now().UTC()
	var batches []batch
	for _, key := range p.order {
		batches = append(batches, p.arm(p.entries[key], now))
	}
	p.wind()
	p.work.Go(p.watchClock)
	p.mu.Unlock()
	p.dispatch(batches...)
}

// Replace makes tasks the planner's whole list, at the start and for a reload. A
// job that stays with the same schedule keeps its next slot and takes over the
// new Run; runs under way go on, also those of jobs that leave. On an error
// nothing changes.
func (p *Planner) Replace(tasks []Task) error {
	p.mu.Lock()
	if err := p.check(tasks); err != nil {
		p.mu.Unlock()
		return err
	}
	wanted := make(map[loginwatch.Key]Task, len(tasks))
	order := make([]loginwatch.Key, 0, len(tasks))
	for _, t := range tasks {
		wanted[t.Key] = t
		order = append(order, t.Key)
	}
	now := time.Now().UTC()
	var batches []batch
	for _, key := range p.order {
		e := p.entries[key]
		if t, stays := wanted[key]; stays && t.Schedule.String() == e.task.Schedule.String() {
			e.task.Run = t.Run
			continue
		}
		batches = append(batches, p.remove(e, now))
	}
	for _, key := range order {
		if p.entries[key] == nil {
			batches = append(batches, p.insert(wanted[key], now))
		}
	}
	p.order = order
	var before []*cron.Cron
	if p.state == started {
		before = p.wind()
	}
	p.mu.Unlock()
	stopClocks(before)
	p.dispatch(batches...)
	return nil
}

// Stop plans nothing more, skips slots that are due and did not start, and
// waits for the runs under way. When ctx ends first, it cancels them, waits for
// them to return and reports ctx's error.
func (p *Planner) Stop(ctx context.Context) error {
	p.mu.Lock()
	if p.state == stopping {
		p.mu.Unlock()
		<-p.stopped
		return nil
	}
	now := time.Now().UTC()
	wasStarted := p.state == started
	p.state = stopping
	var batches []batch
	for _, key := range p.order {
		batches = append(batches, p.remove(p.entries[key], now))
	}
	clocks := p.clocks
	p.order = nil // whoever asks for what is to come, while the runs under way end, hears that nothing is
	p.mu.Unlock()
	if wasStarted {
		for _, c := range clocks {
			if c != nil {
				c.Stop()
			}
		}
		close(p.quit)
	}
	p.dispatch(batches...)

	defer close(p.stopped)
	defer p.cancelRun()
	done := make(chan struct{})
	go func() {
		p.work.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		p.cancelRun()
		<-done
		return fmt.Errorf("runs were cut short: %w", context.Cause(ctx))
	}
}

// Upcoming gives the next slot of every job, in the order of the jobs: the
// first that was neither run nor skipped. One whose planned time has passed
// tells that the planner hangs, or that the machine slept. A job whose schedule
// has no further slot is left out.
func (p *Planner) Upcoming() []loginwatch.Slot {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now().UTC()
	var slots []loginwatch.Slot
	for _, key := range p.order {
		e := p.entries[key]
		from := e.cursor
		if p.state != started {
			from = now // nothing is due before the start
		}
		if planned := e.Next(from); !planned.IsZero() {
			slots = append(slots, e.slot(planned))
		}
	}
	return slots
}

// Check tells why Replace would refuse the tasks, for whoever has to tell others
// of them first.
func (p *Planner) Check(tasks []Task) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.check(tasks)
}

// check does what Check does. Call with mu held.
func (p *Planner) check(tasks []Task) error {
	if p.state == stopping {
		return errors.New("replace jobs: the planner was stopped")
	}
	seen := make(map[loginwatch.Key]bool, len(tasks))
	for _, t := range tasks {
		if err := t.check(); err != nil {
			return err
		}
		if seen[t.Key] {
			return fmt.Errorf("job %s is given twice", t.Key)
		}
		seen[t.Key] = true
	}
	return nil
}

func (t Task) check() error {
	switch {
	case t.Vendor == "" || t.Probe == "" || t.Target == "":
		return fmt.Errorf("job %s: vendor, probe and target are needed", t.Key)
	case t.Schedule.IsZero():
		return fmt.Errorf("job %s: no schedule", t.Key)
	case t.Run == nil:
		return fmt.Errorf("job %s: nothing to run", t.Key)
	}
	return nil
}
