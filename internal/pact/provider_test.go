//go:build pact

package pact_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/pact"
	"github.com/loginwatch/loginwatch/internal/sim"
)

// provider is a simulated API of one vendor, and how to verify it.
type provider struct {
	simulator *sim.Simulator
	app.PactOptions
}

// simulated starts a vendor's simulator; around, if not nil, stands before it.
func simulated(t testing.TB, c *loginwatch.Contract, around func(http.Handler) http.Handler) *provider {
	t.Helper()
	return served(t, newSimulator(t, c), c, around)
}

// newSimulator has a clock of its own, on which 10 seconds pass with each look:
// no documented rate limit is ever reached.
func newSimulator(t testing.TB, c *loginwatch.Contract) *sim.Simulator {
	t.Helper()
	var looks atomic.Int64
	s, err := sim.New([]*loginwatch.Contract{c}, sim.Options{
		Now: func() time.Time { return time.Unix(1_800_000_000+10*looks.Add(1), 0).UTC() },
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// served starts a simulator; around, if not nil, stands before it.
func served(t testing.TB, s *sim.Simulator, c *loginwatch.Contract, around func(http.Handler) http.Handler) *provider {
	t.Helper()
	handler := s.Handler(c.Vendor)
	if around != nil {
		handler = around(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(committed(c))
	if err != nil {
		t.Fatal(err)
	}
	return &provider{s, app.PactOptions{
		Contract: c, Pact: file, Timeout: 10 * time.Second,
		Target: &loginwatch.Target{
			Name: "simulator", BaseURL: base, Secrets: config.Static("the simulator's demo credentials", s.Credentials(c.Vendor)),
		},
	}}
}

// expressible are all cases that a pact can express, those that run only when
// named included: a simulator locks nobody out.
func expressible(c *loginwatch.Contract) []*loginwatch.Case {
	var cases []*loginwatch.Case
	for _, k := range c.Cases {
		if pact.LeftOut(k, c) == "" {
			cases = append(cases, k)
		}
	}
	return cases
}

func (p *provider) verify(t testing.TB, cases []*loginwatch.Case) []app.PactResult {
	t.Helper()
	results, err := app.VerifyPact(context.Background(), p.PactOptions, cases)
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != len(cases) {
		t.Fatalf("%d results for %d cases", len(results), len(cases))
	}
	return results
}

// The committed pacts hold against the simulator: contract, client and
// simulator say the same.
func TestProvider(t *testing.T) {
	for _, c := range catalog(t).Contracts {
		t.Run(c.Vendor, func(t *testing.T) {
			for _, r := range simulated(t, c, nil).verify(t, expressible(c)) {
				if !r.OK {
					t.Errorf("%s: %s %s", r.Case.ID, r.NotSent, strings.Join(r.Differences, "; "))
				}
			}
		})
	}
}
