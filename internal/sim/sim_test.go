package sim

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
)

func TestConditions(t *testing.T) {
	h := newSim(t, Options{}, sample(t)).Handler("sample")
	valid := loginCall(validBody)
	get := func(query string) call { return call{method: "GET", path: "/v1/key?" + query} }
	tests := []struct {
		name   string
		call   call
		status int
		error  string // of the documented body; "" when the answer is not a refusal
	}{
		{"valid", valid, 200, ""},
		{"valid with extra members and parameters of the media type",
			loginCall(`{"user":"demo-user","pin":"demo-pin","realm":"x","more":1}`).with("Content-Type", "Application/JSON; charset=utf-8"), 200, ""},
		{"valid in the other form", loginCall(`{"card":"card demo-card","pin":"demo-pin"}`), 200, ""},
		{"both forms, one of them right", loginCall(`{"card":"card no","user":"demo-user","pin":"demo-pin","realm":"x"}`), 200, ""},
		{"wrong password", loginCall(`{"user":"demo-user","pin":"x","realm":"x"}`), 401, "wrong"},
		{"wrong password in the other form", loginCall(`{"card":"card demo-card","pin":"x"}`), 401, "wrong"},
		{"unknown user", loginCall(`{"user":"x","pin":"demo-pin","realm":"x"}`), 404, "unknown"},
		{"unknown user and wrong password", loginCall(`{"user":"x","pin":"x","realm":"x"}`), 404, "unknown"},
		{"empty user", loginCall(`{"user":"","pin":"demo-pin","realm":"x"}`), 404, "unknown"},
		{"text around the secret is wrong", loginCall(`{"card":"demo-card","pin":"demo-pin"}`), 404, "unknown"},
		{"not JSON", loginCall(`{"user": `), 400, "malformed"},
		{"no body", loginCall(``), 400, "malformed"},
		{"JSON and more", loginCall(validBody + `<html>`), 400, "malformed"},
		{"a number that nothing can hold", loginCall(`{"user":1e999999999,"pin":"x"}`), 400, "malformed"},
		{"larger than any login", loginCall(`{"user":"` + strings.Repeat("a", maxRequestBody) + `"}`), 400, "malformed"},
		{"field missing", loginCall(`{"user":"demo-user","realm":"x"}`), 422, "invalid"},
		{"field of another type", loginCall(`{"user":"demo-user","pin":1,"realm":"x"}`), 422, "invalid"},
		{"not an object", loginCall(`[]`), 422, "invalid"},
		{"secret header missing", valid.with("X-Key", ""), 403, "header"},
		{"secret header wrong", valid.with("X-Key", "Key x"), 403, "header"},
		{"secret header without its scheme", valid.with("X-Key", "demo-key"), 403, "header"},
		{"optional header right", valid.with("X-Portal", "demo-portal"), 200, ""},
		{"optional header wrong", valid.with("X-Portal", "x"), 403, "header"},
		{"content type wrong", valid.with("Content-Type", "text/plain"), 403, "header"},
		{"accepts anything", valid.with("Accept", "text/html, */*;q=0.5"), 200, ""},
		{"accepts nothing that there is", valid.with("Accept", "text/html"), 403, "header"},
		{"another path beside", call{"POST", "/v1/session/logon", validBody, valid.header}, 410, "path"},
		{"another path elsewhere", call{"GET", "/", "", nil}, 410, "path"},
		{"another method", call{"PUT", "/v1/session/login", "", nil}, 405, ""},
		{"query right", get("access=demo-access&realm=x"), 200, ""},
		{"query secret wrong", get("access=x&realm=x"), 401, ""},
		{"query parameter missing", get("access=demo-access"), 400, ""},
		{"query unreadable", get("access=%zz"), 400, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := do(h, tt.call)
			if res.StatusCode != tt.status {
				t.Fatalf("status %d, want %d", res.StatusCode, tt.status)
			}
			if got, want := res.Header.Get("Date"), "Wed, 04 Mar 2026 05:06:07 GMT"; got != want {
				t.Errorf("Date %q, want %q", got, want)
			}
			documented := tt.status == 200 || tt.error != ""
			if mark := res.Header.Get(MarkHeader); (mark == "") != documented {
				t.Errorf("%s is %q", MarkHeader, mark)
			}
			body := bodyOf(t, res)
			switch {
			case tt.error != "" && string(body) != `{"error": "`+tt.error+`"}`:
				t.Errorf("body %q, want the example of %q", body, tt.error)
			case !documented && len(body) > 0:
				t.Errorf("body %q where the document is silent", body)
			}
		})
	}
}

func TestMethodNotAllowedListsMethods(t *testing.T) {
	res := do(newSim(t, Options{}, sample(t)), call{method: "DELETE", path: "/v1/key"})
	if got := res.Header.Get("Allow"); got != "GET" {
		t.Errorf("Allow %q", got)
	}
}

func TestRateLimitSlides(t *testing.T) {
	c := sample(t)
	c.Operation("login").Limit = &loginwatch.RateLimit{Requests: 3, Per: 5 * time.Second}
	now := start
	s := newSim(t, Options{Now: func() time.Time { return now }}, c)
	steps := []struct {
		after  time.Duration
		status int
		retry  string
	}{
		{0, 200, ""},
		{2 * time.Second, 200, ""},
		{0, 200, ""},
		{0, 429, "3"},
		{2500 * time.Millisecond, 429, "1"},
		{500 * time.Millisecond, 200, ""}, // the first has left, the refused were not counted
		{0, 429, "2"},
		{-time.Hour, 200, ""}, // a clock that is set back does not close the window for an hour
	}
	for i, step := range steps {
		now = now.Add(step.after)
		res := do(s, loginCall(validBody))
		if res.StatusCode != step.status || res.Header.Get("Retry-After") != step.retry {
			t.Errorf("request %d: %d, Retry-After %q; want %d, %q",
				i, res.StatusCode, res.Header.Get("Retry-After"), step.status, step.retry)
		}
		if ct := res.Header.Get("Content-Type"); step.status == 429 && (ct != "" || len(bodyOf(t, res)) > 0) {
			t.Errorf("request %d: an unspecified body came as %q", i, ct)
		}
	}
	if res := do(s, call{method: "GET", path: "/v1/key?access=demo-access&realm=x"}); res.StatusCode != 200 {
		t.Errorf("the limit of one operation closed another: %d", res.StatusCode)
	}
}

// A key that one operation hands out opens the other, for an hour.
func TestHandedOutValuesAreAccepted(t *testing.T) {
	now := start
	s := newSim(t, Options{Now: func() time.Time { return now }}, sample(t))
	value, _ := loginwatch.Lookup(docOf(t, do(s, call{method: "GET", path: "/v1/key?access=demo-access&realm=x"})), "/Key")
	withKey := loginCall(validBody).with("X-Key", "Key "+value.(string))
	res := do(s, withKey)
	if res.StatusCode != 200 {
		t.Fatalf("the key that was handed out is refused: %d", res.StatusCode)
	}
	token, _ := loginwatch.Lookup(docOf(t, res), "/token")
	if res := do(s, loginCall(validBody).with("X-Key", "Key "+token.(string))); res.StatusCode != 403 {
		t.Errorf("an operation's own token opened it: %d", res.StatusCode)
	}
	now = now.Add(time.Hour)
	if res := do(s, withKey); res.StatusCode != 403 {
		t.Errorf("a key of an hour ago is accepted: %d", res.StatusCode)
	}
}

func TestHandedOutIsBounded(t *testing.T) {
	var h handedOut
	name := func(i int) string {
		return strings.Repeat("x", i%7) + string(rune('a'+i%26)) + time.Duration(i).String()
	}
	for i := range 3*handedOutMax + 1 {
		h.add(name(i), "a", start)
	}
	if len(h.items) != handedOutMax {
		t.Errorf("%d values are kept", len(h.items))
	}
	if !h.has(name(3*handedOutMax), "b", start) || !h.has(name(2*handedOutMax+1), "b", start) || h.has(name(2*handedOutMax), "b", start) {
		t.Error("not the newest values are kept")
	}
}

func TestCredentials(t *testing.T) {
	s := newSim(t, Options{Credentials: map[string]map[string]string{"sample": {"pin": "9"}}}, sample(t))
	want := map[string]string{
		"user": "demo-user", "pin": "9", "card": "demo-card", "access": "demo-access", "key": "demo-key", "portal": "demo-portal",
	}
	if diff := cmp.Diff(want, s.Credentials("sample")); diff != "" {
		t.Error(diff)
	}
	s.Credentials("sample")["pin"] = "changed"
	if res := do(s, loginCall(`{"user":"demo-user","pin":"9","realm":"x"}`)); res.StatusCode != 200 {
		t.Errorf("the value that was set is refused: %d", res.StatusCode)
	}
	if res := do(s, loginCall(validBody)); res.StatusCode != 401 {
		t.Errorf("the demo value is still accepted: %d", res.StatusCode)
	}
	if s.Credentials("other") != nil {
		t.Error("an unknown vendor has credentials")
	}
}

// A secret that has no value can't be guessed by sending none.
func TestSecretWithoutValueMatchesNothing(t *testing.T) {
	c := sample(t)
	c.Secrets[0].Demo = ""
	s := newSim(t, Options{}, c)
	if res := do(s, loginCall(`{"user":"","pin":"demo-pin","realm":"x"}`)); res.StatusCode != 404 {
		t.Errorf("status %d", res.StatusCode)
	}
}

func TestVendorsBelowTheirNames(t *testing.T) {
	second := sample(t)
	second.Vendor = "second"
	both := newSim(t, Options{}, sample(t), second)
	one := newSim(t, Options{}, second)
	login := loginCall(validBody)
	below := func(prefix string) call { c := login; c.path = prefix + c.path; return c }
	tests := []struct {
		name   string
		h      http.Handler
		call   call
		status int
	}{
		{"first of two", both, below("/sample"), 200},
		{"second of two", both, below("/second"), 200},
		{"root of two", both, login, 404},
		{"list of two", both, call{method: "GET", path: "/"}, 200},
		{"unknown vendor", both, below("/third"), 404},
		{"vendor's wrong path", both, call{"POST", "/second/x", "", nil}, 410},
		{"one at its name", one, below("/second"), 200},
		{"one at the root", one, login, 200},
		{"own handler", both.Handler("second"), login, 200},
		{"own handler of nobody", both.Handler("third"), login, 404},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if res := do(tt.h, tt.call); res.StatusCode != tt.status {
				t.Errorf("status %d, want %d", res.StatusCode, tt.status)
			}
		})
	}
	index := string(bodyOf(t, do(both, call{method: "GET", path: "/"})))
	if !strings.Contains(index, "POST  /second/v1/session/login") || strings.Contains(index, "demo-") {
		t.Errorf("index:\n%s", index)
	}
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*loginwatch.Contract)
		opts   Options
		twice  bool
		want   string
	}{
		{name: "two contracts", twice: true, want: `vendor "sample" has two contracts`},
		{name: "vendor of credentials", opts: Options{Credentials: map[string]map[string]string{"x": {"pin": "secret-value"}}},
			want: `credentials are set for "x", which is not simulated`},
		{name: "name of a secret", opts: Options{Credentials: map[string]map[string]string{"sample": {"pni": "secret-value"}}},
			want: `vendor "sample": the contract has no secret "pni"`},
		{name: "empty secret", opts: Options{Credentials: map[string]map[string]string{"sample": {"pin": ""}}},
			want: `vendor "sample": secret "pin" is empty`},
		{name: "fault", opts: Options{Faults: []string{"x=outage"}}, want: `fault for "x", which is not simulated`},
		{name: "no example", change: func(c *loginwatch.Contract) { c.Operation("login").Outcome("wrong").Example = nil },
			want: `vendor "sample": operation "login": outcome "wrong": it has a schema and no example`},
		{name: "broken example", change: func(c *loginwatch.Contract) { c.Operation("login").Outcome("wrong").Example = example(`{"a" 1}`) },
			want: `vendor "sample": operation "login": outcome "wrong": example example.json: not JSON at byte 4`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := sample(t)
			if tt.change != nil {
				tt.change(c)
			}
			contracts := []*loginwatch.Contract{c}
			if tt.twice {
				contracts = append(contracts, c)
			}
			_, err := New(contracts, tt.opts)
			if err == nil || err.Error() != tt.want {
				t.Errorf("error %v\nwant  %s", err, tt.want)
			}
		})
	}
}

// failing is a random source that has run dry after its first n bytes.
type failing struct{ n int }

func (f *failing) Read(p []byte) (int, error) {
	if f.n -= len(p); f.n < 0 {
		return 0, errors.New("dry")
	}
	return len(p), nil
}

func TestNoRandomnessIsNoAnswer(t *testing.T) {
	var log bytes.Buffer
	source := &failing{n: 1 << 20}
	s := newSim(t, Options{Rand: source, Logger: slog.New(slog.NewTextHandler(&log, nil))}, sample(t))
	source.n = 0
	res := do(s, loginCall(validBody))
	if res.StatusCode != 500 || res.Header.Get(MarkHeader) == "" {
		t.Errorf("status %d", res.StatusCode)
	}
	if !strings.Contains(log.String(), "random source: dry") {
		t.Errorf("log %q", log.String())
	}
}

func TestLogHoldsNothingThatWasSent(t *testing.T) {
	var log bytes.Buffer
	s := newSim(t, Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}, sample(t))
	for _, c := range []call{
		loginCall(`{"user":"marker","pin":"marker","realm":"marker"}`), loginCall(`marker`), loginCall(validBody),
		{"GET", "/marker?marker", "", nil}, {"GET", "/v1/key?access=marker&realm=marker", "", nil},
		loginCall(validBody).with("X-Key", "marker"),
	} {
		do(s, c)
	}
	if n := strings.Count(log.String(), "\n"); n != 6 {
		t.Errorf("%d lines for 6 answers", n)
	}
	if strings.Contains(log.String(), "marker") || strings.Contains(log.String(), "demo-") {
		t.Errorf("log:\n%s", log.String())
	}
}
