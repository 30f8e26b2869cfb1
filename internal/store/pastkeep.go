package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/loginwatch/loginwatch/internal/history"
)

const (
	// countedAfter is how long after its end an hour is counted: by then every run of
	// it has ended and is written down.
	countedAfter = 15 * time.Minute
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

// Tidy counts the hours and days that are over and drops what is kept no longer, in
// small steps, between which others write. It is for the daemon to call from time to
// time.
func (s *sqlite) Tidy(ctx context.Context, now time.Time, keep Keep) error {
	keep = keep.withDefaults()
	var err error
	for _, step := range []func(context.Context) (more bool, err error){
		func(ctx context.Context) (bool, error) { return s.countHour(ctx, now) },
		func(ctx context.Context) (bool, error) { return s.countDay(ctx, now) },
		func(ctx context.Context) (bool, error) { return s.dropRuns(ctx, now.Add(-keep.Runs)) },
		func(ctx context.Context) (bool, error) { return s.dropFailures(ctx, now.Add(-keep.Failures)) },
		func(ctx context.Context) (bool, error) { return s.dropLines(ctx, now.Add(-keep.Failures)) },
		func(ctx context.Context) (bool, error) { return s.dropRest(ctx, now, keep) },
	} {
		for more := true; more && err == nil; {
			more, err = step(ctx)
		}
	}
	if err != nil {
		return fmt.Errorf("the history of the store: %w", inWords(err))
	}
	return nil
}

// countAgain has the hours from one time on counted again. It is a part of the writer's
// step.
func (s *sqlite) countAgain(since time.Time) error {
	for name, at := range map[string]int64{"hours": since.Truncate(time.Hour).UnixNano(), "days": since.Truncate(24 * time.Hour).UnixNano()} {
		if err := s.exec(`UPDATE meta SET value = ? WHERE name = ? AND CAST(value AS BIGINT) > ?`, strconv.FormatInt(at, 10), name, at); err != nil {
			return err
		}
	}
	return s.exec(`INSERT INTO meta (name, value) VALUES ('late', '1') ON CONFLICT DO UPDATE SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT)`)
}

// countHour counts the next hour that is over.
func (s *sqlite) countHour(ctx context.Context, now time.Time) (more bool, err error) {
	r := pastReader{s.db}
	return s.countNext(ctx, counted{
		name: "hours", span: time.Hour, end: now.Add(-countedAfter).Truncate(time.Hour),
		next: `SELECT coalesce(min((SELECT min(due) FROM run WHERE run.job = job.id AND due >= ?)), -1) FROM job`,
		add:  func(sum *tally, p part) error { return r.countRuns(ctx, sum, history.Query{}, p) },
	})
}

// countDay counts the next day whose hours are all counted.
func (s *sqlite) countDay(ctx context.Context, now time.Time) (more bool, err error) {
	r := pastReader{s.db}
	marks, err := r.marks(ctx)
	if err != nil {
		return false, err
	}
	return s.countNext(ctx, counted{
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
func (s *sqlite) countNext(ctx context.Context, c counted) (more bool, err error) {
	r := pastReader{s.db}
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
			_, err := s.counted(ctx, c.name, c.end.UnixNano(), marks["late"])
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
		if err := s.run(ctx, func(s *sqlite) error {
			return s.exec(`INSERT INTO total (span, since, shard, rows) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET rows = excluded.rows`,
				int64(c.span), p.since, shard, rows)
		}); err != nil {
			return false, err
		}
	}
	return s.counted(ctx, c.name, p.until, marks["late"])
}

// counted marks how far was counted, unless something came late meanwhile: then it is
// for the next time.
func (s *sqlite) counted(ctx context.Context, name string, until, late int64) (marked bool, err error) {
	err = s.run(ctx, func(s *sqlite) error {
		now, err := s.mark("late")
		if marked = err == nil && now == late; !marked {
			return err
		}
		return s.setMark(name, until)
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

// mark reads one of them within the writer's step.
func (s *sqlite) mark(name string) (int64, error) {
	at, _, err := s.number(`SELECT CAST(value AS BIGINT) FROM meta WHERE name = ?`, name)
	return at, err
}

func (s *sqlite) setMark(name string, at int64) error {
	return s.exec(`INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value`, name, strconv.FormatInt(at, 10))
}

// dropRuns drops details of runs that were well, up to a time, in the order in which
// they were written. A mark says how far that has come: failures stay behind it.
func (s *sqlite) dropRuns(ctx context.Context, before time.Time) (more bool, err error) {
	err = s.run(ctx, func(s *sqlite) error {
		from, err := s.mark("dropped")
		if err != nil {
			return err
		}
		last, all, err := s.upTo(`SELECT n, due FROM detail WHERE n > ? ORDER BY n LIMIT ?`, from, before)
		if more = all && err == nil; err != nil || last == 0 {
			return err
		}
		return errors.Join(s.exec(`DELETE FROM detail WHERE n > ? AND n <= ? AND failed = 0`, from, last), s.setMark("dropped", last))
	})
	return more, err
}

// dropFailures drops details of all runs, up to a time.
func (s *sqlite) dropFailures(ctx context.Context, before time.Time) (more bool, err error) {
	err = s.run(ctx, func(s *sqlite) error {
		last, all, err := s.upTo(`SELECT n, due FROM detail WHERE n > ? ORDER BY n LIMIT ?`, 0, before)
		if more = all && err == nil; err != nil || last == 0 {
			return err
		}
		return s.exec(`DELETE FROM detail WHERE n <= ?`, last)
	})
	return more, err
}

// upTo gives the last of the next details that are before a time; all tells whether
// there may be more of them.
func (s *sqlite) upTo(query string, from int64, before time.Time) (last int64, all bool, err error) {
	rows := 0
	all = true
	err = pastReader{readsIn{s}}.each(context.Background(), func(scan func(...any) error) error {
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

// dropLines drops the lines of slots, up to a time, of one job. A mark says up to when
// lines may be missing, whatever is kept from now on.
func (s *sqlite) dropLines(ctx context.Context, before time.Time) (more bool, err error) {
	job := int64(-1)
	err = pastReader{s.db}.each(ctx, func(scan func(...any) error) error { return scan(&job) },
		`SELECT id FROM job WHERE EXISTS (SELECT 1 FROM run WHERE run.job = job.id AND due < ?) LIMIT 1`, before.UnixNano())
	if err != nil || job < 0 {
		return false, err
	}
	return true, s.run(ctx, func(s *sqlite) error {
		until, err := s.mark("lines")
		if err != nil {
			return err
		}
		return errors.Join(s.setMark("lines", max(until, before.UnixNano())), s.exec(`DELETE FROM run WHERE job = ? AND due IN (SELECT due FROM run WHERE job = ? AND due < ? ORDER BY due LIMIT ?)`,
			job, job, before.UnixNano(), atOnce))
	})
}

// dropRest drops old totals, and shapes of which no run can be left.
func (s *sqlite) dropRest(ctx context.Context, now time.Time, keep Keep) (more bool, err error) {
	return false, s.run(ctx, func(s *sqlite) error {
		return errors.Join(
			s.exec(`DELETE FROM total WHERE (span, since, shard) IN (SELECT span, since, shard FROM total WHERE span = 3600000000000 AND since < ? LIMIT ?)`, now.Add(-keptTotals).UnixNano(), atOnce),
			s.exec(`DELETE FROM total WHERE (span, since, shard) IN (SELECT span, since, shard FROM total WHERE span = 86400000000000 AND since < ? LIMIT ?)`, now.Add(-keptTotals).UnixNano(), atOnce),
			s.exec(`DELETE FROM shape WHERE id IN (SELECT id FROM shape WHERE seen < ? LIMIT ?)`, now.Add(-keep.Failures-48*time.Hour).UnixNano(), atOnce),
		)
	})
}
