package plan

import (
	"time"

	"github.com/robfig/cron/v3"
)

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
		p.clock.Remove(old.cronID)
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
		e.cronID = p.clock.Schedule(&e, cron.FuncJob(func() { p.wake(&e, time.Now().UTC()) }))
	}
	p.mu.Unlock()
	p.dispatch(batches...)
}
