//go:build postgres

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
	"github.com/loginwatch/loginwatch/internal/store/pgtest"
)

// Several replicas write the same slots at once, in any order: the history is that of each
// slot once, and nobody has waited for another one who waits for him.
func TestPostgreSQLHistoryOfFleet(t *testing.T) {
	pair := pgtest.Start(t)
	database := pair.Database()
	const replicas, slots = 4, 600
	r := rand.New(rand.NewPCG(5, 5))
	var runs []*loginwatch.Run
	for i := range slots {
		k := loginwatch.Key{Vendor: fmt.Sprint("v", i%7), Probe: "login", Target: "t"}
		runs = append(runs, aRun(r, k, start.Add(time.Duration(i)*time.Second), loginwatch.Verdicts[i%6]))
	}
	var fleet []*pgHistory
	var together sync.WaitGroup
	for replica := range replicas {
		h := openPg(t, pair, database).engine.(*postgres).history
		fleet = append(fleet, h)
		order := rand.New(rand.NewPCG(uint64(replica), 1)).Perm(slots)
		together.Go(func() {
			for _, i := range order {
				var err error
				if (i+replica)%replicas == 0 { // who was late tells that it is lost
					err = h.RecordSkip(t.Context(), loginwatch.SkippedSlot{Slot: loginwatch.Slot{Key: runs[i].Key, Due: runs[i].Due}, Reason: loginwatch.ReasonLost})
				} else {
					err = h.RecordRun(t.Context(), runs[i])
				}
				if err != nil {
					t.Error(err)
				}
			}
			pgFlush(t, h)
		})
	}
	together.Wait()
	ring := history.NewRing(slots)
	for _, run := range runs {
		if err := ring.RecordRun(t.Context(), run); err != nil {
			t.Fatal(err)
		}
	}
	agree(t, fleet[0], ring, history.Query{})
	for what, query := range map[string]string{
		"details":   `SELECT count(*) FROM loginwatch.detail`,
		"its lines": `SELECT count(*) FROM loginwatch.detail JOIN loginwatch.run ON run.detail = n AND run.job = detail.job AND run.due = detail.due JOIN loginwatch.shape ON shape.id = shape`,
	} {
		n := 0
		if pair.Value(database, query, &n); n != slots {
			t.Errorf("%d %s, want %d", n, what, slots)
		}
	}
	deadlocks := 0
	pair.Value(database, `SELECT deadlocks FROM pg_stat_database WHERE datname = $1`, &deadlocks, database)
	if deadlocks > 0 {
		t.Errorf("%d deadlocks", deadlocks)
	}
}

// killed are tables whose process is killed once it has carried out so many steps.
type killed struct {
	pgTables
	left int
}

var errKilled = errors.New("killed")

func (k *killed) change(ctx context.Context, do func(pastStep) error) error {
	if k.left--; k.left < 0 {
		return errKilled
	}
	return k.pgTables.change(ctx, do)
}

// One replica at a time counts and shortens; wherever it is killed, the next one goes on,
// and what comes of it is the same.
func TestPostgreSQLTidiesOnce(t *testing.T) {
	pair := pgtest.Start(t)
	whole := pgTested(t, pair)
	database := pair.Database()
	here, there := openPg(t, pair, database).engine.(*postgres).history, openPg(t, pair, database).engine.(*postgres).history
	r := rand.New(rand.NewPCG(6, 6))
	begin := start.Truncate(24 * time.Hour)
	var at atomic.Int64 // the writers ask for it
	for _, h := range []*pgHistory{here, whole.engine.(*postgres).history} {
		h.now = func() time.Time { return time.Unix(0, at.Load()) }
	}
	for i := range 600 {
		run := aRun(r, loginwatch.Key{Vendor: fmt.Sprint("v", i%3), Probe: "login", Target: "t"}, begin.Add(time.Duration(i)*9*time.Hour), loginwatch.Verdicts[i%6])
		at.Store(run.Due.UnixNano())
		for _, h := range []*pgHistory{here, whole.engine.(*postgres).history} {
			if err := h.RecordRun(t.Context(), run); err != nil {
				t.Fatal(err)
			}
		}
	}
	pgFlush(t, here)
	whole.flush(t)
	now, keep := begin.AddDate(0, 0, 240), Keep{Runs: 10 * 24 * time.Hour, Failures: 60 * 24 * time.Hour}
	if err := whole.Past().Tidy(t.Context(), now, keep); err != nil {
		t.Fatal(err)
	}
	kills := 0
	for steps := 0; ; steps += 1 + steps/4 {
		conn := connOf(t, here)
		locked := false
		if err := conn.QueryRowContext(t.Context(), `SELECT pg_try_advisory_lock($1)`, int64(tidying)).Scan(&locked); err != nil || !locked {
			t.Fatalf("%t, %v", locked, err)
		}
		before := numberOf(t, inDollars{here.db}, `SELECT count(*) FROM total`)
		if err := there.Tidy(t.Context(), now, keep); err != nil || numberOf(t, inDollars{here.db}, `SELECT count(*) FROM total`) != before {
			t.Fatalf("it is tidied twice at a time: %v", err)
		}
		err := keeper{&killed{pgTables{conn}, steps}}.tidy(t.Context(), now, keep)
		pid := 0
		if failed := conn.QueryRowContext(t.Context(), `SELECT pg_backend_pid()`).Scan(&pid); failed != nil {
			t.Fatal(failed)
		}
		pair.Exec(database, `SELECT pg_terminate_backend($1, 5000)`, pid)                    // as when its process is killed
		_ = onPgConn(conn, func(c *pgx.Conn) error { return c.Close(context.Background()) }) // and has no connection any more
		_ = conn.Close()
		if err == nil {
			break
		}
		if kills++; !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
	}
	if kills < 10 {
		t.Errorf("killed %d times", kills)
	}
	if err := there.Tidy(t.Context(), now, keep); err != nil {
		t.Fatal(err)
	}
	agree(t, there, whole.Past(), history.Query{})
	for _, query := range []string{`SELECT count(*) FROM total`, `SELECT count(*) FROM run`, `SELECT count(*) FROM detail`, `SELECT sum(length(rows)) FROM total`} {
		if got, want := numberOf(t, inDollars{there.db}, query), whole.number(query); got != want || want == 0 {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
}

// What comes late while its hour is counted is counted again, whoever commits first.
func TestPostgreSQLLateWhileCounted(t *testing.T) {
	pair := pgtest.Start(t)
	l := pgTested(t, pair)
	h := l.engine.(*postgres).history
	k := keeper{pgTables{connOf(t, h)}}
	counted := start.Add(5 * time.Hour)
	h.now = func() time.Time { return start.Add(2 * time.Hour) } // so all of it is late
	r := rand.New(rand.NewPCG(7, 7))
	tell := func(minute int) {
		if err := h.RecordRun(t.Context(), aRun(r, loginwatch.Key{Vendor: "acme"}, start.Add(time.Duration(minute)*time.Minute), loginwatch.OK)); err != nil {
			t.Fatal(err)
		}
	}
	marks, err := h.marks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tell(1)
	l.flush(t)
	if marked, err := k.counted(t.Context(), "hours", counted.UnixNano(), marks["late"]); err != nil || marked {
		t.Errorf("it is marked before what came late was seen: %v", err)
	}
	// And now it comes while the mark is being set.
	written := make(chan struct{})
	err = k.change(t.Context(), func(s pastStep) error {
		if err := s.exec(`UPDATE meta SET value = value WHERE name = 'late'`); err != nil {
			return err
		}
		tell(2)
		go func() { pgFlush(t, h); close(written) }()
		waitUntil(t, func() bool {
			return numberOf(t, inDollars{h.db}, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) > 0
		})
		return setMark(s, "hours", counted.UnixNano())
	})
	<-written
	if err != nil {
		t.Fatal(err)
	}
	marks, err = h.marks(t.Context())
	if want := start.Truncate(time.Hour).UnixNano(); err != nil || marks["hours"] != want {
		t.Errorf("counted up to %s, %v", instant(marks["hours"]), err)
	}
}

// What came of slots is written while the standby is away, and is not waited for.
func TestPostgreSQLHistoryWithoutStandby(t *testing.T) {
	t.Parallel() // it waits, mostly
	pair := pgtest.StartWithStandby(t)
	l := pgTested(t, pair)
	r := rand.New(rand.NewPCG(8, 8))
	runs := []*loginwatch.Run{aRun(r, claimed(0).Slot.Key, start, loginwatch.OK), aRun(r, claimed(0).Slot.Key, start.Add(time.Minute), loginwatch.Unavailable), aRun(r, claimed(0).Slot.Key, start.Add(2*time.Minute), loginwatch.OK)}
	tell := func(run *loginwatch.Run) {
		t.Helper()
		if err := l.Past().RecordRun(t.Context(), run); err != nil {
			t.Error(err)
		}
		l.flush(t)
	}
	tell(runs[0])
	// What is acknowledged of a claim, the standby has, and all that came before it.
	if a, err := l.Admit(t.Context(), claimed(1)); err != nil || !a.Granted {
		t.Fatalf("%+v, %v", a, err)
	}
	pair.StopStandby()
	tell(runs[1])
	pair.KillPrimary()
	pair.StartStandby() // which knows nothing of the second run
	pair.Promote()
	pair.AddStandby()
	tell(runs[2])
	for i, run := range runs {
		got, err := l.Past().Run(t.Context(), run.ID)
		if err != nil || (got == nil) != (i == 1) {
			t.Errorf("run %d: %v, %v", i, got, err)
		}
		if got != nil {
			if diff := cmp.Diff(run, got.Run); diff != "" {
				t.Error(diff)
			}
		}
	}
	if n := l.Past().Unwritten(); n > 0 {
		t.Errorf("%d are lost", n)
	}
}

func connOf(t *testing.T, h *pgHistory) *sql.Conn {
	t.Helper()
	conn, err := h.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}
