package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	modernc "modernc.org/sqlite"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

func isDamage(err error) bool {
	var failed *modernc.Error
	return errors.As(err, &failed) && slices.Contains([]int{10, 11, 26}, failed.Code()&0xff)
}

// lines holds that each says what a slot can have come to.
func (c *checking) lines(ctx context.Context) error {
	if !c.has("run") {
		return nil
	}
	jobs, err := c.pastReader.jobs(ctx, history.Query{})
	if err != nil {
		return err
	}
	h := c.found.History
	oldest, newest := int64(1<<62), int64(0)
	err = c.each(ctx, func(scan func(...any) error) error {
		var job, due int64
		var verdict, reason string
		var latency, class sql.NullInt64
		if err := scan(&job, &due, &verdict, &reason, &latency, &class); err != nil {
			return err
		}
		h.Lines++
		oldest, newest = min(oldest, due), max(newest, due)
		right := knownWord(loginwatch.Verdicts, verdict) && (reason == "" || knownWord(loginwatch.Reasons, reason)) &&
			latency.Valid == class.Valid && (!class.Valid || class.Int64 == int64(history.Class(time.Duration(latency.Int64)*time.Microsecond)))
		if k, known := jobs[job]; !right || !known {
			c.fault(faultLine, fmt.Sprintf("%s due %s", k, instant(due).Format(time.RFC3339)))
		}
		return nil
	}, `SELECT job, due, verdict, reason, latency, class FROM run`)
	if h.Lines > 0 {
		h.Oldest, h.Newest = instantOf(oldest, true), instantOf(newest, true)
	}
	return err
}

// details holds that each can be read, with the shape that it refers to.
func (c *checking) details(ctx context.Context) error {
	if !c.has("detail") {
		return nil
	}
	return c.each(ctx, func(scan func(...any) error) error {
		var id, shared, own []byte
		if err := scan(&id, &shared, &own); err != nil {
			return err
		}
		c.found.History.Runs++
		run := unpackID(id)
		if shared == nil {
			c.fault(faultDetail, run+" lacks its shape")
		} else if _, err := history.Unpack(history.Entry{Run: run}, shared, own); err != nil {
			c.fault(faultDetail, run)
		}
		return nil
	}, `SELECT detail.id, shape.text, detail.own FROM detail LEFT JOIN shape ON shape.id = detail.shape`)
}

// shapes holds that each is the one that its digest says.
func (c *checking) shapes(ctx context.Context) error {
	if !c.has("shape") {
		return nil
	}
	return c.each(ctx, func(scan func(...any) error) error {
		var id int64
		var digest, text []byte
		if err := scan(&id, &digest, &text); err != nil {
			return err
		}
		c.found.History.Shapes++
		if is := sha256.Sum256(text); !bytes.Equal(digest, is[:]) {
			c.fault(faultShape, rowOf(id))
		}
		return nil
	}, `SELECT id, digest, text FROM shape`)
}

// totals holds that the counts of each day whose lines are all kept are those of the
// lines, hour by hour and as a day.
func (c *checking) totals(ctx context.Context) error {
	if !c.has("total") {
		return nil
	}
	var first, last int64
	err := c.each(ctx, func(scan func(...any) error) error {
		var span, since, shard int64
		var rows sql.RawBytes
		if err := scan(&span, &since, &shard, &rows); err != nil {
			return err
		}
		c.found.History.Totals++
		if first == 0 || since < first {
			first = since
		}
		last = max(last, since+span)
		sum := tally{of: map[int64]*history.Totals{}}
		if err := sum.unpack(shard, rows); err != nil {
			c.fault(faultTotal, "of "+instant(since).Format(time.RFC3339))
		}
		return nil
	}, `SELECT span, since, shard, rows FROM total`)
	if err != nil || c.wrong[faultTotal] != nil {
		return err
	}
	marks, err := c.marks(ctx)
	if err != nil {
		return err
	}
	const day = int64(24 * time.Hour)
	from := first / day * day
	if kept := marks["lines"]; from < kept { // some of the lines before that are gone
		from = (kept + day - 1) / day * day
	}
	for since := from; since < min(last, marks["hours"]); since += day {
		until := min(since+day, marks["hours"])
		if err := c.day(ctx, since, until, until == since+day && until <= marks["days"]); err != nil {
			return err
		}
	}
	return nil
}

// day compares the counts of a day with its lines.
func (c *checking) day(ctx context.Context, since, until int64, counted bool) error {
	lines := tally{of: map[int64]*history.Totals{}}
	if err := c.countRuns(ctx, &lines, history.Query{}, part{0, since, until}); err != nil {
		return err
	}
	spans := []time.Duration{time.Hour}
	if counted {
		spans = append(spans, 24*time.Hour)
	}
	for _, span := range spans {
		sum := tally{of: map[int64]*history.Totals{}}
		if err := c.addTotals(ctx, &sum, span, part{span, since, until}); err != nil {
			return err
		}
		if !maps.EqualFunc(lines.of, sum.of, sameTotals) {
			of := map[time.Duration]string{time.Hour: "the hours of ", 24 * time.Hour: "the day "}[span]
			c.fault(faultCounts, of+instant(since).Format(time.DateOnly))
		}
	}
	return nil
}

// sameTotals compares counts, in whatever order they stand.
func sameTotals(a, b *history.Totals) bool {
	of := func(t *history.Totals) map[history.Count]int {
		counts := map[history.Count]int{}
		for _, n := range t.Counts {
			counts[history.Count{Verdict: n.Verdict, Reason: n.Reason}] += n.Slots
		}
		return counts
	}
	return maps.Equal(of(a), of(b)) && a.Latency == b.Latency
}
