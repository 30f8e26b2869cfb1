package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

// pgWritten bounds how long one attempt to write the past waits.
const pgWritten = 5 * time.Second

// pgHistory is the history in a database. It has connections of its own and a writer of
// its own, so nothing of it is in a claim's way, and it decides about no login.
type pgHistory struct {
	pastReader
	*pending
	db    *sql.DB
	stop  chan struct{} // closed to end the writer
	ended chan struct{} // closed once it has ended

	jobs   map[loginwatch.Key]struct{} // the writer's own: what is there
	shapes map[[sha256.Size]byte]int64 // and the day on which it is there, by digest
}

func newPgHistory(db *sql.DB) *pgHistory {
	h := &pgHistory{pastReader: pastReader{inDollars{db}}, pending: newPending(), db: db, stop: make(chan struct{}), ended: make(chan struct{})}
	h.forget()
	go h.writer()
	return h
}

func (p *postgres) past() Past { return p.history }

// forget forgets what is there: a promotion may have taken the last of it back.
func (h *pgHistory) forget() {
	h.jobs, h.shapes = map[loginwatch.Key]struct{}{}, map[[sha256.Size]byte]int64{}
}

// writer writes what waits, until it is stopped, and then once more.
func (h *pgHistory) writer() {
	defer close(h.ended)
	for stopped := false; !stopped; {
		select {
		case <-h.wake:
		case <-h.stop:
			stopped = true
		}
		for more := true; more; {
			events, _ := h.next()
			more = len(events) > 0 && h.written(len(events), inPgWords(h.write(events)))
		}
	}
}

// end writes what waits, if that can be done now, and lets go of the database.
func (h *pgHistory) end() error {
	close(h.stop)
	<-h.ended
	return errors.Join(h.leave(), h.db.Close())
}

// write writes events in one transaction; again where what it took to be there is not, or
// the connection is gone. Twice is as good as once: a slot that was told is told.
func (h *pgHistory) write(events []event) error {
	err := h.attempt(events)
	if err != nil {
		h.forget()
		err = h.attempt(events)
	}
	return err
}

func (h *pgHistory) attempt(events []event) error {
	ctx, cancel := context.WithTimeout(context.Background(), pgWritten)
	defer cancel()
	conn, err := h.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // back to where it came from, or away
	late := h.late(events)
	err = onPgConn(conn, func(c *pgx.Conn) error {
		if err := c.SendBatch(ctx, h.jobsOf(events)).Close(); err != nil { // apart: a claim may wait for one of them
			return err
		}
		b := h.batch(events)
		if late.IsZero() {
			b.Queue("COMMIT")
		}
		return c.SendBatch(ctx, b).Close()
	})
	if err == nil && !late.IsZero() {
		if err = countAgain(pgStep{ctx, conn}, late); err == nil {
			_, err = conn.ExecContext(ctx, "COMMIT")
		}
	}
	if err != nil { // which rolls back, and a server that is no primary any more is left
		_ = onPgConn(conn, func(c *pgx.Conn) error { return c.Close(ctx) })
		return err
	}
	for i := range events {
		h.jobs[events[i].entry.Key] = struct{}{}
		if events[i].own != nil {
			h.shapes[sha256.Sum256(events[i].shared)] = events[i].day()
		}
	}
	if len(h.shapes) > mostShapes {
		clear(h.shapes)
	}
	return nil
}

// onPgConn gives the connection below one of database/sql.
func onPgConn(conn *sql.Conn, do func(*pgx.Conn) error) error {
	return conn.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return errors.New("the driver is another one")
		}
		return do(c.Conn())
	})
}

// late gives when the first of those events was due that are told so late that their
// hour may have been counted; zero where none is.
func (h *pgHistory) late(events []event) (first time.Time) {
	for i := range events {
		if e := &events[i]; e.late(h.now()) && (first.IsZero() || e.entry.Due.Before(first)) {
			first = e.entry.Due
		}
	}
	return first
}

const (
	makeJob   = `INSERT INTO job (vendor, probe, target, location) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
	makeShape = `INSERT INTO shape (digest, seen, text) VALUES ($1, $2, $3) ON CONFLICT (digest) DO UPDATE SET seen = greatest(shape.seen, excluded.seen)`
	// A run takes the place of the skip that was told of its slot before; otherwise the
	// first word counts.
	writeEvent = `WITH line AS (
		INSERT INTO run (job, due, at, verdict, reason, latency, class, detail)
		VALUES ((SELECT id FROM job WHERE vendor = $1 AND probe = $2 AND target = $3 AND location = $4), $5, $6, $7, $8, $9, $10,
			CASE WHEN $11::bytea IS NOT NULL THEN nextval('detail_n') END)
		ON CONFLICT (job, due) DO UPDATE SET at = excluded.at, verdict = excluded.verdict, reason = excluded.reason,
			latency = excluded.latency, class = excluded.class, detail = excluded.detail
			WHERE run.verdict = 'skipped' AND excluded.detail IS NOT NULL
		RETURNING job, due, detail
	)
	INSERT INTO detail (n, id, job, due, failed, shape, own)
	SELECT detail, $11, job, due, $12, (SELECT id FROM shape WHERE digest = $13), $14 FROM line WHERE detail IS NOT NULL`
)

// jobsOf has a batch make the jobs of events that may not be there.
func (h *pgHistory) jobsOf(events []event) *pgx.Batch {
	b := &pgx.Batch{}
	made := map[loginwatch.Key]bool{}
	for _, e := range events {
		k := e.entry.Key
		if _, there := h.jobs[k]; !there && !made[k] {
			made[k] = true
			b.Queue(makeJob, k.Vendor, k.Probe, k.Target, k.Location)
		}
	}
	return b
}

// batch begins a transaction that writes events, and the shapes that they lack, in the one
// order in which everybody does, so that no two wait for each other; details are numbered
// in it, which are dropped by their numbers.
func (h *pgHistory) batch(events []event) *pgx.Batch {
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b event) int {
		return cmp.Or(a.entry.Due.Compare(b.entry.Due), history.CompareKeys(a.entry.Key, b.entry.Key))
	})
	b := begin()
	shapes := map[[sha256.Size]byte]*event{}
	for i := range events {
		e := &events[i]
		if digest := sha256.Sum256(e.shared); e.own != nil && h.shapes[digest] < e.day() {
			shapes[digest] = e
		}
	}
	for _, digest := range slices.SortedFunc(maps.Keys(shapes), func(a, b [sha256.Size]byte) int { return bytes.Compare(a[:], b[:]) }) {
		b.Queue(makeShape, digest[:], shapes[digest].day(), shapes[digest].shared)
	}
	for i := range events {
		e := &events[i]
		k := e.entry.Key
		latency, class := e.measured()
		var id, digest []byte
		failed := 0
		if e.own != nil {
			sum := sha256.Sum256(e.shared)
			id, digest = packID(e.entry.Run), sum[:]
		}
		if e.longer {
			failed = 1
		}
		b.Queue(writeEvent, k.Vendor, k.Probe, k.Target, k.Location, e.entry.Due.UnixNano(), e.entry.At.UnixNano(), string(e.entry.Verdict), string(e.entry.Reason),
			latency, class, id, failed, digest, e.own)
	}
	return b
}
