package app_test

import (
	"bytes"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/schema"
	"github.com/loginwatch/loginwatch/internal/store"
)

// A vendor that takes every refresh token once: each run of verify uses the one that
// the run before it was given, none is sent twice, and it is told what was used up.
func TestRotatingTokenIsUsedOnce(t *testing.T) {
	vendor := newRotating(t)
	v := app.NewVerification(app.VerificationOptions{Probes: []*loginwatch.Probe{vendor.probe}, Timeout: 5 * time.Second})
	var verdicts []string
	for range 4 {
		run := vendor.verified(t, v)
		verdicts = append(verdicts, strings.TrimSpace(string(run.Verdict)+" "+string(run.Reason)))
		if !strings.Contains(run.Detail, `"token" (the test) was used up`) || strings.Contains(run.Detail, "first") {
			t.Errorf("detail %q", run.Detail)
		}
	}
	if got := strings.Join(vendor.sent, " "); got != "first after-first after-after-first" {
		t.Errorf("sent %s", got)
	}
	if got := strings.Join(verdicts, ", "); got != "ok, ok, drift contract, broken secret-missing" {
		t.Errorf("verdicts %s", got)
	}
}

// With a store that lasts, each process goes on where the one before it ended, and who
// sees the files does not see the tokens.
func TestRotatingTokenOutlivesTheProcess(t *testing.T) {
	vendor := newRotating(t)
	dir := t.TempDir()
	for i, want := range []string{"", "", "was used up", "configure a new one"} {
		joined, err := store.OpenSQLite(t.Context(), filepath.Join(dir, "loginwatch.db"), store.Budget{})
		if err != nil {
			t.Fatal(err)
		}
		v := app.NewVerification(app.VerificationOptions{Probes: []*loginwatch.Probe{vendor.probe}, Timeout: 5 * time.Second, Store: joined})
		run := vendor.verified(t, v)
		if want == "" && run.Detail != "" || !strings.Contains(run.Detail, want) {
			t.Errorf("process %d: %s %q, want %q", i, run.Verdict, run.Detail, want)
		}
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(files) < 3 {
			t.Fatalf("%v, %v: want the file, its key and its -wal at least", files, err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name) //nolint:gosec // the test's own
			if err != nil {
				t.Fatal(err)
			}
			for _, encoded := range []string{"first", hex.EncodeToString([]byte("first")), "Zmlyc3", "ZpcnN0", "maXJzd"} {
				if bytes.Contains(text, []byte(encoded)) {
					t.Errorf("%s has a token in it as %q", filepath.Base(name), encoded)
				}
			}
		}
		if err := joined.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(vendor.sent, " "); got != "first after-first after-after-first" {
		t.Errorf("sent %s", got)
	}
}

// rotating is a vendor that takes every token once, and gives no other one in the end.
type rotating struct {
	contract *loginwatch.Contract
	probe    *loginwatch.Probe
	target   *loginwatch.Target
	sent     []string
}

func newRotating(t *testing.T) *rotating {
	t.Helper()
	r := &rotating{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.sent = append(r.sent, req.Header.Get("X-Token"))
		w.Header().Set("Content-Type", "application/json")
		if len(r.sent) == 3 {
			_, _ = io.WriteString(w, `{}`) // without the next one
			return
		}
		_, _ = io.WriteString(w, `{"token":"after-`+r.sent[len(r.sent)-1]+`"}`)
	}))
	t.Cleanup(server.Close)
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
	r.contract = &loginwatch.Contract{Vendor: "example", Secrets: []loginwatch.Secret{{Name: "token"}}, Operations: []*loginwatch.Operation{op}, Cases: []*loginwatch.Case{k}}
	r.probe = &loginwatch.Probe{Contract: r.contract, Name: "refresh", Timeout: 5 * time.Second, Steps: []loginwatch.Step{{
		Case: k, Role: loginwatch.RoleSubject, Capture: []loginwatch.Capture{{Name: "token", At: "/token"}},
	}}}
	r.target = &loginwatch.Target{Name: "test", BaseURL: base, Credential: "test", Secrets: config.Static("the test", map[string]string{"token": "first"})}
	return r
}

// verified gives what came of the vendor's one case.
func (r *rotating) verified(t *testing.T, v *app.Verification) *loginwatch.Run {
	t.Helper()
	runs := v.Run(t.Context(), r.contract.Cases, r.contract, r.target)
	if len(runs) != 1 {
		t.Fatalf("%d runs", len(runs))
	}
	return runs[0].Run
}
