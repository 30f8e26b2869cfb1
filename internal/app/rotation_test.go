package app_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/schema"
)

// A vendor that takes every refresh token once: each run of verify uses the one that
// the run before it was given, none is sent twice, and it is told what was used up.
func TestRotatingTokenIsUsedOnce(t *testing.T) {
	var sent []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = append(sent, r.Header.Get("X-Token"))
		w.Header().Set("Content-Type", "application/json")
		if len(sent) == 3 {
			_, _ = io.WriteString(w, `{}`) // without the next one
			return
		}
		_, _ = io.WriteString(w, `{"token":"after-`+sent[len(sent)-1]+`"}`)
	}))
	defer server.Close()
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := schema.Compile("given", []byte(`{"type":"object","required":["token"],"properties":{"token":{"type":"string"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	success := &loginwatch.Outcome{
		ID: "success", Statuses: []int{200}, Body: loginwatch.BodyJSON, ContentTypes: []string{"application/json"}, Means: loginwatch.OK,
		Schema: &loginwatch.SchemaRef{Name: "given", Schema: compiled},
	}
	op := &loginwatch.Operation{ID: "refresh", Outcomes: []*loginwatch.Outcome{success}, Spends: []string{"token"}, Request: loginwatch.Request{
		Method: "POST", Path: "/token", Headers: []loginwatch.Header{{Name: "X-Token", Value: "${token}"}},
	}}
	k := &loginwatch.Case{ID: "refresh", Operation: op, Expect: op.Outcomes, Needs: []string{"token"}}
	c := &loginwatch.Contract{Vendor: "example", Secrets: []loginwatch.Secret{{Name: "token"}}, Operations: []*loginwatch.Operation{op}, Cases: []*loginwatch.Case{k}}
	p := &loginwatch.Probe{Contract: c, Name: "refresh", Timeout: 5 * time.Second, Steps: []loginwatch.Step{{
		Case: k, Role: loginwatch.RoleSubject, Capture: []loginwatch.Capture{{Name: "token", At: "/token"}},
	}}}
	v := app.NewVerification(app.VerificationOptions{Probes: []*loginwatch.Probe{p}, Timeout: 5 * time.Second})
	target := &loginwatch.Target{Name: "test", BaseURL: base, Credential: "test", Secrets: config.Static("the test", map[string]string{"token": "first"})}
	var verdicts []string
	for range 4 {
		for _, r := range v.Run(t.Context(), c.Cases, c, target) {
			verdicts = append(verdicts, strings.TrimSpace(string(r.Run.Verdict)+" "+string(r.Run.Reason)))
			if !strings.Contains(r.Run.Detail, `"token" (the test) was used up`) || strings.Contains(r.Run.Detail, "first") {
				t.Errorf("detail %q", r.Run.Detail)
			}
		}
	}
	if got := strings.Join(sent, " "); got != "first after-first after-after-first" {
		t.Errorf("sent %s", got)
	}
	if got := strings.Join(verdicts, ", "); got != "ok, ok, drift contract, broken secret-missing" {
		t.Errorf("verdicts %s", got)
	}
}
