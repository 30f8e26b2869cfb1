package probe_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/probe"
)

// answer is what a vendor of a table says; one without a status closes the connection.
type answer struct {
	status int
	header http.Header
	body   string
}

func inJSON(status int, body string) answer { return answer{status, jsonType(), body} }
func inHTML(status int, body string) answer { return answer{status, htmlType(), body} }

// with adds a header to an answer.
func (a answer) with(name, value string) answer {
	a.header = a.header.Clone()
	a.header.Set(name, value)
	return a
}

func (a answer) write(w http.ResponseWriter) {
	if a.status == 0 {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
		return
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

// The answers of a framework, and of what may stand in front of it.
var (
	loginFailed = inJSON(401, `{"error":{"statusCode":401,"name":"Error","message":"login failed","code":"LOGIN_FAILED"}}`)
	lockedUser  = inJSON(423, `{"error":{"statusCode":423,"name":"Error","message":"locked","code":"LOCKED"}}`)
	syntaxError = inJSON(400, `{"error":{"statusCode":400,"name":"SyntaxError","message":"Unexpected end of JSON input"}}`)
	otherError  = inJSON(400, `{"error":{"statusCode":400,"name":7,"message":"m"}}`)
	challenge   = inHTML(403, "<html>Just a moment</html>").with("Cf-Mitigated", "challenge")
	nothing     = answer{}
)

// asked counts what a vendor got, and keeps what came after the login.
type asked struct {
	mu       sync.Mutex
	logins   int
	controls []string
}

// came adds a request.
func (a *asked) came(request string) (isLogin bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if isLogin = strings.Contains(request, password); isLogin {
		a.logins++
	} else {
		a.controls = append(a.controls, request)
	}
	return isLogin
}

// all gives what came.
func (a *asked) all() (logins int, controls []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.logins, slices.Clone(a.controls)
}

// twofold is a vendor that answers the login and whatever else comes each in its way.
func twofold(t *testing.T, seen *asked, login, control answer) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		dump, err := httputil.DumpRequest(r, true)
		if err != nil {
			t.Error(err)
		}
		if seen.came(string(dump)) {
			login.write(w)
			return
		}
		control.write(w)
	}))
	t.Cleanup(server.Close)
	return server
}

func controlled(ctx context.Context, t *testing.T, o probe.Options, base string) *loginwatch.Run {
	t.Helper()
	tg := target(t, base, secrets{"username": "S3CRET-user", "password": password})
	return probe.New(o).Run(ctx, planOf(caseProbe(t, catalog(t), "signzy-ezkra", "valid-credentials"), tg))
}

// What came of the login times what came of its control: whose the refusal is said to
// be. The verdict and what counts against the account are the login's alone, and
// nothing is ever sent a second time.
func TestControls(t *testing.T) {
	type said struct {
		reason loginwatch.Reason
		signs  string
	}
	logins := []struct {
		name  string
		said  answer
		plain said // what the login alone is judged as
	}{
		{"refused", loginFailed, said{loginwatch.ReasonCredential, "[]"}},
		{"locked", lockedUser, said{loginwatch.ReasonCredential, "[account]"}},
		{"refused under another status", answer{400, jsonType(), loginFailed.body}, said{loginwatch.ReasonCredential, "[]"}},
	}
	for _, tt := range []struct {
		name    string
		control answer
		reason  loginwatch.Reason
		detail  string
	}{
		{"as documented", syntaxError, loginwatch.ReasonCredential, "got HTTP 400, syntax-error, as documented"},
		{"refused alike", loginFailed, loginwatch.ReasonVendor, "got HTTP 401, login-failed"},
		{"refused as a locked one", lockedUser, loginwatch.ReasonVendor, "got HTTP 423, http-status"},
		{"refused under another status", answer{400, jsonType(), loginFailed.body}, loginwatch.ReasonVendor, "got HTTP 400, "},
		{"an error of its own", inJSON(500, `{"message":"oops"}`), loginwatch.ReasonVendor, "got HTTP 500, http-5xx"},
		{"a wall", challenge, loginwatch.ReasonBlocked, "got HTTP 403, http-status"},
		{"a wall without a page", answer{403, http.Header{"X-Amzn-Waf-Action": {"captcha"}}, "{}"}, loginwatch.ReasonBlocked, "got HTTP 403, "},
		{"a page", inHTML(200, "<html>Welcome</html>"), loginwatch.ReasonBlocked, "got HTTP 200, "},
		{"a portal", inHTML(511, "<html>Sign in</html>"), loginwatch.ReasonBlocked, "got HTTP 511, gateway"},
		{"a bad gateway", inHTML(502, "<html>502 Bad Gateway</html>"), loginwatch.ReasonBlocked, "got HTTP 502, bad-gateway"},
		{"maintenance", inHTML(503, "<html>Down for maintenance</html>"), loginwatch.ReasonBlocked, "got HTTP 503, gateway"},
		{"nothing in it", answer{200, jsonType(), ""}, loginwatch.ReasonBlocked, "got HTTP 200, "},
		{"another form", otherError, loginwatch.ReasonCredential, "got HTTP 400, syntax-error"},
		{"another status", inJSON(404, `{"error":{"statusCode":404,"name":"Error","message":"m"}}`), loginwatch.ReasonCredential, "got HTTP 404, no-method"},
		{"a redirect", answer{302, http.Header{"Location": {"/login"}}, ""}, loginwatch.ReasonCredential, "got HTTP 302, redirect"},
		{"a limit", inJSON(429, "{}").with("Retry-After", "60"), loginwatch.ReasonCredential, "got HTTP 429, rate-limit"},
		{"no answer", nothing, loginwatch.ReasonCredential, "got no answer (reset)"},
		{"a success", inJSON(200, fmt.Sprintf(loginSuccess, time.Now().UTC().Format(time.RFC3339))), loginwatch.ReasonCredential, "got HTTP 200, success"},
	} {
		for _, login := range logins {
			seen := &asked{}
			server := twofold(t, seen, login.said, tt.control)
			run := controlled(t.Context(), t, probe.Options{}, server.URL)
			signs := login.plain.signs
			switch {
			case tt.reason != loginwatch.ReasonCredential:
				signs = "[]"
			case tt.name == "as documented" && signs == "[]":
				signs = "[control]"
			}
			if run.Verdict != loginwatch.Rejected || run.Reason != tt.reason || fmt.Sprint(run.Signs()) != signs || run.Refusal() != loginwatch.RefusalCertain {
				t.Errorf("%s, then %s: %s %s %v %s, want %s %s", login.name, tt.name, run.Verdict, run.Reason, run.Signs(), run.Refusal(), tt.reason, signs)
			}
			if !strings.Contains(run.Detail, "the control case malformed-json, which carries no credential, "+tt.detail) {
				t.Errorf("%s, then %s: detail %q", login.name, tt.name, run.Detail)
			}
			sent, controls := seen.all()
			if sent != 1 || len(controls) != 1 {
				t.Errorf("%s, then %s: %d logins and %d controls", login.name, tt.name, sent, len(controls))
			}
			if len(run.Steps) != 2 || run.Steps[1].Role != loginwatch.RoleControl || run.Deciding() != &run.Steps[0] || run.Control() != &run.Steps[1] {
				t.Errorf("%s, then %s: steps %+v", login.name, tt.name, run.Steps)
			}
			if e := run.Control().Evidence; e == nil || e.Status != tt.control.status || len(e.Request) == 0 || strings.Contains(fmt.Sprintf("%+v", e), password) {
				t.Errorf("%s, then %s: evidence %+v", login.name, tt.name, e)
			}
			holdsNoSecret(t, controls)
		}
	}
}

// Where a page shows that something else may have refused us, that is what is told: no
// control makes it the vendor's refusal, but it may show the same once more.
func TestControlsOfADoubtfulRefusal(t *testing.T) {
	for _, tt := range []struct {
		name    string
		control answer
		reason  loginwatch.Reason
		signs   string
	}{
		{"as documented", answer{400, http.Header{"Content-Type": {"text/plain"}}, "not JSON"}, loginwatch.ReasonCredential, "[wall maybe-refused]"},
		{"refused", answer{401, jsonType(), "{}"}, loginwatch.ReasonCredential, "[wall maybe-refused]"},
		{"an error of its own", inJSON(500, "{}"), loginwatch.ReasonCredential, "[wall maybe-refused]"},
		{"a wall", challenge, loginwatch.ReasonBlocked, "[maybe-refused]"},
	} {
		seen := &asked{}
		server := twofold(t, seen, answer{401, challenge.header, challenge.body}, tt.control)
		p := withControl(sessioned())
		run := probe.New(probe.Options{}).Run(t.Context(), planOf(p, target(t, server.URL, secrets{"password": password, "nonce": "n1"})))
		if run.Verdict != loginwatch.Rejected || run.Reason != tt.reason || fmt.Sprint(run.Signs()) != tt.signs || run.Refusal() != loginwatch.RefusalPossible {
			t.Errorf("%s: %s %s %v %s (%s)", tt.name, run.Verdict, run.Reason, run.Signs(), run.Refusal(), run.Detail)
		}
		if sent, controls := seen.all(); sent != 1 || len(controls) != 1 {
			t.Errorf("%s: %d logins and %d controls", tt.name, sent, len(controls))
		}
	}
}

// withControl gives the login of a probe a control that is known by its words.
func withControl(p *loginwatch.Probe) *loginwatch.Probe {
	op := p.Subject().Case.Operation
	unread := &loginwatch.Outcome{ID: "unread", Statuses: []int{400}, Body: loginwatch.BodyText, Contains: "not JSON", Means: loginwatch.Drift}
	op.Outcomes = append(op.Outcomes, unread)
	op.Control = &loginwatch.Case{ID: "unread", Operation: op, Raw: "{", WithoutHeaders: []string{"X-nonce", "X-password"}, Expect: []*loginwatch.Outcome{unread}}
	return p
}

// holdsNoSecret looks for the account in what was sent, in every form that is known.
func holdsNoSecret(t *testing.T, requests []string) {
	t.Helper()
	account := loginwatch.NewRedactor([]string{"S3CRET-user", password, "S3CRET-cookie"})
	for _, r := range requests {
		if account.Holds(r) || strings.Contains(r, "Cookie") || strings.Contains(r, "Authorization") {
			t.Errorf("a control carries what is the account's:\n%s", r)
		}
	}
}

// Where nothing was rejected no control is sent, nor where the vendor asks us to wait,
// or when the run's time is over.
func TestNoControl(t *testing.T) {
	for _, tt := range []struct {
		name  string
		login answer
		over  bool // the run is, once the login was answered
	}{
		{"accepted", inJSON(200, fmt.Sprintf(loginSuccess, time.Now().UTC().Format(time.RFC3339))), false},
		{"another form", inJSON(200, `{"id":7}`), false},
		{"perhaps refused", inJSON(403, `{}`), false},
		{"another documented outcome", syntaxError, false},
		{"limited", inJSON(429, `{}`), false},
		{"down", inJSON(503, `{}`), false},
		{"no answer", nothing, false},
		{"refused, and asked to wait", loginFailed.with("Retry-After", "60"), false},
		{"refused at the end of the run's time", loginFailed, true},
	} {
		seen := &asked{}
		server := twofold(t, seen, tt.login, syntaxError)
		ctx, end := context.WithCancel(t.Context())
		clock := func() time.Time { // asked when the answer is whole, and before the request
			if sent, _ := seen.all(); tt.over && sent > 0 {
				end()
			}
			return time.Now()
		}
		run := controlled(ctx, t, probe.Options{Now: clock}, server.URL)
		end()
		if sent, controls := seen.all(); sent != 1 || len(controls) != 0 || run.Control() != nil {
			t.Errorf("%s: %d logins and %d controls (%s %s)", tt.name, sent, len(controls), run.Verdict, run.Reason)
		}
		if tt.over && run.Verdict != loginwatch.Rejected {
			t.Errorf("%s: %s %s: the answer was not whole", tt.name, run.Verdict, run.Reason)
		}
	}
}

// A control belongs to the step that was refused: a login's says nothing of a refusal
// before it. It carries no cookie that an answer set, and is counted with the limit.
func TestControlOfASetup(t *testing.T) {
	for _, tt := range []struct {
		name, nonce, refused string // the nonce is configured when it is not empty
		controls             int
	}{
		{"the setup is refused", "", "nonce", 0},
		{"the login is refused", "n1", "login", 1},
	} {
		seen := &asked{}
		server := twofold(t, seen, answer{401, http.Header{"Set-Cookie": {"sid=S3CRET-cookie; Path=/"}}, ""}, answer{400, http.Header{"Content-Type": {"text/plain"}}, "not JSON"})
		p := withControl(sessioned())
		p.Steps[0].Case.Needs = []string{"password"}
		p.Steps[0].Case.Operation.Request.Headers = []loginwatch.Header{{Name: "X-password", Value: "${password}"}}
		p.Subject().Case.Operation.Limit = &loginwatch.RateLimit{Requests: 5, Per: time.Minute}
		plan := planOf(p, target(t, server.URL, secrets{"password": password, "nonce": tt.nonce}))
		if len(plan.Limits) != 1 || plan.Limits[0].Requests != 2 {
			t.Errorf("%s: limits %+v, want the login and its control", tt.name, plan.Limits)
		}
		run := probe.New(probe.Options{}).Run(t.Context(), plan)
		if run.Verdict != loginwatch.Rejected || run.Reason != loginwatch.ReasonCredential || run.Deciding().Case != tt.refused {
			t.Errorf("%s: %s %s (%s)", tt.name, run.Verdict, run.Reason, run.Detail)
		}
		sent, controls := seen.all()
		if sent != 1 || len(controls) != tt.controls || (run.Control() != nil) != (tt.controls > 0) {
			t.Errorf("%s: %d requests with the password and %d controls", tt.name, sent, len(controls))
		}
		holdsNoSecret(t, controls)
	}
}

// With a client certificate every request carries a credential, so none is a control;
// and the operator may want none.
func TestTargetsWithoutControl(t *testing.T) {
	p := caseProbe(t, catalog(t), "signzy-ezkra", "valid-credentials")
	for _, tt := range []struct {
		name   string
		change func(*loginwatch.Target)
		want   bool
	}{
		{"as it is", func(*loginwatch.Target) {}, true},
		{"with a certificate", func(t *loginwatch.Target) { t.Transport.ClientCertFile = "client.pem" }, false},
		{"unwanted", func(t *loginwatch.Target) { t.WithoutControl = true }, false},
	} {
		tg := target(t, "https://login.example", secrets{"username": "u", "password": password})
		tt.change(tg)
		if step := planOf(p, tg).Control(p.Subject()); (step != nil) != tt.want {
			t.Errorf("%s: control %+v", tt.name, step)
		}
	}
}
