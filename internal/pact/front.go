//go:build pact

package pact

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch"
)

// bodyLimit is how many bytes of a request or an answer pass, as in a run of
// the daemon.
const bodyLimit = 256 << 10

// front stands on the loopback interface between the verifier and the target:
// it answers the provider states with the credentials and passes everything
// else on, once, over a new connection. Its addresses hold a random part, so
// that no other user of the machine can ask it for credentials.
type front struct {
	server   *http.Server
	done     chan struct{}
	port     int
	path     string // before the contract's paths
	stateURL string

	target    *url.URL
	transport *http.Transport

	mu      sync.Mutex
	secrets map[string]string
	last    answered
}

// answered is what came of a request that was sent on.
type answered struct {
	failure string // why the target gave no answer, in words without a secret
	wait    bool   // the target asked for time, or limited the rate
	body    []byte
}

// newFront listens until close is called.
func newFront(ctx context.Context, target *url.URL, tlsConfig *tls.Config, timeout time.Duration) (*front, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("the verifier's way to the target: %w", err)
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true) // HTTP/2 may send a request again by itself
	f := &front{
		done: make(chan struct{}), target: target, path: "/" + strings.ToLower(rand.Text()),
		transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true, TLSClientConfig: tlsConfig, Protocols: protocols},
	}
	states := "/" + strings.ToLower(rand.Text())
	f.port = listener.Addr().(*net.TCPAddr).Port
	f.stateURL = (&url.URL{Scheme: "http", Host: listener.Addr().String(), Path: states}).String()
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+states, f.state)
	mux.HandleFunc(f.path+"/", f.forward)
	f.server = &http.Server{Handler: mux, ReadHeaderTimeout: timeout}
	go func() {
		defer close(f.done)
		_ = f.server.Serve(listener) // what fails shows as interactions without an answer
	}()
	return f, nil
}

func (f *front) close() {
	_ = f.server.Close()
	<-f.done
}

// preflight tells whether anything listens at the target: a verification
// against nothing must not look like one of a broken API.
func (f *front) preflight(ctx context.Context) error {
	port := f.target.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[f.target.Scheme]
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(f.target.Hostname(), port))
	if err != nil {
		return fmt.Errorf("nothing answers at %s: %s", f.target.Host, dialWords(err))
	}
	return conn.Close()
}

// dialWords is an error of dialling without the address, which may be private.
func dialWords(err error) string {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return "no address found"
	case errors.Is(err, context.DeadlineExceeded):
		return "timed out"
	}
	return "no connection"
}

// state gives the credentials; the verifier puts them into the request.
func (f *front) state(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	body, err := json.Marshal(f.secrets)
	f.mu.Unlock()
	if err != nil { // never: all are strings
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
}

// forward sends a request on. Where the target gives no complete answer, the
// connection is cut: no status of ours may pass for one of the target's.
func (f *front) forward(w http.ResponseWriter, r *http.Request) {
	to := *f.target
	to.Path = strings.TrimSuffix(to.Path, "/") + strings.TrimPrefix(r.URL.Path, f.path)
	to.RawQuery = r.URL.RawQuery
	out, err := http.NewRequestWithContext(r.Context(), r.Method, to.String(), io.LimitReader(r.Body, bodyLimit))
	if err != nil {
		f.fail("the request can't be built")
	}
	out.Header = r.Header.Clone()
	out.Header.Del("Accept-Encoding") // what is compressed can't be compared
	out.ContentLength = r.ContentLength
	out.GetBody = nil // without it no transport can send the body a second time
	if r.ContentLength == 0 {
		out.Body = http.NoBody
	}
	res, err := f.transport.RoundTrip(out)
	if err != nil {
		f.fail(tripWords(err))
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, bodyLimit+1))
	came := answered{wait: asksToWait(res), body: body} // what the head asked for stands without a body, too
	switch {
	case err != nil:
		came.failure = "the answer broke off"
	case len(body) > bodyLimit:
		came.failure = fmt.Sprintf("the answer is larger than %d KiB", bodyLimit>>10)
	}
	f.keep(came)
	if came.failure != "" {
		panic(http.ErrAbortHandler)
	}
	for name, values := range res.Header {
		w.Header()[name] = values
	}
	w.Header().Del("Content-Length")
	w.WriteHeader(res.StatusCode)
	_, _ = w.Write(body) // the verifier may have given up
}

// asksToWait tells whether nothing more may be sent for now. Elsewhere
// Retry-After asks for nothing (RFC 9110, 10.2.3).
func asksToWait(res *http.Response) bool {
	return res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= 300 && res.Header.Get("Retry-After") != ""
}

// fail keeps the words and cuts the connection.
func (f *front) fail(words string) {
	f.keep(answered{failure: words})
	panic(http.ErrAbortHandler)
}

func (f *front) keep(a answered) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = a
}

// take gives and forgets what came of the last request.
func (f *front) take() answered {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.last
	f.last = answered{}
	return a
}

// secret gives a credential's value, "" when there is none.
func (f *front) secret(name string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.secrets[name]
}

func (f *front) setSecret(name, value string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.secrets[name] = value
}

func tripWords(err error) string {
	var cert *tls.CertificateVerificationError
	var timeout net.Error
	switch {
	case errors.As(err, &cert):
		return "the target's certificate is not trusted"
	case errors.Is(err, context.Canceled), errors.As(err, &timeout) && timeout.Timeout():
		return "the target did not answer in time"
	}
	return "the target closed the connection without an answer"
}

// secretsOf reads what is configured; an empty secret is a missing one.
func secretsOf(c *loginwatch.Contract, source loginwatch.SecretSource) (map[string]string, error) {
	values := map[string]string{}
	for _, s := range c.Secrets {
		v, found, err := source.Secret(s.Name)
		if err != nil {
			return nil, fmt.Errorf("secret %q: %w", s.Name, err)
		}
		if found && v != "" {
			values[s.Name] = v
		}
	}
	return values, nil
}
