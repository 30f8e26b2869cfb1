package flow_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

// A code is counted once for each request that holds it, be it by way of another
// value, and its refusal tells how close to the end of its time step it was made.
func TestOneTimeCodes(t *testing.T) {
	op := &loginwatch.Operation{ID: "verify", Request: loginwatch.Request{Method: "POST", Path: "/verify", Headers: []loginwatch.Header{{Name: "X-Code", Value: "${proof}"}}}}
	k := &loginwatch.Case{ID: "verify", Operation: op, Needs: []string{"seed"}}
	c := &loginwatch.Contract{
		Vendor: "example", Secrets: []loginwatch.Secret{{Name: "seed"}}, Operations: []*loginwatch.Operation{op}, Cases: []*loginwatch.Case{k},
		Computed: []*loginwatch.Computed{
			{Name: "code", Function: "totp", Of: []string{"${seed}"}, Options: map[string]string{"period": "60"}},
			{Name: "proof", Function: "base64", Of: []string{"${code}"}},
		},
	}
	p := plan(c, k, configured{"seed": "JBSWY3DPEHPK3PXP"})
	want := loginwatch.RateLimit{Requests: 1, Per: time.Minute}
	if len(p.Limits) != 1 || p.Limits[0].Limit != want || p.Limits[0].Requests != 1 || !slices.Equal(p.Limits[0].Secrets, []string{"seed"}) {
		t.Fatalf("limits %+v", p.Limits)
	}
	step := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		into time.Duration
		late bool
	}{{0, false}, {30 * time.Second, false}, {56 * time.Second, false}, {58 * time.Second, true}, {59900 * time.Millisecond, true}} {
		p := plan(c, k, configured{"seed": "JBSWY3DPEHPK3PXP"})
		p.Target.BaseURL = mustParse(t, "https://login.example")
		if _, err := p.Message(k, step.Add(tt.into)); err != nil {
			t.Fatal(err)
		}
		if got := p.Suspects(); strings.Contains(got, "before its time step ended") != tt.late {
			t.Errorf("%s into its time step: %q", tt.into, got)
		}
	}
}

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
