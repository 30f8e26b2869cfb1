package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

const (
	// company is how long what is to be written down of the past waits for a claim or
	// a settlement to share its commit with.
	company = 100 * time.Millisecond
	// again is how long it waits after a commit that failed.
	again = time.Second
	// mostWaiting is how much of the past is kept in the process while it can't be
	// written: hours, for some hundred jobs.
	mostWaiting = 20_000
)

// pending is the past that is not written yet. It is written by the writer, beside
// what decides about logins, and never delays or fails that.
type pending struct {
	wake chan struct{} // tells the writer that nothing else came in time
	now  func() time.Time

	mu      sync.Mutex
	events  []event // oldest first
	waking  bool
	failing error // of the last commit
	told    bool  // of that
	dropped int   // since the start, for want of room
}

// event is what came of a slot.
type event struct {
	told        time.Time
	entry       history.Entry
	shared, own []byte // of a run
	longer      bool   // kept as long as failures
}

// late tells whether an event is told so late that its hour may have been counted.
func (e *event) late(now time.Time) bool {
	late := now.Sub(e.entry.Due)
	return late > lateAfter && late < recount
}

// day is that on which it was told, as shapes have it.
func (e *event) day() int64 { return e.told.UTC().Truncate(24 * time.Hour).UnixNano() }

// measured gives the latency, in microseconds, and its class, where there is one.
func (e *event) measured() (latency, class sql.NullInt64) {
	if e.entry.Latency > 0 {
		latency = sql.NullInt64{Int64: e.entry.Latency.Microseconds(), Valid: true}
		class = sql.NullInt64{Int64: int64(history.Class(e.entry.Latency)), Valid: true}
	}
	return latency, class
}

func newPending() *pending { return &pending{wake: make(chan struct{}, 1), now: time.Now} }

// RecordPlanned implements [loginwatch.Recorder]: what came of the slot is told later.
func (p *pending) RecordPlanned(context.Context, loginwatch.Slot) error { return nil }

// RecordSkip implements [loginwatch.Recorder].
func (p *pending) RecordSkip(_ context.Context, skipped loginwatch.SkippedSlot) error {
	e, ok := history.EntryOfSkip(skipped)
	if !ok {
		return nil
	}
	return p.add(event{entry: e})
}

// RecordRun implements [loginwatch.Recorder]. The run is written within a tenth of a
// second, or as soon as the store can be written again; the error tells, once, that it
// can't be at this moment.
func (p *pending) RecordRun(_ context.Context, r *loginwatch.Run) error {
	shared, own, err := history.Pack(r)
	if err != nil {
		return err
	}
	return p.add(event{entry: history.EntryOf(r), shared: shared, own: own, longer: history.Telling(r)})
}

func (p *pending) add(e event) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	e.told = p.now()
	if len(p.events) < mostWaiting {
		p.events = append(p.events, e)
	} else {
		p.dropped++
	}
	p.wakeIn(company)
	if p.failing == nil || p.told {
		return nil
	}
	p.told = true
	return fmt.Errorf("the history waits until the store can be written (%d slots at most): %w", mostWaiting, pastWords(p.failing))
}

// wakeIn wakes the writer after a while. Call with mu held.
func (p *pending) wakeIn(d time.Duration) {
	if p.waking || len(p.events) == 0 {
		return
	}
	p.waking = true
	time.AfterFunc(d, func() {
		p.mu.Lock()
		p.waking = false
		p.mu.Unlock()
		select {
		case p.wake <- struct{}{}:
		default:
		}
	})
}

// next gives what a commit may write, and tells whether the last one has failed.
func (p *pending) next() (events []event, failing bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.events[:min(len(p.events), batch)], p.failing != nil
}

// written takes note of what came of a commit, and tells whether it was well.
func (p *pending) written(events int, err error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failing = err; err != nil {
		p.wakeIn(again)
		return false
	}
	p.told = false
	rest := copy(p.events, p.events[events:])
	clear(p.events[rest:])
	p.events = p.events[:rest]
	p.wakeIn(company)
	return true
}

// Unwritten is how many slots the history has lost since the start, because the store
// could not be written for long.
func (p *pending) Unwritten() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dropped
}

// leave tells what of the past is lost when the store is closed.
func (p *pending) leave() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.events) == 0 {
		return nil
	}
	return fmt.Errorf("slots that are not in the history: %d: %w", len(p.events), p.failing)
}
