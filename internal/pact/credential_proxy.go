//go:build pact

package pact

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
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

// credentialProxy stands on the loopback interface between the verifier and the target:
// it answers the provider states with the credentials and passes one request
// on. Its addresses hold a random part, so that no other user of the machine can
// ask it for credentials.
type credentialProxy struct {
	server   *http.Server
	done     chan struct{}
	port     int
	path     string // before the contract's paths
	stateURL string

	// forward holds mu while it waits for the target: answer waits for it, so that
	// what was sent is never taken for what was not. The context of the request,
	// which the run's time-out ends, bounds that.
	mu      sync.Mutex
	request *http.Request // whose place the next one takes; nil when none is due
	values  map[string]string
	network http.RoundTripper
	sent    bool // the request was handed to network, whatever came of it
	came    *http.Response
	err     error
}

// newCredentialProxy listens until close is called.
func newCredentialProxy(ctx context.Context, timeout time.Duration) (*credentialProxy, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("the verifier's way to the target: %w", err)
	}
	f := &credentialProxy{done: make(chan struct{}), path: "/" + strings.ToLower(rand.Text())}
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

func (f *credentialProxy) close() {
	_ = f.server.Close()
	<-f.done
}

// expect lets one request take the place of req, to the same host and path.
func (f *credentialProxy) expect(req *http.Request, values map[string]string, network http.RoundTripper) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.request, f.values, f.network = req, values, network
	f.sent, f.came, f.err = false, nil, nil
}

// answer gives what came of the request, if it was sent, and expects no further
// one: the credentials are forgotten.
func (f *credentialProxy) answer() (came *http.Response, sent bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	came, sent, err = f.came, f.sent, f.err
	f.request, f.values, f.network, f.came = nil, nil, nil, nil
	return came, sent, err
}

// state gives the credentials; the verifier puts them into the request.
func (f *credentialProxy) state(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	body, err := json.Marshal(f.values)
	f.mu.Unlock()
	if err != nil { // never: all are strings
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
}

// forward sends the expected request on, once. Where the target gives no
// complete answer, the connection is cut: no status of ours may pass for one of
// the target's.
func (f *credentialProxy) forward(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.request == nil {
		panic(http.ErrAbortHandler)
	}
	out := f.request.Clone(f.request.Context()) // its host, path and clock; the rest is the verifier's
	f.request = nil
	out.Method, out.Header, out.URL.RawQuery = r.Method, r.Header.Clone(), r.URL.RawQuery
	out.Header.Del("Accept-Encoding") // what is compressed can't be compared
	out.Body, out.ContentLength = http.NoBody, r.ContentLength
	if r.ContentLength != 0 {
		out.Body = io.NopCloser(io.LimitReader(r.Body, loginwatch.BodyLimit))
	}
	f.sent = true
	res, err := f.network.RoundTrip(out)
	if err != nil {
		f.err = err
		panic(http.ErrAbortHandler)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, loginwatch.BodyLimit+1))
	kept := *res
	kept.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{err}))
	f.came, f.err = &kept, nil
	if err != nil || len(body) > loginwatch.BodyLimit {
		panic(http.ErrAbortHandler)
	}
	for name, values := range res.Header {
		w.Header()[name] = values
	}
	w.Header().Del("Content-Length")
	w.WriteHeader(res.StatusCode)
	_, _ = w.Write(body) // the verifier may have given up
}

// failing ends a body as the target's ended: with its error, if any.
type failing struct{ err error }

func (e failing) Read([]byte) (int, error) {
	if e.err == nil {
		return 0, io.EOF
	}
	return 0, e.err
}
