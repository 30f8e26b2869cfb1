//go:build pact

package pact

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pact/native"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// Run sends each case once, one after the other, and gives a result for each
// and for those that had to be sent first, for what their answers hold. The
// rules are those of the daemon: once a case with the credential was not
// answered with the success that was due, no other case that needs it is sent;
// once the target asked for time, nothing is; and no more requests are sent
// than a documented limit allows. The error says that nothing could be verified.
func (v *Verification) Run(ctx context.Context, cases []*loginwatch.Case) ([]Result, error) {
	d, err := readDocument(v.Pact)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", v.Contract.Vendor, err)
	}
	f, err := newFront(ctx, v.BaseURL, v.TLS, v.Timeout)
	if err != nil {
		return nil, err
	}
	defer f.close()
	if f.secrets, err = secretsOf(v.Contract, v.Secrets); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "loginwatch-pact-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // it holds no secret
	s := &session{
		Verification: v, document: d, front: f, dir: dir,
		begun: map[*loginwatch.Case]bool{}, sent: map[*loginwatch.Operation]int{},
	}
	for _, k := range cases {
		if err := s.verify(ctx, k); err != nil {
			return s.results, err
		}
	}
	return s.results, nil
}

// session is one verification under way.
type session struct {
	*Verification
	document *document
	front    *front
	dir      string
	results  []Result
	begun    map[*loginwatch.Case]bool
	sent     map[*loginwatch.Operation]int // requests
	refused  bool                          // the credential, or perhaps
	waiting  bool                          // the target asked for time
}

// verify sends the case, unless that was done, and before it those that fetch
// what it needs.
func (s *session) verify(ctx context.Context, k *loginwatch.Case) error {
	if s.begun[k] {
		return nil
	}
	s.begun[k] = true
	for _, step := range s.steps() {
		if slices.ContainsFunc(step.Capture, func(c loginwatch.Capture) bool {
			return slices.Contains(k.Needs, c.Name) && s.front.secret(c.Name) == ""
		}) {
			if err := s.verify(ctx, step.Case); err != nil {
				return err
			}
		}
	}
	r := Result{Case: k.ID}
	if r.NotSent, r.Superfluous = s.unsent(ctx, k); r.NotSent == "" {
		var err error
		if r, err = s.send(k); err != nil {
			return err
		}
	}
	s.results = append(s.results, r)
	return nil
}

// unsent says why the case can't or must not be sent now; "" when it may.
func (s *session) unsent(ctx context.Context, k *loginwatch.Case) (reason string, superfluous bool) {
	missing := s.missing(k)
	limit := k.Operation.Limit
	switch {
	case ctx.Err() != nil:
		return "interrupted", false
	case s.document.interactions[Description(k)] == nil:
		return "it is not in the pact, which is stale: make contracts writes it anew", false
	case missing != "" && s.fetched(k):
		return "what it would fetch is configured", true
	case missing != "":
		return missing, false
	case s.refused && len(k.Needs) > 0:
		return "the credential may have been refused, and is not sent again", false
	case s.waiting:
		return "the target asked for time", false
	case limit != nil && s.sent[k.Operation] >= limit.Requests:
		return fmt.Sprintf("the documented limit of %d requests is reached; name the case to send it alone", limit.Requests), false
	}
	return "", false
}

// missing names the secrets that the case needs and nobody has.
func (s *session) missing(k *loginwatch.Case) string {
	var names []string
	for _, name := range k.Needs {
		if s.front.secret(name) == "" {
			names = append(names, fmt.Sprintf("%s (%s)", name, s.Secrets.Origin(name)))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "missing or empty: " + strings.Join(names, ", ")
}

// steps gives those of the vendor's probes that capture something.
func (s *session) steps() []loginwatch.Step {
	var steps []loginwatch.Step
	for _, p := range s.Probes {
		if p.Contract == s.Contract {
			steps = append(steps, p.Steps...)
		}
	}
	return slices.DeleteFunc(steps, func(step loginwatch.Step) bool { return len(step.Capture) == 0 })
}

// captures gives what the case's answer is wanted for.
func (s *session) captures(k *loginwatch.Case) []loginwatch.Capture {
	var all []loginwatch.Capture
	for _, step := range s.steps() {
		if step.Case == k {
			all = append(all, step.Capture...)
		}
	}
	return all
}

// fetched tells whether all that the case would fetch is there already.
func (s *session) fetched(k *loginwatch.Case) bool {
	wanted := s.captures(k)
	return len(wanted) > 0 && !slices.ContainsFunc(wanted, func(c loginwatch.Capture) bool { return s.front.secret(c.Name) == "" })
}

// send verifies one case with one request.
func (s *session) send(k *loginwatch.Case) (Result, error) {
	file, err := s.document.single(Description(k), s.dir)
	if err != nil {
		return Result{}, err
	}
	s.sent[k.Operation]++
	results, err := native.Verify(native.Request{
		File: file, Provider: s.Contract.Vendor, Host: "127.0.0.1", Port: s.front.port, Path: s.front.path, StateURL: s.front.stateURL,
		Timeout: s.Timeout,
	})
	if err != nil {
		return Result{}, fmt.Errorf("%s %s: %w", s.Contract.Vendor, k.ID, err)
	}
	came := s.front.take()
	r := Result{Case: k.ID, OK: results[0].OK}
	if results[0].NoAnswer {
		if came.failure == "" {
			came.failure = "the target did not answer in time"
		}
		r.Differences = []string{"no answer: " + came.failure}
	}
	for _, m := range results[0].Mismatches {
		r.Differences = append(r.Differences, s.document.describe(Description(k), m))
	}
	slices.Sort(r.Differences)
	r.Differences = slices.Compact(r.Differences)
	s.waiting = s.waiting || came.wait
	s.refused = s.refused || !r.OK && len(k.Needs) > 0 && k.SuccessDue()
	if r.OK {
		s.capture(k, came.body)
	}
	return r, nil
}

// capture keeps what later cases need from an answer, unless it is configured.
func (s *session) capture(k *loginwatch.Case, body []byte) {
	var doc any
	if json.Unmarshal(body, &doc) != nil {
		return
	}
	for _, c := range s.captures(k) {
		v, _ := tree.Lookup(doc, c.At.Pointer())
		if text, ok := v.(string); ok && s.front.secret(c.Name) == "" {
			s.front.setSecret(c.Name, text)
		}
	}
}
