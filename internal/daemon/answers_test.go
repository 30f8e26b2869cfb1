package daemon_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/flow"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/probe"
	"github.com/loginwatch/loginwatch/internal/store"
)

// A quarter of an hour of slots every 2 seconds: whatever a vendor answers that
// may be a refusal, in whatever words, no more logins are sent than the budget
// allows; what clearly is none goes on being watched.
func TestAnswersThatMayBeRefusals(t *testing.T) {
	catalog, problems := pack.Load(pack.Options{}, pack.Source{FS: os.DirFS("../check/testdata/pack")})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	const slots = 15*30 - 1
	const refusals = 3 // of the default budget
	for _, tt := range []struct {
		name, vendor string
		status       int
		contentType  string
		body         string
		sent         int64
	}{
		{"locked", "framework", 423, "application/json", `{"error":{"statusCode":423,"name":"Error","message":"m","code":"LOCKED"}}`, refusals},
		{"locked in other words", "framework", 423, "application/json", `{"message":"locked"}`, refusals},
		{"locked without a word", "bare", 423, "", "", refusals},
		{"a refusal inside a 200", "framework", 200, "application/json", `{"error":{"statusCode":401,"name":"Error","message":"m","code":"LOGIN_FAILED"}}`, refusals},
		{"an unknown refusal inside a 200", "framework", 200, "application/json", `{"error":{"statusCode":403,"name":"Error","message":"m","code":"PASSWORD_EXPIRED"}}`, refusals},
		{"words inside a 200", "framework", 200, "application/json", `{"message":"password expired"}`, refusals},
		{"a code of 401", "coded", 200, "application/json", `{"code":"401"}`, refusals},
		{"a code of 423", "coded", 200, "application/json", `{"code":423,"message":"locked"}`, refusals},
		{"a success without a token", "coded", 200, "application/json", `{"code":"200","message":"OTP sent"}`, refusals},
		{"an empty token", "silent", 200, "application/json", `{"user":{"token":""}}`, refusals},
		{"a blank token", "silent", 200, "application/json", `{"user":{"name":"a","token":" ","expires":1795263600,"last":null,"second":false},"roles":"R"}`, refusals},
		{"the word null for a token", "bare", 200, "application/json", `{"auth":"null","user":"u"}`, refusals},
		{"a token that is zero", "bare", 200, "application/json", `{"auth":0,"user":"u"}`, refusals},
		{"an error with the token's name", "framework", 200, "application/json", `{"id":"err-1","error":"account locked"}`, refusals},
		{"a second step with the token's name", "framework", 202, "application/json", `{"id":"mfa-1","status":"MFA_REQUIRED"}`, refusals},
		{"an error with the token's name behind a mark", "framework", 200, "application/json", "\ufeff" + `{"error":{"code":"LOGIN_FAILED","id":"req-1"}}`, refusals},
		{"a refusal that is twice there", "coded", 200, "application/json", `{"code":"401","code":"401","data":{"token":"x"}}`, refusals},
		{"a success that lacks a field", "framework", 200, "application/json", `{"id":"abcdef","ttl":1209600,"created":"2026-11-21T11:59:59.000Z"}`, slots},
		{"an error of all", "shared", 200, "application/json", `{"message":"locked"}`, refusals},
		{"nothing", "silent", 204, "", "", refusals},
		{"a redirect", "silent", 302, "", "", refusals},
		{"a page", "silent", 200, "text/html", "<html>", refusals},
		{"a problem", "silent", 400, "application/problem+json", `{"title":"Bad Request"}`, refusals},
		{"an outage", "silent", 500, "application/json", `{"message":"oops"}`, slots},
		{"an outage inside a 200", "coded", 200, "application/json", `{"code":"500"}`, slots},
		{"a token", "bare", 200, "application/json", `{"auth":"k","user":"u"}`, slots},
		{"a token and nothing else", "bare", 200, "application/json", `{"auth":"k"}`, slots},
		{"a token behind a mark", "bare", 200, "application/json", "\ufeff" + `{"auth":"k","user":"u"}`, slots},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var sent atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				sent.Add(1)
				w.Header()["Content-Type"] = []string{tt.contentType}
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}))
			defer server.Close()
			f := newFixture(store.NewMemory(store.DefaultBudget()))
			f.Runner = probe.New(probe.Options{})
			f.job = jobAt(t, catalog.Contract(tt.vendor), server.URL)
			f.slots(t.Context(), slots, 2*time.Second)
			if n := sent.Load(); n != tt.sent {
				t.Errorf("%d logins were sent, want %d", n, tt.sent)
			}
			if said := strings.Contains(f.log.String(), " refusal="); said != (tt.sent == refusals) {
				t.Errorf("the log speaks of a refusal: %v", said)
			}
		})
	}
}

// A wait is kept wherever it comes: a quarter of an hour of slots every 2
// seconds, and a login a minute.
func TestWaitsWhereverTheyCome(t *testing.T) {
	catalog, problems := pack.Load(pack.Options{}, pack.Source{FS: os.DirFS("../check/testdata/pack")})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, tt := range []struct {
		name, vendor string
		status       int
		body         string
		waits        []string
	}{
		{"with a token", "bare", 200, `{"auth":"k","user":"u"}`, []string{"60"}},
		{"with a fraction", "bare", 200, `{"auth":"k","user":"u"}`, []string{"59.2"}},
		{"in several lines", "bare", 200, `{"auth":"k","user":"u"}`, []string{"1", "60", "5"}},
		{"with a documented limit inside a 200", "bare", 200, `{"busy":true}`, []string{"60"}},
		{"with a limit by its code inside a 200", "coded", 200, `{"code":"429"}`, []string{"60"}},
		{"with an outage", "coded", 503, `{}`, []string{"60"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var sent atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				sent.Add(1)
				w.Header().Set("Content-Type", "application/json")
				w.Header()["Retry-After"] = tt.waits
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}))
			defer server.Close()
			f := newFixture(store.NewMemory(store.DefaultBudget()))
			f.Runner = probe.New(probe.Options{})
			f.job = jobAt(t, catalog.Contract(tt.vendor), server.URL)
			f.slots(t.Context(), 15*30, 2*time.Second)
			if n := sent.Load(); n != 15 {
				t.Errorf("%d logins were sent, want 15", n)
			}
		})
	}
}

// jobAt is a job of the vendor's login alone, with the demo credentials.
func jobAt(t *testing.T, c *loginwatch.Contract, address string) loginwatch.Job {
	t.Helper()
	base, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	values := secrets{}
	for _, secret := range c.Secrets {
		values[secret.Name] = secret.Demo
	}
	return loginwatch.Job{
		Probe:  flow.ForCase(c.Case("valid-credentials"), c, nil, 10*time.Second),
		Target: &loginwatch.Target{Name: "test", BaseURL: base, Secrets: values, Credential: c.Vendor + "/test"},
	}
}
