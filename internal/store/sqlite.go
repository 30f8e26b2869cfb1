package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/persist"
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

// claim implements engine.
func (s *sqlite) claim(ctx context.Context, slot loginwatch.Slot, t ticket, decide func(*page, int64) loginwatch.Admission) error {
	text, err := json.Marshal(t)
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
			job, slot.Due.UnixNano(), slot.Planned.UnixNano(), t.At.UnixNano(), t.At.Add(t.Held).UnixNano(), string(text))
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

// book implements engine.
func (s *sqlite) book(ctx context.Context, id int64, settles bool, change func(ticket, *page)) error {
	return s.run(ctx, func(s *sqlite) error {
		t, open, err := s.ticket(id)
		if err != nil || !open {
			return err
		}
		records := recordsOf(t)
		p, err := s.page(records)
		if err != nil {
			return err
		}
		change(t, p)
		if settles {
			delete(s.known.tickets, id)
			if err := s.exec(`UPDATE slot SET settled = ?, ticket = NULL WHERE id = ?`, time.Now().UnixNano(), id); err != nil {
				return err
			}
		}
		return s.keep(t, p, records)
	})
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
	switch err := st.QueryRowContext(context.Background(), id).Scan(&text); {
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

// alter implements engine.
func (s *sqlite) alter(ctx context.Context, kind, key string, until time.Time, change func(string) (string, error)) error {
	return s.run(ctx, func(s *sqlite) error {
		r := []record{{kind: kind, key: key}}
		if err := s.read(r); err != nil {
			return err
		}
		defer delete(s.known.records, r[0].name()) // large, and seldom asked for
		text, err := change(r[0].value)
		if err != nil || text == r[0].value {
			return err
		}
		return s.put(record{kind, key, text, until})
	})
}

// texts implements engine.
func (s *sqlite) texts(ctx context.Context, kind, key string) (map[string]string, error) {
	all := map[string]string{}
	rows, err := s.db.QueryContext(ctx, `SELECT key, value FROM record WHERE kind = ? AND (? = '' OR key = ?) ORDER BY key`, kind, key, key)
	if err != nil {
		return nil, inWords(err)
	}
	defer func() { _ = rows.Close() }() // after an error that counts, or at the end
	for rows.Next() {
		var key, text string
		if err := rows.Scan(&key, &text); err != nil {
			return nil, inWords(err)
		}
		all[key] = text
	}
	return all, inWords(rows.Err())
}

// lost implements engine.
func (s *sqlite) lost(ctx context.Context, now time.Time, mine func(loginwatch.Key) bool) (slots []loginwatch.Slot, err error) {
	err = s.run(ctx, func(s *sqlite) error {
		var ids []int64
		if slots, ids, err = s.unsettled(now, mine); err != nil {
			return err
		}
		for _, id := range ids {
			if err := s.exec(`UPDATE slot SET lost = ? WHERE id = ?`, now.UnixNano(), id); err != nil {
				return err
			}
		}
		return nil
	})
	return slots, err
}

// unsettled gives the slots whose runs must have ended and were not settled.
func (s *sqlite) unsettled(now time.Time, mine func(loginwatch.Key) bool) (slots []loginwatch.Slot, ids []int64, err error) {
	st, err := s.statement(`SELECT slot.id, vendor, probe, target, location, due, planned FROM slot JOIN job ON job.id = slot.job
		WHERE ends <= ? AND ticket IS NOT NULL AND lost IS NULL`)
	if err != nil {
		return nil, nil, err
	}
	rows, err := st.QueryContext(context.Background(), now.UnixNano())
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = rows.Close() }() // after an error that counts, or at the end
	for rows.Next() {
		var slot loginwatch.Slot
		var id, due, planned int64
		if err := rows.Scan(&id, &slot.Vendor, &slot.Probe, &slot.Target, &slot.Location, &due, &planned); err != nil {
			return nil, nil, err
		}
		if slot.Due, slot.Planned = time.Unix(0, due).UTC(), time.Unix(0, planned).UTC(); mine(slot.Key) {
			slots, ids = append(slots, slot), append(ids, id)
		}
	}
	return slots, ids, rows.Err()
}

// credentials implements engine.
func (s *sqlite) credentials(ctx context.Context) (map[string]*credential, error) {
	all, err := s.inUse(ctx)
	return all, inWords(err)
}

func (s *sqlite) inUse(ctx context.Context) (map[string]*credential, error) {
	rows, err := s.db.QueryContext(ctx, inUse)
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
		if err := persist.Decode([]byte(text), c); err != nil {
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
	return s.run(ctx, func(s *sqlite) error {
		idle := now.Add(-b.idle()).UnixNano()
		for _, sweep := range []struct {
			query string
			args  []any
		}{
			{`DELETE FROM record WHERE until < ? AND kind IN ('wait', 'window', 'quota', 'rotated', 'learned')`, []any{now.UnixNano()}},
			{`DELETE FROM record WHERE until < ? AND kind = 'credential'`, []any{idle}},
			{`DELETE FROM record WHERE kind = 'name' AND NOT EXISTS (SELECT 1 FROM record AS c WHERE c.kind = 'credential' AND c.key = record.value)`, nil},
		} {
			if err := s.exec(sweep.query, sweep.args...); err != nil {
				return err
			}
		}
		s.known.sweep()
		slots, _, err := s.number(`SELECT count(*) FROM slot WHERE id IN (SELECT id FROM slot ORDER BY id LIMIT ?) AND admitted < ?`, sweptSlots, now.Add(-keptSlots).UnixNano())
		if err == nil && slots > 0 {
			err = s.exec(`DELETE FROM slot WHERE id IN (SELECT id FROM slot ORDER BY id LIMIT ?) AND admitted < ?`, sweptSlots, now.Add(-keptSlots).UnixNano())
		}
		if slots < sweptSlots {
			s.swept.Store(now.UnixNano())
		} else { // there are more: again in a second
			s.swept.Store(now.Add(time.Second - sweepEvery).UnixNano())
		}
		return err
	})
}

// sweptSlots is how many slots go in one step, so that nobody waits for it.
const sweptSlots = 1000
