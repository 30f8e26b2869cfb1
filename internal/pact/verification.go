//go:build pact

package pact

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
)

// Verification holds a target against the pact of a vendor.
type Verification struct {
	Contract *loginwatch.Contract
	Probes   []*loginwatch.Probe // their steps fetch what a case needs and nobody has configured
	Pact     []byte              // the pact file
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
	Superfluous bool     // not sent because what it would fetch is configured: nothing is missing
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
