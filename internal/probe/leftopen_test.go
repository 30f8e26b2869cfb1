package probe_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/probe"
)

// What a login opened, or may have opened, and no cleanup can close is told, and
// changes nothing else; where nothing was opened nothing is told.
func TestRunTellsWhatItCanNotClose(t *testing.T) {
	const breaking, tolerated, untold = loginwatch.Breaking, loginwatch.Tolerated, loginwatch.Class("")
	rest := `"ttl":1209600,"created":"` + time.Now().UTC().Format(time.RFC3339) + `","userId":"5e"}`
	with := func(id string) string { return `{"id":` + id + `,` + rest }
	for _, tt := range []struct {
		name   string
		status int // below 0: the body is cut there
		body   string
		told   loginwatch.Class
	}{
		{"a line break", 200, with(`"acc\n"`), breaking},
		{"a leading blank", 200, with(`" acc"`), breaking},
		{"a control character", 200, with(`"a\u0001c"`), breaking},
		{"a tab at the end", 200, with(`"acc\t"`), breaking},
		{"a number", 200, with(`7`), breaking},
		{"an object", 200, with(`{"value":"acc"}`), breaking},
		{"a line break, created", 201, with(`"acc\n"`), breaking},
		{"a key twice", 200, `{"id":"s1","id":"s1",` + rest, breaking},
		{"Latin-1", 200, strings.Replace(with(`"s1"`), "5e", "caf\xe9", 1), breaking},
		{"over 256 KiB", 200, with(`"s1","more":"` + strings.Repeat("x", 300<<10) + `"`), breaking},
		{"an end too early", 200, with(`"s1"`)[:40], breaking},
		{"cut on the way", -200, with(`"s1"`)[:40], tolerated},

		{"it can be closed", 200, with(`"s1"`), untold},
		{"null", 200, with(`null`), untold},
		{"an empty text", 200, with(`""`), untold},
		{"blanks", 200, with(`" \n"`), untold},
		{"no token", 200, `{` + rest, untold},
		{"nothing", 200, "", untold},
		{"a page", 200, "<html><title>Sign in</title></html>", untold},
		{"a second step", 202, `{"id":" s1","status":"MFA_REQUIRED"}`, untold},
		{"refused", 401, with(`"acc\n"`), untold},
		{"refused, a key twice", 401, `{"id":"s1","id":"s1"}`, untold},
		{"a limit", 429, with(`"acc\n"`), untold},
		{"an outage", 503, with(`"acc\n"`), untold},
		{"an outage that is cut", -503, `{"id":"s1"`, untold},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = append(asked, strings.TrimPrefix(r.URL.Path, "/"))
				w.Header().Set("Content-Type", "application/json")
				if tt.status < 0 {
					w.Header().Set("Content-Length", fmt.Sprint(len(tt.body)+1))
				}
				if r.URL.Path != "/logout" {
					w.WriteHeader(max(tt.status, -tt.status))
					_, _ = io.WriteString(w, tt.body)
				}
			}))
			defer server.Close()
			closing := opening(t, true)
			run := probe.New(probe.Options{}).Run(t.Context(), planOf(closing, target(t, server.URL, secrets{"username": "u", "password": "p"})))
			logins := slices.DeleteFunc(slices.Clone(asked), func(path string) bool { return path == "logout" })
			if len(logins) != 1 || (len(asked) == 2) != (tt.name == "it can be closed") {
				t.Errorf("asked for %v", asked)
			}
			var told loginwatch.Class
			for _, f := range run.Findings() {
				if f.Kind == loginwatch.KindCleanup {
					told = f.Class
					if !strings.Contains(f.Documented, "session") || !strings.Contains(f.Got, "not sent") || f.Fingerprint == "" {
						t.Errorf("%+v", f)
					}
				}
			}
			// A token that was read, though it can't be sent, is named by its fingerprint.
			named := slices.ContainsFunc(run.Findings(), func(f loginwatch.Finding) bool {
				return f.Kind == loginwatch.KindCleanup && regexp.MustCompile(`fingerprint [0-9a-f]{12} may stay open$`).MatchString(f.Got)
			})
			if read := tt.told == breaking && tt.status == 200 && run.Subject().Token.Present; named != read {
				t.Errorf("named %t, want %t: %+v", named, read, run.Findings())
			}
			if told != tt.told {
				t.Errorf("told as %q, want %q: %+v", told, tt.told, run.Findings())
			}
			if told != untold && len(run.Signs()) == 0 || told == untold && slices.Contains(run.Signs(), loginwatch.SignLeftOpen) {
				t.Errorf("signs %v", run.Signs())
			}
			plain := probe.New(probe.Options{}).Run(t.Context(), planOf(opening(t, false), target(t, server.URL, secrets{"username": "u", "password": "p"})))
			if run.Verdict != plain.Verdict || run.Reason != plain.Reason || run.Refusal() != plain.Refusal() {
				t.Errorf("%s %s %q, without a cleanup %s %s %q", run.Verdict, run.Reason, run.Refusal(), plain.Verdict, plain.Reason, plain.Refusal())
			}
		})
	}
}

// opening is a documented login whose token a logout needs, with or without that.
func opening(t *testing.T, closed bool) *loginwatch.Probe {
	t.Helper()
	cat := small(t)
	c := cat.Contract("framework")
	p := caseProbe(t, cat, c.Vendor, "valid-credentials")
	odd := *c
	odd.Secrets = append(slices.Clone(c.Secrets), loginwatch.Secret{Name: "session"})
	p.Contract, p.Steps = &odd, slices.Clone(p.Steps)
	p.Steps[0].Capture = []loginwatch.Capture{{Name: "session", At: "/id"}}
	if closed {
		p.Steps = append(p.Steps, sessioned().Steps[3])
	}
	return p
}

// A login that is well, and a follow-up that should have given what closes it and
// did not: that is told as well.
func TestRunTellsWhatAFollowUpDidNotGive(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/profile" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"nonce":"n1","session":"s1"}`)
	}))
	defer server.Close()
	p := sessioned()
	p.Contract.Secrets = append(p.Contract.Secrets, loginwatch.Secret{Name: "id"})
	p.Steps[2].Capture = []loginwatch.Capture{{Name: "id", At: "/id"}}
	p.Steps[3].Case.Needs = append(p.Steps[3].Case.Needs, "id")
	run := probe.New(probe.Options{}).Run(t.Context(), planOf(p, target(t, server.URL, secrets{"password": "right"})))
	if run.Verdict != loginwatch.Unavailable || !slices.Contains(run.Signs(), loginwatch.SignLeftOpen) {
		t.Errorf("%s, signs %v", run.Verdict, run.Signs())
	}
	if !slices.ContainsFunc(run.Findings(), func(f loginwatch.Finding) bool {
		return f.Kind == loginwatch.KindCleanup && f.Class == loginwatch.Tolerated
	}) {
		t.Errorf("findings %+v", run.Findings())
	}
}

// A login of which no token is documented gives what its steps capture.
func TestRunTellsWhatALoginWithoutATokenLeftOpen(t *testing.T) {
	for body, told := range map[string]bool{
		`{"session":"acc\n"}`: true, `{"session":" acc"}`: true, `{"session":7}`: true, `{"session":"s1","session":"s1"}`: true,
		"{\"session\":\"s1\",\"name\":\"caf\xe9\"}": true, `{"session":"s1"`: true,
		`{"session":"s1"}`: false, `{}`: false, `{"session":null}`: false, `{"session":0}`: false, `{"session":""}`: false, ``: false, `welcome`: false,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			switch r.URL.Path {
			case "/nonce":
				_, _ = io.WriteString(w, `{"nonce":"n1"}`)
			case "/login":
				_, _ = io.WriteString(w, body)
			}
		}))
		run := probe.New(probe.Options{}).Run(t.Context(), planOf(sessioned(), target(t, server.URL, secrets{"password": "right"})))
		server.Close()
		got := slices.ContainsFunc(run.Findings(), func(f loginwatch.Finding) bool { return f.Kind == loginwatch.KindCleanup })
		if got != told {
			t.Errorf("%q: %s %s, told %t: %+v", body, run.Verdict, run.Reason, got, run.Findings())
		}
	}
}
