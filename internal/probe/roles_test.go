package probe_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/probe"
)

// sessioned is a login with a step before it, one that uses its session and one
// that closes it.
func sessioned() *loginwatch.Probe {
	secrets := []loginwatch.Secret{{Name: "nonce"}, {Name: "password"}, {Name: "session"}}
	step := func(role loginwatch.Role, path string, needs ...string) loginwatch.Step {
		success := &loginwatch.Outcome{ID: "done", Statuses: []int{200}, Body: loginwatch.BodyUnspecified, Means: loginwatch.OK}
		refused := &loginwatch.Outcome{ID: "refused", Statuses: []int{401}, Body: loginwatch.BodyUnspecified, Means: loginwatch.Rejected}
		op := &loginwatch.Operation{ID: path, Request: loginwatch.Request{Method: "POST", Path: "/" + path}, Outcomes: []*loginwatch.Outcome{success, refused}}
		for _, name := range needs {
			op.Request.Headers = append(op.Request.Headers, loginwatch.Header{Name: "X-" + name, Value: "${" + name + "}"})
		}
		return loginwatch.Step{Role: role, Case: &loginwatch.Case{ID: path, Operation: op, Expect: []*loginwatch.Outcome{success}, Needs: needs}}
	}
	p := &loginwatch.Probe{
		Contract: &loginwatch.Contract{Vendor: "example", Secrets: secrets}, Name: "login", Timeout: 5 * time.Second,
		Steps: []loginwatch.Step{
			step(loginwatch.RoleSetup, "nonce"), step(loginwatch.RoleSubject, "login", "nonce", "password"),
			step(loginwatch.RoleFollowUp, "profile", "session"), step(loginwatch.RoleCleanup, "logout", "session"),
		},
	}
	p.Steps[0].Capture = []loginwatch.Capture{{Name: "nonce", At: "/nonce"}}
	p.Steps[1].Capture = []loginwatch.Capture{{Name: "session", At: "/session"}}
	return p
}

func TestRunRoles(t *testing.T) {
	const hang = -1
	answers := map[string]string{"/nonce": `{"nonce":"n1"}`, "/login": `{"session":"s1"}`}
	for _, tt := range []struct {
		name     string
		status   map[string]int // by path; 200 where none is given
		body     map[string]string
		asked    string
		verdict  loginwatch.Verdict
		reason   loginwatch.Reason
		deciding string
		kinds    []loginwatch.Kind
	}{
		{"all is well", nil, nil, "nonce login profile logout", loginwatch.OK, "", "login", nil},
		{"the setup is refused", map[string]int{"/nonce": 401}, nil, "nonce", loginwatch.Drift, loginwatch.ReasonHTTPStatus, "nonce", []loginwatch.Kind{loginwatch.KindStatus}}, // it sends no credential that could be
		{"the login is refused", map[string]int{"/login": 401}, nil, "nonce login", loginwatch.Rejected, loginwatch.ReasonCredential, "login", nil},
		{"the login gives nothing", nil, map[string]string{"/login": "{}"}, "nonce login", loginwatch.Drift, loginwatch.ReasonContract, "login", []loginwatch.Kind{loginwatch.KindMissing}},
		{"the session is refused", map[string]int{"/profile": 401}, nil, "nonce login profile logout", loginwatch.Drift, loginwatch.ReasonToken, "profile", []loginwatch.Kind{loginwatch.KindFollowUp}},
		{"the profile is down", map[string]int{"/profile": 503}, nil, "nonce login profile logout", loginwatch.Unavailable, loginwatch.ReasonHTTP5xx, "profile", []loginwatch.Kind{loginwatch.KindFollowUp}},
		{"the profile takes all the time", map[string]int{"/profile": hang}, nil, "nonce login profile logout", loginwatch.Unavailable, loginwatch.ReasonTimeout, "profile", []loginwatch.Kind{loginwatch.KindFollowUp}},
		{"the logout fails", map[string]int{"/logout": 500}, nil, "nonce login profile logout", loginwatch.OK, "", "login", []loginwatch.Kind{loginwatch.KindCleanup}},
		{"the logout is refused", map[string]int{"/logout": 401}, nil, "nonce login profile logout", loginwatch.OK, "", "login", []loginwatch.Kind{loginwatch.KindCleanup}},
		{"all after the login fails", map[string]int{"/profile": 503, "/logout": 500}, nil, "nonce login profile logout", loginwatch.Unavailable, loginwatch.ReasonHTTP5xx, "profile", []loginwatch.Kind{loginwatch.KindFollowUp, loginwatch.KindCleanup}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var mu sync.Mutex // what hangs is still being served while the next is asked for
			var asked []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				asked = append(asked, strings.TrimPrefix(r.URL.Path, "/"))
				mu.Unlock()
				if got := r.Header.Get("X-session"); (r.URL.Path == "/profile" || r.URL.Path == "/logout") && got != "s1" {
					t.Errorf("%s came with the session %q", r.URL.Path, got)
				}
				status := tt.status[r.URL.Path]
				if status == hang {
					<-r.Context().Done()
					return
				}
				if status != 0 {
					w.WriteHeader(status)
					return
				}
				w.Header().Set("Content-Type", "application/json")
				body, ok := tt.body[r.URL.Path]
				if !ok {
					body = answers[r.URL.Path]
				}
				_, _ = io.WriteString(w, body)
			}))
			defer server.Close()
			p := sessioned()
			if strings.Contains(tt.name, "all the time") {
				p.Timeout = 300 * time.Millisecond
			}
			run := probe.New(probe.Options{}).Run(t.Context(), planOf(p, target(t, server.URL, secrets{"password": "right"})))
			if run.Verdict != tt.verdict || run.Reason != tt.reason {
				t.Errorf("%s %s (%s), want %s %s", run.Verdict, run.Reason, run.Detail, tt.verdict, tt.reason)
			}
			mu.Lock()
			got := strings.Join(asked, " ")
			mu.Unlock()
			if got != tt.asked {
				t.Errorf("asked for %s, want %s", got, tt.asked)
			}
			if tt.deciding == "profile" && !strings.Contains(run.Detail, "the step profile after it is not") {
				t.Errorf("detail %q", run.Detail)
			}
			if run.Deciding().Case != tt.deciding {
				t.Errorf("decided by %s, want %s", run.Deciding().Case, tt.deciding)
			}
			var kinds []loginwatch.Kind
			for _, f := range run.Findings() {
				kinds = append(kinds, f.Kind)
			}
			if !slices.Equal(kinds, tt.kinds) {
				t.Errorf("findings %v, want %v", kinds, tt.kinds)
			}
			if s := run.Subject(); s != nil && run.Latency() != s.Duration {
				t.Errorf("the run took %s, its login %s", run.Latency(), s.Duration)
			}
		})
	}
}

// A login that is not as documented opened a session all the same, and it is closed.
func TestRunClosesWhatAnOddLoginOpened(t *testing.T) {
	cat := small(t)
	c := cat.Contract("framework")
	success := `{"id":"s1","ttl":1209600,"created":"` + time.Now().UTC().Format(time.RFC3339) + `","userId":"5e"}`
	for name, tt := range map[string]struct {
		status     int
		kind, body string
		asked      string
	}{
		"created":          {201, "application/json", success, "login logout"},
		"a redirect":       {302, "application/json", success, "login logout"},
		"called a page":    {200, "text/html", success, "login logout"},
		"behind a mark":    {200, "application/json", "\ufeff" + success, "login logout"},
		"a number":         {200, "application/json", strings.Replace(success, `"s1"`, "7", 1), "login"},
		"a second step":    {202, "application/json", `{"id":"s1","status":"MFA_REQUIRED"}`, "login"},
		"a documented one": {200, "application/json", success, "login logout"},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/logout" {
					asked = append(asked, "logout")
					if got := r.Header.Get("X-session"); got != "s1" {
						t.Errorf("the logout came with the session %q", got)
					}
					return
				}
				asked = append(asked, "login")
				w.Header().Set("Content-Type", tt.kind)
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}))
			defer server.Close()
			p := caseProbe(t, cat, c.Vendor, "valid-credentials")
			odd := *c
			odd.Secrets = append(slices.Clone(c.Secrets), loginwatch.Secret{Name: "session"})
			logout := sessioned().Steps[3]
			p.Contract, p.Steps = &odd, append(slices.Clone(p.Steps), logout)
			p.Steps[0].Capture = []loginwatch.Capture{{Name: "session", At: "/id"}}
			probe.New(probe.Options{}).Run(t.Context(), planOf(p, target(t, server.URL, secrets{"username": "u", "password": "p"})))
			if got := strings.Join(asked, " "); got != tt.asked {
				t.Errorf("asked for %s, want %s", got, tt.asked)
			}
		})
	}
}

// A setup is left out when all that it captures is configured, and no other step is.
func TestRunLeavesOutSetupsAlone(t *testing.T) {
	plan := planOf(sessioned(), target(t, "http://127.0.0.1:1", secrets{"password": "p", "nonce": "n", "session": "s"}))
	var cases []string
	for _, s := range plan.Steps {
		cases = append(cases, s.Case.ID)
	}
	if got := strings.Join(cases, " "); got != "login profile logout" {
		t.Errorf("the plan has %s", got)
	}
}

// panicking is a schema whose engine gives up on a body.
type panicking struct{ loginwatch.Schema }

func (panicking) Validate(any) ([]loginwatch.Violation, error) { panic("a body: S3CRET") }

// A panic while an answer is judged is our fault, but the login was made: it may
// count against the account, and what was opened before is closed.
func TestRunSurvivesItsJudge(t *testing.T) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, strings.TrimPrefix(r.URL.Path, "/"))
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"nonce":"n1","session":"s1"}`)
	}))
	defer server.Close()
	p := sessioned()
	p.Steps[0].Capture = append(p.Steps[0].Capture, loginwatch.Capture{Name: "session", At: "/session"})
	login := p.Steps[1].Case.Operation.Outcomes[0]
	login.Body, login.ContentTypes, login.Schema = loginwatch.BodyJSON, []string{"application/json"}, &loginwatch.SchemaRef{Name: "login", JSON: []byte("{}"), Schema: panicking{}}
	run := probe.New(probe.Options{}).Run(t.Context(), planOf(p, target(t, server.URL, secrets{"password": "right"})))
	if run.Verdict != loginwatch.Broken || run.Reason != loginwatch.ReasonInternal || run.Refusal() != loginwatch.RefusalPossible {
		t.Errorf("%s %s, refusal %q", run.Verdict, run.Reason, run.Refusal())
	}
	if strings.Contains(run.Detail, "S3CRET") || !strings.Contains(run.Detail, "while judging the answer") {
		t.Errorf("detail %q", run.Detail)
	}
	if got := strings.Join(asked, " "); got != "nonce login logout" {
		t.Errorf("asked for %s", got)
	}
}

// Without what was captured before, nothing closes what such a login may have opened.
func TestRunTellsWhatItsJudgeLeftOpen(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"nonce":"n1","session":"s1"}`)
	}))
	defer server.Close()
	p := sessioned()
	login := p.Steps[1].Case.Operation.Outcomes[0]
	login.Body, login.ContentTypes, login.Schema = loginwatch.BodyJSON, []string{"application/json"}, &loginwatch.SchemaRef{Name: "login", JSON: []byte("{}"), Schema: panicking{}}
	run := probe.New(probe.Options{}).Run(t.Context(), planOf(p, target(t, server.URL, secrets{"password": "right"})))
	told := slices.ContainsFunc(run.Findings(), func(f loginwatch.Finding) bool {
		return f.Kind == loginwatch.KindCleanup && f.Class == loginwatch.Tolerated
	})
	if run.Verdict != loginwatch.Broken || !told {
		t.Errorf("%s, findings %+v", run.Verdict, run.Findings())
	}
}
