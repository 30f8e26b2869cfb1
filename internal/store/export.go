package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

// What there is to be exported, in this order.
const (
	ExportJobs        = "jobs"
	ExportSlots       = "slots"
	ExportRuns        = "runs"
	ExportTotals      = "totals"
	ExportCredentials = "credentials"
)

// ExportedParts are all of them.
var ExportedParts = []string{ExportJobs, ExportSlots, ExportRuns, ExportTotals, ExportCredentials}

// Export says what of a store is asked for.
type Export struct {
	Since, Until time.Time // of due times, and of hours and days; zero for all
	What         []string  // nil for all
}

// Exported is what an export is of.
type Exported struct {
	Engine  string
	Version int // of the store
}

// ExportTo hands what is in a store to a sink, as it stands at one moment, while others go
// on writing. First is called before. However much there is, some of it is in memory at a
// time. No secret is among it: neither what is kept sealed nor a digest of a credential.
func ExportTo(ctx context.Context, at Place, e Export, now time.Time, first func(Exported) error, to history.Sink) error {
	v, err := look(ctx, at)
	if err != nil {
		return err
	}
	x := &exporting{view: v, to: to, now: now}
	x.since, x.until = period(history.Query{Since: e.Since, Until: e.Until})
	err = x.taken(first(Exported{v.engine, v.version}))
	if err == nil {
		x.jobs, err = v.jobs(ctx, history.Query{})
	}
	for _, part := range []struct {
		name string
		do   func(context.Context) error
	}{
		{ExportJobs, x.exportJobs}, {ExportSlots, x.exportSlots}, {ExportRuns, x.exportRuns}, {ExportTotals, x.exportTotals}, {ExportCredentials, x.exportCredentials},
	} {
		if err == nil && (e.What == nil || slices.Contains(e.What, part.name)) {
			err = part.do(ctx)
		}
	}
	if err == nil { // what can be read has been handed over
		err = v.sound(ctx, "meta", "job", "slot", "run", "detail", "shape", "total", "record")
	}
	if err != nil && x.refused == nil {
		err = fmt.Errorf("store %s: %w", v.where, err)
	}
	return errors.Join(err, v.close())
}

// taken keeps in mind what the sink says: that is no fault of the store.
func (x *exporting) taken(err error) error {
	x.refused = err
	return err
}

// exporting is an export on its way.
type exporting struct {
	*view

	to           history.Sink
	now          time.Time
	since, until int64
	jobs         map[int64]loginwatch.Key
	refused      error // by the sink
}

func (x *exporting) exportJobs(context.Context) error {
	keys := make([]loginwatch.Key, 0, len(x.jobs))
	for _, k := range x.jobs {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, history.CompareKeys)
	for _, k := range keys {
		if err := x.taken(x.to.Job(k)); err != nil {
			return err
		}
	}
	return nil
}

func (x *exporting) exportSlots(ctx context.Context) error {
	return x.each(ctx, func(scan func(...any) error) error {
		var c history.Claimed
		var job, due, planned, admitted int64
		var open bool
		var ended, lost sql.NullInt64
		if err := scan(&job, &due, &planned, &admitted, &c.Reason, &open, &ended, &lost); err != nil {
			return err
		}
		c.Key, c.Due, c.Planned, c.At = x.jobs[job], instant(due), instant(planned), instant(admitted)
		switch {
		case ended.Valid:
			c.State = history.Executed
		case lost.Valid:
			c.State = history.LostRun
		case open:
			c.State = history.StillToEnd
		default:
			c.State = history.NotRun
		}
		if ended.Valid {
			c.Ended = instant(ended.Int64)
		}
		if lost.Valid {
			c.Lost = instant(lost.Int64)
		}
		return x.taken(x.to.Slot(c))
	}, `SELECT job, due, planned, admitted, reason, ticket IS NOT NULL, settled, lost FROM slot WHERE due >= ? AND due < ? ORDER BY job, due`, x.since, x.until)
}

// exportRuns hands over each line of the history, with all details where those are kept.
func (x *exporting) exportRuns(ctx context.Context) error {
	if !x.has("run") {
		return nil
	}
	return x.each(ctx, func(scan func(...any) error) error {
		var shared, own []byte
		e, err := entry(scan, &shared, &own)
		if err != nil {
			return err
		}
		if shared == nil {
			return x.taken(x.to.Line(e))
		}
		record, err := history.Unpack(e, shared, own)
		if err != nil {
			return err
		}
		return x.taken(x.to.Run(record))
	}, `SELECT job.vendor, job.probe, job.target, job.location, run.due, run.at, run.verdict, run.reason, run.latency, detail.id, shape.text, detail.own
		FROM run JOIN job ON job.id = run.job LEFT JOIN detail ON detail.n = run.detail AND detail.job = run.job AND detail.due = run.due
		LEFT JOIN shape ON shape.id = detail.shape WHERE run.due >= ? AND run.due < ? ORDER BY run.job, run.due`, x.since, x.until)
}

func (x *exporting) exportTotals(ctx context.Context) error {
	if !x.has("total") {
		return nil
	}
	return x.each(ctx, func(scan func(...any) error) error {
		var span, since, shard int64
		var rows sql.RawBytes
		if err := scan(&span, &since, &shard, &rows); err != nil {
			return err
		}
		sum := tally{jobs: x.jobs, of: map[int64]*history.Totals{}}
		if err := sum.unpack(shard, rows); err != nil {
			return err
		}
		for _, t := range sum.all() {
			if err := x.taken(x.to.Total(history.Span{Totals: t, Since: instant(since), Of: time.Duration(span)})); err != nil {
				return err
			}
		}
		return nil
	}, `SELECT span, since, shard, rows FROM total WHERE since >= ? AND since < ? ORDER BY span, since, shard`, x.since, x.until)
}

func (x *exporting) exportCredentials(ctx context.Context) error {
	states, err := x.credentials(ctx, Budget{}, x.now)
	for _, s := range states {
		if err == nil {
			err = x.taken(x.to.Credential(s))
		}
	}
	return err
}
