package app_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/store"
)

// passwords is a vendor that counts logins by password and takes those that it is told to.
type passwords struct {
	*httptest.Server
	mu    sync.Mutex
	takes map[string]bool
	sent  map[string]int
	down  map[string]bool // passwords that it answers with status 503
}

func newPasswords(t *testing.T) *passwords {
	t.Helper()
	v := &passwords{takes: map[string]bool{}, sent: map[string]int{}, down: map[string]bool{}}
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		v.mu.Lock()
		defer v.mu.Unlock()
		_, rest, _ := strings.Cut(string(body), `"password":"`)
		own, _, _ := strings.Cut(rest, `"`)
		v.sent[own]++
		w.Header().Set("Content-Type", "application/json")
		switch {
		case v.down[own]:
			w.WriteHeader(http.StatusServiceUnavailable)
		case v.takes[own]:
			_, _ = io.WriteString(w, success)
		default:
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, refused)
		}
	}))
	t.Cleanup(v.Close)
	return v
}

// logins is how often a password came.
func (v *passwords) logins(password string) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.sent[password]
}

// take has it take a password from now on, or no more.
func (v *passwords) take(password string, takes bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.takes[password] = takes
}

// replicas are daemons without a clock that share the file of a store and a configuration.
type replicas struct {
	dir    string
	text   string // of the configuration, below its folder
	now    time.Time
	ledger [2]*store.Ledger
	engine [2]*app.Engine
	jobs   [2][]loginwatch.Job
	random *rand.Rand
	log    bytes.Buffer
	ran    int
}

func newReplicas(t *testing.T, text string) *replicas {
	t.Helper()
	r := &replicas{dir: t.TempDir(), text: text, now: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), random: rand.New(rand.NewPCG(1, 2))} //nolint:gosec // the same course each time
	for i := range r.engine {
		r.start(t, i)
	}
	t.Cleanup(func() {
		for _, l := range r.ledger {
			_ = l.Close()
		}
	})
	return r
}

// write gives a secret file another content.
func (r *replicas) write(t *testing.T, name, secret string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// start starts one replica, again if it runs.
func (r *replicas) start(t *testing.T, i int) {
	t.Helper()
	if r.ledger[i] != nil {
		if err := r.ledger[i].Close(); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if r.ledger[i], err = store.OpenSQLite(t.Context(), filepath.Join(r.dir, "loginwatch.db"), store.Budget{}); err != nil {
		t.Fatal(err)
	}
	r.engine[i] = app.NewEngine(app.EngineOptions{
		Ledger: r.ledger[i], Now: func() time.Time { return r.now }, Logger: slog.New(slog.NewTextHandler(&r.log, nil)),
	})
	r.reload(t, i)
}

// reload reads the configuration again.
func (r *replicas) reload(t *testing.T, i int) {
	t.Helper()
	p, err := example()
	if err != nil {
		t.Fatal(err)
	}
	p.Contract.Account = []string{"password"}
	conf, problems := config.Parse(filepath.Join(r.dir, "loginwatch.yaml"), []byte(r.text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	r.jobs[i], problems = conf.Assign([]*loginwatch.Contract{p.Contract}, []*loginwatch.Probe{p}, config.Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
}

// slots has some slots of each job executed by one of the replicas or, one in many, by
// both.
func (r *replicas) slots(t *testing.T, n int) {
	t.Helper()
	for range n {
		for n := range r.jobs[0] {
			first := r.random.IntN(2)
			r.execute(t, first, n)
			if r.random.IntN(100) == 0 {
				r.execute(t, 1-first, n)
			}
		}
		r.now = r.now.Add(5 * time.Minute)
	}
}

func (r *replicas) execute(t *testing.T, i, n int) {
	t.Helper()
	job := r.jobs[i][n]
	slot := loginwatch.Slot{Key: job.Key(), Due: r.now, Planned: r.now}
	r.engine[i].Executor.Planned(t.Context(), slot)
	if r.engine[i].Executor.Execute(t.Context(), job, slot).Granted {
		r.ran++
	}
}

// A vendor that rejects everything for a day gets as many logins of an account as the
// README promises, whoever makes them and however often they begin again; it is tried
// again without a hand, and at once with another password.
func TestRejectingDay(t *testing.T) {
	const minutes, hour = 24 * 60, 60 / 5 // of slots every five minutes
	// What the README says: 3 refusals within an hour, then one login after 15 minutes and
	// after twice as long each time, up to 24 hours.
	most := 3
	for rest, at := 15, 5; at+rest < minutes; rest = min(2*rest, 24*60) {
		most, at = most+1, at+rest
	}
	v := newPasswords(t)
	r := newReplicas(t, fmt.Sprintf(`
targets:
  one: {vendor: example, base_url: %[1]q, secrets: {password: file:password}}
  another: {vendor: example, base_url: "%[1]s/", secrets: {password: file:password, session: env:LOGINWATCH_TEST_NONE}}
`, v.URL))
	r.write(t, "password", "old")
	for n := range 10 {
		r.slots(t, (24*hour+9)/10)
		if n%2 == 0 {
			r.start(t, n/2%2)
		} else {
			r.reload(t, n/2%2)
		}
		r.start(t, (n/2+1)%2)
	}
	if got := v.logins("old"); got != most || most != 9 {
		t.Errorf("%d logins within a day, want %d", got, most)
	}

	v.take("old", true) // its next trial is 16 hours after the one before
	r.slots(t, 16*hour)
	before := v.logins("old")
	r.slots(t, 10)
	if got := v.logins("old") - before; got != 20 {
		t.Errorf("%d of 20 logins are made after the vendor took one again", got)
	}

	v.take("old", false)
	r.slots(t, hour)
	refused := v.logins("old")
	r.write(t, "password", "new")
	v.take("new", true)
	r.slots(t, 10)
	if got := v.logins("new"); got != 20 || v.logins("old") != refused {
		t.Errorf("%d of 20 logins are made with the new password, and %d with the old one", got, v.logins("old")-refused)
	}
	if total := v.logins("old") + v.logins("new"); total != r.ran {
		t.Errorf("%d logins in %d slots", total, r.ran)
	}
}
