package app_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
)

// A vendor with a login, a call that uses its session, and a logout: verify opens
// a session for each case that needs one and closes it, so none is used that it
// has closed itself.
func TestVerificationClosesWhatItOpens(t *testing.T) {
	for _, tt := range []struct {
		name    string
		profile int // status
		asked   string
		verdict loginwatch.Verdict // of the profile
	}{
		{"as documented", 200, "login logout login profile logout", loginwatch.OK},
		{"the session is refused", 403, "login logout login profile logout", loginwatch.Drift},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked []string
			open := map[string]bool{}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				name := strings.TrimPrefix(r.URL.Path, "/")
				asked = append(asked, name)
				session := r.Header.Get("X-Session")
				switch {
				case name == "login":
					session = "s" + strings.Repeat("1", len(asked))
					open[session] = true
					_, _ = io.WriteString(w, `{"session":"`+session+`"}`)
				case !open[session]:
					t.Errorf("%s came with a session that is closed", name)
				case name == "profile":
					w.WriteHeader(tt.profile)
				case name == "logout":
					delete(open, session)
				}
			}))
			defer server.Close()
			base, _ := url.Parse(server.URL)
			c, p := sessionContract()
			v := app.NewVerification(app.VerificationOptions{Probes: []*loginwatch.Probe{p}, Timeout: 5 * time.Second})
			runs := v.Run(t.Context(), c.Cases[:2], c, &loginwatch.Target{
				Name: "test", BaseURL: base, Credential: "test", Secrets: config.Static("the test", map[string]string{"password": "right"}),
			})
			if got := strings.Join(asked, " "); got != tt.asked || len(open) > 0 {
				t.Errorf("asked for %s, want %s; %d sessions are open", got, tt.asked, len(open))
			}
			if got := runs[1].Run; got.Verdict != tt.verdict {
				t.Errorf("profile: %s %s %s", got.Verdict, got.Reason, got.Detail)
			}
		})
	}
}

func sessionContract() (*loginwatch.Contract, *loginwatch.Probe) {
	c := &loginwatch.Contract{Vendor: "example", Secrets: []loginwatch.Secret{{Name: "password"}, {Name: "session"}}}
	step := func(role loginwatch.Role, name, secret string) loginwatch.Step {
		done := &loginwatch.Outcome{ID: "done", Statuses: []int{200}, Body: loginwatch.BodyUnspecified, Means: loginwatch.OK}
		op := &loginwatch.Operation{ID: name, Outcomes: []*loginwatch.Outcome{done}, Request: loginwatch.Request{
			Method: "POST", Path: "/" + name, Headers: []loginwatch.Header{{Name: "X-" + secret, Value: "${" + secret + "}"}},
		}}
		k := &loginwatch.Case{ID: name, Operation: op, Expect: []*loginwatch.Outcome{done}, Needs: []string{secret}}
		c.Cases = append(c.Cases, k)
		return loginwatch.Step{Case: k, Role: role}
	}
	p := &loginwatch.Probe{Contract: c, Name: "login", Timeout: 5 * time.Second, Steps: []loginwatch.Step{
		step(loginwatch.RoleSubject, "login", "password"), step(loginwatch.RoleFollowUp, "profile", "session"), step(loginwatch.RoleCleanup, "logout", "session"),
	}}
	p.Steps[0].Capture = []loginwatch.Capture{{Name: "session", At: "/session"}}
	return c, p
}
