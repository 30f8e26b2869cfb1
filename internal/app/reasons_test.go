package app_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/probe"
	"github.com/loginwatch/loginwatch/internal/report"
	"github.com/loginwatch/loginwatch/internal/web"
)

var update = flag.Bool("update", false, "write testdata/reached.txt again")

// wanted is a row of docs/reasons.md as it is met: what a login that ends so is
// judged as, and what makes its sentence true. The sentence itself is for
// internal/advice to say.
type wanted struct {
	verdict loginwatch.Verdict
	reason  loginwatch.Reason
	signs   []loginwatch.Sign
	blame   advice.Blame
	says    []string // words of the sentence that hold for this scenario
	logins  int      // that the vendor saw
}

// sentence is a clause of an advice as the status page shows it.
func sentence(clause string) string {
	if clause == "" {
		return ""
	}
	return strings.ToUpper(clause[:1]) + clause[1:] + "."
}

// holds looks at the words alone.
func (w wanted) holds(t *testing.T, a advice.Advice) {
	t.Helper()
	if a.Blame != w.blame {
		t.Errorf("blamed on: %s, want %s (%s)", a.Blame, w.blame, a.Says)
	}
	for _, words := range w.says {
		if !strings.Contains(a.Says+"; "+a.Next, words) {
			t.Errorf("does not say %q:\n  %s\n  %s", words, a.Says, a.Next)
		}
	}
}

// seen tells how many logins came.
func (w wanted) seen(t *testing.T, logins int) {
	t.Helper()
	if logins != w.logins || logins > 1 {
		t.Errorf("%d logins, want %d", logins, w.logins)
	}
}

// notebook is a recorder that keeps all, and tells of each skip.
type notebook struct {
	mu    sync.Mutex
	runs  []*loginwatch.Run
	skips []loginwatch.SkippedSlot
	told  func(loginwatch.SkippedSlot) // nil for nobody
}

func (n *notebook) RecordPlanned(context.Context, loginwatch.Slot) error { return nil }

func (n *notebook) RecordRun(_ context.Context, r *loginwatch.Run) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.runs = append(n.runs, r)
	return nil
}

func (n *notebook) RecordSkip(_ context.Context, s loginwatch.SkippedSlot) error {
	n.mu.Lock()
	n.skips = append(n.skips, s)
	n.mu.Unlock()
	if n.told != nil {
		n.told(s)
	}
	return nil
}

// watch is an engine with its jobs.
type watch struct {
	*app.Engine
	notes *notebook
	jobs  []loginwatch.Job
}

func newWatch(t *testing.T, o app.EngineOptions, jobs ...loginwatch.Job) *watch {
	t.Helper()
	w := &watch{app.NewEngine(o), &notebook{}, jobs}
	w.Executor.Recorders = append(w.Executor.Recorders, w.notes)
	if _, err := w.Tasks(w.jobs); err != nil {
		t.Fatal(err)
	}
	w.SetJobs(t.Context(), w.jobs)
	return w
}

// slot carries out a slot of a job that is due now.
func (w *watch) slot(ctx context.Context, j loginwatch.Job) {
	now := time.Now()
	slot := loginwatch.Slot{Key: j.Key(), Due: now, Planned: now}
	w.Executor.Planned(ctx, slot)
	w.Executor.Execute(ctx, j, slot)
}

// page is what a browser and the API show of a job.
func page(e *app.Engine, j loginwatch.Job) (row web.Probe, text string, err error) {
	handler := web.Handler(web.Options{Board: e.Board, Ledger: e.Ledger})
	get := func(path string) string {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		return answer.Body.String()
	}
	var all web.Overview
	if err := json.Unmarshal([]byte(get("/api/v1/probes")), &all); err != nil {
		return row, "", err
	}
	for _, row := range all.Probes {
		if row.Probe == j.Probe.Name && row.Target == j.Target.Name {
			return row, html.UnescapeString(get("/")), nil
		}
	}
	return row, "", fmt.Errorf("the page does not show %s", j.Key())
}

// TestReasonsOfRuns reaches every reason of a run and every sign of an answer
// through a real socket, by the daemon's own code.
func TestReasonsOfRuns(t *testing.T) {
	for _, tt := range runs() {
		t.Run(tt.name, func(t *testing.T) { tt.meet(t) })
	}
}

// meet carries out one run of the daemon's against the scenario's server, and holds
// what is said of it.
func (s *scenario) meet(t *testing.T) *loginwatch.Run {
	t.Helper()
	v := serve(t, s.answer)
	j := job(t, v.Base())
	ctx := t.Context()
	if s.arrange != nil {
		ctx = s.arrange(t, v, &j)
	}
	tracer, told := traced(t)
	o := app.EngineOptions{Traces: tracer}
	if v.resolver != nil {
		o.Runner = probe.New(probe.Options{Resolver: v.resolver})
	}
	w := newWatch(t, o, j)
	w.slot(ctx, j)
	if len(w.notes.runs) != 1 || len(w.notes.skips) != 0 {
		t.Fatalf("%d runs, %d skipped slots, want one run", len(w.notes.runs), len(w.notes.skips))
	}
	run := w.notes.runs[0]
	if run.Verdict != s.verdict || run.Reason != s.reason || !slices.Equal(run.Signs(), s.signs) {
		t.Errorf("%s %s %v (%s), want %s %s %v", run.Verdict, run.Reason, run.Signs(), run.Detail, s.verdict, s.reason, s.signs)
	}
	a := advice.For(run.Verdict, run.Reason, run.Signs()...)
	s.holds(t, a)
	s.seen(t, v.Logins())
	traceOf(t, run, told)
	if a.Blame != advice.Nobody {
		shown(t, w, j, run, a)
	}
	return run
}

// shown holds that the status page, its API and a report give a run's advice as
// it is.
func shown(t *testing.T, w *watch, j loginwatch.Job, run *loginwatch.Run, a advice.Advice) {
	t.Helper()
	row, text, err := page(w.Engine, j)
	if err != nil {
		t.Fatal(err)
	}
	if row.Verdict != run.Verdict || row.Reason != run.Reason || row.Blame != a.Blame || row.Answer != sentence(a.Says) || row.Next != sentence(a.Next) {
		t.Errorf("the API shows\n  %s %s, %s: %s\n  %s\nwant\n  %+v", row.Verdict, row.Reason, row.Blame, row.Answer, row.Next, a)
	}
	if !strings.Contains(text, string(a.Blame)+"</strong> "+sentence(a.Says)) || !strings.Contains(text, sentence(a.Next)) {
		t.Errorf("the page does not show\n  %+v", a)
	}
	reported := report.Report{Results: []report.Result{report.FromRun(run, j.Probe.Subject().Case)}}
	var printed strings.Builder
	if err := report.Write(&printed, "text", reported, report.Options{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(printed.String(), string(a.Blame)+": "+a.Says+"\n") || !strings.Contains(printed.String(), a.Next+"\n") {
		t.Errorf("the report does not show\n  %+v\nbut\n%s", a, printed.String())
	}
	if strings.Contains(text+printed.String(), password) {
		t.Error("the password is shown")
	}
}

// Each reason and each sign of the closed lists is met by the tests of
// this package, and by which verdicts is written down for docs/reasons.md.
func TestEveryReasonIsReached(t *testing.T) {
	met := map[loginwatch.Reason]map[loginwatch.Verdict]bool{}
	signs := map[loginwatch.Sign]bool{}
	rows := skipped()
	for _, r := range runs() {
		rows = append(rows, r.wanted)
	}
	for _, w := range rows {
		for _, s := range w.signs {
			signs[s] = true
		}
		if w.reason == "" { // a run that is well
			continue
		}
		if met[w.reason] == nil {
			met[w.reason] = map[loginwatch.Verdict]bool{}
		}
		met[w.reason][w.verdict] = true
	}
	var b strings.Builder
	for _, r := range loginwatch.Reasons {
		if len(met[r]) == 0 {
			t.Errorf("no scenario reaches the reason %s", r)
		}
		for _, v := range loginwatch.Verdicts {
			if met[r][v] {
				fmt.Fprintln(&b, r, v)
			}
		}
	}
	for _, s := range loginwatch.Signs {
		if !signs[s] {
			t.Errorf("no scenario reaches the sign %s", s)
		}
	}
	if len(met) > len(loginwatch.Reasons) || len(signs) > len(loginwatch.Signs) {
		t.Error("a scenario has a reason or a sign that no list has")
	}
	file := filepath.Join("testdata", "reached.txt")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.String(), string(golden)); diff != "" {
		t.Errorf("run with -update when this is intended (-want +got):\n%s", diff)
	}
}

// scenario is one way to end a run.
type scenario struct {
	name   string
	answer func(net.Conn)
	// arrange alters the job and gives the run's context; nil alters nothing.
	arrange func(*testing.T, *vendor, *loginwatch.Job) context.Context
	wanted
}
