//go:build exports

package exporttest

import (
	"bufio"
	"context"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/exporter"
	"github.com/loginwatch/loginwatch/internal/exporter/openapi"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/pack/packtest"
)

// prism serves the OpenAPI documents of a folder, and gives the address of each.
func prism(t *testing.T, dir string) map[string]*url.URL {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "node", filepath.Join("..", "..", "tools", "exports", "prism.cjs"), packages, dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); _ = cmd.Wait() })
	addresses := map[string]*url.URL{}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		name, address, found := strings.Cut(lines.Text(), " ")
		if !found {
			return addresses // it is ready
		}
		if addresses[name], err = url.Parse(address); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("Prism ended before it was ready")
	return nil
}

// aged are findings of an answer that is an example: its times are those of the document,
// and its keys and placeholders are none.
var aged = []loginwatch.Kind{loginwatch.KindTokenExpired, loginwatch.KindTokenKey, loginwatch.KindTokenSignature}

// Prism answers from an exported document what verify takes for the documented success,
// wherever OpenAPI can say so.
func TestPrismAnswers(t *testing.T) {
	catalog := packtest.All(t)
	dir, _ := exported(t, catalog)
	broken := emptied(t, dir, catalog)
	addresses := prism(t, dir)
	ok, others := 0, map[string]int{}
	for _, c := range catalog.Contracts {
		for _, k := range c.Cases {
			if k.OnlyWhenNamed() || !k.SuccessDue() {
				continue
			}
			if why := unsaid(c, k); why != "" {
				others[why]++
				continue
			}
			run := alone(t, c, k, addresses[c.Vendor])
			if k == broken {
				missing := func(f loginwatch.Finding) bool { return f.Kind == loginwatch.KindMissing }
				if run := alone(t, c, k, addresses["broken"]); !slices.ContainsFunc(run.Findings(), missing) {
					t.Errorf("%s: %s: %s, though its example is broken on purpose", c.Vendor, k.ID, run.Verdict)
				}
			}
			wrong := slices.DeleteFunc(run.Findings(), func(f loginwatch.Finding) bool {
				return f.Class != loginwatch.Breaking || slices.Contains(aged, f.Kind) || f.Kind == loginwatch.KindTokenForm && stands(k, f.Pointer)
			})
			if run.Verdict != loginwatch.OK && (run.Verdict != loginwatch.Drift || len(wrong) > 0) {
				t.Errorf("%s: %s: %s, %s: %v", c.Vendor, k.ID, run.Verdict, run.Reason, wrong)
				continue
			}
			ok++
		}
	}
	t.Logf("%d documented successes: verify takes Prism's answers for them", ok)
	for _, why := range slices.Sorted(maps.Keys(others)) {
		t.Logf("%d more: %s", others[why], why)
	}
}

// emptied writes one document again whose example of success is an empty object, and gives
// the case that it is of: what verify says of that shows that it was looked at.
func emptied(t *testing.T, dir string, catalog *pack.Catalog) *loginwatch.Case {
	t.Helper()
	for _, c := range catalog.Contracts {
		for _, k := range c.Cases {
			if k.Token() == nil || k.Expect[0].Body != loginwatch.BodyJSON || unsaid(c, k) != "" {
				continue
			}
			e := openapi.EndpointOf(openapi.Endpoints(c), k.Operation)
			document := openapi.Document(c, catalog.ProbesOf(c.Vendor))
			at := document
			for _, key := range []string{
				"paths", e.Path, e.Method, "responses", strconv.Itoa(k.Expect[0].Statuses[0]), "content", k.Expect[0].ContentTypes[0], "examples", k.Expect[0].ID,
			} {
				at = at.Get(key).(exporter.Map)
			}
			at.Set("value", exporter.Map{})
			write(t, filepath.Join(dir, "broken.openapi.yaml"), document)
			return k
		}
	}
	t.Fatal("no login has a token in JSON")
	return nil
}

// alone runs a case by itself with all that it needs, as a mock keeps nothing from one
// request to the next.
func alone(t *testing.T, c *loginwatch.Contract, k *loginwatch.Case, address *url.URL) *loginwatch.Run {
	t.Helper()
	demo := map[string]string{}
	for _, s := range c.Secrets {
		demo[s.Name] = s.Demo
	}
	target := &loginwatch.Target{Name: "prism", BaseURL: address, Secrets: config.Static("the contract's demo values", demo), WithoutControl: true}
	return app.NewVerification(app.VerificationOptions{Timeout: 30 * time.Second}).Run(t.Context(), []*loginwatch.Case{k}, c, target)[0].Run
}

// stands tells whether the example of a case has no value at a place, but words for one.
func stands(k *loginwatch.Case, pointer string) bool {
	return slices.Contains(k.Expect[0].Placeholders, loginwatch.Place(pointer))
}

// unsaid says why Prism can't know what the answer to a case is; "" when it can.
func unsaid(c *loginwatch.Contract, k *loginwatch.Case) string {
	e := openapi.EndpointOf(openapi.Endpoints(c), k.Operation)
	request := k.Request()
	lowest := slices.MinFunc(e.Operations[0].Outcomes, func(a, b *loginwatch.Outcome) int { return mocked(a) - mocked(b) })
	switch {
	case len(e.Operations) > 1:
		return "OpenAPI has one operation for several"
	case lowest.Statuses[0] != k.Expect[0].Statuses[0]:
		return "a mock answers with the lowest status of success"
	case len(k.Operation.Request.Cookies) > 0:
		return "a cookie has to come from an answer before"
	case request.Body != nil && !slices.ContainsFunc(request.Headers, func(h loginwatch.Header) bool { return strings.EqualFold(h.Name, "Content-Type") }):
		return "Prism reads no body without a Content-Type"
	case len(k.Expect[0].Cookies) > 1:
		return "OpenAPI has one header Set-Cookie"
	case request.Body != nil && k.Operation.Request.Format() == loginwatch.BodyJSON && !jsonName(openapi.MediaType(k.Operation)):
		return "Prism reads JSON under the names of JSON alone"
	case slices.ContainsFunc(request.Headers, func(h loginwatch.Header) bool {
		return strings.EqualFold(h.Name, "Accept") && len(k.Expect[0].ContentTypes) > 0 && !slices.Contains(k.Expect[0].ContentTypes, h.Value)
	}):
		return "the answer is of another type than the request accepts"
	}
	return ""
}

// mocked orders statuses as Prism does: those of success come first.
func mocked(o *loginwatch.Outcome) int {
	if s := o.Statuses[0]; s < 200 || s > 299 {
		return s + 1000
	}
	return o.Statuses[0]
}
