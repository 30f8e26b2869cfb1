// Package probe runs the steps of a probe against a target: it sends each
// request once, times its phases, has the answer judged and captures what later
// steps need. It never retries, never follows a redirect, never reuses a
// connection, and nothing that it returns holds a secret or a vendor's bytes.
package probe

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/evidence"
	"github.com/loginwatch/loginwatch/internal/flow"
)

// Options set up a [Runner]; the zero value is usable.
type Options struct {
	Now       func() time.Time // the wall clock; time.Now when nil
	UserAgent string           // sent with every request; "loginwatch" when empty
	Resolver  *net.Resolver    // looks hosts up; the system's when nil
	Carrier   Carrier          // carries all requests; the network when nil
	Key       []byte           // of token digests, so that they can be compared with those of another process; one that goes with this one when nil
}

// Carrier carries the request of a case in the place of the network and gives its
// answer, as Pact's verifier does. It sends nothing but by network,
// which sends a request once, and at most one request for each that it is given;
// values are those of the contract's secrets. Its errors are those of network, and
// a [*loginwatch.NotSentError] where network was not used.
type Carrier interface {
	Carry(req *http.Request, k *loginwatch.Case, values map[string]string, network http.RoundTripper) (*http.Response, error)
}

// carried is a transport by way of a carrier.
type carried struct {
	Carrier
	step   *loginwatch.Step
	values map[string]string
	http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (c carried) RoundTrip(req *http.Request) (*http.Response, error) {
	return c.Carry(req, c.step.Case, c.values, c.RoundTripper)
}

// Runner runs probes. It is safe for concurrent use and remembers nothing but
// certificate files and the digest of the last token of every probe and target.
type Runner struct {
	now        func() time.Time
	userAgent  string
	carrier    Carrier
	key        []byte // of token digests
	transports transports
	looked     evidence.Looked // into the vendors' certificates

	mu     sync.Mutex
	tokens map[string]string
}

// New makes a runner.
func New(o Options) *Runner {
	r := &Runner{now: o.Now, userAgent: o.UserAgent, carrier: o.Carrier, key: o.Key, tokens: map[string]string{}}
	r.transports.resolver = o.Resolver
	if r.now == nil {
		r.now = time.Now
	}
	if r.userAgent == "" {
		r.userAgent = "loginwatch"
	}
	if r.key == nil {
		r.key = make([]byte, 32)
		_, _ = rand.Read(r.key) // never fails: crypto/rand ends the process first
	}
	return r
}

// Run carries out the plan once and always returns a run with a verdict: what
// can't be done is [loginwatch.Broken] with its reason. The probe's time-out
// bounds the exchanges of all steps together, but for those of a cleanup, which has one of
// its own.
func (r *Runner) Run(ctx context.Context, plan *flow.Plan) (run *loginwatch.Run) {
	t := plan.Target
	started := r.now()
	run = &loginwatch.Run{
		ID: strings.ToLower(rand.Text()), Key: plan.Key(),
		Credential: t.Credential, Started: started,
	}
	defer func() {
		if v := recover(); v != nil {
			// The panic's value may quote a body, so only its type is kept.
			run.Verdict, run.Reason = loginwatch.Broken, loginwatch.ReasonInternal
			run.Detail = fmt.Sprintf("internal error while running the probe (%T)", v)
		}
		run.Duration = r.now().Sub(started)
	}()
	s := &session{runner: r, plan: plan, run: run}
	tr, err := r.transports.get(t.Transport)
	if err != nil {
		s.broken(loginwatch.ReasonInternal, fmt.Sprintf("target %s: %v", t.Name, err))
		return run
	}
	if plan.Obstacle != "" {
		s.broken(plan.Obstacle, plan.Detail)
		return run
	}
	run.ClientCertificateEnds = clientCertificateEnds(tr)
	s.client = &client{transport: tr, host: t.BaseURL.Hostname()}
	s.steps(ctx)
	run.LeftOpen = s.staysOpen()
	s.ownCertificate(started)
	if s.refused() {
		run.Detail = strings.Trim(run.Detail+"; "+plan.Suspects(), "; ")
	}
	s.control(ctx)
	return run
}

// Recall has the runner know the tokens that a run brought, as if it had been its own: of
// an earlier process, or another one. Their digests have to be made with the same key.
func (r *Runner) Recall(run *loginwatch.Run) {
	for i := range run.Steps {
		r.rememberToken(tokenOf(run, run.Steps[i].Case), run.Steps[i].Token.Digest)
	}
}

// tokenOf names what the tokens of a run's case are compared with.
func tokenOf(run *loginwatch.Run, id string) string { return run.String() + "/" + id }

func (r *Runner) previousToken(of string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tokens[of]
}

func (r *Runner) rememberToken(of, digest string) {
	if digest == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tokens[of] = digest
}
