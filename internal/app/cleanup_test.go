package app_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/report"
)

// What breaks off after the login is told by what came: only an answer that is
// not as documented breaks the document, and verify ends as it does for a login.
func TestVerificationAfterTheLogin(t *testing.T) {
	const reset, hang = -1, -2
	for _, tt := range []struct {
		name                   string
		status                 int
		profile                loginwatch.Verdict
		class                  loginwatch.Class // of what is told
		loginEnds, profileEnds int              // where the logout, or the profile, was answered like that
	}{
		{"down", 503, loginwatch.Unavailable, loginwatch.Tolerated, 0, 3},
		{"an error", 500, loginwatch.Unavailable, loginwatch.Tolerated, 0, 3},
		{"limited", 429, loginwatch.Throttled, loginwatch.Tolerated, 0, 3},
		{"reset", reset, loginwatch.Unavailable, loginwatch.Tolerated, 0, 3},
		{"a time-out", hang, loginwatch.Unavailable, loginwatch.Tolerated, 0, 3},
		{"refused", 401, loginwatch.Drift, loginwatch.Breaking, 1, 1},
		{"not there", 404, loginwatch.Drift, loginwatch.Breaking, 1, 1},
		{"a redirect", 302, loginwatch.Drift, loginwatch.Breaking, 1, 1},
	} {
		for _, path := range []string{"/profile", "/logout"} {
			t.Run(tt.name+path, func(t *testing.T) {
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					switch {
					case r.URL.Path == "/login":
						_, _ = io.WriteString(w, `{"session":"s1"}`)
					case r.URL.Path != path:
					case tt.status == hang:
						<-r.Context().Done()
					case tt.status == reset:
						panic(http.ErrAbortHandler)
					default:
						w.WriteHeader(tt.status)
					}
				}))
				defer server.Close()
				base, _ := url.Parse(server.URL)
				c, p := sessionContract()
				asked, kind, verdict, ends := c.Cases[1], loginwatch.KindFollowUp, tt.profile, tt.profileEnds
				if path == "/logout" {
					asked, kind, verdict, ends = c.Cases[0], loginwatch.KindCleanup, loginwatch.OK, tt.loginEnds
				}
				v := app.NewVerification(app.VerificationOptions{Probes: []*loginwatch.Probe{p}, Timeout: 300 * time.Millisecond})
				runs := v.Run(t.Context(), []*loginwatch.Case{asked}, c, &loginwatch.Target{
					Name: "test", BaseURL: base, Credential: "test", Secrets: config.Static("the test", map[string]string{"password": "right"}),
				})
				run := runs[0].Run
				if run.Verdict != verdict {
					t.Errorf("%s %s %s, want %s", run.Verdict, run.Reason, run.Detail, verdict)
				}
				told := report.Report{Results: []report.Result{report.FromRun(run, asked)}}
				if got := report.ExitCode(told); got != ends {
					t.Errorf("verify ends with %d, want %d", got, ends)
				}
				var text strings.Builder
				if err := report.Write(&text, "text", told, report.Options{}); err != nil {
					t.Fatal(err)
				}
				if left := "the login works, but what it opened could not be closed"; strings.Contains(text.String(), left) != (path == "/logout") {
					t.Errorf("the report says\n%s", text.String())
				}
				found := slices.ContainsFunc(run.Findings(), func(f loginwatch.Finding) bool { return f.Kind == kind && f.Class == tt.class && f.Got != "" })
				if !found {
					t.Errorf("no %s finding of kind %s: %+v", tt.class, kind, run.Findings())
				}
				if open := slices.Contains(run.Signs(), loginwatch.SignLeftOpen); open != (path == "/logout") {
					t.Errorf("signs %v", run.Signs())
				}
			})
		}
	}
}
