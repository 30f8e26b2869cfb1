package plan

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/zone"
)

const (
	maxSpread = time.Minute
	// maxLateness is how late a slot may still start. A probe that was scheduled
	// for the night must not log in when the machine wakes at noon.
	maxLateness = time.Minute
	// maxMissed bounds what one wake-up reports: after a long sleep, the newest
	// slots are counted and older ones are never planned.
	maxMissed = 1000
	// maxLookBack bounds the search for them, in smallest intervals.
	maxLookBack = 100_000
)

// entry is a job and how far its slots have been planned. The task's Run, cursor
// and gone are guarded by the planner's mu; the rest never changes, so
// that cron's goroutine calls Next without a lock.
type entry struct {
	task      Task
	offset    time.Duration
	notBefore time.Time // no slot up to here
	cursor    time.Time // slots up to here are dealt with
	gone      bool
}

// spread is the stable offset of a job inside its interval, in milliseconds:
// the same after a restart and on every instance, and at most a minute, so that
// a daily slot stays near the time that was written down.
func spread(key loginwatch.Key, interval time.Duration) time.Duration {
	sum := sha256.Sum256([]byte(key.String()))
	width := min(interval, maxSpread).Milliseconds()
	return time.Duration(binary.BigEndian.Uint64(sum[:8])%uint64(width)) * time.Millisecond
}

// Next is the first spread due time after t; [cron.Schedule].
func (e *entry) Next(t time.Time) time.Time {
	due := e.task.Schedule.Next(zone.Later(t, e.notBefore).Add(-e.offset))
	if due.IsZero() {
		return due
	}
	return due.Add(e.offset)
}

func (e *entry) slot(planned time.Time) loginwatch.Slot {
	return loginwatch.Slot{Key: e.task.Key, Due: planned.Add(-e.offset), Planned: planned}
}

// due gives the slots after the cursor up to now, oldest first, and moves the
// cursor. Slots are a function of the schedule and the clock alone; cron's
// wake-ups only say when to look, so that one that is lost or late loses nothing.
func (e *entry) due(now time.Time) []loginwatch.Slot {
	if !now.After(e.cursor) {
		return nil
	}
	// The cap of a day keeps the product inside a time.Duration.
	from := zone.Later(e.cursor, now.Add(-maxLookBack*min(e.task.Schedule.Interval(), 24*time.Hour)))
	e.cursor = now
	var slots []loginwatch.Slot
	for t := e.Next(from); !t.IsZero() && !t.After(now); t = e.Next(t) {
		slots = append(slots, e.slot(t))
		if len(slots) >= 2*maxMissed {
			slots = append(slots[:0], slots[len(slots)-maxMissed:]...)
		}
	}
	if len(slots) > maxMissed {
		slots = slots[len(slots)-maxMissed:]
	}
	return slots
}

// insert makes an entry of a job. Call with mu held.
func (p *Planner) insert(task Task, now time.Time) batch {
	e := &entry{task: task, offset: spread(task.Key, task.Schedule.Interval())}
	p.entries[task.Key] = e
	if p.state == started {
		return p.arm(e, now)
	}
	return batch{}
}

// arm has an entry be woken. Call with mu held and the planner started.
func (p *Planner) arm(e *entry, now time.Time) batch {
	var b batch
	last, seen := p.lastDue[e.task.Key]
	if last.After(now) {
		last = now // the clock was set back since
	}
	e.notBefore = zone.Later(now, last.Add(e.offset))
	e.cursor = e.notBefore
	if p.opts.Immediate && !seen {
		e.notBefore = now.Add(max(e.task.Schedule.Interval()/2, e.offset))
		e.cursor = e.notBefore
		first := e.slot(now)
		first.Due = now
		b = p.decide(e, []loginwatch.Slot{first}, now)
	}
	p.rewind[clockOf(e)] = true
	return b
}

// remove takes an entry out after dealing with what is due. Call with mu held.
func (p *Planner) remove(e *entry, now time.Time) batch {
	var b batch
	if p.state != idle && !e.cursor.IsZero() {
		b = p.decide(e, e.due(now), now)
		p.rewind[clockOf(e)] = true
	}
	e.gone = true
	delete(p.entries, e.task.Key)
	return b
}

// wake deals with the slots of an entry that are due.
func (p *Planner) wake(e *entry, now time.Time) {
	p.mu.Lock()
	var b batch
	if !e.gone {
		b = p.decide(e, e.due(now), now)
	}
	p.mu.Unlock()
	p.dispatch(b)
}

// batch is what was decided about the slots of one entry: all but the one to
// run are skipped. It is carried out without the lock.
type batch struct {
	skipped []skip
	run     *loginwatch.Slot
	task    Task
}

type skip struct {
	slot   loginwatch.Slot
	reason loginwatch.Reason
}

// decide settles what happens to slots, of which only the newest may run, and
// reserves that run. Call with mu held; every batch that is not empty must be
// dispatched.
func (p *Planner) decide(e *entry, slots []loginwatch.Slot, now time.Time) batch {
	b := batch{task: e.task}
	if len(slots) == 0 {
		return b
	}
	newest := slots[len(slots)-1]
	p.lastDue[e.task.Key] = newest.Due
	for _, s := range slots[:len(slots)-1] {
		b.skipped = append(b.skipped, skip{s, loginwatch.ReasonMissed})
	}
	switch {
	case p.state == stopping:
		b.skipped = append(b.skipped, skip{newest, loginwatch.ReasonShutdown})
	case now.Sub(newest.Planned) > maxLateness:
		b.skipped = append(b.skipped, skip{newest, loginwatch.ReasonMissed})
	case p.running[e.task.Key]:
		b.skipped = append(b.skipped, skip{newest, loginwatch.ReasonOverlap})
	default:
		p.running[e.task.Key] = true
		b.run = &newest
	}
	p.work.Add(1)
	return b
}

// dispatch carries out what was decided. Runs get a goroutine of their own;
// skips are told before it returns.
func (p *Planner) dispatch(batches ...batch) {
	for _, b := range batches {
		if len(b.skipped) == 0 && b.run == nil {
			continue
		}
		for _, s := range b.skipped {
			p.guarded(b.task, func() { p.opts.Planned(p.runCtx, s.slot) })
			p.guarded(b.task, func() { p.opts.Skip(p.runCtx, s.slot, s.reason) })
		}
		if b.run == nil {
			p.work.Done()
			continue
		}
		go p.execute(b.task, *b.run)
	}
}

func (p *Planner) execute(task Task, slot loginwatch.Slot) {
	defer p.work.Done()
	defer func() {
		p.mu.Lock()
		delete(p.running, task.Key)
		p.mu.Unlock()
	}()
	p.guarded(task, func() { p.opts.Planned(p.runCtx, slot) })
	_, was := p.now(task)
	entered := p.gate.enter(p.runCtx, slot.Planned)
	if entered {
		defer p.gate.leave()
	}
	now, stays := p.now(task)
	if !entered || was && !stays {
		reason := loginwatch.ReasonMissed
		if p.ending() {
			reason = loginwatch.ReasonShutdown
		}
		p.guarded(task, func() { p.opts.Skip(p.runCtx, slot, reason) })
		return
	}
	p.guarded(task, func() { now.Run(p.runCtx, slot) })
}

// now gives a task as it is by now: what waited to start may have been changed meanwhile, or
// taken out, and then it is not run as it was.
func (p *Planner) now(task Task) (_ Task, stays bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.entries[task.Key]; e != nil {
		return e.task, true
	}
	return task, false
}

func (p *Planner) ending() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state == stopping
}

// guarded survives a panic of a callback.
func (p *Planner) guarded(task Task, f func()) {
	defer func() {
		if v := recover(); v != nil {
			p.log.Error("a probe's run panicked", "vendor", task.Vendor, "probe", task.Probe, "target", task.Target,
				"panic", describe(v), "stack", string(debug.Stack()))
		}
	}()
	f()
}

// surviving is the last resort for a panic in the planner's own code under cron.
func (p *Planner) surviving(j cron.Job) cron.Job {
	return cron.FuncJob(func() { p.guarded(Task{}, j.Run) })
}

// describe tells what a panic was without its value, which may be a secret; the
// runtime's own messages hold none.
func describe(v any) string {
	if err, ok := v.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", v)
}
