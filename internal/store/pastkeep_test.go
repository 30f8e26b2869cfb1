package store

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

// Runs that were well lose their details first, then the others do, and their lines;
// what was counted stays for two years, and is what it was before.
func TestHistoryGetsShorter(t *testing.T) { getsShorter(t, sqliteTested(t)) }

func getsShorter(t *testing.T, l tested) {
	r := rand.New(rand.NewPCG(3, 3))
	begin := start.Truncate(24 * time.Hour)
	const runs, every = 3 * atOnce, 2 * time.Hour // more than go in one step
	at := begin
	var told atomic.Int64 // for the writer, which asks for it
	l.pending.now = func() time.Time { return time.Unix(0, told.Load()) }
	failed, notable := 0, 0
	for i := range runs {
		at = begin.Add(time.Duration(i) * every)
		told.Store(at.UnixNano())
		v := loginwatch.OK
		if i%7 == 0 {
			v = loginwatch.Unavailable
			failed++
		}
		run := aRun(r, loginwatch.Key{Vendor: "acme", Probe: fmt.Sprint("p", i%2), Target: "t"}, at, v)
		run.LeftOpen = false // it is kept as long as a failure
		if run.Notable = i%11 == 1 && v == loginwatch.OK; run.Notable {
			notable++
		}
		if err := l.Past().RecordRun(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		if l.pending.full(batch) {
			l.flush(t)
		}
	}
	l.flush(t)
	count := func(query string, args ...any) int { return int(l.number(query, args...)) }
	day := func(n int) time.Time { return begin.AddDate(0, 0, n) }
	keep := Keep{Runs: 30 * 24 * time.Hour, Failures: 60 * 24 * time.Hour}
	if dropped, err := l.Past().Dropped(t.Context()); err != nil || !dropped.IsZero() {
		t.Errorf("dropped up to %s, %v", dropped, err)
	}
	var before []*history.Totals
	for _, step := range []struct {
		now    int // days after the beginning
		shapes bool
	}{
		{126, true}, {400, false}, {700, false},
	} {
		now := day(step.now)
		if err := l.Past().Tidy(t.Context(), now, keep); err != nil {
			t.Fatal(err)
		}
		since := func(d time.Duration) int64 { return now.Add(-d).UnixNano() }
		if n := count(`SELECT count(*) FROM detail WHERE failed = 0 AND due < ?`, since(keep.Runs)); n > 0 {
			t.Errorf("day %d: %d runs that were well are kept too long", step.now, n)
		}
		if n, m := count(`SELECT count(*) FROM detail WHERE due < ?`, since(keep.Failures)), count(`SELECT count(*) FROM run WHERE due < ?`, since(keep.Failures)); n > 0 || m > 0 {
			t.Errorf("day %d: %d details and %d lines are kept too long", step.now, n, m)
		}
		if step.now == 126 {
			good := count(`SELECT count(*) FROM detail WHERE failed = 0`)
			well := count(`SELECT count(*) FROM run WHERE verdict = 'ok' AND due >= ?`, since(keep.Runs))
			const strange = `SELECT count(*) FROM detail JOIN run ON run.detail = detail.n WHERE failed = 1 AND verdict = 'ok' AND run.due `
			good += count(strange+`>= ?`, since(keep.Runs))
			if older := count(strange+`< ?`, since(keep.Runs)); older == 0 || older > notable {
				t.Errorf("of %d notable runs %d older ones are kept", notable, older)
			}
			if lines := count(`SELECT count(*) FROM run`); good != well || good == 0 || lines != int(day(125).Sub(now.Add(-keep.Failures))/every) {
				t.Errorf("%d runs that were well and %d lines are left", good, lines)
			}
		}
		if dropped, err := l.Past().Dropped(t.Context()); err != nil || !dropped.Equal(day(min(step.now, 400)).Add(-keep.Failures)) { // on day 700 nothing is left to drop
			t.Errorf("day %d: dropped up to %s, %v", step.now, dropped, err)
		}
		if n := count(`SELECT count(*) FROM shape`); (n > 0) != step.shapes {
			t.Errorf("day %d: %d shapes", step.now, n)
		}
		all, err := l.Past().Totals(t.Context(), history.Query{Since: begin, Until: day(200)})
		if err != nil {
			t.Fatal(err)
		}
		if before == nil {
			if before = all; len(all) != 2 || all[0].Slots()+all[1].Slots() != runs || all[0].Of(loginwatch.Unavailable)+all[1].Of(loginwatch.Unavailable) != failed {
				t.Errorf("totals: %+v", all)
			}
		}
		if diff := cmp.Diff(before, all); diff != "" {
			t.Errorf("the totals have changed:\n%s", diff)
		}
	}
	late := aRun(r, loginwatch.Key{Vendor: "acme", Probe: "p0", Target: "t"}, begin, loginwatch.OK)
	if err := l.Past().RecordRun(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	l.flush(t)
	if err := l.Past().Tidy(t.Context(), day(100), keep); err != nil {
		t.Fatal(err)
	}
	if dropped, err := l.Past().Dropped(t.Context()); err != nil || !dropped.Equal(day(400).Add(-keep.Failures)) || count(`SELECT count(*) FROM run`) != 0 {
		t.Errorf("the mark went back to %s, %v", dropped, err)
	}
	for range 5 { // a part each time
		if err := l.Past().Tidy(t.Context(), day(3*366), keep); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(`SELECT count(*) FROM total`); n > 0 {
		t.Errorf("%d rows of totals after three years", n)
	}
}

// countingTables count what their tables are asked for.
type countingTables struct {
	pastTables
	asked, steps, statements int
}

func (c *countingTables) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	c.asked++
	return c.pastTables.QueryContext(ctx, query, args...)
}

func (c *countingTables) change(ctx context.Context, do func(pastStep) error) error {
	c.steps++
	return c.pastTables.change(ctx, func(s pastStep) error { return do(countingStep{s, c}) })
}

type countingStep struct {
	pastStep
	c *countingTables
}

func (s countingStep) changes(query string, args ...any) (int64, error) {
	s.c.statements++
	return s.pastStep.changes(query, args...)
}

// However many jobs have lines that are too old, each is asked for them once, and each step is
// as short as any.
func TestLinesAreDroppedInSteps(t *testing.T) {
	l := openAt(t, filepath.Join(t.TempDir(), "loginwatch.db"))
	defer func() { _ = l.Close() }()
	s, _ := l.engine.(*sqlite)
	const jobs, each, many = 2_000, 3, 4*atOnce + 1
	lines := func(job, n int) {
		if err := s.run(t.Context(), func(s *sqlite) error {
			return s.exec(`WITH RECURSIVE slots (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM slots WHERE n + 1 < ?)
				INSERT INTO run (job, due, at, verdict, reason) SELECT ?, n, n, 'ok', '' FROM slots`, n, job)
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.run(t.Context(), func(s *sqlite) error {
		return s.exec(`WITH RECURSIVE jobs (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM jobs WHERE n < ?)
			INSERT INTO job (id, vendor, probe, target, location) SELECT n, 'acme', 'login', 't' || n, '' FROM jobs`, jobs)
	}); err != nil {
		t.Fatal(err)
	}
	for job := range jobs {
		lines(job+1, map[bool]int{true: many, false: 2 * each}[job == jobs/2])
	}
	c := &countingTables{pastTables: sqliteTables{s}}
	if err := (keeper{c}).dropLines(t.Context(), time.Unix(0, each)); err != nil {
		t.Fatal(err)
	}
	if rows := int(numberOf(t, s.db, `SELECT count(*) FROM run WHERE due < ?`, each)); rows > 0 {
		t.Errorf("%d lines are left", rows)
	}
	if most := jobs*each/atOnce + 1; c.asked != 1 || c.steps > most || c.statements > jobs+most {
		t.Errorf("%d queries, %d steps with %d statements; want 1, at most %d with %d", c.asked, c.steps, c.statements, most, jobs+most)
	}
	*c = countingTables{pastTables: c.pastTables}
	if err := (keeper{c}).dropLines(t.Context(), time.Unix(0, many)); err != nil {
		t.Fatal(err)
	}
	if most := (jobs*each+many)/atOnce + 1; int(numberOf(t, s.db, `SELECT count(*) FROM run`)) > 0 || c.asked != 1 || c.steps > most {
		t.Errorf("%d queries, %d steps; want 1 and at most %d", c.asked, c.steps, most)
	}
	*c = countingTables{pastTables: c.pastTables}
	if err := (keeper{c}).dropLines(t.Context(), time.Unix(0, many)); err != nil || c.asked != 1 || c.steps > 0 {
		t.Errorf("nothing is left, and there are %d queries, %d steps, %v", c.asked, c.steps, err)
	}
}
