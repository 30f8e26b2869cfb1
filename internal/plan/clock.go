package plan

import (
	"time"

	"github.com/robfig/cron/v3"
)

// manyClocks is among how many clocks the jobs are shared out: cron sorts all its
// entries whenever one is due, which with ten thousand of them costs more than a login.
const manyClocks = 64

// wind makes the clocks anew whose jobs have changed, and gives those that were before, for
// the caller to stop once it has let go of mu. To take jobs out of a clock that goes on, or
// put them in, makes cron sort all that it has, for each: thousands of them would hold up
// the logins that are due. Call with mu held and the planner started.
func (p *Planner) wind() (before []*cron.Cron) {
	for i, c := range p.clocks {
		if c != nil && p.rewind[i] {
			before = append(before, c)
			p.clocks[i] = nil
		}
	}
	for _, key := range p.order {
		e := p.entries[key]
		i := clockOf(e)
		if !p.rewind[i] {
			continue
		}
		if p.clocks[i] == nil {
			// cron's own chain is empty, whatever its documentation says: without ours
			// one panic would end the process. Its Recover would print the panic's
			// value, and its default logger writes to standard output.
			p.clocks[i] = cron.New(cron.WithLocation(time.UTC), cron.WithLogger(cron.DiscardLogger), cron.WithChain(p.surviving))
		}
		p.clocks[i].Schedule(&wakeUps{of: e, after: e.cursor}, cron.FuncJob(func() { p.wake(e, time.Now().UTC()) }))
	}
	for i, c := range p.clocks {
		if c != nil && p.rewind[i] {
			c.Start()
		}
	}
	p.rewind = [manyClocks]bool{}
	return before
}

// wakeUps are when cron has to look at an entry: for the first time when something is due
// that was not dealt with, also if that has passed since its clock was made.
type wakeUps struct {
	of    *entry
	after time.Time
	asked bool // by cron's goroutine alone
}

// Next implements [cron.Schedule].
func (w *wakeUps) Next(t time.Time) time.Time {
	if !w.asked {
		w.asked = true
		t = w.after
	}
	return w.of.Next(t)
}

func stopClocks(clocks []*cron.Cron) {
	for _, c := range clocks {
		c.Stop()
	}
}

// clockOf spreads jobs evenly: their offsets, in milliseconds, are digests.
func clockOf(e *entry) int { return int(e.offset.Milliseconds() % manyClocks) }

const (
	clockCheck = 10 * time.Second
	clockStep  = time.Second
)

// watchClock notices when the wall clock was set or the machine slept. cron
// waits on the monotonic clock for an instant of the wall clock: after a step
// back of a day it would be silent for a day.
func (p *Planner) watchClock() {
	ticker := time.NewTicker(clockCheck)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case <-p.quit:
			return
		case <-ticker.C:
			now := time.Now()
			wall, monotonic := now.Round(0).Sub(last.Round(0)), now.Sub(last)
			if step := wall - monotonic; step > clockStep || step < -clockStep {
				p.log.Warn("the clock was set or the machine slept: planning again", "step", step.String())
				p.rearm(now.UTC())
			}
			last = now
		}
	}
}

// rearm plans every entry again from now: slots that passed unseen are counted,
// and after a step back the next slot comes within one interval. Small steps
// back repeat no slot.
func (p *Planner) rearm(now time.Time) {
	p.mu.Lock()
	if p.state != started {
		p.mu.Unlock()
		return
	}
	var batches []batch
	for _, key := range p.order {
		old := p.entries[key]
		batches = append(batches, p.decide(old, old.due(now), now))
		old.gone = true
		e := *old
		e.gone = false
		if ahead := now.Add(e.task.Schedule.Interval()); e.cursor.After(ahead) {
			e.cursor = ahead
		}
		// From here on the new entry, whose wake-ups cron computes from the
		// clock as it is now.
		e.notBefore = e.cursor
		p.entries[key] = &e
		p.rewind[clockOf(&e)] = true
	}
	before := p.wind()
	p.mu.Unlock()
	stopClocks(before)
	p.dispatch(batches...)
}
