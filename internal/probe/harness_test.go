package probe_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
	"github.com/loginwatch/loginwatch/internal/faulty"
	"github.com/loginwatch/loginwatch/internal/probe"
)

const (
	password = "S3CRET-password"
	query    = "S3CRET-query"
	accepted = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
)

// login sends a password once, in body and query, and takes any 200 for success.
func login(t *testing.T, base string, transport loginwatch.TransportOptions) *loginwatch.Run {
	t.Helper()
	return loginIn(t.Context(), t, 5*time.Second, password, base, transport)
}

func loginIn(ctx context.Context, t *testing.T, timeout time.Duration, secret, base string, transport loginwatch.TransportOptions) *loginwatch.Run {
	t.Helper()
	return loginBy(ctx, t, probe.Options{}, timeout, secret, base, transport)
}

func loginBy(ctx context.Context, t *testing.T, o probe.Options, timeout time.Duration, secret, base string, transport loginwatch.TransportOptions) *loginwatch.Run {
	t.Helper()
	fine := &loginwatch.Outcome{ID: "success", Statuses: []int{200}, Body: loginwatch.BodyUnspecified, Means: loginwatch.OK}
	op := &loginwatch.Operation{ID: "login", Outcomes: []*loginwatch.Outcome{fine}, Request: loginwatch.Request{
		Method: "POST", Path: "/login", Query: []loginwatch.Param{{Name: "key", Value: "${key}"}},
	}}
	k := &loginwatch.Case{
		ID: "login", Operation: op, Body: map[string]any{"password": "${password}"}, Needs: []string{"password", "key"},
		Expect: []*loginwatch.Outcome{fine},
	}
	c := &loginwatch.Contract{Vendor: "example", Secrets: []loginwatch.Secret{{Name: "password"}, {Name: "key"}}}
	p := &loginwatch.Probe{Contract: c, Name: "login", Timeout: timeout, Steps: []loginwatch.Step{{Case: k, Role: loginwatch.RoleSubject}}}
	tg := target(t, base, secrets{"password": secret, "key": query})
	tg.Transport = transport
	return probe.New(o).Run(ctx, planOf(p, tg))
}

// wanted is what a run must say. In says, HOST stands for the target's host and
// PROXY for our proxy's host and port.
type wanted struct {
	verdict loginwatch.Verdict
	reason  loginwatch.Reason
	blame   advice.Blame
	says    string
}

var unavailable, broken = loginwatch.Unavailable, loginwatch.Broken

func (w wanted) hold(t *testing.T, run *loginwatch.Run, host, proxy string) {
	t.Helper()
	if run.Verdict != w.verdict || run.Reason != w.reason {
		t.Errorf("%s %s, want %s %s", run.Verdict, run.Reason, w.verdict, w.reason)
	}
	if a := advice.For(run.Verdict, run.Reason, run.Signs()...); a.Blame != w.blame {
		t.Errorf("blamed on: %s, want %s", a.Blame, w.blame)
	}
	says := strings.NewReplacer("HOST", host, "PROXY", proxy).Replace(w.says)
	if run.Detail != says {
		t.Errorf("says\n  %s\nwant\n  %s", run.Detail, says)
	}
	if strings.Contains(run.Detail, "S3CRET") {
		t.Error("a secret stands in the sentence")
	}
}

// serve counts the password among what comes.
func serve(t *testing.T, answer func(net.Conn)) *faulty.Server {
	t.Helper()
	return faulty.Serve(t, password, answer)
}
