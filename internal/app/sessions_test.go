package app_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/schema"
	"github.com/loginwatch/loginwatch/internal/store"
)

// sessions is a vendor whose login opens a session, and whose logout answers as it is
// told; seen copies the store's files while the session is open, as they would stand
// after a crash.
type sessions struct {
	logout int
	store  string
	seen   string
	job    loginwatch.Job
}

func newSessions(t *testing.T) *sessions {
	t.Helper()
	dir := t.TempDir()
	s := &sessions{logout: http.StatusOK, store: filepath.Join(dir, "loginwatch.db"), seen: filepath.Join(dir, "crash.db")}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/login":
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"session":"a-session-of-the-account"}`)
		case "/logout":
			for _, part := range []string{"", "-wal", ".key"} {
				text, err := os.ReadFile(s.store + part)
				if err == nil {
					err = os.WriteFile(s.seen+part, text, 0o600)
				}
				if err != nil {
					t.Error(err)
				}
			}
			w.WriteHeader(s.logout)
		}
	}))
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	c, p := sessionContract()
	login := c.Cases[0].Operation
	compiled, err := schema.Compile("session", []byte(`{"type":"object","properties":{"session":{"type":"string"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	done := login.Outcomes[0]
	done.Body, done.ContentTypes, done.Schema = loginwatch.BodyJSON, []string{"application/json"}, &loginwatch.SchemaRef{Name: "session", Schema: compiled}
	login.Token = &loginwatch.Token{Outcome: login.Outcomes[0], At: "/session", Form: loginwatch.TokenOpaque}
	p.Schedule = "@every 1h"
	s.job = loginwatch.Job{Probe: p, Target: &loginwatch.Target{
		Name: "test", BaseURL: base, Credential: "test", Secrets: config.Static("the test", map[string]string{"password": "right"}),
	}}
	return s
}

// leftOpen gives the sessions that a store knows to be open, an hour from now.
func leftOpen(t *testing.T, path string) []loginwatch.OpenSession {
	t.Helper()
	l, err := store.OpenSQLite(t.Context(), path, store.Budget{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	states, err := l.Credentials(t.Context(), time.Now().Add(time.Hour))
	if err != nil || len(states) != 1 {
		t.Fatalf("got %+v, %v", states, err)
	}
	return states[0].LeftOpen
}

// run carries out one slot of the vendor's job, in a process of its own as it were.
func (s *sessions) run(t *testing.T) {
	t.Helper()
	l, err := store.OpenSQLite(t.Context(), s.store, store.Budget{})
	if err != nil {
		t.Fatal(err)
	}
	w := newWatch(t, app.EngineOptions{Ledger: l}, s.job)
	w.slot(t.Context(), s.job)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// A session that a crash leaves open is known, by a fingerprint that is the same in the
// next process; one that was closed is not told, and one that could not be closed is.
func TestSessionsThatStayOpen(t *testing.T) {
	s := newSessions(t)
	s.run(t)
	crashed := leftOpen(t, s.seen)
	if len(crashed) != 1 || !regexp.MustCompile(`^[0-9a-f]{12}$`).MatchString(crashed[0].Token) {
		t.Fatalf("after a crash before the logout %+v are known to be open", crashed)
	}
	if open := leftOpen(t, s.store); len(open) != 0 {
		t.Errorf("after the logout %+v are told to be open", open)
	}
	s.logout = http.StatusInternalServerError
	s.run(t)
	if open := leftOpen(t, s.store); len(open) != 1 || open[0].Token != crashed[0].Token {
		t.Errorf("after a logout that failed %+v are told to be open, want the token %s", open, crashed[0].Token)
	}
}
