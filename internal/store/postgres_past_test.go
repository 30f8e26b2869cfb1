//go:build postgres

package store

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
	"github.com/loginwatch/loginwatch/internal/store/pgtest"
)

// pgTested is a history in a database of its own.
func pgTested(t testing.TB, pair *pgtest.Pair) tested {
	t.Helper()
	l := openPg(t, pair, pair.Database())
	h := l.engine.(*postgres).history
	return tested{l, h.pending, func(t testing.TB) { t.Helper(); pgFlush(t, h) }, func(query string, args ...any) int64 {
		return numberOf(t, inDollars{h.db}, query, args...)
	}}
}

// pgFlush has everything written that was told to a history.
func pgFlush(t testing.TB, h *pgHistory) {
	t.Helper()
	waitUntil(t, func() bool {
		select {
		case h.wake <- struct{}{}:
		default:
		}
		return !h.full(1)
	})
}

// What is told of the past, and how it gets shorter, is the same in PostgreSQL.
func TestPostgreSQLHistory(t *testing.T) {
	pair := pgtest.Start(t)
	open := func(t testing.TB) tested { return pgTested(t, pair) }
	t.Run("by SQL and by Go", func(t *testing.T) { histories(t, 60, open) })
	t.Run("runs", func(t *testing.T) { runsAreWrittenDown(t, open(t)) })
	t.Run("shorter", func(t *testing.T) { getsShorter(t, open(t)) })
}

// A history is read by whoever may, at a standby too, and nothing is changed; what is
// wrong is told in words.
func TestPostgreSQLHistoryIsRead(t *testing.T) {
	pair := pgtest.StartWithStandby(t)
	database := pair.Database()
	l := openPg(t, pair, database)
	run := aRun(rand.New(rand.NewPCG(2, 2)), claimed(0).Slot.Key, start, loginwatch.OK)
	if err := l.Past().RecordRun(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	pgFlush(t, l.engine.(*postgres).history)
	old, newer, empty := pair.Database(), pair.Database(), pair.Database()
	if _, err := knowing(t, pair, old, pgMigrations[:1]); err != nil {
		t.Fatal(err)
	}
	_ = openPg(t, pair, newer)
	for _, s := range []string{"CREATE ROLE reader LOGIN", "CREATE ROLE secretive LOGIN PASSWORD 'another'", "GRANT USAGE ON SCHEMA loginwatch TO reader", "GRANT SELECT ON ALL TABLES IN SCHEMA loginwatch TO reader", "CREATE ROLE guest LOGIN"} {
		pair.Exec(database, s)
	}
	pair.Exec(newer, "UPDATE loginwatch.meta SET value = '99' WHERE name IN ('version', 'oldest')")
	as := func(role, url string) string { return strings.Replace(url, "lw@", role+"@", 1) }
	const password = "HUNTER2-of-the-store"
	for name, tt := range map[string]struct{ url, says string }{
		"owner":            {pair.URL(database), ""},
		"reader":           {as("reader", pair.URL(database)), ""},
		"at a standby":     {as("reader", pair.StandbyURL(database)), ""},
		"another password": {as("secretive", pair.URL(database)), "the server refuses the password"},
		"no server":        {"postgres://lw@127.0.0.1:1/db", "nothing listens there"},
		"no database":      {pair.URL("nowhere"), "there is no such database"},
		"a newer one's":    {pair.URL(newer), fmt.Sprintf("a newer loginwatch has written it (version 99, this one knows %d)", len(pgMigrations))},
		"an older one's":   {pair.URL(old), "an older loginwatch has written it (version 1): once serve has opened it, it has a history"},
		"nobody's":         {pair.URL(empty), "nothing is in it yet: serve makes its tables"},
		"not to be read":   {as("guest", pair.URL(database)), "the user may not do that"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Read(within(t, 5*time.Second), Place{URL: tt.url, Secrets: pgSecrets{"password": password}})
			if tt.says != "" {
				if got := fmt.Sprint(err); !strings.Contains(got, tt.says) || strings.Contains(got, password) || strings.Contains(got, "\n") {
					t.Errorf("got %v, want %q", err, tt.says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got, err := r.Run(t.Context(), run.ID); err != nil || got == nil || cmp.Diff(run, got.Run) != "" {
				t.Errorf("%v, %v", got, err)
			}
			if _, err := r.Reader.(readerOf).Reader.(*view).db.(inDollars).ExecContext(t.Context(), `DELETE FROM loginwatch.run`); err == nil {
				t.Error("it can be changed")
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// What can't be written of the history fails no login: it waits, that is told once, and it
// is written as soon as that can be done, or with the last breath; what can't, is told.
func TestPostgreSQLHistoryWaits(t *testing.T) {
	pair := pgtest.Start(t)
	database := pair.Database()
	l := openPg(t, pair, database)
	h := l.engine.(*postgres).history
	told := 0
	login := func(minute int) {
		t.Helper()
		c := claimed(minute)
		a, err := l.Admit(t.Context(), c)
		if err != nil || !a.Granted {
			t.Fatalf("minute %d: %+v, %v", minute, a, err)
		}
		if _, err := l.Settle(t.Context(), a, loginwatch.Settlement{At: c.At, Accepted: true}); err != nil {
			t.Fatal(err)
		}
		if err := l.Past().RecordRun(t.Context(), &loginwatch.Run{ID: fmt.Sprint("run-", minute), Key: c.Slot.Key, Due: c.Slot.Due, Started: c.At, Verdict: loginwatch.OK}); err != nil {
			if told++; !strings.Contains(err.Error(), "the history waits until the store can be written") {
				t.Error(err)
			}
		}
	}
	login(0)
	pgFlush(t, h)
	pair.Exec(database, "ALTER TABLE loginwatch.run RENAME TO away")
	login(1)
	waitUntil(t, func() bool {
		_, failing := h.next()
		return failing
	})
	for minute := 2; minute < 10; minute++ {
		login(minute)
	}
	if told != 1 {
		t.Errorf("it was told %d times", told)
	}
	pair.Exec(database, "ALTER TABLE loginwatch.away RENAME TO run")
	login(10)
	pgFlush(t, h)
	if entries, err := l.Past().Entries(t.Context(), history.Query{}); err != nil || len(entries) != 11 || l.Past().Unwritten() != 0 {
		t.Errorf("%d entries, %v", len(entries), err)
	}
	other, err := knowing(t, pair, database, pgMigrations)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Past().RecordRun(t.Context(), &loginwatch.Run{ID: "last", Key: claimed(0).Slot.Key, Due: claimed(11).Slot.Due, Verdict: loginwatch.OK}); err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Errorf("in the end: %v", err)
	}
	if run, err := l.Past().Run(t.Context(), "last"); err != nil || run == nil {
		t.Errorf("the last run: %v, %v", run, err)
	}
	other, err = knowing(t, pair, database, pgMigrations)
	if err != nil {
		t.Fatal(err)
	}
	pair.Exec(database, "ALTER TABLE loginwatch.run RENAME TO away")
	_ = other.Past().RecordRun(t.Context(), &loginwatch.Run{ID: "lost", Key: claimed(0).Slot.Key, Due: claimed(12).Slot.Due, Verdict: loginwatch.OK})
	if err := other.Close(); err == nil || !strings.Contains(err.Error(), "slots that are not in the history: 1: ") {
		t.Errorf("closed with %v", err)
	}
}
