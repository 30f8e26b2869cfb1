//go:build pact

package pact_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/report"
)

// counter counts requests by their paths, and answers the n-th itself.
type counter struct {
	mu     sync.Mutex
	paths  []string
	at     int
	answer http.HandlerFunc
}

func (c *counter) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.paths = append(c.paths, r.URL.Path)
		mine := len(c.paths) == c.at
		c.mu.Unlock()
		if mine {
			c.answer(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// fetching gives the contracts whose probes capture something, and what.
func fetching(t *testing.T) map[*loginwatch.Contract]map[string]*loginwatch.Case {
	t.Helper()
	all := map[*loginwatch.Contract]map[string]*loginwatch.Case{}
	for _, p := range catalog(t).Probes {
		for _, step := range p.Steps {
			for _, c := range step.Capture {
				if all[p.Contract] == nil {
					all[p.Contract] = map[string]*loginwatch.Case{}
				}
				all[p.Contract][c.Name] = step.Case
			}
		}
	}
	if len(all) == 0 {
		t.Fatal("no contract whose login needs a step before it")
	}
	return all
}

// unfetched is a provider of whose secrets those that a step captures are not
// configured, and the cases that need them.
func unfetched(t *testing.T, c *loginwatch.Contract, fetched map[string]*loginwatch.Case, count *counter) (*provider, []*loginwatch.Case) {
	t.Helper()
	p := simulated(t, c, count.around)
	p.Probes = catalog(t).Probes
	secrets := p.simulator.Credentials(c.Vendor)
	for name := range fetched {
		delete(secrets, name)
	}
	p.Target.Secrets = config.Static("the test", secrets)
	return p, slices.DeleteFunc(expressible(c), func(k *loginwatch.Case) bool {
		return !slices.ContainsFunc(k.Needs, func(name string) bool { return fetched[name] != nil })
	})
}

// What a step before the login gives need not be configured: it is fetched once,
// even where only the login is named.
func TestFetchedSecrets(t *testing.T) {
	for c, fetched := range fetching(t) {
		t.Run(c.Vendor, func(t *testing.T) {
			count := &counter{}
			p, logins := unfetched(t, c, fetched, count)
			results, err := app.VerifyPact(t.Context(), p.PactOptions, logins)
			if err != nil {
				t.Fatal(err)
			}
			if len(results) != len(logins) || len(count.paths) != len(logins)+1 {
				t.Errorf("%d cases, %d results and %d requests", len(logins), len(results), len(count.paths))
			}
			for _, r := range results {
				if !r.OK {
					t.Errorf("%s: %s %s", r.Case.ID, r.NotSent, strings.Join(r.Differences, "; "))
				}
			}
		})
	}
}

// A case that was not sent because of the step before it says so, and no other
// does.
func TestStepThatFails(t *testing.T) {
	for c, fetched := range fetching(t) {
		step := slices.Collect(maps.Values(fetched))[0]
		count := &counter{at: 1, answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }}
		p, logins := unfetched(t, c, fetched, count)
		r := p.verify(t, logins[:1])[0]
		if want := "the step " + step.ID + " before it was not well: unavailable, reason "; !strings.HasPrefix(r.NotSent, want) || len(count.paths) != 1 {
			t.Errorf("%s: %q after %q", c.Vendor, r.NotSent, count.paths)
		}
		p.Target.Transport.CAFile = "no-such-file"
		if r := p.verify(t, logins[:1])[0]; !strings.HasPrefix(r.NotSent, "target simulator: certificate authority: ") {
			t.Errorf("%s without its authority: %q", c.Vendor, r.NotSent)
		}
	}
}

// A case that follows a login up is the one that Pact's verifier sends; the login
// before it goes the usual way.
func TestFollowUp(t *testing.T) {
	for _, c := range catalog(t).Contracts {
		cases := expressible(c)
		login := firstSuccess(c)
		for _, k := range cases {
			if k == login {
				continue
			}
			count := &counter{}
			p := simulated(t, c, count.around)
			p.Probes = []*loginwatch.Probe{{Contract: c, Name: "session", Steps: []loginwatch.Step{
				{Case: login, Role: loginwatch.RoleSubject}, {Case: k, Role: loginwatch.RoleFollowUp},
			}}}
			r := p.verify(t, []*loginwatch.Case{k})[0]
			if len(count.paths) != 2 || !r.OK {
				t.Errorf("%s %s: %d requests, %q %q", c.Vendor, k.ID, len(count.paths), r.NotSent, r.Differences)
			}
			break
		}
	}
}

// What a case counts for is what verify says of it; Pact adds only what verify
// does not know.
func TestReport(t *testing.T) {
	run := func(v loginwatch.Verdict, r loginwatch.Reason) *loginwatch.Run {
		return &loginwatch.Run{Verdict: v, Reason: r}
	}
	different := []string{"another status"}
	for _, test := range []struct {
		name string
		app.PactResult
		code int
	}{
		{"well", app.PactResult{Run: run(loginwatch.OK, ""), OK: true}, 0},
		{"a difference that Pact alone sees", app.PactResult{Run: run(loginwatch.OK, ""), Differences: different}, 1},
		{"a difference that both see", app.PactResult{Run: run(loginwatch.Drift, loginwatch.ReasonContract), Differences: different}, 1},
		{"a difference that Pact does not see", app.PactResult{Run: run(loginwatch.Drift, loginwatch.ReasonContract), OK: true}, 1},
		{"refused", app.PactResult{Run: run(loginwatch.Rejected, loginwatch.ReasonCredential), Differences: different}, 3},
		{"no answer", app.PactResult{Run: run(loginwatch.Unavailable, loginwatch.ReasonConnect), Differences: different}, 3},
		{"the verifier failed", app.PactResult{Run: run(loginwatch.OK, ""), Failure: "it failed"}, 4},
		{"refused, and the verifier failed", app.PactResult{Run: run(loginwatch.Rejected, loginwatch.ReasonCredential), Failure: "it failed"}, 3},
		{"a secret is missing", app.PactResult{Run: run(loginwatch.Broken, loginwatch.ReasonSecretMissing), NotSent: "missing"}, 4},
		{"skipped", app.PactResult{Run: run(loginwatch.Skipped, loginwatch.ReasonSuspended), NotSent: "it rests"}, 4}, // nothing ran
	} {
		test.Case = &loginwatch.Case{ID: "login"}
		if code := report.ExitCode(report.Report{Results: []report.Result{test.Report()}}); code != test.code {
			t.Errorf("%s: exit code %d instead of %d", test.name, code, test.code)
		}
	}
}

// Where it is configured, what only the step needs is not missed.
func TestConfiguredInsteadOfFetched(t *testing.T) {
	superfluous := 0
	for c, fetched := range fetching(t) {
		p := simulated(t, c, nil)
		p.Probes = catalog(t).Probes
		secrets := p.simulator.Credentials(c.Vendor)
		for name := range secrets {
			needed := slices.ContainsFunc(c.Cases, func(k *loginwatch.Case) bool {
				return slices.Contains(k.Needs, name) && !slices.Contains(slices.Collect(maps.Values(fetched)), k)
			})
			if !needed {
				delete(secrets, name)
			}
		}
		p.Target.Secrets = config.Static("the test", secrets)
		for _, r := range p.verify(t, expressible(c)) {
			switch {
			case r.Run.Reason == loginwatch.ReasonConfigured:
				superfluous++
			case !r.OK:
				t.Errorf("%s %s: %s %s", c.Vendor, r.Case.ID, r.NotSent, strings.Join(r.Differences, "; "))
			}
		}
	}
	if superfluous == 0 {
		t.Error("every step was sent")
	}
}

// Once the target asked for time nothing more is sent.
func TestTargetAsksForTime(t *testing.T) {
	answers := map[string]http.HandlerFunc{
		"429": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) },
		"429 that breaks off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusTooManyRequests)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
		"503 with Retry-After": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusServiceUnavailable)
		},
	}
	for name, answer := range answers {
		for _, c := range catalog(t).Contracts {
			cases := expressible(c)
			if len(cases) < 2 {
				continue
			}
			t.Run(name+" "+c.Vendor, func(t *testing.T) {
				count := &counter{at: 1, answer: answer}
				results := simulated(t, c, count.around).verify(t, cases)
				if len(count.paths) != 1 {
					t.Errorf("%d requests", len(count.paths))
				}
				for _, r := range results[1:] {
					if r.NotSent == "" {
						t.Errorf("%s was sent", r.Case.ID)
					}
				}
			})
		}
	}
}

// No more requests are sent than a documented limit allows.
func TestDocumentedLimit(t *testing.T) {
	own, problems := pack.Load(pack.Options{}, sources()...)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	limited := 0
	for _, c := range own.Contracts {
		cases := expressible(c)
		for _, k := range cases {
			k.Operation.Limit = &loginwatch.RateLimit{Requests: 1, Per: time.Hour, Pos: k.Operation.Pos}
		}
		count := &counter{}
		for _, r := range simulated(t, c, count.around).verify(t, cases) {
			if strings.Contains(r.NotSent, "documented rate limit leaves no room") {
				limited++
			}
		}
		operations := map[*loginwatch.Operation]bool{}
		for _, k := range cases {
			operations[k.Operation] = true
		}
		if len(count.paths) != len(operations) {
			t.Errorf("%s: %d requests to %d operations", c.Vendor, len(count.paths), len(operations))
		}
	}
	if limited == 0 {
		t.Error("no case reached a limit")
	}
}
