//go:build pact

package pact

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pact/native"
)

// Verification holds a target against the pact of a vendor.
type Verification struct {
	Contract *loginwatch.Contract
	Pact     []byte // the pact file
	BaseURL  *url.URL
	Secrets  loginwatch.SecretSource
	TLS      *tls.Config // nil is the system's authorities
	Timeout  time.Duration
}

// Result is what the verifier says of one case. Its texts hold no value that
// the target sent and no secret.
type Result struct {
	Case        string
	OK          bool
	NotSent     string   // why the case was not sent; then it is neither right nor wrong
	Differences []string // sorted; not empty when the case was sent and is not OK
}

// Cases gives the contract's cases that a pact can express: the named ones, or
// all that may be sent without being named. The error is about a name.
func Cases(c *loginwatch.Contract, named []string) ([]*loginwatch.Case, error) {
	for _, id := range named {
		k := c.Case(id)
		if k == nil {
			return nil, fmt.Errorf("%s has no case %q", c.Vendor, id)
		}
		if reason := LeftOut(k); reason != "" {
			return nil, fmt.Errorf("the case %q is in no pact: %s", id, reason)
		}
	}
	var cases []*loginwatch.Case
	for _, k := range c.Cases {
		if slices.Contains(named, k.ID) || len(named) == 0 && LeftOut(k) == "" && !k.OnlyWhenNamed() {
			cases = append(cases, k)
		}
	}
	return cases, nil
}

// Preflight tells whether anything listens at the base URL: a verification
// against nothing must not look like one of a broken API.
func (v *Verification) Preflight(ctx context.Context) error {
	f := &front{target: v.BaseURL}
	ctx, cancel := context.WithTimeout(ctx, v.Timeout)
	defer cancel()
	return f.preflight(ctx)
}

// Run sends each case once, one after the other, and gives a result for each.
// Once a case with the credential was not answered with the success that was
// due, no other case that needs it is sent: a refused credential is not tried
// again. The error says that nothing could be verified.
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
	var results []Result
	refused := false
	for _, k := range cases {
		r := Result{Case: k.ID}
		switch missing := v.missing(k, f.secrets); {
		case ctx.Err() != nil:
			r.NotSent = "interrupted"
		case d.interactions[Description(k)] == nil:
			r.NotSent = "it is not in the pact, which is stale: make contracts writes it anew"
		case missing != "":
			r.NotSent = missing
		case refused && len(k.Needs) > 0:
			r.NotSent = "the credential may have been refused, and is not sent again"
		default:
			if r, err = v.one(k, d, f, dir); err != nil {
				return results, err
			}
			refused = refused || !r.OK && len(k.Needs) > 0 && k.SuccessDue()
		}
		results = append(results, r)
	}
	return results, nil
}

func (v *Verification) missing(k *loginwatch.Case, secrets map[string]string) string {
	var names []string
	for _, name := range k.Needs {
		if secrets[name] == "" {
			names = append(names, fmt.Sprintf("%s (%s)", name, v.Secrets.Origin(name)))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "missing or empty: " + strings.Join(names, ", ")
}

// one verifies one case.
func (v *Verification) one(k *loginwatch.Case, d *document, f *front, dir string) (Result, error) {
	file, err := d.single(Description(k), dir)
	if err != nil {
		return Result{}, err
	}
	results, err := native.Verify(native.Request{
		File: file, Provider: v.Contract.Vendor, Host: "127.0.0.1", Port: f.port, Path: f.path, StateURL: f.stateURL,
		Timeout: v.Timeout,
	})
	if err != nil {
		return Result{}, fmt.Errorf("%s %s: %w", v.Contract.Vendor, k.ID, err)
	}
	r := Result{Case: k.ID, OK: results[0].OK}
	failure := f.failed()
	if results[0].NoAnswer {
		if failure == "" {
			failure = "the target did not answer in time"
		}
		r.Differences = []string{"no answer: " + failure}
	}
	for _, m := range results[0].Mismatches {
		r.Differences = append(r.Differences, d.describe(Description(k), m))
	}
	slices.Sort(r.Differences)
	r.Differences = slices.Compact(r.Differences)
	return r, nil
}
