package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
)

// write is one step of one caller.
type write struct {
	ctx  context.Context //nolint:containedctx // of the caller, who waits
	do   func(*sqlite) error
	done chan error
}

// batch is how many callers share one commit at most.
const batch = 256

// run carries a step out: with those of other callers in one commit, since what takes
// time is the disk.
func (s *sqlite) run(ctx context.Context, do func(*sqlite) error) error {
	w := &write{ctx, func(s *sqlite) error {
		if ctx.Err() != nil { // the file was waited for
			return context.Cause(ctx)
		}
		return do(s)
	}, make(chan error, 1)}
	select {
	case <-s.ended:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	case s.writes <- w:
	}
	select {
	case err := <-w.done: // what has begun is seen to its end, whatever becomes of the context
		return inWords(err)
	case <-s.ended:
	}
	select {
	case err := <-w.done: // by the last commit
		return inWords(err)
	default:
		return errClosed
	}
}

var errClosed = errors.New("the store is closed")

// writer commits what waits, until it is stopped and nothing waits any more.
func (s *sqlite) writer() {
	defer close(s.ended)
	for {
		select {
		case first := <-s.writes:
			s.with(s.waiting(first))
		case <-s.pending.wake:
			s.with(nil)
		case <-s.stop:
			if waiting := s.waiting(nil); len(waiting) > 0 {
				s.together(waiting)
				continue
			}
			for s.with(nil) {
			}
			return
		}
	}
}

// over tells whether nobody waits for the step any more, and then answers it.
func (w *write) over() bool {
	if w.ctx.Err() == nil {
		return false
	}
	w.done <- context.Cause(w.ctx)
	return true
}

// waiting gives the steps that wait, after the first if there is one; those that
// nobody waits for any more it leaves out.
func (s *sqlite) waiting(first *write) (steps []*write) {
	for w := first; ; {
		if w != nil && !w.over() {
			steps = append(steps, w)
		}
		if len(steps) == batch {
			return steps
		}
		select {
		case w = <-s.writes:
		default:
			return steps
		}
	}
}

// together commits steps in one commit, or, where one of them fails, one by one, so that
// none fails for another.
func (s *sqlite) together(steps []*write) {
	begun, err := s.commit(steps)
	if err == nil || len(steps) == 1 || !begun {
		for _, w := range steps {
			w.done <- err
		}
		return
	}
	for _, w := range steps {
		if !w.over() {
			_, err := s.commit([]*write{w})
			w.done <- err
		}
	}
}

// commit carries steps out and commits them together, or nothing of them; begun tells
// whether it came to the steps.
func (s *sqlite) commit(steps []*write) (begun bool, err error) {
	if len(steps) == 0 {
		return false, nil
	}
	if now, err := os.Stat(s.path); err != nil || !os.SameFile(now, s.info) {
		return false, fmt.Errorf("the file %s is not the one any more that was opened: it was moved, deleted or replaced; put it back, or restart", s.path)
	}
	if err := s.exec("BEGIN IMMEDIATE"); err != nil {
		return false, err
	}
	version, _, err := s.number("PRAGMA data_version")
	s.known.seen(version)
	for _, w := range steps {
		if err != nil {
			break
		}
		err = w.do(s)
	}
	if err == nil {
		err = s.exec("COMMIT")
	}
	if err != nil {
		_ = s.exec("ROLLBACK") // some errors have taken everything back already
		s.known.clear()
	}
	return true, err
}

// statement gives a prepared one.
func (s *sqlite) statement(query string) (*sql.Stmt, error) {
	if st := s.statements[query]; st != nil {
		return st, nil
	}
	st, err := s.conn.PrepareContext(context.Background(), query)
	if err == nil {
		s.statements[query] = st
	}
	return st, err
}

func (s *sqlite) exec(query string, args ...any) error {
	st, err := s.statement(query)
	if err == nil {
		_, err = st.ExecContext(context.Background(), args...)
	}
	return err
}

// number gives the one number that a query answers; found is false for no row.
func (s *sqlite) number(query string, args ...any) (n int64, found bool, err error) {
	st, err := s.statement(query)
	if err != nil {
		return 0, false, err
	}
	err = st.QueryRowContext(context.Background(), args...).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return n, err == nil, err
}
