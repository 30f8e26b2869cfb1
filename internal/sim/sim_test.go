package sim

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

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
		{"a login and more white space than any", loginCall(validBody + strings.Repeat(" ", maxRequestBody)), 400, "malformed"},
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
		{"another path elsewhere", call{"GET", "/x", "", nil}, 410, "path"},
		{"the root with another method", call{"POST", "/", "", nil}, 410, "path"},
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

// A case that may meet the wrong-password answer but keeps nothing of the known
// user does not say which secret is the password.
func TestUnknownUserTellsNothingAboutPasswords(t *testing.T) {
	c := sample(t)
	k := c.Case("unknown-user")
	k.Expect = append(k.Expect, c.Operation("login").Outcome("wrong"))
	h := newSim(t, Options{}, c)
	for body, status := range map[string]int{
		`{"user":"x","pin":"demo-pin","realm":"x"}`:  404,
		`{"user":"demo-user","pin":"x","realm":"x"}`: 401,
	} {
		if res := do(h, loginCall(body)); res.StatusCode != status {
			t.Errorf("%s: status %d, want %d", body, res.StatusCode, status)
		}
	}
}

// Of several operations that document a wrong path, the one beside it answers.
func TestWrongPathIsTheNearestOperations(t *testing.T) {
	c := sample(t)
	other := sampleLogin(t)
	other.ID, other.Request.Path = "other", "/v2/login"
	other.Outcome("path").Statuses = []int{404}
	c.Operations = append(c.Operations, other)
	h := newSim(t, Options{}, c)
	for path, status := range map[string]int{"/v1/session/x": 410, "/v2/x": 404, "/v2": 404, "/v1": 410} {
		if res := do(h, call{method: "POST", path: path}); res.StatusCode != status {
			t.Errorf("%s: status %d, want %d", path, res.StatusCode, status)
		}
	}
}

// A form may need a header of its own, and one that another form leaves out.
func TestHeadersOfOneForm(t *testing.T) {
	c := sample(t)
	k := c.Case("valid-card")
	k.Headers = []loginwatch.Header{{Name: "X-Card", Value: "${portal}"}}
	k.WithoutHeaders = []string{"x-key"}
	h := newSim(t, Options{}, c)
	user, card := loginCall(validBody), loginCall(`{"card":"card demo-card","pin":"demo-pin"}`).with("X-Key", "")
	for i, tt := range []struct {
		call   call
		status int
	}{
		{user, 200}, {user.with("X-Key", ""), 403}, {user.with("X-Key", "Key x"), 403},
		{card, 403}, {card.with("X-Card", "demo-portal"), 200}, {card.with("X-Card", "x"), 403},
	} {
		if res := do(h, tt.call); res.StatusCode != tt.status {
			t.Errorf("request %d: status %d, want %d", i, res.StatusCode, tt.status)
		}
	}
}

func TestMethodNotAllowedListsMethods(t *testing.T) {
	res := do(newSim(t, Options{}, sample(t)), call{method: "DELETE", path: "/v1/key"})
	if got := res.Header.Get("Allow"); got != "GET" {
		t.Errorf("Allow %q", got)
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
	if res := do(s, loginCall(`{"user":"demo-user","pin":"9","realm":"x"}`)); res.StatusCode != http.StatusOK {
		t.Errorf("the value that was set is refused: %d", res.StatusCode)
	}
	if res := do(s, loginCall(validBody)); res.StatusCode != http.StatusUnauthorized {
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
	if res := do(s, loginCall(`{"user":"","pin":"demo-pin","realm":"x"}`)); res.StatusCode != http.StatusNotFound {
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
}

// Whoever opens an address sees what is served there, unless that is a login.
func TestRootListsOperations(t *testing.T) {
	second := sample(t)
	second.Vendor = "second"
	both, one := newSim(t, Options{}, sample(t), second), newSim(t, Options{}, second)
	get := func(path string) call { return call{method: "GET", path: path} }
	for name, tt := range map[string]struct {
		h            http.Handler
		path         string
		lists, lacks string
	}{
		"several":           {both, "/", "POST  /second/v1/session/login", "\t"},
		"one of several":    {both, "/second/", "GET   /second/v1/key", "/sample"},
		"without the slash": {both, "/second", "POST  /second/v1/session/login", "/sample"},
		"the only one":      {one, "/", "GET   /v1/key", "/second"},
		"own handler":       {both.Handler("second"), "/", "POST  /v1/session/login", "/second"},
	} {
		t.Run(name, func(t *testing.T) {
			res := do(tt.h, get(tt.path))
			body := string(bodyOf(t, res))
			if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/plain; charset=utf-8" || res.Header.Get(MarkHeader) == "" {
				t.Errorf("status %d, %v", res.StatusCode, res.Header)
			}
			if !strings.Contains(body, tt.lists) || strings.Contains(body, tt.lacks) || strings.Contains(body, "demo-") {
				t.Errorf("index:\n%s", body)
			}
		})
	}
	second.Operation("key").Request.Path = "/"
	h := newSim(t, Options{}, second)
	if res := do(h, get("/?access=demo-access&realm=x")); res.Header.Get("Content-Type") != "application/json" {
		t.Errorf("an operation at the root is hidden: %v", res.Header)
	}
	if err := h.SetFault("", Fault{Name: FaultOutage}); err != nil {
		t.Fatal(err)
	}
	if res := do(h, get("/")); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status %d in an outage", res.StatusCode)
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
		{name: "fault", opts: Options{Faults: []string{"x=outage"}}, want: `fault for "x", which is not simulated; simulated: sample`},
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
	if res.StatusCode != http.StatusInternalServerError || res.Header.Get(MarkHeader) == "" {
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
	if want := "operation=login method=POST path=/v1/session/login vendor=sample condition=valid outcome=success status=200"; !strings.Contains(log.String(), want) {
		t.Errorf("log lacks %q:\n%s", want, log.String())
	}
	if strings.Contains(log.String(), "marker") || strings.Contains(log.String(), "demo-") {
		t.Errorf("log:\n%s", log.String())
	}
}
