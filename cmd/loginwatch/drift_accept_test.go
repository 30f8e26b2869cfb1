package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/flow"
	"github.com/loginwatch/loginwatch/internal/probe"
	"github.com/loginwatch/loginwatch/internal/store"
)

// acme is a vendor whose answers change.
type acme struct {
	status  int
	header  http.Header
	body    map[string]any
	refusal map[string]any                           // of what is no JSON
	front   func(w http.ResponseWriter, body []byte) // what stands between it and the world; nil for nothing
}

func newAcme() *acme {
	return &acme{http.StatusOK, http.Header{"X-Session": {"one"}}, map[string]any{
		"token": "abcdefgh", "expires_in": 3600, "user": "demo-user", "created": "2026-03-02T15:21:31Z",
	}, map[string]any{"error": "bad"}, nil}
}

func (a *acme) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, header, body := a.status, a.header, a.body
	if json.NewDecoder(r.Body).Decode(new(any)) != nil {
		status, header, body = http.StatusBadRequest, nil, a.refusal
	}
	w.Header().Set("Content-Type", "application/json")
	maps.Copy(w.Header(), header)
	text, err := json.Marshal(body)
	switch {
	case err != nil:
		status = http.StatusInternalServerError
	case a.front != nil && status < 400:
		a.front(w, text)
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(text) // the client shows what it misses
}

// clocked carries out plans as the network does, and says of each run that it began when
// the clock of the test says.
type clocked struct {
	*probe.Runner
	now *time.Time
}

func (c clocked) Run(ctx context.Context, plan *flow.Plan) *loginwatch.Run {
	run := c.Runner.Run(ctx, plan)
	run.Started = *c.now
	return run
}

// operator has a pack, a configuration and a store in a folder of their own, and a daemon
// that watches the vendor.
type operator struct {
	*testing.T
	vendor *acme
	url    string
	pack   string // the folder, as the configuration names it
	now    time.Time
	ledger *store.Ledger
	engine *app.Engine
	jobs   []loginwatch.Job
	log    bytes.Buffer
}

func newOperator(t *testing.T, folder string, written func(text []byte) []byte) *operator {
	t.Helper()
	pack, err := txtar.ParseFile(filepath.Join("testdata", "changing.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	o := &operator{T: t, vendor: newAcme(), pack: folder, now: time.Now().Add(-30 * 24 * time.Hour)}
	server := httptest.NewServer(o.vendor)
	t.Cleanup(server.Close)
	o.url = server.URL
	for _, f := range pack.Files {
		o.write(filepath.Join(folder, f.Name), written(f.Data))
	}
	t.Setenv("LOGINWATCH_ACME_USER", "demo-user")
	t.Setenv("LOGINWATCH_ACME_PASSWORD", "demo-password")
	quoted, _ := json.Marshal(folder) // a string always can be
	o.write("loginwatch.yaml", []byte("packs: ["+string(quoted)+"]\nstore: {url: \"sqlite:loginwatch.db\"}\ntargets:\n  acme:\n    vendor: acme\n    base_url: "+o.url+
		"\n    secrets: {user: \"env:LOGINWATCH_ACME_USER\", password: \"env:LOGINWATCH_ACME_PASSWORD\"}\n"))
	ledger, err := store.OpenSQLite(t.Context(), "loginwatch.db", store.Budget{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ledger.Close() })
	o.ledger = ledger
	o.engine = app.NewEngine(app.EngineOptions{
		Ledger: ledger, Logger: slog.New(slog.NewTextHandler(&o.log, nil)), Now: func() time.Time { return o.now },
		Runner: clocked{probe.New(probe.Options{UserAgent: "test", Key: ledger.Key()}), &o.now},
	})
	o.load()
	return o
}

func (o *operator) write(name string, text []byte) {
	o.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		o.Fatal(err)
	}
	if err := os.WriteFile(name, text, 0o600); err != nil {
		o.Fatal(err)
	}
}

// load has the daemon read its files, as it does when it begins and on a signal.
func (o *operator) load() {
	o.Helper()
	files, problems := app.Files{Config: "loginwatch.yaml"}.Read()
	if len(problems) > 0 || len(files.Jobs) != 2 {
		o.Fatal(len(files.Jobs), problems)
	}
	o.jobs = files.Jobs
	if _, err := o.engine.Tasks(o.jobs); err != nil {
		o.Fatal(err)
	}
	o.engine.SetJobs(o.Context(), o.jobs)
}

// watch has the daemon carry out the slots of some days.
func (o *operator) watch(days int) {
	for range 4 * days {
		o.now = o.now.Add(6 * time.Hour)
		for _, j := range o.jobs {
			slot := loginwatch.Slot{Key: j.Key(), Due: o.now, Planned: o.now}
			o.engine.Executor.Planned(o.Context(), slot)
			o.engine.Executor.Execute(o.Context(), j, slot)
		}
	}
	o.engine.Drift.Keep(o.Context(), true)
}

// open gives how many changes of a class the metrics have, on which the alert rests.
func (o *operator) open(class string) string {
	w := httptest.NewRecorder()
	o.engine.Metrics.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	_, value, _ := strings.Cut(w.Body.String(), `loginwatch_drift_changes{class="`+class+`",vendor="acme"} `)
	value, _, _ = strings.Cut(value, "\n")
	return value
}

// run runs a verb of the program, which has to end so.
func (o *operator) run(code int, args ...string) (out, told string) {
	o.Helper()
	var stdout, stderr bytes.Buffer
	if got := run(o.Context(), args, environment{stdout: &stdout, stderr: &stderr}); got != code {
		o.Fatalf("%v: exit code %d, want %d: %s%s", args, got, code, &stdout, &stderr)
	}
	return stdout.String(), stderr.String()
}

func (o *operator) verify(code int) {
	o.Helper()
	o.run(code, "verify", "acme", "--pack", o.pack, "--base-url", o.url)
}

// listed gives the changes that are open.
func (o *operator) listed() (ids []string, text string) {
	o.Helper()
	text, _ = o.run(0, "drift", "list", "--format", "json")
	var all struct{ Changes []struct{ ID string } }
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		o.Fatal(err)
	}
	for _, c := range all.Changes {
		ids = append(ids, c.ID)
	}
	return ids, text
}

// apply does what accept prints, with the programs of an operator.
func (o *operator) apply(edit, told string) {
	o.Helper()
	o.write("accepted.diff", []byte(edit))
	_, line, found := strings.Cut(told, "with the edit in accepted.diff: ")
	command, _, _ := strings.Cut(line, " && ")
	if !found {
		o.Fatalf("it isn't said how the edit is applied: %s", told)
	}
	out, err := exec.CommandContext(o.Context(), "sh", "-c", command).CombinedOutput() //nolint:gosec // it is what an operator types
	if err != nil || strings.Contains(string(out), "fuzz") || strings.Contains(string(out), "Stripping") {
		o.Fatalf("%s: %v: %s\n%s", command, err, out, edit)
	}
}

func asWritten(text []byte) []byte { return text }

// What changes in a vendor's answers is told by the daemon, counted for the alert, listed
// and accepted; the edit is applied to the operator's own pack by patch, vet finds nothing
// wrong in it, and the answers are as documented again.
func TestAcceptedEdits(t *testing.T) {
	object := map[string]any{"error": map[string]any{"code": "bad"}}
	for name, tt := range map[string]struct {
		change func(*acme)
		class  string
		says   string
		folder string // "mypack" when it is not given
		files  func([]byte) []byte
		noEdit bool // the contract allows it anyway
	}{
		"a field is new":          {func(a *acme) { a.body["scope"] = "all" }, "additive", "/scope is new (string)", "", nil, false},
		"another type":            {func(a *acme) { a.body["user"] = 7 }, "breaking", "/user is of another type: number, not string", "", nil, false},
		"another name":            {func(a *acme) { a.body["account"] = a.body["user"]; delete(a.body, "user") }, "breaking", "/user is called /account", "", nil, false},
		"a required field went":   {func(a *acme) { delete(a.body, "created") }, "breaking", "/created is gone (string)", "", nil, false},
		"another form":            {func(a *acme) { a.body["created"] = "1677770491" }, "breaking", "/created has another form: digits, not date-time", "", nil, false},
		"another status":          {func(a *acme) { a.status = http.StatusCreated }, "breaking", "the answer is none that is documented, HTTP 201, with created, expires_in, token, user, not success, HTTP 200", "", nil, false},
		"a header is new":         {func(a *acme) { a.header["X-Region"] = []string{"eu"} }, "additive", "header:X-Region is new (string)", "", nil, true},
		"a documented header":     {func(a *acme) { a.header = nil }, "breaking", "header:X-Session is gone (string)", "", nil, false},
		"another lifetime":        {func(a *acme) { a.body["expires_in"] = 1800 }, "tolerated", "tokens live 30m0s, not 1h0m0s", "", nil, false},
		"another form of errors":  {func(a *acme) { a.refusal = object }, "breaking", "/error is of another type: object, not string", "", nil, false},
		"in this folder":          {func(a *acme) { delete(a.body, "created") }, "breaking", "/created is gone (string)", ".", nil, false},
		"in another folder":       {func(a *acme) { delete(a.body, "created") }, "breaking", "/created is gone (string)", "../of/acme", nil, false},
		"in a folder of any name": {func(a *acme) { delete(a.body, "created") }, "breaking", "/created is gone (string)", "it's $(HOME) `of` a\\b", nil, false},
		"lines of Windows": {func(a *acme) { delete(a.body, "user"); a.body["scope"] = "all" }, "breaking", "/user is called /scope", "", func(text []byte) []byte {
			return bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
		}, false},
		"no last line": {func(a *acme) { a.body["scope"] = "all" }, "additive", "/scope is new (string)", "", bytes.TrimSpace, false},
		"all in one line": {func(a *acme) { a.body["scope"] = "all" }, "additive", "/scope is new (string)", "", func(text []byte) []byte {
			if text[0] != '{' {
				return text
			}
			return bytes.ReplaceAll(text, []byte("\n"), nil)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			folder, files := tt.folder, tt.files
			if folder == "" {
				folder = "mypack"
			}
			if files == nil {
				files = asWritten
			}
			o := newOperator(t, folder, files)
			o.verify(0)
			o.watch(12)
			if ids, text := o.listed(); len(ids) != 0 {
				t.Fatal(text)
			}
			tt.change(o.vendor)
			o.watch(2)
			ids, text := o.listed()
			if len(ids) != 1 || !strings.Contains(text, tt.says) || o.open(tt.class) != "1" || strings.Count(o.log.String(), "answers have changed") != 1 {
				t.Fatalf("%s of %s: %s", o.open(tt.class), tt.class, text)
			}
			breaks := map[string]int{"breaking": 1}[tt.class]
			o.verify(breaks)
			edit, told := o.run(0, "drift", "accept", ids[0])
			if tt.noEdit {
				if edit != "" || !strings.Contains(told, "nothing has to be edited") {
					t.Fatalf("%s%s", edit, told)
				}
			} else {
				o.apply(edit, told)
			}
			o.run(0, "vet", "--pack", folder)
			o.verify(0)
			o.load()
			o.watch(9)
			if ids, text := o.listed(); len(ids) != 0 || o.open(tt.class) != "0" {
				t.Errorf("%s of %s: %s", o.open(tt.class), tt.class, text)
			}
		})
	}
}
