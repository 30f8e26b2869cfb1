package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
)

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

// remember writes what came of a slot. A run takes the place of the skip that was told
// of its slot before, as of one that was lost; otherwise the first word counts.
func (s *sqlite) remember(e *event) error {
	job, err := s.job(e.entry.Key)
	if err != nil {
		return err
	}
	due := e.entry.Due.UnixNano()
	var detail sql.NullInt64
	latency, class := e.measured()
	if e.own != nil {
		n, err := s.nextDetail()
		if err != nil {
			return err
		}
		detail = sql.NullInt64{Int64: n, Valid: true}
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
		shape, err := s.shape(e.shared, e.day())
		if err != nil {
			return err
		}
		if err := s.exec(`INSERT INTO detail (n, id, job, due, failed, shape, own) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			detail.Int64, packID(e.entry.Run), job, due, e.longer, shape, e.own); err != nil {
			return err
		}
	}
	if e.late(s.pending.now()) {
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

// shape gives the number of a shape, and keeps in mind the day on which it was seen.
func (s *sqlite) shape(text []byte, seen int64) (int64, error) {
	digest := sha256.Sum256(text)
	if known, ok := s.known.shapes[digest]; ok && known.seen == seen {
		return known.id, nil
	}
	id, found, err := s.number(`INSERT INTO shape (digest, seen, text) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET seen = excluded.seen RETURNING id`,
		digest[:], seen, text)
	if err == nil && !found {
		err = errors.New("a shape was not written")
	}
	if err == nil {
		if len(s.known.shapes) >= mostShapes {
			clear(s.known.shapes)
		}
		s.known.shapes[digest] = knownShape{id, seen}
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
