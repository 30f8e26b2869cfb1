// Package probe runs the steps of a probe against a target: it sends each
// request once, times its phases, has the answer judged and captures what later
// steps need. It never retries, never follows a redirect, never reuses a
// connection, and nothing that it returns holds a secret or a vendor's bytes.
package probe

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/check"
)

// BodyLimit is how many bytes of an answer are read.
const BodyLimit = 256 << 10

// Options set up a [Runner]; the zero value is usable.
type Options struct {
	Now       func() time.Time // the wall clock; time.Now when nil
	UserAgent string           // sent with every request; "loginwatch" when empty
}

// Runner runs probes. It is safe for concurrent use and remembers nothing but
// certificate files and the digest of the last token of every probe and target.
type Runner struct {
	now        func() time.Time
	userAgent  string
	key        []byte // of token digests; gone with the process
	transports transports

	mu     sync.Mutex
	tokens map[string]string
}

// New makes a runner with a fresh key for token digests.
func New(o Options) *Runner {
	r := &Runner{now: o.Now, userAgent: o.UserAgent, key: make([]byte, 32), tokens: map[string]string{}}
	if r.now == nil {
		r.now = time.Now
	}
	if r.userAgent == "" {
		r.userAgent = "loginwatch"
	}
	_, _ = rand.Read(r.key) // never fails: crypto/rand ends the process first
	return r
}

// Run executes the probe once and always returns a run with a verdict: what
// can't be done is [loginwatch.Broken] with its reason. The probe's time-out
// bounds all steps together.
func (r *Runner) Run(ctx context.Context, p *loginwatch.Probe, t *loginwatch.Target) (run *loginwatch.Run) {
	started := r.now()
	run = &loginwatch.Run{
		ID: strings.ToLower(rand.Text()), Vendor: p.Contract.Vendor, Probe: p.Name, Target: t.Name,
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
	if p.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.Timeout)
		defer cancel()
	}
	s := &session{runner: r, probe: p, target: t, captured: map[string]string{}}
	s.noteSecrets()
	tr, err := r.transports.get(t.Transport)
	if err != nil {
		s.broken(run, loginwatch.ReasonInternal, fmt.Sprintf("target %s: %v", t.Name, err))
		return run
	}
	s.client = &client{transport: tr, host: t.BaseURL.Hostname()}
	steps := p.StepsFor(t)
	if detail := s.missing(steps); detail != "" {
		s.broken(run, loginwatch.ReasonSecretMissing, detail)
		return run
	}
	run.Verdict = loginwatch.OK
	for i := range steps {
		if !s.step(ctx, run, &steps[i]) {
			break
		}
	}
	return run
}

// session is one run: the values captured so far and every secret used.
type session struct {
	runner   *Runner
	probe    *loginwatch.Probe
	target   *loginwatch.Target
	client   *client
	captured map[string]string
	secrets  []string
}

// noteSecrets takes every configured secret into account for redaction, also
// those that this run does not send: the vendor may know them from another one.
func (s *session) noteSecrets() {
	for _, secret := range s.probe.Contract.Secrets {
		if v, found, err := s.target.Secrets.Secret(secret.Name); err == nil && found && v != "" {
			s.secrets = append(s.secrets, v)
		}
	}
}

// step sends one request and books its judgement; false ends the run.
func (s *session) step(ctx context.Context, run *loginwatch.Run, step *loginwatch.Step) bool {
	request, err := s.build(ctx, step.Case)
	if err != nil {
		s.broken(run, loginwatch.ReasonInternal, err.Error())
		return false
	}
	x, detail := s.client.send(request, s.runner.now)
	x.Secrets = s.secrets
	tokenOf := run.Vendor + "/" + run.Probe + "/" + run.Target + "/" + step.Case.ID
	j := check.Judge(check.Input{
		Contract: s.probe.Contract, Case: step.Case, Exchange: x, Capture: step.Capture,
		PreviousToken: s.runner.previousToken(tokenOf), Key: s.runner.key,
	})
	s.runner.rememberToken(tokenOf, j.Token.Digest)
	if !x.CertificateEnds.IsZero() {
		run.CertificateEnds = x.CertificateEnds
	}
	s.keep(j.Captured)
	run.Steps = append(run.Steps, loginwatch.StepResult{
		Case: step.Case.ID, Operation: step.Case.Operation.ID, HTTPStatus: x.Status,
		Duration: x.Finished.Sub(x.Started), Phases: x.Phases, Judgement: j.Judgement,
	})
	if detail != "" {
		run.Detail = detail
	}
	if run.Verdict == loginwatch.OK {
		run.Verdict, run.Reason = j.Verdict, j.Reason
	}
	switch j.Verdict {
	case loginwatch.OK, loginwatch.Drift:
		return j.Complete && step.Case.SuccessDue() == succeeded(step.Case, j.Outcome)
	}
	run.Verdict, run.Reason = j.Verdict, j.Reason
	return false
}

// keep holds what was captured ready for the steps after this one.
func (s *session) keep(captured []check.Captured) {
	for _, c := range captured {
		s.captured[c.Name] = c.Value
		s.secrets = append(s.secrets, c.Value)
		if keeper, ok := s.target.Secrets.(loginwatch.SecretKeeper); ok {
			keeper.Keep(c.Name, c.Value)
		}
	}
}

func succeeded(k *loginwatch.Case, outcome string) bool {
	o := k.Operation.Outcome(outcome)
	return o != nil && o.Means == loginwatch.OK
}

func (s *session) broken(run *loginwatch.Run, reason loginwatch.Reason, detail string) {
	run.Verdict, run.Reason, run.Detail = loginwatch.Broken, reason, detail
}

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
