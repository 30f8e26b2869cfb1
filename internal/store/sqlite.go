package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loginwatch/loginwatch"
)

// sqlite is an engine in a file, for the processes of one machine. What a call has
// changed is on the disk before the call ends.
type sqlite struct {
	path string
	info fs.FileInfo // of the file that was opened

	db     *sql.DB
	writes chan *write
	stop   chan struct{} // closed to end the writer
	ended  chan struct{} // closed once it has ended

	pending *pending // past
	close   sync.Once
	// The writer's own, from here on.
	conn       *sql.Conn
	statements map[string]*sql.Stmt
	known      known

	swept atomic.Int64 // nanoseconds since the epoch
}

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
	w := &write{ctx, do, make(chan error, 1)}
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

// waiting gives the steps that wait, after the first if there is one; those that
// nobody waits for any more it leaves out.
func (s *sqlite) waiting(first *write) (steps []*write) {
	for w := first; ; {
		if w != nil {
			if err := w.ctx.Err(); err != nil {
				w.done <- err
			} else {
				steps = append(steps, w)
			}
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

// together commits steps in one commit, or, where that fails, one by one, so that none
// fails for another.
func (s *sqlite) together(steps []*write) {
	err := s.commit(steps)
	if err == nil || len(steps) == 1 {
		for _, w := range steps {
			w.done <- err
		}
		return
	}
	for _, w := range steps {
		w.done <- s.commit([]*write{w})
	}
}

// commit carries steps out and commits them together, or nothing of them.
func (s *sqlite) commit(steps []*write) error {
	if len(steps) == 0 {
		return nil
	}
	err := s.exec("BEGIN IMMEDIATE")
	if err != nil {
		return err
	}
	version, _, err := s.number("PRAGMA data_version")
	s.known.at(version)
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
		s.known.nothing()
	}
	return err
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
		_, err = st.Exec(args...)
	}
	return err
}

// number gives the one number that a query answers; found is false for no row.
func (s *sqlite) number(query string, args ...any) (n int64, found bool, err error) {
	st, err := s.statement(query)
	if err != nil {
		return 0, false, err
	}
	err = st.QueryRow(args...).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return n, err == nil, err
}

// claim implements engine.
func (s *sqlite) claim(ctx context.Context, slot loginwatch.Slot, t ticket, decide func(*page, int64) loginwatch.Admission) error {
	held, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return s.run(ctx, func(s *sqlite) error {
		job, err := s.job(slot.Key)
		if err != nil {
			return err
		}
		id, free, err := s.wrote(
			`INSERT INTO slot (job, due, planned, admitted, ends, ticket) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			job, slot.Due.UnixNano(), slot.Planned.UnixNano(), t.At.UnixNano(), t.At.Add(t.Held).UnixNano(), string(held))
		if err != nil {
			return err
		}
		records := recordsOf(t)
		if t.Credential.Name != "" {
			records = append(records, record{kind: kindName, key: t.Credential.Name}) // whose value is now this one
		}
		p, err := s.page(records)
		if err != nil {
			return err
		}
		if !free {
			decide(p, 0)
			return nil
		}
		s.known.tickets[id] = t
		if a := decide(p, id); !a.Granted {
			delete(s.known.tickets, id)
			if err := s.exec(`UPDATE slot SET reason = ?, ticket = NULL WHERE id = ?`, string(a.Reason), id); err != nil {
				return err
			}
		}
		return s.keep(t, p, records)
	})
}

// settle implements engine.
func (s *sqlite) settle(ctx context.Context, id int64, book func(ticket, *page)) (open bool, err error) {
	err = s.run(ctx, func(s *sqlite) error {
		t, found, err := s.ticket(id)
		if open = found; err != nil || !found {
			return err
		}
		records := recordsOf(t)
		p, err := s.page(records)
		if err != nil {
			return err
		}
		book(t, p)
		delete(s.known.tickets, id)
		if err := s.exec(`UPDATE slot SET settled = ?, ticket = NULL WHERE id = ?`, time.Now().UnixNano(), id); err != nil {
			return err
		}
		return s.keep(t, p, records)
	})
	return open && err == nil, err
}

// ticket gives a ticket that is out.
func (s *sqlite) ticket(id int64) (t ticket, found bool, err error) {
	if t, found = s.known.tickets[id]; found {
		return t, true, nil
	}
	st, err := s.statement(`SELECT ticket FROM slot WHERE id = ? AND ticket IS NOT NULL`)
	if err != nil {
		return t, false, err
	}
	var text []byte
	switch err := st.QueryRow(id).Scan(&text); {
	case errors.Is(err, sql.ErrNoRows):
		return t, false, nil
	case err != nil:
		return t, false, err
	}
	if err := json.Unmarshal(text, &t); err != nil {
		return t, false, fmt.Errorf("the ticket %d: %w", id, err)
	}
	return t, true, nil
}

// job gives the id of a job, which it gets when it is first claimed.
func (s *sqlite) job(k loginwatch.Key) (int64, error) {
	if id, known := s.known.jobs[k]; known {
		return id, nil
	}
	id, _, err := s.number(`INSERT INTO job (vendor, probe, target, location) VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET vendor = excluded.vendor RETURNING id`, k.Vendor, k.Probe, k.Target, k.Location)
	if err == nil {
		s.known.jobs[k] = id
	}
	return id, err
}

// resume implements engine.
func (s *sqlite) resume(ctx context.Context, name string, change func(*credential)) (known bool, err error) {
	err = s.run(ctx, func(s *sqlite) error {
		known = false
		named := []record{{kind: kindName, key: name}}
		if _, err := s.page(named); err != nil || named[0].value == "" {
			return err
		}
		records := []record{{kind: kindCredential, key: named[0].value}}
		p, err := s.page(records)
		if err != nil || records[0].value == "" {
			return err
		}
		known = true
		change(p.credential)
		return s.keep(ticket{}, p, records)
	})
	return known && err == nil, err
}

// lost implements engine.
func (s *sqlite) lost(ctx context.Context, now time.Time) (slots []loginwatch.Slot, err error) {
	err = s.run(ctx, func(s *sqlite) error {
		slots = nil
		st, err := s.statement(`UPDATE slot SET lost = ? WHERE ends <= ? AND ticket IS NOT NULL AND lost IS NULL RETURNING
			(SELECT vendor FROM job WHERE id = job), (SELECT probe FROM job WHERE id = job),
			(SELECT target FROM job WHERE id = job), (SELECT location FROM job WHERE id = job), due, planned`)
		if err != nil {
			return err
		}
		rows, err := st.Query(now.UnixNano(), now.UnixNano())
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // after an error that counts, or at the end
		for rows.Next() {
			var slot loginwatch.Slot
			var due, planned int64
			if err := rows.Scan(&slot.Vendor, &slot.Probe, &slot.Target, &slot.Location, &due, &planned); err != nil {
				return err
			}
			slot.Due, slot.Planned = time.Unix(0, due).UTC(), time.Unix(0, planned).UTC()
			slots = append(slots, slot)
		}
		return rows.Err()
	})
	return slots, err
}

// credentials implements engine.
func (s *sqlite) credentials(ctx context.Context) (map[string]*credential, error) {
	all, err := s.inUse(ctx)
	return all, inWords(err)
}

func (s *sqlite) inUse(ctx context.Context) (map[string]*credential, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT name.key, credential.value FROM record AS name
		JOIN record AS credential ON credential.kind = 'credential' AND credential.key = name.value WHERE name.kind = 'name'`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // after an error that counts, or at the end
	all := map[string]*credential{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, err
		}
		c := &credential{}
		if err := json.Unmarshal([]byte(text), c); err != nil {
			return nil, fmt.Errorf("the record of the credential %s: %w", name, err)
		}
		all[name] = c
	}
	return all, rows.Err()
}

// keptSlots is how long a slot is known that was taken: longer than anybody could ask
// for it again.
const keptSlots = 30 * 24 * time.Hour

// forget implements engine.
func (s *sqlite) forget(ctx context.Context, now time.Time, b Budget) error {
	if now.Sub(time.Unix(0, s.swept.Load())).Abs() < sweepEvery {
		return nil
	}
	if now, err := os.Stat(s.path); err != nil || !os.SameFile(now, s.info) {
		return fmt.Errorf("the file %s is not the one any more that was opened: it was moved, deleted or replaced; put it back, or restart", s.path)
	}
	return s.run(ctx, func(s *sqlite) error {
		idle := now.Add(-b.idle()).UnixNano()
		for _, sweep := range []struct {
			query string
			args  []any
		}{
			{`DELETE FROM record WHERE until < ? AND kind IN ('wait', 'window')`, []any{now.UnixNano()}},
			{`DELETE FROM record WHERE until < ? AND kind = 'credential'`, []any{idle}},
			{`DELETE FROM record WHERE kind = 'name' AND NOT EXISTS (SELECT 1 FROM record AS c WHERE c.kind = 'credential' AND c.key = record.value)`, nil},
			{`DELETE FROM slot WHERE id IN (SELECT id FROM slot ORDER BY id LIMIT 1000) AND admitted < ?`, []any{now.Add(-keptSlots).UnixNano()}},
		} {
			if err := s.exec(sweep.query, sweep.args...); err != nil {
				return err
			}
		}
		s.known.sweep()
		s.swept.Store(now.UnixNano())
		return nil
	})
}
