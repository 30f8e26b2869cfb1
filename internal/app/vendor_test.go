package app_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/schema"
)

const password = "S3CRET-password"

// The bodies of the contract below, and two that it does not have.
const (
	success = `{"code":"OK","token":"t0ken","user":7}`
	refused = `{"code":"WRONG_PASSWORD","message":"no"}`
	locked  = `{"code":"ACCOUNT_LOCKED","message":"no"}`
	invalid = `{"code":"BAD_REQUEST","message":"no"}`
	down    = `{"code":"BACKEND_DOWN","message":"no"}`
	unknown = `{"error":"no such path"}`
)

// secrets are those of a test.
type secrets map[string]string

func (s secrets) Secret(name string) (string, bool, error) {
	v, found := s[name]
	return v, found, nil
}

func (s secrets) Origin(name string) string { return "env:EXAMPLE_" + name }

// example is a login with one case and one probe, as small as it can be and
// still have an outcome of every meaning.
func example() (*loginwatch.Probe, error) {
	outcome := func(id string, status int, code, text string, means loginwatch.Verdict) (*loginwatch.Outcome, error) {
		compiled, err := schema.Compile("schemas/example/"+id+".schema.json", []byte(text))
		if err != nil {
			return nil, err
		}
		return &loginwatch.Outcome{
			ID: id, Statuses: []int{status}, Body: loginwatch.BodyJSON, ContentTypes: []string{"application/json"}, Means: means,
			Where: []loginwatch.Field{{At: "/code", Value: code}}, Schema: &loginwatch.SchemaRef{Name: id, Schema: compiled},
		}, nil
	}
	const (
		given = `{"type":"object","required":["code","token","user"],"properties":{"code":{"type":"string"},"token":{"type":"string"},"user":{"type":"integer"}}}`
		not   = `{"type":"object","required":["code","message"],"properties":{"code":{"type":"string"},"message":{"type":"string"}}}`
	)
	op := &loginwatch.Operation{ID: "login", Request: loginwatch.Request{Method: http.MethodPost, Path: "/login"}}
	for _, o := range []struct {
		id     string
		status int
		code   string
		schema string
		means  loginwatch.Verdict
	}{
		{"success", 200, "OK", given, loginwatch.OK}, {"wrong-password", 401, "WRONG_PASSWORD", not, loginwatch.Rejected},
		{"invalid", 200, "BAD_REQUEST", not, loginwatch.Drift}, {"down", 400, "BACKEND_DOWN", not, loginwatch.Unavailable},
	} {
		made, err := outcome(o.id, o.status, o.code, o.schema, o.means)
		if err != nil {
			return nil, err
		}
		op.Outcomes = append(op.Outcomes, made)
	}
	op.Token = &loginwatch.Token{Outcome: op.Outcomes[0], At: "/token", Form: loginwatch.TokenUnstated}
	k := &loginwatch.Case{
		ID: "valid-credentials", Operation: op, Body: map[string]any{"password": "${password}"}, Needs: []string{"password"},
		Expect: op.Outcomes[:1],
	}
	c := &loginwatch.Contract{
		Vendor: "example", Title: "Example", Secrets: []loginwatch.Secret{{Name: "password"}, {Name: "session"}},
		Operations: []*loginwatch.Operation{op}, Cases: []*loginwatch.Case{k},
	}
	return &loginwatch.Probe{
		Contract: c, Name: "login", Schedule: "@every 1h", Timeout: 10 * time.Second, Steps: []loginwatch.Step{{Case: k, Role: loginwatch.RoleSubject}},
	}, nil
}

// jobAt is the example's job at an address.
func jobAt(base string) (loginwatch.Job, error) {
	p, err := example()
	if err != nil {
		return loginwatch.Job{}, err
	}
	u, err := url.Parse(base)
	if err != nil {
		return loginwatch.Job{}, err
	}
	t := &loginwatch.Target{Name: "production", BaseURL: u, Secrets: secrets{"password": password}, Credential: "example/user"}
	return loginwatch.Job{Probe: p, Target: t}, nil
}

func job(t *testing.T, base string) loginwatch.Job {
	t.Helper()
	j, err := jobAt(base)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// vendor serves each connection with a function of the test and counts how often
// the password came through in plain text.
type vendor struct {
	net.Listener
	logins  atomic.Int32
	arrived context.Context // ends with the first login
	arrive  context.CancelFunc
}

func serve(t *testing.T, answer func(net.Conn)) *vendor {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	v := &vendor{Listener: l}
	v.arrived, v.arrive = context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer func() { _ = conn.Close() }()
				answer(&counting{Conn: conn, of: v})
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		running.Wait()
		v.arrive()
	})
	return v
}

func (v *vendor) address() string { return v.Addr().String() }
func (v *vendor) base() string    { return "http://" + v.address() }

// counting reads what a client sends, and counts the logins in it.
type counting struct {
	net.Conn
	of   *vendor
	seen []byte
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	before := bytes.Count(c.seen, []byte(password))
	c.seen = append(c.seen, p[:n]...)
	if came := bytes.Count(c.seen, []byte(password)) - before; came > 0 {
		c.of.logins.Add(int32(came))
		c.of.arrive()
	}
	return n, err
}

// says reads a request to its end and writes what may be an answer.
func says(text string) func(net.Conn) {
	return func(c net.Conn) {
		hear(c)
		_, _ = io.WriteString(c, text)
	}
}

func hear(c net.Conn) {
	req, err := http.ReadRequest(bufio.NewReader(c))
	if err == nil {
		_, _ = io.Copy(io.Discard, req.Body)
	}
}

// http11 is an answer; what is more in its head ends with a line break each.
func http11(status, contentType, body, more string) func(net.Conn) {
	return says("HTTP/1.1 " + status + "\r\nConnection: close\r\nContent-Type: " + contentType + "\r\n" + more + "\r\n" + body)
}

// answersJSON is one whose body is called JSON.
func answersJSON(status, body string) func(net.Conn) {
	return http11(status, "application/json", body, "")
}

// answersHTML is one whose body is called a page.
func answersHTML(status, body, more string) func(net.Conn) {
	return http11(status, "text/html; charset=utf-8", "<!doctype html><html><body>"+body+"</body></html>", more)
}

// hangs reads until the client has gone.
func hangs(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
