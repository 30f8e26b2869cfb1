package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
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

// with commits steps together with the past that waits; more tells whether some of it
// was written.
func (s *sqlite) with(steps []*write) (more bool) {
	all, finish := s.pending.join(steps)
	s.together(all)
	return finish()
}

// join gives the steps of a commit and, with them, what waits to be written down. What
// failed before is written apart, so that it makes no other step wait for it twice.
func (p *pending) join(steps []*write) (all []*write, finish func() bool) {
	events, failing := p.next()
	if len(events) == 0 || failing && len(steps) > 0 {
		return steps, func() bool { return false }
	}
	w := &write{ctx: context.Background(), done: make(chan error, 1), do: func(s *sqlite) error {
		for i := range events {
			if err := s.remember(&events[i]); err != nil {
				return err
			}
		}
		return nil
	}}
	return append(steps, w), func() bool { return p.written(len(events), <-w.done) }
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

// remember writes what came of a slot. A run takes the place of the skip that was told
// of its slot before, as of one that was lost; otherwise the first word counts.
func (s *sqlite) remember(e *event) error {
	job, err := s.job(e.entry.Key)
	if err != nil {
		return err
	}
	due := e.entry.Due.UnixNano()
	var detail, latency, class sql.NullInt64
	if e.own != nil {
		n, err := s.nextDetail()
		if err != nil {
			return err
		}
		detail = sql.NullInt64{Int64: n, Valid: true}
	}
	if e.entry.Latency > 0 {
		latency = sql.NullInt64{Int64: e.entry.Latency.Microseconds(), Valid: true}
		class = sql.NullInt64{Int64: int64(history.Class(e.entry.Latency)), Valid: true}
	}
	line := []any{e.entry.At.UnixNano(), string(e.entry.Verdict), string(e.entry.Reason), latency, class, detail, job, due}
	_, written, err := s.wrote(`INSERT INTO run (at, verdict, reason, latency, class, detail, job, due) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, line...)
	if err == nil && !written && e.own != nil {
		_, written, err = s.wrote(`UPDATE run SET at = ?, verdict = ?, reason = ?, latency = ?, class = ?, detail = ? WHERE job = ? AND due = ? AND verdict = 'skipped'`, line...)
	}
	if err != nil || !written {
		return err // the slot was told before
	}
	if e.own != nil {
		shape, err := s.shape(e.shared, e.told)
		if err != nil {
			return err
		}
		if err := s.exec(`INSERT INTO detail (n, id, job, due, failed, shape, own) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			detail.Int64, packID(e.entry.Run), job, due, e.longer, shape, e.own); err != nil {
			return err
		}
	}
	if late := s.pending.now().Sub(e.entry.Due); late > lateAfter && late < recount {
		return countAgain(sqliteStep{s}, e.entry.Due)
	}
	return nil
}

// wrote carries out a statement and tells whether it has changed a row, and the id of one
// that is new. An INSERT that answers something itself, or may change another row, costs
// half as much again: SQLite keeps a journal of each such statement.
func (s *sqlite) wrote(query string, args ...any) (id int64, changed bool, err error) {
	st, err := s.statement(query)
	if err != nil {
		return 0, false, err
	}
	result, err := st.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, false, err
	}
	rows, err := result.RowsAffected()
	if err == nil && rows > 0 {
		id, err = result.LastInsertId()
	}
	return id, rows > 0 && err == nil, err
}

// nextDetail gives the number of the next detail.
func (s *sqlite) nextDetail() (int64, error) {
	if s.known.detail == 0 {
		last, _, err := s.number(`SELECT coalesce(max(n), 0) FROM detail`)
		if err != nil {
			return 0, err
		}
		s.known.detail = last
	}
	s.known.detail++
	return s.known.detail, nil
}

// shape gives the number of a shape, and keeps in mind that it was seen today.
func (s *sqlite) shape(text []byte, now time.Time) (int64, error) {
	digest := sha256.Sum256(text)
	today := now.UTC().Truncate(24 * time.Hour).UnixNano()
	if known, ok := s.known.shapes[digest]; ok && known.seen == today {
		return known.id, nil
	}
	id, found, err := s.number(`INSERT INTO shape (digest, seen, text) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET seen = excluded.seen RETURNING id`,
		digest[:], today, text)
	if err == nil && !found {
		err = errors.New("a shape was not written")
	}
	if err == nil {
		if len(s.known.shapes) >= mostShapes {
			clear(s.known.shapes)
		}
		s.known.shapes[digest] = knownShape{id, today}
	}
	return id, err
}

// sqliteTables are a file's, beside its writer.
type sqliteTables struct{ *sqlite }

// QueryContext implements querier.
func (s sqliteTables) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return s.db.QueryContext(ctx, query, args...)
}

// change implements pastTables.
func (s sqliteTables) change(ctx context.Context, do func(pastStep) error) error {
	return s.run(ctx, func(s *sqlite) error { return do(sqliteStep{s}) })
}

// sqliteStep is a part of the writer's step.
type sqliteStep struct{ *sqlite }

// QueryContext implements querier.
func (s sqliteStep) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	st, err := s.statement(query)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, args...)
}

// changes implements pastStep.
func (s sqliteStep) changes(query string, args ...any) (rows int64, err error) {
	st, err := s.statement(query)
	if err != nil {
		return 0, err
	}
	result, err := st.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
