package probe_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/probe"
)

// byChallenge asks for a challenge and answers it.
func byChallenge() *loginwatch.Probe {
	step := func(role loginwatch.Role, path string, success *loginwatch.Outcome) loginwatch.Step {
		op := &loginwatch.Operation{ID: path, Request: loginwatch.Request{Method: "GET", Path: "/" + path}, Outcomes: []*loginwatch.Outcome{success}}
		return loginwatch.Step{Role: role, Case: &loginwatch.Case{ID: path, Operation: op, Expect: []*loginwatch.Outcome{success}}}
	}
	challenged := &loginwatch.Outcome{ID: "challenged", Statuses: []int{401}, Body: loginwatch.BodyUnspecified, Means: loginwatch.OK}
	challenged.Headers = []loginwatch.AnswerHeader{{Name: "WWW-Authenticate", Secret: true}}
	done := &loginwatch.Outcome{ID: "done", Statuses: []int{200}, Body: loginwatch.BodyUnspecified, Means: loginwatch.OK}
	ask, in := step(loginwatch.RoleSetup, "ask", challenged), step(loginwatch.RoleSubject, "in", done)
	ask.Capture = []loginwatch.Capture{{Name: "challenge", At: "header:WWW-Authenticate"}}
	in.Case.Operation.Request.Headers = []loginwatch.Header{{Name: "Authorization", Value: "${digest}"}}
	in.Case.Needs = []string{"username", "password", "challenge"}
	return &loginwatch.Probe{
		Contract: &loginwatch.Contract{
			Vendor: "example", Secrets: []loginwatch.Secret{{Name: "username"}, {Name: "password"}, {Name: "challenge"}},
			Computed: []*loginwatch.Computed{{
				Name: "digest", Function: "digest", Of: []string{"${username}", "${password}"}, Options: map[string]string{"challenge": "${challenge}"},
			}},
		},
		Name: "login", Timeout: 5 * time.Second, Steps: []loginwatch.Step{ask, in},
	}
}

// TestUselessAnswers: what an answer gave and nothing can be computed of is the
// vendor's; where a secret of ours is what doesn't fit, it is ours.
func TestUselessAnswers(t *testing.T) {
	const digest = `Digest realm="r", nonce="hidden-nonce"`
	for _, tt := range []struct {
		name, challenge, username string
		want                      loginwatch.Verdict
		reason                    loginwatch.Reason
		asked                     string
		says                      string
	}{
		{"answered", digest, "user", loginwatch.OK, "", "/ask /in", ""},
		{"another scheme", `Basic realm="hidden-nonce"`, "user", loginwatch.Drift, loginwatch.ReasonContract, "/ask", "asks for no Digest"},
		{"an algorithm that nobody knows", digest + ", algorithm=hidden-nonce", "user", loginwatch.Drift, loginwatch.ReasonContract, "/ask", "asks for an algorithm of Digest"},
		{"a name that Digest can't carry", digest, "us:er", loginwatch.Broken, loginwatch.ReasonSecretUnusable, "/ask", "input 1 has a colon"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.URL.Path)
				if r.URL.Path == "/ask" {
					w.Header().Set("WWW-Authenticate", tt.challenge)
					w.WriteHeader(http.StatusUnauthorized)
				}
			}))
			defer server.Close()
			run := probe.New(probe.Options{}).Run(t.Context(), planOf(byChallenge(), target(t, server.URL, secrets{"username": tt.username, "password": "pass"})))
			if got := strings.Join(asked, " "); got != tt.asked || run.Verdict != tt.want || run.Reason != tt.reason || !strings.Contains(run.Detail, tt.says) {
				t.Errorf("%s %s %q: asked %s, want %s %s, %s", run.Verdict, run.Reason, run.Detail, got, tt.want, tt.reason, tt.asked)
			}
			if strings.Contains(run.Detail, "hidden-nonce") {
				t.Errorf("%q repeats what the vendor sent", run.Detail)
			}
			found := run.Findings()
			if tt.want != loginwatch.Drift {
				return
			}
			if len(found) != 1 || found[0].Kind != loginwatch.KindValue || found[0].Pointer != "header:WWW-Authenticate" || found[0].Fingerprint == "" {
				t.Errorf("findings %+v", found)
			}
		})
	}
}
