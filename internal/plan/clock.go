package plan

import (
	"time"

	"github.com/robfig/cron/v3"
)

// manyClocks is among how many clocks the jobs are shared out: cron sorts all its
// entries whenever one is due, which with ten thousand of them costs more than a login.
const manyClocks = 64

// schedule has cron wake an entry. Call with mu held and the planner started.
func (p *Planner) schedule(e *entry) {
	c := p.clocks[clockOf(e)]
	if c == nil {
		// cron's own chain is empty, whatever its documentation says: without ours
		// one panic would end the process. Its Recover would print the panic's
		// value, and its default logger writes to standard output.
		c = cron.New(cron.WithLocation(time.UTC), cron.WithLogger(cron.DiscardLogger), cron.WithChain(p.surviving))
		c.Start()
		p.clocks[clockOf(e)] = c
	}
	e.cronID = c.Schedule(e, cron.FuncJob(func() { p.wake(e, time.Now().UTC()) }))
}

// unschedule undoes schedule.
func (p *Planner) unschedule(e *entry) { p.clocks[clockOf(e)].Remove(e.cronID) }

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
		p.unschedule(old)
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
		p.schedule(&e)
	}
	p.mu.Unlock()
	p.dispatch(batches...)
}
