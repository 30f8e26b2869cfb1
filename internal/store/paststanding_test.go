package store

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

// How a login stands is what its latest runs say, in memory as in a file: a row of
// failures goes on across what says nothing of the vendor and ends with anything else.
func TestStandings(t *testing.T) {
	const ok, down, drift, broken, skipped = loginwatch.OK, loginwatch.Unavailable, loginwatch.Drift, loginwatch.Broken, loginwatch.Skipped
	tests := []struct {
		verdicts []loginwatch.Verdict
		failing  loginwatch.Verdict
		row      int
		runs     []int // which of them say how it stands
	}{
		{[]loginwatch.Verdict{skipped}, "", 0, nil},
		{[]loginwatch.Verdict{ok, ok}, "", 0, []int{1}},
		{[]loginwatch.Verdict{ok, down, down}, down, 2, []int{0, 2}},
		{[]loginwatch.Verdict{ok, drift, down, broken, skipped, down, broken, skipped}, down, 2, []int{0, 1, 6}},
		{[]loginwatch.Verdict{drift, drift, down}, down, 1, []int{1, 2}},
		{[]loginwatch.Verdict{down, down, loginwatch.Rejected}, "", 0, []int{2}},
		{[]loginwatch.Verdict{down, down, loginwatch.Throttled, broken}, "", 0, []int{3}},
		{[]loginwatch.Verdict{broken}, "", 0, []int{0}},
		{append([]loginwatch.Verdict{ok}, many(drift, history.LookBack)...), drift, history.LookBack, []int{history.LookBack}},
		{append([]loginwatch.Verdict{down, down}, many(skipped, history.LookBack)...), "", 0, nil},
	}
	l := openAt(t, filepath.Join(t.TempDir(), "loginwatch.db"))
	defer func() { _ = l.Close() }()
	s, _ := l.engine.(*sqlite)
	r := rand.New(rand.NewPCG(8, 2))
	for i, test := range tests {
		k := loginwatch.Key{Vendor: "acme", Probe: "login", Target: fmt.Sprint("target-", i), Location: "east"}
		want := loginwatch.Standing{Key: k, Failing: test.failing, Row: test.row}
		ring := history.NewRing(1 << 20)
		for n, v := range test.verdicts {
			want.Told = start.Add(time.Duration(n) * time.Minute)
			tell(t, r, k, want.Told, v, func(run *loginwatch.Run) {
				for _, which := range test.runs {
					if which == n {
						want.Runs = append(want.Runs, run)
					}
				}
			}, ring, l.Past())
		}
		flush(t, s)
		for name, past := range map[string]history.Reader{"memory": ring, "SQLite": l.Past()} {
			got, err := past.Standings(t.Context(), []loginwatch.Key{k, {Vendor: "nobody"}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]loginwatch.Standing{want}, got); diff != "" {
				t.Errorf("%s, %.60s (-want +got):\n%s", name, fmt.Sprint(test.verdicts), diff)
			}
		}
	}
}

func many(v loginwatch.Verdict, n int) (all []loginwatch.Verdict) {
	for range n {
		all = append(all, v)
	}
	return all
}

func tell(t *testing.T, r *rand.Rand, k loginwatch.Key, due time.Time, v loginwatch.Verdict, made func(*loginwatch.Run), to ...loginwatch.Recorder) {
	t.Helper()
	run := aRun(r, k, due, v)
	if v != loginwatch.Skipped {
		made(run)
	}
	for _, to := range to {
		var err error
		if v == loginwatch.Skipped {
			err = to.RecordSkip(t.Context(), loginwatch.SkippedSlot{Slot: loginwatch.Slot{Key: k, Due: due, Planned: due}, Reason: loginwatch.ReasonSuspended})
		} else {
			err = to.RecordRun(t.Context(), run)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A run that was well loses its details before its line: what the line knows stays.
func TestStandingsOfOldRuns(t *testing.T) {
	l := openAt(t, filepath.Join(t.TempDir(), "loginwatch.db"))
	defer func() { _ = l.Close() }()
	s, _ := l.engine.(*sqlite)
	k := claimed(0).Slot.Key
	var run *loginwatch.Run
	tell(t, rand.New(rand.NewPCG(8, 2)), k, start, loginwatch.OK, func(r *loginwatch.Run) { run = r }, l.Past())
	flush(t, s)
	if err := l.Past().Tidy(t.Context(), start.Add(31*24*time.Hour), Keep{}); err != nil {
		t.Fatal(err)
	}
	got, err := l.Past().Standings(t.Context(), nil)
	if err != nil || len(got) != 1 || len(got[0].Runs) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	if r := got[0].Runs[0]; r.Verdict != run.Verdict || !r.Started.Equal(run.Started) || len(r.Steps) > 0 {
		t.Errorf("%+v", r)
	}
}

// asking counts what a reader asks for.
type asking struct {
	querier
	queries []string
}

func (a *asking) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	a.queries = append(a.queries, query)
	return a.querier.QueryContext(ctx, query, args...)
}

// However many logins there are, how they stand is one question, and few of them are few;
// it looks at each one's newest slots by the key of the table and sorts nothing but the answer.
func TestStandingsAreOneQuestion(t *testing.T) {
	l := openAt(t, filepath.Join(t.TempDir(), "loginwatch.db"))
	defer func() { _ = l.Close() }()
	s, _ := l.engine.(*sqlite)
	for keys, most := range map[int]int{0: 1, 1: 1, fewJobs: 1, fewJobs + 1: 2, 10_000: 1} {
		a := &asking{querier: s.db}
		if _, err := (pastReader{a}).Standings(t.Context(), make([]loginwatch.Key, keys)); err != nil {
			t.Fatal(err)
		}
		if len(a.queries) > most {
			t.Errorf("%d jobs: %d questions", keys, len(a.queries))
		}
	}
	sorts, limited := 0, 0
	err := pastReader{s.db}.each(t.Context(), func(scan func(...any) error) error {
		var id, parent, none int64
		var how string
		err := scan(&id, &parent, &none, &how)
		if strings.HasPrefix(how, "SCAN run") || strings.HasPrefix(how, "SCAN detail") || strings.HasPrefix(how, "SCAN shape") {
			t.Errorf("it reads a whole table: %s", how)
		}
		if strings.Contains(how, "TEMP B-TREE") {
			sorts++
		}
		if strings.HasPrefix(how, "CO-ROUTINE") {
			limited++
		}
		return err
	}, "EXPLAIN QUERY PLAN "+standingsOf(""))
	if err != nil || sorts != 1 || limited < 5 {
		t.Errorf("%d sorts, %d looks that end early, %v", sorts, limited, err)
	}
}
