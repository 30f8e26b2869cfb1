//go:build !race

package app_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	changes "github.com/loginwatch/loginwatch/internal/drift"
	"github.com/loginwatch/loginwatch/internal/faulty/leak"
	"github.com/loginwatch/loginwatch/internal/history"
	"github.com/loginwatch/loginwatch/internal/probe"
	"github.com/loginwatch/loginwatch/internal/report"
	"github.com/loginwatch/loginwatch/internal/store"
	"github.com/loginwatch/loginwatch/internal/web"
)

// hunted are the secrets of one run, by name: those that we send, one that we have and
// don't send, and those that the vendor gives.
type hunted map[string]string

// letters are of a secret; the rest is what each form writes in its own way.
const letters, special = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", `"'<>&%+/\=?# é`

// newHunted makes secrets that nothing else can look like.
func newHunted(random *rand.Rand) hunted {
	text := func(of string, n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte(of[random.IntN(len(of))])
		}
		return b.String()
	}
	of := hunted{}
	for _, name := range []string{"password", "session", "user", "api_key", "tenant", "token", "cookie"} {
		of[name] = text(letters, 28)
	}
	at := 9 + random.IntN(9)
	of["password"] = of["password"][:at] + special + of["password"][at:]
	return of
}

// cut gives a piece of each: of our password with what is written in many ways, of the
// others from anywhere.
func (of hunted) cut() hunted {
	pieces := hunted{}
	for name, s := range of {
		at := len(name) // any number
		if name == "password" {
			at = strings.Index(s, special) - 7
		}
		pieces[name] = s[at : at+leak.Piece+7]
	}
	return pieces
}

// hunt is a store, two logs and all that is printed.
type hunt struct {
	ledger *store.Ledger
	path   string
	random *rand.Rand

	mu      sync.Mutex
	secrets map[string]string
	printed map[string]*bytes.Buffer // by what printed it
	runs    []*loginwatch.Run
	cases   map[string]*loginwatch.Case
}

// out is where one kind of output goes.
func (h *hunt) out(name string) io.Writer {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.printed[name] == nil {
		h.printed[name] = &bytes.Buffer{}
	}
	return &sharedBuffer{h, h.printed[name]}
}

type sharedBuffer struct {
	*hunt
	to *bytes.Buffer
}

func (b *sharedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.to.Write(p)
}

func newHunt(t *testing.T) *hunt {
	t.Helper()
	h := &hunt{path: filepath.Join(t.TempDir(), "loginwatch.db"), random: rand.New(rand.NewPCG(7, 8)), //nolint:gosec // the same each time
		secrets: map[string]string{}, printed: map[string]*bytes.Buffer{}, cases: map[string]*loginwatch.Case{}}
	var err error
	if h.ledger, err = store.OpenSQLite(t.Context(), h.path, store.Budget{}); err != nil {
		t.Fatal(err)
	}
	return h
}

// logger is one of level debug, in both formats.
func (h *hunt) logger() *slog.Logger {
	all := &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}
	return slog.New(slog.NewMultiHandler(slog.NewTextHandler(h.out("log as text"), all), slog.NewJSONHandler(h.out("log as json"), all)))
}

// job is the example's, which sends secrets in every place of a request.
func (h *hunt) job(t *testing.T, base, name string, of hunted) loginwatch.Job {
	t.Helper()
	j := job(t, base)
	j.Target.Name, j.Target.Credential = name, "example/"+name
	j.Target.Secrets = secrets(of)
	k := j.Probe.Subject().Case
	c := j.Probe.Contract
	for _, more := range []string{"user", "api_key", "tenant"} {
		c.Secrets = append(c.Secrets, loginwatch.Secret{Name: more})
	}
	c.Computed = append(c.Computed, &loginwatch.Computed{Name: "basic", Function: "basic", Of: []string{"${user}", "${password}"}})
	request := &k.Operation.Request
	request.Headers = append(request.Headers, loginwatch.Header{Name: "Authorization", Value: "${basic}"}, loginwatch.Header{Name: "X-Api-Key", Value: "key ${api_key}"})
	request.Query = append(request.Query, loginwatch.Param{Name: "tenant", Value: "${tenant}"})
	k.Needs = []string{"password", "user", "api_key", "tenant"}
	k.Body = map[string]any{"password": "${password}", "user": "${user}"}
	return j
}

// meet carries out a run of a scenario with secrets of its own, and prints all that a
// daemon shows of it.
func (h *hunt) meet(t *testing.T, name string, of hunted, answer func(net.Conn), arrange arrangement, carry probe.Carrier) {
	t.Helper()
	v := serve(t, planted(of, answer))
	j := h.job(t, v.Base(), name, of)
	ctx := t.Context()
	if arrange != nil {
		ctx = arrange(t, v, &j)
	}
	if set, ok := j.Target.Secrets.(secrets); ok && set["password"] != of["password"] { // by the arrangement
		all := maps.Clone(secrets(of))
		all["password"] = strings.ReplaceAll(set["password"], password, of["password"])
		j.Target.Secrets = all
	}
	w := newWatch(t, app.EngineOptions{
		Ledger: h.ledger, Logger: h.logger(), Runner: probe.New(probe.Options{Resolver: v.resolver, Key: h.ledger.Key(), Carrier: carry}),
	}, j)
	w.slot(ctx, j)
	if arrange == nil { // of what was refused or throttled the second one says more; what is arranged may take its time
		w.slot(ctx, j)
	}
	for _, path := range []string{"/", "/api/v1/probes", "/-/ready"} {
		answer := httptest.NewRecorder()
		web.Handler(web.Options{Board: w.Board, Ledger: h.ledger}).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		_, _ = answer.Body.WriteTo(h.out("page " + path))
	}
	for _, accept := range []string{"", "application/openmetrics-text;version=1.0.0"} {
		req := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		req.Header.Set("Accept", accept)
		answer := httptest.NewRecorder()
		w.Metrics.Handler().ServeHTTP(answer, req)
		_, _ = answer.Body.WriteTo(h.out("metrics"))
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.runs = append(h.runs, w.notes.runs...)
	for _, run := range w.notes.runs {
		h.cases[run.ID] = j.Probe.Subject().Case
	}
	for secret, value := range of {
		h.secrets[name+" "+secret] = value
	}
}

// planted has whatever begins like an answer in HTTP give the secrets back in its head,
// and a token of the vendor's in its body.
func planted(of hunted, answer func(net.Conn)) func(net.Conn) {
	var head strings.Builder
	for name, s := range of {
		in := "https://" + strings.Trim(s[:9], special) + ".example/" + url.PathEscape(s) + "?at=" + url.QueryEscape(s)
		plain := strings.Map(func(r rune) rune {
			if strings.ContainsRune(special, r) {
				return -1
			}
			return r
		}, s)
		fmt.Fprintf(&head, "X-%s: %s\r\nX-Of-%s: %s\r\nLink: <%s>\r\nSet-Cookie: %s=%s; Path=/%s; Domain=%s.example\r\nX-%s: %s\r\n",
			plain, s, name, hex.EncodeToString([]byte(s)), in, plain[3:14], url.QueryEscape(s), plain, plain[:12], plain[5:5+leak.Piece], base64.StdEncoding.EncodeToString([]byte("x"+s)))
	}
	fmt.Fprintf(&head, "Set-Cookie: sid=%s; HttpOnly\r\n", of["cookie"])
	return func(c net.Conn) { answer(&planting{Conn: c, head: head.String(), token: of["token"]}) }
}

// planting writes more into the head of the first answer.
type planting struct {
	net.Conn
	head, token string
	begun       bool
}

func (p *planting) Write(b []byte) (int, error) {
	text := string(b)
	if status, rest, found := strings.Cut(text, "\r\n"); found && !p.begun && strings.HasPrefix(status, "HTTP/1.") {
		text = status + "\r\n" + p.head + rest
	}
	p.begun = true
	_, err := io.WriteString(p.Conn, text)
	return len(b), err
}

// show prints what the store keeps, and what is made of it.
func (h *hunt) show(t *testing.T) {
	t.Helper()
	ctx, at := t.Context(), store.Place{URL: "sqlite:" + h.path}
	check := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	var reported report.Report
	for _, run := range h.runs {
		reported.Results = append(reported.Results, report.FromRun(run, h.cases[run.ID]))
		text, err := json.Marshal(run)
		check("run", err)
		_, _ = fmt.Fprintf(h.out("run"), "%s %+v %#v\n", text, *run, run.Steps)
	}
	for _, format := range report.Formats() {
		check(format, report.Write(h.out("report as "+format), format, reported, report.Options{}))
	}
	reading, err := store.Read(ctx, at)
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range h.runs {
		var known *history.Record
		for begun := time.Now(); known == nil && err == nil && time.Since(begun) < 20*time.Second; time.Sleep(time.Millisecond) {
			known, err = reading.Run(ctx, run.ID)
		}
		if err != nil || known == nil {
			t.Fatalf("run %s: %v", run.ID, err)
		}
		for _, format := range []string{"text", "json"} {
			check("record", report.WriteRecord(h.out("record as "+format), format, known, report.Options{}))
		}
		check("HAR", report.WriteHAR(h.out("record as har"), known, ""))
	}
	var all strings.Builder
	handedOut(t, &all, h.path, reading, h.runs[len(h.runs)-1])
	_, _ = io.WriteString(h.out("export and dossier"), all.String())
	seen, err := changes.Look(ctx, h.ledger.Learned(), "")
	check("drift", err)
	for _, format := range []string{"text", "json"} {
		check("drift", report.WriteChanges(h.out("changes as "+format), format, seen, true, time.Now(), false))
	}
	texts, err := reading.Texts(ctx)
	check("what was learned", err)
	_, _ = fmt.Fprintf(h.out("what was learned"), "%v", texts)
	inspection, err := store.Check(ctx, at, store.DefaultKeep(), time.Now())
	check("store check", err)
	_, _ = fmt.Fprintf(h.out("store check"), "%+v", inspection)
	states, err := store.ReadCredentials(ctx, at, store.Budget{}, time.Now())
	check("credentials", err)
	_, _ = fmt.Fprintf(h.out("credentials"), "%+v", states)
	backup := h.path + ".backup"
	_, err = store.BackUp(ctx, at, backup, true, time.Now())
	check("backup", err)
	for _, profile := range pprof.Profiles() {
		check("pprof", profile.WriteTo(h.out("pprof"), 2))
	}
	files, err := filepath.Glob(h.path + "*")
	for _, file := range files {
		data, readErr := os.ReadFile(file)
		check(file, errors.Join(err, readErr))
		_, _ = h.out("file " + filepath.Base(file)).Write(data)
	}
	check("store", errors.Join(reading.Close(), h.ledger.Close()))
	data, err := os.ReadFile(h.path)
	check("file", err)
	_, _ = h.out("file loginwatch.db, closed").Write(data)
}

// panics is a carrier that has something of ours panic with all that it knows.
type panics struct{}

func (panics) Carry(req *http.Request, _ *loginwatch.Case, values map[string]string, _ http.RoundTripper) (*http.Response, error) {
	panic(fmt.Sprint(req.Header, req.URL, values))
}

// all carries out every scenario, many at a time: most of them wait.
func (h *hunt) all(t *testing.T) {
	var under sync.WaitGroup
	room := make(chan struct{}, 32)
	begin := func(name string, of hunted, answer func(net.Conn), arrange arrangement, carry probe.Carrier) {
		under.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			h.meet(t, name, of, answer, arrange, carry)
		})
	}
	every := runs()
	for _, f := range matrix(t) {
		every = append(every, f.scenario)
	}
	for i, s := range every {
		begin(fmt.Sprintf("s-%d", i), newHunted(h.random), s.answer, s.arrange, nil)
	}
	for i, g := range gossip() {
		whole, cut := newHunted(h.random), newHunted(h.random)
		answer, arrange := g.tell(t, whole)
		begin(fmt.Sprintf("g-%d", i), whole, answer, arrange, nil)
		answer, arrange = g.tell(t, cut.cut())
		begin(fmt.Sprintf("g-%d-cut", i), cut, answer, arrange, nil)
	}
	begin("panic", newHunted(h.random), welcome, nil, panics{})
	under.Wait()
}

// TestCountsLeakHunt drives the daemon's engine through every fault and reason, and
// through answers that give secrets back in every place, each with secrets of its own, and
// looks for each piece of them in every output.
func TestCountsLeakHunt(t *testing.T) {
	h := newHunt(t)
	verdicts := map[loginwatch.Verdict]int{}
	t.Run("runs", h.all) // whose servers end with it
	for _, run := range h.runs {
		verdicts[run.Verdict]++
	}
	for _, v := range loginwatch.Verdicts {
		if verdicts[v] == 0 && v != loginwatch.Skipped {
			t.Errorf("no run is %s", v)
		}
	}
	h.show(t)
	hay := leak.New(h.secrets)
	for _, name := range slices.Sorted(maps.Keys(h.printed)) {
		text := h.printed[name].Bytes()
		if len(text) == 0 {
			t.Errorf("%s is empty", name)
		}
		told := map[string]bool{}
		for _, n := range hay.Find(text) {
			if !told[n.Secret+n.Form] && len(told) < 20 { // one mistake gives away thousands
				told[n.Secret+n.Form] = true
				around := ""
				if at := bytes.Index(text, []byte(n.Text)); at >= 0 { // else it is in another case, or compressed
					around = string(text[max(0, at-100):min(len(text), at+100)])
				}
				t.Errorf("%s gives away %s as %s: %q in %q", name, n.Secret, n.Form, n.Text, around)
			}
		}
	}
	t.Logf("leak hunt: %v, of %d runs, looked for in %d outputs of %.1f MB", hay, len(h.runs), len(h.printed), float64(hay.Searched)/1e6)
}
