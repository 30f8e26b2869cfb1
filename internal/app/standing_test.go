package app_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/faulty"
	"github.com/loginwatch/loginwatch/internal/store"
)

// process is one process that watches a login, with others or after others at one store.
type process struct {
	*watch
	ledger *store.Ledger
}

func newProcess(t *testing.T, path string, j loginwatch.Job) *process {
	t.Helper()
	l, err := store.OpenSQLite(t.Context(), path, store.Budget{})
	if err != nil {
		t.Fatal(err)
	}
	return &process{newWatch(t, app.EngineOptions{Ledger: l, Logger: slog.New(slog.DiscardHandler)}, j), l}
}

// end lets go of the store, with all that waits to be written.
func (p *process) end(t *testing.T) {
	t.Helper()
	if err := p.ledger.Close(); err != nil {
		t.Error(err)
	}
}

// shows gives what the metrics say of the login by some series, without its labels.
func (p *process) shows(t *testing.T, series ...string) string {
	t.Helper()
	w := httptest.NewRecorder()
	p.Metrics.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	text, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for line := range strings.Lines(string(text)) {
		for _, s := range series {
			if strings.HasPrefix(line, "loginwatch_"+s+"{") {
				told = append(told, s+line[strings.LastIndexByte(strings.TrimSpace(line), ' '):])
			}
		}
	}
	return strings.Join(strings.Fields(strings.Join(told, " ")), " ")
}

// shaky answers as documented while it is well.
type shaky struct{ down atomic.Bool }

func (f *shaky) answer(c net.Conn) {
	if f.down.Load() {
		faulty.JSON("503 Service Unavailable", "{}")(c)
		return
	}
	faulty.JSON("200 OK", success)(c)
}

const row = "consecutive_failures"

// A process that comes after another one goes on counting where that one ended.
func TestFailuresInARowOutliveTheProcess(t *testing.T) {
	var f shaky
	v := serve(t, f.answer)
	j := job(t, v.Base())
	path := filepath.Join(t.TempDir(), "loginwatch.db")
	steps := []struct {
		down         bool
		before, then string // of a process that runs the login once
	}{
		{false, "", "up 1"},
		{true, "up 1", row + " 1 up 0"},
		{true, row + " 1 up 0", row + " 2 up 0"},
		{true, row + " 2 up 0", row + " 3 up 0"},
		{false, row + " 3 up 0", "up 1"},
		{true, "up 1", row + " 1 up 0"},
	}
	for i, step := range steps {
		f.down.Store(step.down)
		p := newProcess(t, path, j)
		if got := p.shows(t, row, "up"); got != step.before {
			t.Errorf("process %d says %q at its start instead of %q", i, got, step.before)
		}
		if known := p.shows(t, "last_success_timestamp_seconds") != ""; known != (i > 0) {
			t.Errorf("process %d: it knows of a success: %t", i, known)
		}
		shown, text, err := page(p.Engine, j)
		if err != nil || (shown.LastRun != nil) != (i > 0) || strings.Contains(text, "It has not run yet.") != (i == 0) {
			t.Errorf("process %d: its page shows %v at its start: %v", i, shown.LastRun, err)
		}
		p.slot(t.Context(), j)
		if got := p.shows(t, row, "up"); got != step.then {
			t.Errorf("process %d says %q then instead of %q", i, got, step.then)
		}
		p.end(t)
	}
}

// Of a token that a process before this one was given already is told at once, by a
// fingerprint: the token itself is nowhere.
func TestReusedTokenAfterRestart(t *testing.T) {
	v := serve(t, faulty.JSON("200 OK", success))
	j := job(t, v.Base())
	path := filepath.Join(t.TempDir(), "loginwatch.db")
	for i, want := range []bool{false, true, true} {
		p := newProcess(t, path, j)
		p.slot(t.Context(), j)
		found := false
		for _, f := range p.notes.runs[0].Findings() {
			found = found || f.Kind == loginwatch.KindTokenReused
		}
		if found != want {
			t.Errorf("process %d: found again %t", i, found)
		}
		p.end(t)
	}
}

// Of two processes that share a store each says how the login stands, whoever runs it, and
// the one that takes over counts on.
func TestFailuresInARowOfTwo(t *testing.T) {
	var f shaky
	v := serve(t, f.answer)
	j := job(t, v.Base())
	path := filepath.Join(t.TempDir(), "loginwatch.db")
	a, b := newProcess(t, path, j), newProcess(t, path, j)
	defer b.end(t)
	due := time.Now().Truncate(time.Second).Add(-time.Hour)
	next := func(by ...*process) {
		due = due.Add(time.Minute)
		for _, p := range by {
			p.Executor.Execute(t.Context(), j, loginwatch.Slot{Key: j.Key(), Due: due, Planned: due})
		}
	}
	says := func(p *process, want string) {
		t.Helper()
		for begun := time.Now(); p.shows(t, row, "up") != want; time.Sleep(time.Millisecond) { // the other one writes within a tenth of a second
			p.KeepUp(t.Context())
			if time.Since(begun) > 20*time.Second {
				t.Fatalf("it says %q instead of %q", p.shows(t, row, "up"), want)
			}
		}
	}
	next(a, b)
	says(b, "up 1")
	f.down.Store(true)
	next(a, b)
	next(a, b)
	says(a, row+" 2 up 0")
	says(b, row+" 2 up 0")
	next(b, a) // it was late
	says(b, row+" 3 up 0")
	says(a, row+" 3 up 0")
	a.end(t)
	next(b)
	says(b, row+" 4 up 0")
	f.down.Store(false)
	next(b)
	says(b, "up 1")
}

// A history that can't be read is read later, and keeps nobody from watching.
func TestStandingsThatCanNotBeRead(t *testing.T) {
	var f shaky
	f.down.Store(true)
	v := serve(t, f.answer)
	j := job(t, v.Base())
	path := filepath.Join(t.TempDir(), "loginwatch.db")
	p := newProcess(t, path, j)
	p.slot(t.Context(), j)
	p.end(t)
	p = newProcess(t, path, j)
	defer p.end(t)
	later, cancel := context.WithTimeoutCause(t.Context(), -1, errors.New("the disk is slow"))
	defer cancel()
	other := job(t, v.Base())
	other.Target.Name = "staging"
	p.SetJobs(t.Context(), []loginwatch.Job{other}) // so that ours is new again
	p.SetJobs(later, []loginwatch.Job{j})
	if got := p.shows(t, row); got != "" {
		t.Errorf("it says %q of what it could not read", got)
	}
	p.KeepUp(t.Context())
	if got := p.shows(t, row); got != row+" 1" {
		t.Errorf("it says %q then", got)
	}
}
