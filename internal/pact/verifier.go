//go:build pact

package pact

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pact/native"
)

// Verifier lets Pact's own verifier send the requests of a vendor's cases, one
// for each that it is given to carry, and holds the answers against the pact.
// Whether and when a case may be sent is for those who run it to decide. It is a
// carrier of package probe.
type Verifier struct {
	vendor   string
	document *document
	timeout  time.Duration
	proxy    *credentialProxy
	dir      string
	verify   func(native.Request) ([]native.Result, error)

	mu       sync.Mutex // of compared
	compared map[string]Comparison
}

// Comparison is what the verifier says of one case. Its texts hold no value that
// the target sent and no secret.
type Comparison struct {
	OK          bool
	NoAnswer    bool     // there was no answer that could be compared
	Failure     string   // why the verifier compared nothing; "" when it did its work
	Differences []string // sorted
}

// NewVerifier reads a pact file and is ready until Close is called. timeout
// bounds one request.
func NewVerifier(ctx context.Context, c *loginwatch.Contract, pact []byte, timeout time.Duration) (*Verifier, error) {
	d, err := readDocument(pact)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Vendor, err)
	}
	dir, err := os.MkdirTemp("", "loginwatch-pact-")
	if err != nil {
		return nil, err
	}
	f, err := newCredentialProxy(ctx, timeout)
	if err != nil {
		_ = os.RemoveAll(dir) // it is empty
		return nil, err
	}
	return &Verifier{
		vendor: c.Vendor, document: d, timeout: timeout, proxy: f, dir: dir, verify: native.Verify, compared: map[string]Comparison{},
	}, nil
}

// Close ends the listener; nothing may be under way.
func (v *Verifier) Close() {
	v.proxy.close()
	_ = os.RemoveAll(v.dir) // it holds no secret
}

// Knows tells whether the pact has the case; one that it lacks is not sent.
func (v *Verifier) Knows(k *loginwatch.Case) bool {
	return v.document.interactions[Description(k)] != nil
}

// Compared gives what was said of the last request of the case; found is false
// when it was not sent.
func (v *Verifier) Compared(k *loginwatch.Case) (c Comparison, found bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	c, found = v.compared[k.ID]
	return c, found
}

// Carry has the verifier send the case's request, which it makes of the pact and
// of values, by way of network, and gives the target's answer: also where the
// verifier failed after it had sent the request, since the answer may count
// against the account.
func (v *Verifier) Carry(req *http.Request, k *loginwatch.Case, values map[string]string, network http.RoundTripper) (*http.Response, error) {
	if !v.Knows(k) {
		return nil, &loginwatch.NotSentError{Why: v.vendor + " " + k.ID + " is not in the pact"}
	}
	file, err := v.document.single(Description(k), v.dir)
	if err != nil {
		return nil, &loginwatch.NotSentError{Why: err.Error()}
	}
	v.proxy.expect(req, values, network)
	results, verifyErr := v.verify(native.Request{
		File: file, Provider: v.vendor, Host: "127.0.0.1", Port: v.proxy.port, Path: v.proxy.path, StateURL: v.proxy.stateURL,
		Timeout: v.timeout,
	})
	res, sent, err := v.proxy.answer()
	c := v.comparison(k, results, verifyErr)
	if !sent {
		return nil, &loginwatch.NotSentError{Why: cmp.Or(c.Failure, "the verifier made no request")}
	}
	v.mu.Lock()
	v.compared[k.ID] = c
	v.mu.Unlock()
	return res, err
}

// comparison puts what the verifier says of a case into our words.
func (v *Verifier) comparison(k *loginwatch.Case, results []native.Result, err error) Comparison {
	switch {
	case err != nil:
		return Comparison{Failure: "the verifier failed: " + err.Error()}
	case len(results) == 0:
		return Comparison{Failure: "the verifier failed: it gave no result"}
	}
	c := Comparison{OK: results[0].OK, NoAnswer: results[0].NoAnswer}
	for _, m := range results[0].Mismatches {
		c.Differences = append(c.Differences, v.document.describe(Description(k), m))
	}
	slices.Sort(c.Differences)
	c.Differences = slices.Compact(c.Differences)
	return c
}
