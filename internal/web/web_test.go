package web

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
)

var update = flag.Bool("update", false, "write the golden files")

func get(t *testing.T, h http.Handler, path string) (*http.Response, string) {
	t.Helper()
	return ask(t, h, httptest.NewRequest(http.MethodGet, path, nil))
}

func ask(t *testing.T, h http.Handler, r *http.Request) (*http.Response, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Result(), string(body)
}

// rows gives the page's rows by vendor, without mark-up and with single spaces.
func rows(t *testing.T, page string) map[string]string {
	t.Helper()
	byVendor := map[string]string{}
	for part := range strings.SplitSeq(page, "<tbody class=") {
		words := strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString("<"+part, " ")), " ")
		if m := regexp.MustCompile(`(\w+)/login → production`).FindStringSubmatch(words); m != nil {
			byVendor[m[1]] += words
		}
	}
	return byVendor
}

func TestPageAnswersForEveryState(t *testing.T) {
	opts, _ := gallery(t)
	res, page := get(t, Handler(opts), "/")
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("status %d, type %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	for _, want := range []string{"<h1>2 of 9 logins are fine.</h1>", "<title>2/9 fine – loginwatch</title>", `http-equiv="refresh"`, `<header class="bad">`, "1 not probed for a while. 1 rests: its credential was refused. 1 without a run yet. As of"} {
		if !strings.Contains(page, want) {
			t.Errorf("missing %s", want)
		}
	}
	got := rows(t, page)
	for vendor, words := range map[string][]string{
		"steady":  {"● ok", "It works as documented.", "HTTP 200", "312 ms", "40 s ago", "valid 22 h", "documented 1 d", "usable", "3 refusals left", "in 2 s", "1 difference that breaks nobody", "/sessionHint"},
		"drifty":  {"▲ drift", "vendor It answers, but not as its document says.", "Next: Warn the consumers", "contract", "/authResponse/expirationTime", "integer", "string", "contracts/drifty/contract.yaml:41", "expirationTime Number", "last ok 5 min ago"},
		"refused": {"✖ rejected", "our credential The vendor refused our credential.", "HTTP 401", "suspended", "it was refused; tried again in 9 min 20 s", "refused-production", "skipped next try in 9 min 20 s */5", "Skipped since then: The credential cools down after it was refused."},
		"limited": {"◆ throttled", "us We, or somebody who shares our limit, log in more often", "HTTP 429"},
		"gone":    {"○ unavailable", "vendor or network Its host name gave us no address.", "lookup login.gone.example: no such host", "none valid-credentials", "3 earlier failures, the first 3 h 5 min ago"},
		"ours":    {"■ broken", "us A secret is missing", "env:LOGINWATCH_OURS_PASSWORD", "nothing sent"},
		"silent":  {"? no news", "was ok", "nobody knows whether it works", "50 min ago"},
		"fresh":   {"– no run yet", "It has not run yet.", "never", "not used yet"},
		"flappy":  {"● ok", "last trouble 10 min ago", "Last trouble 10 min ago: drift token"},
	} {
		for _, w := range words {
			if !strings.Contains(got[vendor], w) {
				t.Errorf("%s: %q is missing in: %s", vendor, w, got[vendor])
			}
		}
	}
	if strings.Index(got["drifty"], "breaking type") > strings.Index(got["drifty"], "additive extra") {
		t.Error("an additive finding comes before a breaking one")
	}
	if strings.Index(page, "drifty/login") > strings.Index(page, "steady/login") {
		t.Error("a login that is fine comes before one that needs a look")
	}
	if _, paused := get(t, Handler(opts), "/?refresh=off"); strings.Contains(paused, `http-equiv="refresh"`) {
		t.Error("the page refreshes although it was asked not to")
	}
}

func TestAPI(t *testing.T) {
	opts, _ := gallery(t)
	res, got := get(t, Handler(opts), "/api/v1/probes")
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("status %d, type %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	const golden = "testdata/probes.json"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", golden, diff)
	}
}

func TestEmpty(t *testing.T) {
	h := Handler(Options{Board: NewBoard(func() time.Time { return start })})
	if _, page := get(t, h, "/"); !strings.Contains(page, "No login is being watched.") || !strings.Contains(page, "--simulate") {
		t.Errorf("got %s", page)
	}
	if _, body := get(t, h, "/api/v1/probes"); !strings.Contains(body, `"probes": []`) {
		t.Errorf("got %s", body)
	}
}

// A browser applies the page's style only when the policy names its digest, and
// nothing else may be loaded or run.
func TestPolicy(t *testing.T) {
	opts, _ := gallery(t)
	res, page := get(t, Handler(opts), "/")
	m := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("no style")
	}
	sum := sha256.Sum256([]byte(m[1]))
	policy := res.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("policy %q lacks %s", policy, want)
		}
	}
	if found := regexp.MustCompile(`(?i)<script|<link|<img|<iframe|\bsrc=|\bstyle=|\son\w+=|\b(?:href|action)=\S*//|url\(|@import`).FindString(page); found != "" {
		t.Errorf("the page contains %q", found)
	}
}

func TestHeadersOnEveryAnswer(t *testing.T) {
	h := Handler(Options{Board: NewBoard(nil)})
	for _, path := range []string{"/", "/api/v1/probes", "/-/healthy", "/-/ready", "/nothing"} {
		res, _ := get(t, h, path)
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
			"Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
}

// Names in an answer are chosen by the vendor.
func TestForeignText(t *testing.T) {
	evil := "/<script>alert(1)</script>\x1b[31m\u202e\x00\xff" + strings.Repeat("x", 5000)
	b := NewBoard(func() time.Time { return start })
	b.SetJobs([]loginwatch.Job{job("acme")})
	f := loginwatch.Finding{Class: loginwatch.Additive, Kind: loginwatch.KindExtra, Pointer: evil, Documented: evil, Got: evil, Quote: evil}
	r := run("acme", start, loginwatch.Drift, loginwatch.ReasonContract, 200, f)
	r.Detail = evil
	recorded(t, b.RecordRun(t.Context(), r))
	h := Handler(Options{Board: b})
	for _, path := range []string{"/", "/api/v1/probes"} {
		_, body := get(t, h, path)
		for _, bad := range []string{"<script", "\x1b", "\u202e", "\x00", "\xff", "u001b", "u202e", strings.Repeat("x", 300)} {
			if strings.Contains(body, bad) {
				t.Errorf("%s contains %q", path, bad)
			}
		}
		if !strings.Contains(body, "alert(1)") {
			t.Errorf("%s does not show the name at all", path)
		}
	}
}

func TestHealthAndReadiness(t *testing.T) {
	ready := false
	h := Handler(Options{Board: NewBoard(nil), Ready: func() bool { return ready }})
	check := func(path string, status int) {
		t.Helper()
		if res, _ := get(t, h, path); res.StatusCode != status {
			t.Errorf("%s: status %d, want %d", path, res.StatusCode, status)
		}
	}
	check("/-/healthy", http.StatusOK)
	check("/-/ready", http.StatusServiceUnavailable)
	ready = true
	check("/-/ready", http.StatusOK)
	check("/metrics", http.StatusNotFound)
	check("/debug/pprof/", http.StatusNotFound)
	check("/-/", http.StatusNotFound)
	check("/index.html", http.StatusNotFound)
	h = Handler(Options{Board: NewBoard(nil)})
	check("/-/ready", http.StatusServiceUnavailable)
}

// What is open to all must be these two pages however they are asked for.
func TestIsHealth(t *testing.T) {
	for _, test := range []struct {
		method, path string
		want         bool
	}{
		{http.MethodGet, "/-/healthy", true},
		{http.MethodGet, "/-/ready", true},
		{http.MethodHead, "/-/healthy", true},
		{http.MethodGet, "/-/ready?verbose", true},
		{http.MethodPost, "/-/healthy", false},
		{http.MethodPost, "/-/reload", false},
		{http.MethodGet, "/", false},
		{http.MethodGet, "/metrics", false},
		{http.MethodGet, "/-/healthy/", false},
		{http.MethodGet, "//-/healthy", false},
		{http.MethodGet, "/-/healthy/../../metrics", false},
		{http.MethodGet, "/-/healthy%2f..%2f..%2fmetrics", false},
	} {
		if got := IsHealth(httptest.NewRequest(test.method, test.path, nil)); got != test.want {
			t.Errorf("%s %s: %t", test.method, test.path, got)
		}
	}
}

func TestReload(t *testing.T) {
	var answer error
	var restart []string
	calls := 0
	h := Handler(Options{Board: NewBoard(nil), Reload: func(ctx context.Context) ([]string, error) {
		calls++
		return restart, errors.Join(answer, ctx.Err())
	}})
	post := func() (int, string) {
		r := httptest.NewRequest(http.MethodPost, "/-/reload", nil)
		gone, cancel := context.WithCancel(r.Context())
		cancel()
		res, body := ask(t, h, r.WithContext(gone))
		return res.StatusCode, body
	}
	if status, body := post(); status != http.StatusOK || body != "reloaded\n" {
		t.Errorf("got %d %q", status, body)
	}
	restart = []string{"listen", "log"}
	if status, body := post(); status != http.StatusOK || body != "reloaded; what changed in these keys needs a restart: listen, log\n" {
		t.Errorf("got %d %q", status, body)
	}
	answer = fmt.Errorf("read the configuration: %w", loginwatch.Problems{
		{Pos: loginwatch.Pos{File: "loginwatch.yaml", Line: 3, Column: 5}, Message: "unknown key", Source: "password: hunter2"},
		{Pos: loginwatch.Pos{File: "loginwatch.yaml", Line: 9, Column: 1}, Message: "no targets"},
	})
	status, body := post()
	if status != http.StatusInternalServerError ||
		body != "not reloaded, the old configuration stays in force:\nloginwatch.yaml:3:5: unknown key\nloginwatch.yaml:9:1: no targets\n" {
		t.Errorf("got %d %q", status, body)
	}
	if strings.Contains(body, "hunter2") {
		t.Error("the answer shows the operator's file")
	}
	answer = errors.New("no such file")
	if status, body := post(); status != http.StatusInternalServerError || !strings.Contains(body, "no such file") {
		t.Errorf("got %d %q", status, body)
	}

	before := calls
	if res, _ := get(t, h, "/-/reload"); res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "POST" {
		t.Errorf("GET: status %d, Allow %q", res.StatusCode, res.Header.Get("Allow"))
	}
	foreign := httptest.NewRequest(http.MethodPost, "/-/reload", nil)
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	if res, _ := ask(t, h, foreign); res.StatusCode != http.StatusForbidden {
		t.Errorf("from another site: status %d", res.StatusCode)
	}
	if calls != before {
		t.Error("a refused request reloaded")
	}
}

func TestInjectedHandlers(t *testing.T) {
	h := Handler(Options{Board: NewBoard(nil), Pprof: func(*http.Request) bool { return true }, Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "loginwatch_up 1\n")
	})})
	if _, body := get(t, h, "/metrics"); body != "loginwatch_up 1\n" {
		t.Errorf("got %q", body)
	}
	if res, body := get(t, h, "/debug/pprof/"); res.StatusCode != http.StatusOK || !strings.Contains(body, "goroutine") {
		t.Errorf("pprof: status %d", res.StatusCode)
	}
	if res, _ := get(t, h, "/debug/pprof/cmdline"); res.StatusCode != http.StatusNotFound {
		t.Errorf("the command line is shown: status %d", res.StatusCode)
	}
}

func TestLedgerThatFails(t *testing.T) {
	opts, _ := gallery(t)
	opts.Ledger = ledger{err: errors.New("disk full")}
	res, page := get(t, Handler(opts), "/")
	if res.StatusCode != http.StatusOK || !strings.Contains(page, "2 of 9 logins") || strings.Contains(page, "refusals left") {
		t.Errorf("status %d", res.StatusCode)
	}
}
