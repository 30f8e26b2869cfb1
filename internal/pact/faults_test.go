//go:build pact

package pact_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/sim"
)

// Faults of the simulator that no pact can see, and why.
var unseen = map[sim.FaultName]string{
	sim.FaultExtraField:   "a pact allows members that it does not name, and so does the contract",
	sim.FaultShortLived:   "how long a token lives is computed, and a pact only compares",
	sim.FaultOtherKey:     "whether a signature is right is computed, and a pact only compares",
	sim.FaultRotatedKey:   "whether a key is announced is in another answer",
	sim.FaultDuplicateKey: "of two members of one name the verifier takes one",
	sim.FaultExpired:      "whether a time is over is computed, and a pact only compares",
}

// simulatorFaults are those that it can see, and a part of the reason given.
var simulatorFaults = map[sim.FaultName]string{
	sim.FaultOutage:           "503 came",
	sim.FaultHTML502:          "502 came",
	sim.FaultSlow:             "timed out",
	sim.FaultReset:            "was cut",
	sim.FaultSilent:           "timed out",
	sim.FaultHalfAnswer:       "was cut",
	sim.FaultNoHTTP:           "no answer in HTTP",
	sim.FaultPage:             "body: application/json was due, another content type came",
	sim.FaultWall:             "403 came",
	sim.FaultEmpty:            "body",
	sim.FaultLarge:            "no answer that could be compared: body-too-large",
	sim.FaultBOM:              "body: JSON was due, something else came",
	sim.FaultThrottle:         " came",
	sim.FaultRedirect:         "302 came",
	sim.FaultReject:           " came",
	sim.FaultRejectAll:        " came",
	sim.FaultRejectWall:       " came",
	sim.FaultDropField:        "missing ",
	sim.FaultWrongType:        "body $",
	sim.FaultAlgNone:          "a match of",
	sim.FaultTrailingHTML:     "body: JSON was due, something else came",
	sim.FaultTruncated:        "body: JSON was due, something else came",
	sim.FaultWrongContentType: "header Content-Type: a match of",
}

// Every fault that the simulator offers is seen by the verifier, with a reason
// that a person can read, or is declared unseen.
func TestSimulatorFaults(t *testing.T) {
	var planted atomic.Int32
	var mu sync.Mutex
	passed := map[sim.FaultName]bool{}
	contracts := catalog(t).Contracts
	t.Run("faults", func(t *testing.T) {
		for _, f := range sim.Faults() {
			t.Run(string(f.Name), func(t *testing.T) {
				t.Parallel()
				says, visible := simulatorFaults[f.Name]
				if visible == (unseen[f.Name] != "") {
					t.Errorf("%s has to be either seen or unseen", f.Name)
				}
				for _, c := range contracts {
					if f.Name == sim.FaultAlgNone && !hasJWT(c) {
						continue
					}
					r := underFault(t, c, f.Name)
					planted.Add(1)
					if visible {
						mustFail(t, c.Vendor, r, says)
					}
					mu.Lock()
					passed[f.Name] = passed[f.Name] || r.OK
					mu.Unlock()
				}
			})
		}
	})
	for name := range unseen {
		if !passed[name] {
			t.Errorf("%s is declared unseen, and the verifier sees it everywhere", name)
		}
	}
	t.Logf("%d faults planted in the simulators", planted.Load())
}

// underFault verifies a login against a simulator with a fault.
func underFault(t *testing.T, c *loginwatch.Contract, name sim.FaultName) app.PactResult {
	t.Helper()
	seen := &observer{}
	p := simulated(t, c, seen.around)
	fault := sim.Fault{Name: name}
	switch name {
	case sim.FaultSlow:
		fault.Delay, p.Timeout = time.Hour, 400*time.Millisecond
	case sim.FaultSilent:
		p.Timeout = 400 * time.Millisecond
	}
	if err := p.simulator.SetFault(c.Vendor, fault); err != nil {
		t.Fatal(err)
	}
	r := p.verify(t, []*loginwatch.Case{firstSuccess(c)})[0]
	seen.mustBeSecret(t, p, r)
	return r
}

func hasJWT(c *loginwatch.Contract) bool {
	return slices.ContainsFunc(c.Operations, func(o *loginwatch.Operation) bool {
		return o.Token != nil && o.Token.Form == loginwatch.TokenJWT
	})
}

// firstSuccess is the first case that a token is due for.
func firstSuccess(c *loginwatch.Contract) *loginwatch.Case {
	for _, k := range expressible(c) {
		if k.SuccessDue() && k.Operation.Token != nil {
			return k
		}
	}
	return nil
}

func mustFail(t *testing.T, what string, r app.PactResult, says string) {
	t.Helper()
	if r.OK || !slices.ContainsFunc(r.Differences, func(d string) bool { return strings.Contains(d, says) }) {
		t.Errorf("%s: ok %v, %q; want a reason with %q", what, r.OK, r.Differences, says)
	}
}

// observer stands before a simulator, changes its answers, and remembers them.
type observer struct {
	change func(*reply) // nil changes nothing
	same   bool         // the change left every answer as it was

	mu     sync.Mutex // a verifier that gives up leaves its request behind
	bodies [][]byte
}

func (o *observer) keep(bodies ...[]byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bodies = append(o.bodies, bodies...)
}

// reply is one answer to be changed.
type reply struct {
	outcome *loginwatch.Outcome // that was due
	token   string              // pointer to the token in it; "" without one
	status  int
	header  http.Header
	body    []byte
}

func (o *observer) around(next http.Handler) http.Handler { return o.aroundCase(next, nil) }

func (o *observer) aroundCase(next http.Handler, k *loginwatch.Case) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o.change == nil {
			rec := &recorder{ResponseWriter: w}
			next.ServeHTTP(rec, r)
			o.keep(rec.body.Bytes())
			return
		}
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		a := &reply{outcome: k.Expect[0], status: rec.Code, header: rec.Header(), body: rec.Body.Bytes()}
		if t := k.Operation.Token; t != nil && t.Outcome == a.outcome {
			a.token = t.At.String()
		}
		before := reply{status: a.status, header: a.header.Clone(), body: bytes.Clone(a.body)}
		o.change(a)
		o.same = a.status == before.status && bytes.Equal(a.body, before.body) && a.header.Get("Content-Type") == before.header.Get("Content-Type")
		o.keep(before.body, a.body)
		for name, values := range a.header {
			w.Header()[name] = values
		}
		w.Header().Del("Content-Length")
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body)
	})
}

// recorder keeps what passes.
type recorder struct {
	http.ResponseWriter
	body bytes.Buffer
}

func (r *recorder) Write(p []byte) (int, error) {
	r.body.Write(p)
	return r.ResponseWriter.Write(p)
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// mustBeSecret fails when a result repeats a credential or any text that the
// provider sent, but for what the pact itself says.
func (o *observer) mustBeSecret(t *testing.T, p *provider, r app.PactResult) {
	t.Helper()
	text := strings.Join(append(slices.Clone(r.Differences), r.NotSent), "\n")
	var secrets []string
	for _, v := range p.simulator.Credentials(p.Contract.Vendor) {
		secrets = append(secrets, v)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, body := range o.bodies {
		var doc any
		if json.NewDecoder(bytes.NewReader(body)).Decode(&doc) == nil {
			secrets = append(secrets, texts(doc)...)
		}
	}
	for _, secret := range secrets {
		if len(secret) >= 5 && !bytes.Contains(p.Pact, []byte(secret)) && strings.Contains(text, secret) {
			t.Errorf("%s %s: the result repeats a value of %d characters", p.Contract.Vendor, r.Case.ID, len(secret))
		}
	}
}

func texts(doc any) []string {
	switch v := doc.(type) {
	case string:
		return []string{v}
	case map[string]any:
		var all []string
		for _, member := range v {
			all = append(all, texts(member)...)
		}
		return all
	case []any:
		var all []string
		for _, item := range v {
			all = append(all, texts(item)...)
		}
		return all
	}
	return nil
}
