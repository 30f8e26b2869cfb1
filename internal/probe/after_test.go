package probe_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/flow"
	"github.com/loginwatch/loginwatch/internal/probe"
)

// What proves that a session is dead says nothing when the logout was not as
// documented, and a logout that is asked about closes the session also when the
// login in front of it is odd: both once.
func TestCleanupsThatStandAfterOthers(t *testing.T) {
	const login, oddLogin = `{"session":"s1"}`, `<session>`
	for _, tt := range []struct {
		name, login string
		logout      int
		asked       string // of the whole probe, then of the logout alone, then of the proof alone
	}{
		{"all is well", login, 200, "login logout proof | login logout proof | login logout proof"},
		{"the logout fails", login, 500, "login logout | login logout | login logout"},
		{"the login is odd", oddLogin, 200, "login logout proof | login logout proof | login logout proof"},
		{"both", oddLogin, 500, "login logout | login logout | login logout"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked []string
			closed := false
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				path := strings.TrimPrefix(r.URL.Path, "/")
				asked = append(asked, path)
				w.Header().Set("X-Session", "s1")
				switch {
				case path == "login":
					w.Header().Set("Content-Type", "application/json")
					_, _ = io.WriteString(w, tt.login)
				case path == "logout":
					w.WriteHeader(tt.logout)
					closed = true
				case closed:
					w.WriteHeader(http.StatusUnauthorized)
				}
			}))
			defer server.Close()
			whole := provenProbe()
			proof := whole.Steps[2].Case
			probes := []*loginwatch.Probe{whole}
			var got []string
			for _, p := range []*loginwatch.Probe{
				whole, flow.ForCase(proof.After[0], whole.Contract, probes, time.Minute), flow.ForCase(proof, whole.Contract, probes, time.Minute),
			} {
				asked, closed = nil, false
				probe.New(probe.Options{}).Run(t.Context(), planOf(p, target(t, server.URL, secrets{"password": "right"})))
				got = append(got, strings.Join(asked, " "))
			}
			if got := strings.Join(got, " | "); got != tt.asked {
				t.Errorf("asked for %s, want %s", got, tt.asked)
			}
		})
	}
}

// provenProbe is a login whose session is in a header, its logout and the proof of
// it.
func provenProbe() *loginwatch.Probe {
	p := sessioned()
	login, logout, proof := p.Steps[1], p.Steps[3], p.Steps[2]
	ok := login.Case.Operation.Outcomes[0]
	ok.Body, ok.ContentTypes, ok.Headers = loginwatch.BodyJSON, []string{"application/json"}, []loginwatch.AnswerHeader{{Name: "X-Session"}}
	login.Case.Needs, login.Case.Operation.Request.Headers = []string{"password"}, nil
	login.Capture = []loginwatch.Capture{{Name: "session", At: "header:X-Session"}}
	proof.Role, proof.Case.ID, proof.Case.Operation.Request.Path = loginwatch.RoleCleanup, "proof", "/proof"
	proof.Case.Expect, proof.Case.After = proof.Case.Operation.Outcomes[1:], []*loginwatch.Case{logout.Case}
	p.Steps = []loginwatch.Step{login, logout, proof}
	return p
}
