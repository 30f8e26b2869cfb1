package probe_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
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

// listener serves each connection with a function of the test and counts how
// often the password came through in plain text.
type listener struct {
	net.Listener
	logins      atomic.Int32
	connections atomic.Int32
}

func serve(t *testing.T, answer func(net.Conn)) *listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &listener{Listener: l}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.connections.Add(1)
			running.Go(func() {
				defer func() { _ = conn.Close() }()
				answer(&counting{Conn: conn, of: s})
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		running.Wait()
	})
	return s
}

func (s *listener) addr() string { return s.Addr().String() }

// counting reads what a client sends, and counts the logins in it.
type counting struct {
	net.Conn
	of   *listener
	seen []byte
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	before := bytes.Count(c.seen, []byte(password))
	c.seen = append(c.seen, p[:n]...)
	c.of.logins.Add(int32(bytes.Count(c.seen, []byte(password)) - before))
	return n, err
}

// says writes an answer after it has read some of the request.
func says(text string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = c.Read(make([]byte, 4096))
		_, _ = io.WriteString(c, text)
	}
}

// blurts writes an answer and closes, and never reads.
func blurts(text string) func(net.Conn) {
	return func(c net.Conn) { _, _ = io.WriteString(c, text) }
}

// drain reads until the client has gone.
func drain(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
