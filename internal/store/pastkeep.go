package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/loginwatch/loginwatch/internal/history"
)

const (
	// countedAfter is how long after its end an hour is counted: by then every run of
	// it has ended and is written down.
	countedAfter = 15 * time.Minute
	// lateAfter is how long after it was due a slot is told of late: some minutes before its
	// hour may be counted, since the clocks of a fleet differ and a commit takes its time.
	lateAfter = countedAfter - 5*time.Minute
	// recount bounds how far back an hour is counted again for what came late.
	recount = 7 * 24 * time.Hour
	// keptTotals is how long the totals of hours and days stay.
	keptTotals = 2 * 366 * 24 * time.Hour
	// atOnce is how many rows go in one step: nobody waits for more.
	atOnce = 500
)

// Keep says how long the history keeps what. Zero fields mean the defaults.
type Keep struct {
	Runs     time.Duration // a run that was well, with all its details
	Failures time.Duration // any other run, and a line of each slot; at least Runs
}

// DefaultKeep is a month, and half a year for failures.
func DefaultKeep() Keep { return Keep{30 * 24 * time.Hour, 180 * 24 * time.Hour} }

func (k Keep) withDefaults() Keep {
	if k.Runs == 0 {
		k.Runs = DefaultKeep().Runs
	}
	if k.Failures == 0 {
		k.Failures = DefaultKeep().Failures
	}
	k.Failures = max(k.Failures, k.Runs)
	return k
}

// pastTables are where a history stands. What reads and keeps it is written once, in SQL
// that SQLite and PostgreSQL take, with ? where an argument stands; how runs get there is
// for each engine to say.
type pastTables interface {
	querier // beside whoever writes
	// change carries a step out, all of it or nothing.
	change(ctx context.Context, do func(pastStep) error) error
}

// pastStep is what a step asks and does.
type pastStep interface {
	querier // within the step
	exec(query string, args ...any) error
	// changes carries a statement out and tells how many rows it has changed.
	changes(query string, args ...any) (rows int64, err error)
}

// keeper keeps a history short.
type keeper struct{ pastTables }

// tidy counts the hours and days that are over and drops what is kept no longer, in
// small steps, between which others write. One does so at a time, and whoever is
// killed amid it leaves what the next one goes on with: a step is done whole, or again.
func (k keeper) tidy(ctx context.Context, now time.Time, keep Keep) error {
	keep = keep.withDefaults()
	var err error
	for _, step := range []func(context.Context) (more bool, err error){
		func(ctx context.Context) (bool, error) { return k.countHour(ctx, now) },
		func(ctx context.Context) (bool, error) { return k.countDay(ctx, now) },
		func(ctx context.Context) (bool, error) { return k.dropRuns(ctx, now.Add(-keep.Runs)) },
		func(ctx context.Context) (bool, error) { return k.dropFailures(ctx, now.Add(-keep.Failures)) },
		func(ctx context.Context) (bool, error) { return false, k.dropLines(ctx, now.Add(-keep.Failures)) },
		func(ctx context.Context) (bool, error) { return false, k.dropRest(ctx, now, keep) },
	} {
		for more := true; more && err == nil; {
			more, err = step(ctx)
		}
	}
	if err != nil {
		return fmt.Errorf("the history of the store: %w", pastWords(err))
	}
	return nil
}

// countAgain has the hours from one time on counted again. It is a part of the step that
// writes what came late: whoever counts at this moment finds out, since both write the
// number of what came late.
func countAgain(s pastStep, since time.Time) error {
	if err := s.exec(`INSERT INTO meta (name, value) VALUES ('late', '1') ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(meta.value AS BIGINT) + 1 AS TEXT)`); err != nil {
		return err
	}
	for name, span := range map[string]time.Duration{"hours": time.Hour, "days": 24 * time.Hour} {
		at := since.Truncate(span).UnixNano()
		until, err := mark(s, name)
		if err == nil && until > at {
			err = setMark(s, name, at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// countHour counts the next hour that is over.
func (k keeper) countHour(ctx context.Context, now time.Time) (more bool, err error) {
	r := pastReader{k}
	return k.countNext(ctx, counted{
		name: "hours", span: time.Hour, end: now.Add(-countedAfter).Truncate(time.Hour),
		next: `SELECT coalesce(min((SELECT min(due) FROM run WHERE run.job = job.id AND due >= ?)), -1) FROM job`,
		add:  func(sum *tally, p part) error { return r.countRuns(ctx, sum, history.Query{}, p) },
	})
}

// countDay counts the next day whose hours are all counted.
func (k keeper) countDay(ctx context.Context, now time.Time) (more bool, err error) {
	r := pastReader{k}
	marks, err := r.marks(ctx)
	if err != nil {
		return false, err
	}
	return k.countNext(ctx, counted{
		name: "days", span: 24 * time.Hour, end: instant(min(marks["hours"], now.UnixNano())).Truncate(24 * time.Hour),
		next: `SELECT coalesce(min(since), -1) FROM total WHERE span = 3600000000000 AND since >= ?`,
		add:  func(sum *tally, p part) error { return r.addTotals(ctx, sum, time.Hour, p) },
	})
}

// counted is what hours or days are counted from.
type counted struct {
	name string // of the mark of how far that has come
	span time.Duration
	end  time.Time // of what is over
	next string    // the query of when the next slot was due, at a time or after it; -1 for never
	add  func(sum *tally, p part) error
}

// countNext counts the next span that has something. It reads beside the writer.
func (k keeper) countNext(ctx context.Context, c counted) (more bool, err error) {
	r := pastReader{k}
	marks, err := r.marks(ctx)
	from := marks[c.name]
	if err != nil || from >= c.end.UnixNano() {
		return false, err
	}
	since := from - from%int64(c.span)
	sum := tally{of: map[int64]*history.Totals{}}
	if err := c.add(&sum, part{c.span, since, since + int64(c.span)}); err != nil {
		return false, err
	}
	if len(sum.of) == 0 { // as in the night of a login for office hours, or at first
		next := int64(-1)
		if err := r.each(ctx, func(scan func(...any) error) error { return scan(&next) }, c.next, from); err != nil {
			return false, err
		}
		if next < 0 || next >= c.end.UnixNano() {
			_, err := k.counted(ctx, c.name, c.end.UnixNano(), marks["late"])
			return false, err
		}
		since = next - next%int64(c.span)
		if err := c.add(&sum, part{c.span, since, since + int64(c.span)}); err != nil {
			return false, err
		}
	}
	p := part{c.span, since, since + int64(c.span)}
	for shard := range sum.shards() {
		rows := sum.pack(shard)
		if err := k.change(ctx, func(s pastStep) error {
			return s.exec(`INSERT INTO total (span, since, shard, rows) VALUES (?, ?, ?, ?) ON CONFLICT (span, since, shard) DO UPDATE SET rows = excluded.rows`,
				int64(c.span), p.since, shard, rows)
		}); err != nil {
			return false, err
		}
	}
	return k.counted(ctx, c.name, p.until, marks["late"])
}

// counted marks how far was counted, unless something came late meanwhile: then it is
// for the next time.
func (k keeper) counted(ctx context.Context, name string, until, late int64) (marked bool, err error) {
	err = k.change(ctx, func(s pastStep) error {
		// Held, so that what comes late from now on waits, and then sets the mark back.
		if err := s.exec(`UPDATE meta SET value = value WHERE name = 'late'`); err != nil {
			return err
		}
		now, err := mark(s, "late")
		if marked = err == nil && now == late; !marked {
			return err
		}
		return setMark(s, name, until)
	})
	return marked && err == nil, err
}

// marks are the times up to which something is done, by what.
func (r pastReader) marks(ctx context.Context) (map[string]int64, error) {
	marks := map[string]int64{}
	err := r.each(ctx, func(scan func(...any) error) error {
		var name string
		var at int64
		err := scan(&name, &at)
		marks[name] = at
		return err
	}, `SELECT name, CAST(value AS BIGINT) FROM meta WHERE name IN ('hours', 'days', 'late', 'lines')`)
	return marks, err
}

// mark reads one of them within a step; 0 where there is none.
func mark(s pastStep, name string) (at int64, err error) {
	err = pastReader{s}.each(context.Background(), func(scan func(...any) error) error { return scan(&at) },
		`SELECT CAST(value AS BIGINT) FROM meta WHERE name = ?`, name)
	return at, err
}

func setMark(s pastStep, name string, at int64) error {
	return s.exec(`INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, strconv.FormatInt(at, 10))
}

// dropRuns drops details of runs that were well, up to a time, in the order in which
// they were written. A mark says how far that has come: failures stay behind it.
func (k keeper) dropRuns(ctx context.Context, before time.Time) (more bool, err error) {
	err = k.change(ctx, func(s pastStep) error {
		from, err := mark(s, "dropped")
		if err != nil {
			return err
		}
		last, all, err := upTo(s, `SELECT n, due FROM detail WHERE n > ? ORDER BY n LIMIT ?`, from, before)
		if more = all && err == nil; err != nil || last == 0 {
			return err
		}
		if err := s.exec(`DELETE FROM detail WHERE n > ? AND n <= ? AND failed = 0`, from, last); err != nil {
			return err
		}
		return setMark(s, "dropped", last)
	})
	return more, err
}

// dropFailures drops details of all runs, up to a time.
func (k keeper) dropFailures(ctx context.Context, before time.Time) (more bool, err error) {
	err = k.change(ctx, func(s pastStep) error {
		last, all, err := upTo(s, `SELECT n, due FROM detail WHERE n > ? ORDER BY n LIMIT ?`, 0, before)
		if more = all && err == nil; err != nil || last == 0 {
			return err
		}
		return s.exec(`DELETE FROM detail WHERE n <= ?`, last)
	})
	return more, err
}

// upTo gives the last of the next details that are before a time; all tells whether
// there may be more of them.
func upTo(s pastStep, query string, from int64, before time.Time) (last int64, all bool, err error) {
	rows := 0
	all = true
	err = pastReader{s}.each(context.Background(), func(scan func(...any) error) error {
		var n, due int64
		err := scan(&n, &due)
		if all = all && due < before.UnixNano(); all {
			last = n
		}
		rows++
		return err
	}, query, from, atOnce)
	return last, all && rows == atOnce, err
}

// dropLines drops the lines of slots, up to a time. It asks once which jobs have such
// lines, with one look at the first line of each, and then takes them in that order.
func (k keeper) dropLines(ctx context.Context, before time.Time) error {
	var jobs []int64
	err := pastReader{k}.each(ctx, func(scan func(...any) error) error {
		var job int64
		err := scan(&job)
		jobs = append(jobs, job)
		return err
	}, `SELECT id FROM job WHERE (SELECT min(due) FROM run WHERE run.job = job.id) < ? ORDER BY id`, before.UnixNano())
	for len(jobs) > 0 && err == nil {
		jobs, err = k.dropLinesOf(ctx, jobs, before)
	}
	return err
}

// dropLinesOf drops a step's lines of the first of some jobs, and gives those that are
// left. A mark says up to when lines may be missing, whatever is kept from now on.
func (k keeper) dropLinesOf(ctx context.Context, jobs []int64, before time.Time) (left []int64, err error) {
	err = k.change(ctx, func(s pastStep) error {
		left = jobs
		until, err := mark(s, "lines")
		if err == nil {
			err = setMark(s, "lines", max(until, before.UnixNano()))
		}
		for room := int64(atOnce); err == nil && len(left) > 0; {
			var rows int64
			rows, err = s.changes(`DELETE FROM run WHERE job = ? AND due IN (SELECT due FROM run WHERE job = ? AND due < ? ORDER BY due LIMIT ?)`,
				left[0], left[0], before.UnixNano(), room)
			if room -= rows; room <= 0 {
				break // this job may have more
			}
			left = left[1:]
		}
		return err
	})
	return left, err
}

// dropRest drops old totals, and shapes of which no run can be left.
func (k keeper) dropRest(ctx context.Context, now time.Time, keep Keep) error {
	return k.change(ctx, func(s pastStep) error {
		for _, old := range []struct {
			query string
			since time.Time
		}{
			{`DELETE FROM total WHERE (span, since, shard) IN (SELECT span, since, shard FROM total WHERE span = 3600000000000 AND since < ? LIMIT ?)`, now.Add(-keptTotals)},
			{`DELETE FROM total WHERE (span, since, shard) IN (SELECT span, since, shard FROM total WHERE span = 86400000000000 AND since < ? LIMIT ?)`, now.Add(-keptTotals)},
			{`DELETE FROM shape WHERE id IN (SELECT id FROM shape WHERE seen < ? LIMIT ?)`, now.Add(-keep.Failures - 48*time.Hour)},
		} {
			if err := s.exec(old.query, old.since.UnixNano(), atOnce); err != nil {
				return err
			}
		}
		return nil
	})
}
