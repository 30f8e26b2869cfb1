package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

const (
	// fewJobs is how many jobs are asked for by name in one statement.
	fewJobs = 50
	// manyJobs is of how many jobs it is quicker to read how all of them stand.
	manyJobs = 20 * fewJobs
)

// Standings implements [history.Reader]. How all jobs stand is one statement.
func (r pastReader) Standings(ctx context.Context, keys []loginwatch.Key) ([]loginwatch.Standing, error) {
	var all []loginwatch.Standing
	var err error
	if len(keys) == 0 || len(keys) > manyJobs {
		wanted := make(map[loginwatch.Key]bool, len(keys))
		for _, k := range keys {
			wanted[k] = true
		}
		all, err = r.standings(ctx, "")
		all = slices.DeleteFunc(all, func(s loginwatch.Standing) bool { return len(keys) > 0 && !wanted[s.Key] })
	} else {
		for some := range slices.Chunk(keys, fewJobs) {
			var args []any
			for _, k := range some {
				args = append(args, k.Vendor, k.Probe, k.Target, k.Location)
			}
			names := strings.Repeat(" OR vendor = ? AND probe = ? AND target = ? AND location = ?", len(some))
			found, failed := r.standings(ctx, " WHERE "+strings.TrimPrefix(names, " OR "), args...)
			all, err = append(all, found...), errors.Join(err, failed)
		}
	}
	slices.SortFunc(all, func(a, b loginwatch.Standing) int { return history.CompareKeys(a.Key, b.Key) })
	return all, err
}

// standings tells how some jobs stand, each by itself in the order of its runs.
func (r pastReader) standings(ctx context.Context, jobs string, args ...any) (all []loginwatch.Standing, err error) {
	err = r.each(ctx, func(scan func(...any) error) error {
		var k loginwatch.Key
		var told, row sql.NullInt64
		var failing sql.NullString
		var line lineOfRun
		if err := scan(append([]any{&k.Vendor, &k.Probe, &k.Target, &k.Location, &told, &failing, &row}, line.columns()...)...); err != nil || !told.Valid {
			return err
		}
		if len(all) == 0 || all[len(all)-1].Key != k {
			s := loginwatch.Standing{Key: k, Told: instant(told.Int64)}
			if row.Valid {
				s.Failing, s.Row = loginwatch.Verdict(failing.String), int(row.Int64)
			}
			all = append(all, s)
		}
		run, err := line.run(k)
		if run != nil {
			s := &all[len(all)-1]
			s.Runs = append(s.Runs, run)
		}
		return err
	}, standingsOf(jobs), args...)
	return all, err
}

// lineOfRun is a run's line beside its detail, where there are such.
type lineOfRun struct {
	due, at, latency sql.NullInt64
	verdict, reason  sql.NullString
	id, shared, own  []byte
}

func (l *lineOfRun) columns() []any {
	return []any{&l.due, &l.at, &l.verdict, &l.reason, &l.latency, &l.id, &l.shared, &l.own}
}

func (l *lineOfRun) run(k loginwatch.Key) (*loginwatch.Run, error) {
	if !l.due.Valid {
		return nil, nil
	}
	e := history.Entry{
		Key: k, Due: instant(l.due.Int64), At: instant(l.at.Int64), Verdict: loginwatch.Verdict(l.verdict.String),
		Reason: loginwatch.Reason(l.reason.String), Latency: micro(l.latency), Run: unpackID(l.id),
	}
	return history.RunOf(e, l.shared, l.own)
}

// newest gives the due time of the newest of a job's slots for which a condition holds. The
// inner order with its limit is the one that counts: both engines hand on rows as they
// come, and end with the first. An order outside would have SQLite sort all of them first.
func newest(job, condition string) string {
	return `(SELECT due FROM (SELECT due, verdict FROM run WHERE run.job = ` + job + ` ORDER BY due DESC LIMIT ` + strconv.Itoa(history.LookBack) + `) AS latest
		WHERE ` + condition + ` LIMIT 1)`
}

// standingsOf gives the statement that answers, for each job, one line for each run that says how it stands. The row of
// failures is counted from its first run on, which comes after the last run that said
// something else.
func standingsOf(jobs string) string {
	return `WITH known AS MATERIALIZED (
		SELECT id, vendor, probe, target, location,
			(SELECT due FROM run WHERE run.job = job.id ORDER BY due DESC LIMIT 1) AS told,
			` + newest("job.id", `verdict <> 'skipped'`) + ` AS last,
			` + newest("job.id", `verdict NOT IN ('broken', 'skipped')`) + ` AS says,
			` + newest("job.id", `verdict IN ('ok', 'drift')`) + ` AS answered,
			` + newest("job.id", `verdict = 'ok'`) + ` AS fine
		FROM job` + jobs + `
	), stand AS MATERIALIZED (
		SELECT known.*, says.verdict AS failing, CASE WHEN says.verdict IN ('unavailable', 'drift') THEN (
			SELECT count(*) FROM run AS r WHERE r.job = known.id AND r.verdict = says.verdict AND r.due > coalesce(
				` + newest("known.id", `verdict NOT IN ('broken', 'skipped') AND verdict <> says.verdict`) + `,
				(SELECT min(due) FROM (SELECT due FROM run WHERE run.job = known.id ORDER BY due DESC LIMIT ` + strconv.Itoa(history.LookBack) + `) AS latest) - 1)
		) END AS streak
		FROM known LEFT JOIN run AS says ON says.job = known.id AND says.due = known.says
	)
	SELECT stand.vendor, stand.probe, stand.target, stand.location, stand.told, stand.failing, stand.streak,
		run.due, run.at, run.verdict, run.reason, run.latency, detail.id, shape.text, detail.own
	FROM stand LEFT JOIN run ON run.job = stand.id AND run.due IN (stand.last, stand.answered, stand.fine)
		LEFT JOIN detail ON detail.n = run.detail AND detail.job = run.job AND detail.due = run.due LEFT JOIN shape ON shape.id = detail.shape
	ORDER BY stand.id, run.due`
}
