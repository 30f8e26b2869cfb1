package store

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

// pastReader reads the history out of tables, in SQLite and PostgreSQL alike.
type pastReader struct{ db querier }

// querier asks a database. Queries have ? where an argument stands.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

var _ history.Reader = pastReader{}

// each calls row for each row that a query answers.
func (r pastReader) each(ctx context.Context, row func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := r.db.QueryContext(ctx, query, args...)
	if err != nil {
		return pastWords(err)
	}
	defer func() { _ = rows.Close() }() // after an error that counts, or at the end
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return pastWords(rows.Err())
}

// pastWords says what an error of either engine means.
func pastWords(err error) error {
	if errors.As(err, new(*pgconn.PgError)) || errors.As(err, new(*pgconn.ConnectError)) || pgconn.Timeout(err) {
		return inPgWords(err)
	}
	return inWords(err)
}

// jobs gives the jobs that a query names, by their ids.
func (r pastReader) jobs(ctx context.Context, q history.Query) (map[int64]loginwatch.Key, error) {
	jobs := map[int64]loginwatch.Key{}
	where, args := named(q)
	err := r.each(ctx, func(scan func(...any) error) error {
		var id int64
		var k loginwatch.Key
		err := scan(&id, &k.Vendor, &k.Probe, &k.Target, &k.Location)
		jobs[id] = k
		return err
	}, `SELECT id, vendor, probe, target, location FROM job WHERE `+where+`1 = 1`, args...)
	return jobs, err
}

// period gives the bounds of a query's period, which are in every statement.
func period(q history.Query) (since, until int64) {
	until = math.MaxInt64
	if !q.Until.IsZero() && q.Until.Before(time.Unix(0, math.MaxInt64)) {
		until = q.Until.UnixNano()
	}
	if q.Since.After(time.Unix(0, 0)) {
		since = q.Since.UnixNano()
	}
	return since, until
}

// named narrows a statement down to the jobs that a query names, in front of what else
// it asks for.
func named(q history.Query) (where string, args []any) {
	for _, n := range []struct{ column, name string }{{"vendor", q.Vendor}, {"probe", q.Probe}, {"target", q.Target}, {"location", q.Location}} {
		if n.name != "" {
			where += "job." + n.column + " = ? AND "
			args = append(args, n.name)
		}
	}
	return where, args
}

// Entries implements [history.Reader].
func (r pastReader) Entries(ctx context.Context, q history.Query) ([]history.Entry, error) {
	since, until := period(q)
	where, args := named(q)
	if q.Verdict != "" {
		where += "run.verdict = ? AND "
		args = append(args, string(q.Verdict))
	}
	if q.Reason != "" {
		where += "run.reason = ? AND "
		args = append(args, string(q.Reason))
	}
	limit := int64(math.MaxInt64)
	if q.Limit > 0 {
		limit = int64(q.Limit)
	}
	var found []history.Entry
	err := r.each(ctx, func(scan func(...any) error) error {
		e, err := entry(scan)
		found = append(found, e)
		return err
	}, `SELECT job.vendor, job.probe, job.target, job.location, run.due, run.at, run.verdict, run.reason, run.latency, detail.id
		FROM job JOIN run ON run.job = job.id LEFT JOIN detail ON detail.n = run.detail AND detail.job = run.job AND detail.due = run.due
		WHERE `+where+`run.due >= ? AND run.due < ?
		ORDER BY run.at DESC, job.vendor DESC, job.probe DESC, job.target DESC, job.location DESC, run.due DESC LIMIT ?`,
		append(args, since, until, limit)...)
	slices.Reverse(found)
	return found, err
}

func entry(scan func(...any) error, more ...any) (e history.Entry, err error) {
	var due, at int64
	var latency sql.NullInt64
	var run []byte
	err = scan(append([]any{&e.Vendor, &e.Probe, &e.Target, &e.Location, &due, &at, &e.Verdict, &e.Reason, &latency, &run}, more...)...)
	e.Due, e.At, e.Run = instant(due), instant(at), unpackID(run)
	e.Latency = micro(latency)
	return e, err
}

func micro(us sql.NullInt64) time.Duration { return time.Duration(us.Int64) * time.Microsecond }

// letters are those of a run's id (RFC 4648, 6, in lower case).
const letters = "abcdefghijklmnopqrstuvwxyz234567"

// packID writes the id of a run in two thirds of its length. What is no such id is kept
// as it is.
func packID(id string) []byte {
	packed := make([]byte, 1, len(id)+1)
	packed[0] = byte(len(id)) + 1
	var bits, n uint
	for _, c := range []byte(id) {
		at := strings.IndexByte(letters, c)
		if at < 0 || len(id) > 64 {
			return append([]byte{0}, id...)
		}
		bits, n = bits<<5|uint(at), n+5 //nolint:gosec // it is not negative
		if n >= 8 {
			n -= 8
			packed = append(packed, byte(bits>>n))
		}
	}
	if n > 0 {
		packed = append(packed, byte(bits<<(8-n)))
	}
	return packed
}

func unpackID(packed []byte) string {
	if len(packed) == 0 || packed[0] == 0 {
		return string(packed[min(1, len(packed)):])
	}
	id := make([]byte, 0, packed[0])
	var bits, n uint
	for _, b := range packed[1:] {
		bits, n = bits<<8|uint(b), n+8
		for ; n >= 5 && len(id) < int(packed[0])-1; n -= 5 {
			id = append(id, letters[bits>>(n-5)&31])
		}
	}
	return string(id)
}

func instant(ns int64) time.Time { return time.Unix(0, ns).UTC() }

// Run implements [history.Reader].
func (r pastReader) Run(ctx context.Context, id string) (record *history.Record, err error) {
	for _, failed := range []string{"1", "0"} { // the first is quick
		err = r.each(ctx, func(scan func(...any) error) error {
			var shared, own []byte
			e, err := entry(scan, &shared, &own)
			if err == nil {
				record, err = history.Unpack(e, shared, own)
			}
			return err
		}, `SELECT job.vendor, job.probe, job.target, job.location, run.due, run.at, run.verdict, run.reason, run.latency, detail.id, shape.text, detail.own
			FROM detail JOIN job ON job.id = detail.job JOIN run ON run.job = detail.job AND run.due = detail.due JOIN shape ON shape.id = detail.shape
			WHERE detail.failed = `+failed+` AND detail.id = ?`, packID(id))
		if record != nil || err != nil {
			break
		}
	}
	return record, err
}

// Incidents implements [history.Reader]. What is looked at begins, for each job, at the
// last run before the period that did not fail, and ends at the first one after it.
func (r pastReader) Incidents(ctx context.Context, q history.Query) ([]history.Incident, error) {
	since, until := period(q)
	where, args := named(q)
	var found []history.Incident
	err := r.each(ctx, func(scan func(...any) error) error {
		var i history.Incident
		var began int64
		var ended sql.NullInt64
		err := scan(&i.Vendor, &i.Probe, &i.Target, &i.Location, &i.Verdict, &began, &ended, &i.Runs)
		if i.Began = instant(began); ended.Valid {
			i.Ended = instant(ended.Int64)
		}
		if i.Overlaps(q) {
			found = append(found, i)
		}
		return err
	}, `WITH bounds AS (
			SELECT job.id, job.vendor, job.probe, job.target, job.location,
				coalesce((SELECT max(due) FROM run WHERE run.job = job.id AND due < ? AND verdict NOT IN ('broken', 'skipped', 'unavailable', 'drift')), 0) AS first,
				coalesce((SELECT min(due) FROM run WHERE run.job = job.id AND due >= ? AND verdict NOT IN ('broken', 'skipped', 'unavailable', 'drift')), ?) AS last
			FROM job WHERE `+where+`1 = 1
		), told AS (
			SELECT bounds.*, run.due, run.at, run.verdict,
				lead(run.at) OVER (PARTITION BY bounds.id ORDER BY run.due) AS next,
				row_number() OVER (PARTITION BY bounds.id ORDER BY run.due) - row_number() OVER (PARTITION BY bounds.id, run.verdict ORDER BY run.due) AS island
			FROM bounds JOIN run ON run.job = bounds.id AND run.due >= bounds.first AND run.due <= bounds.last
			WHERE run.verdict NOT IN ('broken', 'skipped')
		)
		SELECT vendor, probe, target, location, verdict, min(at), CASE WHEN count(next) = count(*) THEN max(next) END, count(*)
		FROM told WHERE verdict IN ('unavailable', 'drift')
		GROUP BY id, vendor, probe, target, location, verdict, island HAVING count(*) >= ?
		ORDER BY vendor, probe, target, location, min(due)`,
		append(append([]any{since, until, int64(math.MaxInt64)}, args...), history.Confirmed)...)
	return found, err
}

// Dropped implements [history.Reader].
func (r pastReader) Dropped(ctx context.Context) (at time.Time, err error) {
	marks, err := r.marks(ctx)
	if until, dropped := marks["lines"]; dropped {
		at = instant(until)
	}
	return at, err
}

// Totals implements [history.Reader]. Whole days and hours come from what was counted
// before, the rest of the period from the runs themselves.
func (r pastReader) Totals(ctx context.Context, q history.Query) ([]*history.Totals, error) {
	jobs, err := r.jobs(ctx, q)
	if err != nil {
		return nil, err
	}
	sum := tally{of: make(map[int64]*history.Totals, len(jobs)), jobs: jobs}
	parts, err := r.parts(ctx, q)
	for _, p := range parts {
		switch {
		case err != nil: // told once
		case p.span == 0:
			err = r.countRuns(ctx, &sum, q, p)
		default:
			err = r.addTotals(ctx, &sum, p.span, p)
		}
	}
	return sum.all(), err
}

// addTotals adds what was counted of a part of a period.
func (r pastReader) addTotals(ctx context.Context, sum *tally, span time.Duration, p part) error {
	return r.each(ctx, func(scan func(...any) error) error {
		var shard int64
		var rows sql.RawBytes
		if err := scan(&shard, &rows); err != nil {
			return err
		}
		return sum.unpack(shard, rows)
	}, `SELECT shard, rows FROM total WHERE span = ? AND since >= ? AND since < ?`, int64(span), p.since, p.until)
}

// countRuns adds the runs of a part of a period.
func (r pastReader) countRuns(ctx context.Context, sum *tally, q history.Query, p part) error {
	where, args := named(q)
	return r.each(ctx, func(scan func(...any) error) error {
		var job int64
		var slots int
		var verdict loginwatch.Verdict
		var reason loginwatch.Reason
		var class sql.NullInt64
		err := scan(&job, &verdict, &reason, &class, &slots)
		if t := sum.job(job); t != nil {
			t.Add(verdict, reason, slots)
			if class.Valid {
				t.Latency[class.Int64] += uint32(slots) //nolint:gosec // a count of rows
			}
		}
		return err
	}, `SELECT run.job, run.verdict, run.reason, run.class, count(*) FROM job JOIN run ON run.job = job.id
		WHERE `+where+`run.due >= ? AND run.due < ? GROUP BY run.job, run.verdict, run.reason, run.class`,
		append(args, p.since, p.until)...)
}

// part is a stretch of a period that is answered from one table: from the totals of
// hours or days, or, with no span, from the runs.
type part struct {
	span         time.Duration
	since, until int64
}

// parts takes a period apart.
func (r pastReader) parts(ctx context.Context, q history.Query) ([]part, error) {
	since, until := period(q)
	marks, err := r.marks(ctx)
	return split(since, until, marks["hours"], marks["days"]), err
}

// split takes the period [since, until) apart where hours are counted up to one time,
// and days up to another.
func split(since, until, hours, days int64) (parts []part) {
	add := func(span time.Duration, since, until int64) {
		if since < until {
			parts = append(parts, part{span, since, until})
		}
	}
	const hour, day = int64(time.Hour), int64(24 * time.Hour)
	up := func(at, unit int64) int64 { return (at + unit - 1) / unit * unit }
	firstHour, lastHour := up(since, hour), min(until, hours)/hour*hour
	if firstHour >= lastHour {
		add(0, since, until)
		return parts
	}
	add(0, since, firstHour)
	firstDay, lastDay := up(firstHour, day), min(lastHour, days)/day*day
	if firstDay < lastDay {
		add(time.Hour, firstHour, firstDay)
		add(24*time.Hour, firstDay, lastDay)
		add(time.Hour, lastDay, lastHour)
	} else {
		add(time.Hour, firstHour, lastHour)
	}
	add(0, lastHour, until)
	return parts
}
