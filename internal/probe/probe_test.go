package probe_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/flow"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/probe"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// secrets is a source whose values come from the contract's demo values.
type secrets map[string]string

func (s secrets) Secret(name string) (string, bool, error) {
	v := s[name]
	return v, v != "", nil
}
func (s secrets) Origin(name string) string { return "test:" + name }

func demo(c *loginwatch.Contract, without ...string) secrets {
	s := secrets{}
	for _, secret := range c.Secrets {
		s[secret.Name] = secret.Demo
	}
	for _, name := range without {
		delete(s, name)
	}
	return s
}

func catalog(t testing.TB) *pack.Catalog {
	t.Helper()
	c, problems := pack.Load(pack.Options{}, pack.Source{FS: loginwatch.Embedded})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return c
}

func target(t testing.TB, base string, s loginwatch.SecretSource) *loginwatch.Target {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	return &loginwatch.Target{Name: "test", BaseURL: u, Secrets: s, Credential: "test"}
}

// caseProbe makes the probe of one case of a vendor.
func caseProbe(t testing.TB, cat *pack.Catalog, vendor, id string) *loginwatch.Probe {
	t.Helper()
	c := cat.Contract(vendor)
	return flow.ForCase(c.Case(id), c, cat.Probes, 5*time.Second)
}

const loginSuccess = `{"id":"secret-token-1234","ttl":1209600,"created":"%s","userId":"5e"}`

func answerLogin(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, loginSuccess, time.Now().UTC().Format(time.RFC3339))
}

func TestRunSendsTheDocumentedRequestOnce(t *testing.T) {
	cat := small(t)
	c := cat.Contract("framework")
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		body, _ := io.ReadAll(r.Body)
		var got map[string]string
		if err := json.Unmarshal(body, &got); err != nil || got["password"] != "pä\"ss${username}" {
			t.Errorf("body %q: %v", body, err)
		}
		if r.Method != http.MethodPost || r.URL.Path != "/base/login" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s %s", r.Method, r.URL.Path, r.Header.Get("Content-Type"))
		}
		answerLogin(w)
	}))
	defer server.Close()
	s := demo(c)
	s["password"] = "pä\"ss${username}" // neither quotes nor placeholders in a secret may have a meaning
	run := probe.New(probe.Options{}).Run(t.Context(), planOf(caseProbe(t, cat, "framework", "valid-credentials"), target(t, server.URL+"/base/", s)))
	if run.Verdict != loginwatch.OK || len(run.Findings()) != 0 {
		t.Errorf("verdict %s %s %s %v", run.Verdict, run.Reason, run.Detail, run.Findings())
	}
	if n := requests.Load(); n != 1 {
		t.Errorf("%d requests", n)
	}
	for _, p := range []loginwatch.Phase{loginwatch.PhaseConnect, loginwatch.PhaseSend, loginwatch.PhaseWait, loginwatch.PhaseReceive} {
		if _, ok := run.Phases()[p]; !ok {
			t.Errorf("phase %s was not timed", p)
		}
	}
}

// A server that drops the connection, at whatever point, gets one request.
func TestRunNeverRetries(t *testing.T) {
	cat := small(t)
	for _, tt := range []struct{ vendor, id string }{{"framework", "valid-credentials"}, {"bare", "public-key"}} {
		for name, answer := range map[string]string{
			"nothing": "", "half a header": "HTTP/1.1 200 O", "half a body": "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
			"please close": "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
		} {
			t.Run(tt.vendor+"/"+name, func(t *testing.T) {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				var connections atomic.Int32
				done := make(chan struct{})
				go func() {
					defer close(done)
					for {
						conn, err := l.Accept()
						if err != nil {
							return
						}
						connections.Add(1)
						_, _ = conn.Read(make([]byte, 4096))
						_, _ = io.WriteString(conn, answer)
						_ = conn.Close()
					}
				}()
				c := cat.Contract(tt.vendor)
				run := probe.New(probe.Options{}).Run(t.Context(), planOf(caseProbe(t, cat, tt.vendor, tt.id), target(t, "http://"+l.Addr().String(), demo(c))))
				_ = l.Close()
				<-done
				if n := connections.Load(); n != 1 {
					t.Errorf("%d connections", n)
				}
				if run.Verdict == loginwatch.OK {
					t.Error("a dropped connection passes")
				}
				if name != "please close" && (run.Verdict != loginwatch.Unavailable || run.Reason != loginwatch.ReasonReset) && name != "half a header" {
					t.Errorf("%s %s", run.Verdict, run.Reason)
				}
			})
		}
	}
}

func TestRunFailures(t *testing.T) {
	cat := small(t)
	c := cat.Contract("framework")
	hang := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	defer slow.Close()
	defer close(hang)
	tlsServer := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answerLogin(w) }))
	tlsServer.Config.ErrorLog = nil
	tlsServer.StartTLS()
	defer tlsServer.Close()
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answerLogin(w) }))
	defer plain.Close()
	closed := httptest.NewServer(nil)
	closed.Close()
	var followed atomic.Bool
	redirect := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			followed.Store(true)
		}
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	defer redirect.Close()
	large := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"a":"`+strings.Repeat("x", loginwatch.BodyLimit)+`"}`)
	}))
	defer large.Close()

	for _, tt := range []struct {
		name, base string
		timeout    time.Duration
		without    string
		verdict    loginwatch.Verdict
		reason     loginwatch.Reason
	}{
		{"refused", closed.URL, time.Second, "", loginwatch.Unavailable, loginwatch.ReasonConnect},
		{"no such host", "http://nowhere.invalid", 5 * time.Second, "", loginwatch.Unavailable, loginwatch.ReasonDNS},
		{"too slow", slow.URL, 50 * time.Millisecond, "", loginwatch.Unavailable, loginwatch.ReasonTimeout},
		{"unknown authority", tlsServer.URL, 5 * time.Second, "", loginwatch.Unavailable, loginwatch.ReasonTLS},
		{"TLS to a plain port", strings.Replace(plain.URL, "http:", "https:", 1), 5 * time.Second, "", loginwatch.Unavailable, loginwatch.ReasonTLS},
		{"redirect", redirect.URL, 5 * time.Second, "", loginwatch.Drift, loginwatch.ReasonRedirect},
		{"large body", large.URL, 5 * time.Second, "", loginwatch.Drift, loginwatch.ReasonBodyTooLarge},
		{"missing secret", plain.URL, 5 * time.Second, "password", loginwatch.Broken, loginwatch.ReasonSecretMissing},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := caseProbe(t, cat, "framework", "valid-credentials")
			p.Timeout = tt.timeout
			run := probe.New(probe.Options{}).Run(t.Context(), planOf(p, target(t, tt.base, demo(c, tt.without))))
			if run.Verdict != tt.verdict || run.Reason != tt.reason {
				t.Errorf("%s %s (%s), want %s %s", run.Verdict, run.Reason, run.Detail, tt.verdict, tt.reason)
			}
			if tt.verdict != loginwatch.Drift && run.Detail == "" {
				t.Error("no detail for people")
			}
		})
	}
	if followed.Load() {
		t.Error("the redirect was followed")
	}
}

// A step fetches what the login needs; when it is configured, nothing fetches it.
func TestRunCaptures(t *testing.T) {
	cat := small(t)
	c := cat.Contract("bare")
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, `{"key":"fetched-key"}`)
			return
		}
		_, _ = io.WriteString(w, `{"auth":"auth","user":"a822e018"}`)
	}))
	defer server.Close()
	for _, tt := range []struct {
		name    string
		without string
		want    string
	}{
		{"fetched", "public_key", "GET /key |POST /login fetched-key"},
		{"configured", "access_key", "POST /login " + demo(c)["public_key"]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked = nil
			run := probe.New(probe.Options{}).Run(t.Context(), planOf(caseProbe(t, cat, c.Vendor, "valid-credentials"), target(t, server.URL, demo(c, tt.without))))
			if run.Verdict != loginwatch.OK {
				t.Fatalf("%s %s %s %+v", run.Verdict, run.Reason, run.Detail, run.Findings())
			}
			if got := strings.Join(asked, "|"); got != tt.want {
				t.Errorf("asked %s, want %s", got, tt.want)
			}
		})
	}
}

// A step that brings nothing to go on with is never a pass.
func TestRunFailedCapture(t *testing.T) {
	for _, body := range []string{`{"key":""}`, `{"other":"x"}`, `{"key":7}`, `{"key":"a\nb"}`, `no JSON`} {
		var requests atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			requests.Add(1)
			_, _ = io.WriteString(w, body)
		}))
		anything := &loginwatch.Outcome{ID: "success", Statuses: []int{200}, Body: loginwatch.BodyUnspecified, Means: loginwatch.OK}
		op := &loginwatch.Operation{ID: "any", Request: loginwatch.Request{Method: "GET", Path: "/"}, Outcomes: []*loginwatch.Outcome{anything}}
		k := &loginwatch.Case{ID: "key", Operation: op, Expect: []*loginwatch.Outcome{anything}}
		p := &loginwatch.Probe{Contract: &loginwatch.Contract{Vendor: "example"}, Name: "any", Steps: []loginwatch.Step{
			{Case: k, Role: loginwatch.RoleSetup, Capture: []loginwatch.Capture{{Name: "key", At: "/key"}}}, {Case: k, Role: loginwatch.RoleSubject},
		}}
		run := probe.New(probe.Options{}).Run(t.Context(), planOf(p, target(t, server.URL, secrets{})))
		if run.Verdict != loginwatch.Drift || len(run.Findings()) != 1 || requests.Load() != 1 {
			t.Errorf("%s: %s %s after %d requests, %+v", body, run.Verdict, run.Reason, requests.Load(), run.Findings())
		}
		server.Close()
	}
}

// What the operator escaped stays escaped.
func TestRunKeepsEscapedPaths(t *testing.T) {
	cat := small(t)
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RequestURI }))
	defer server.Close()
	c := cat.Contract("framework")
	tg := target(t, server.URL+"/a%2Fb", demo(c))
	tg.Paths = map[string]string{"login": "/x%20y/z"}
	probe.New(probe.Options{}).Run(t.Context(), planOf(caseProbe(t, cat, c.Vendor, "malformed-json"), tg))
	if got != "/a%2Fb/x%20y/z" {
		t.Errorf("asked for %s", got)
	}
}

// Every missing secret is named at once, and not even the first step is sent.
func TestRunNamesAllMissingSecrets(t *testing.T) {
	cat := small(t)
	c := cat.Contract("bare")
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") }))
	defer server.Close()
	run := probe.New(probe.Options{}).Run(t.Context(), planOf(caseProbe(t, cat, c.Vendor, "valid-credentials"),
		target(t, server.URL, demo(c, "public_key", "email", "password"))))
	if run.Verdict != loginwatch.Broken || run.Reason != loginwatch.ReasonSecretMissing {
		t.Errorf("%s %s", run.Verdict, run.Reason)
	}
	if want := "missing or empty: email (test:email), password (test:password)"; run.Detail != want {
		t.Errorf("detail %q, want %q", run.Detail, want)
	}
	run = probe.New(probe.Options{}).Run(t.Context(), planOf(caseProbe(t, cat, c.Vendor, "valid-credentials"),
		target(t, server.URL, demo(c, "public_key", "access_key"))))
	if want := "missing or empty: access_key (test:access_key); with public_key (test:public_key) the step before the login is not needed"; run.Detail != want {
		t.Errorf("detail %q, want %q", run.Detail, want)
	}
}

// Whatever the server sends back, no secret of the run is in what Run returns.
func TestRunLeaksNoSecret(t *testing.T) {
	cat := catalog(t) // the real contracts send secrets in every way there is
	for _, c := range cat.Contracts {
		values := demo(c)
		for name := range values {
			values[name] = "S3CRET-" + name
		}
		one, requests := "S3CRET-"+c.Secrets[0].Name, 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			echo, _ := json.Marshal(map[string]any{one: string(body), r.URL.RawQuery: 1, r.Header.Get("Authorization"): "x", base64.StdEncoding.EncodeToString([]byte("a:" + one)): 1})
			w.Header().Set("Content-Type", []string{"application/json; " + one, "application/" + one}[requests%2])
			requests++
			w.Header().Set("Location", "/"+one)
			_, _ = w.Write(echo)
		}))
		for _, k := range c.Cases {
			for _, base := range []string{server.URL, "http://127.0.0.1:1"} {
				run := probe.New(probe.Options{}).Run(context.Background(), planOf(flow.ForCase(k, c, cat.Probes, time.Second), target(t, base, values)))
				text := fmt.Sprintf("%#v", *run) // %+v would call the String method of the key in it, and show nothing else
				if strings.Contains(text, "S3CRET") || strings.Contains(text, "UzNDUkVU") {
					t.Errorf("%s %s: a secret leaks: %.2000s", c.Vendor, k.ID, text)
				}
			}
		}
		server.Close()
	}
}

func planOf(p *loginwatch.Probe, t *loginwatch.Target) *flow.Plan {
	return flow.New(loginwatch.Job{Probe: p, Target: t})
}
