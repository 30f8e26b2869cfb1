package store

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

// Runs that were well lose their details first, then the others do, and their lines;
// what was counted stays for two years, and is what it was before.
func TestHistoryGetsShorter(t *testing.T) {
	l := openAt(t, filepath.Join(t.TempDir(), "loginwatch.db"))
	defer func() { _ = l.Close() }()
	s, _ := l.engine.(*sqlite)
	r := rand.New(rand.NewPCG(3, 3))
	begin := start.Truncate(24 * time.Hour)
	const runs, every = 3 * atOnce, 2 * time.Hour // more than go in one step
	at := begin
	s.pending.now = func() time.Time { return at }
	failed, notable := 0, 0
	for i := range runs {
		at = begin.Add(time.Duration(i) * every)
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
		if s.pending.full(batch) {
			flush(t, s)
		}
	}
	flush(t, s)
	count := func(query string, args ...any) (n int) {
		t.Helper()
		if err := s.db.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
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
	flush(t, s)
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
