package sim

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loginwatch/loginwatch"
)

// every is what each fault does to a valid request. A fault without an entry
// fails the test that ranges over them.
var every = map[FaultName]func(t *testing.T, res *http.Response, body []byte){
	FaultOutage: func(t *testing.T, res *http.Response, body []byte) {
		wantPage(t, res, body, 503, "Unavailable")
	},
	FaultHTML502: func(t *testing.T, res *http.Response, body []byte) { wantPage(t, res, body, 502, "502 Bad Gateway") },
	FaultReject:  func(t *testing.T, res *http.Response, body []byte) { wantStatus(t, res, 401) },
	// What else they do, TestFaultsOfRefusals has.
	FaultRejectAll:  func(t *testing.T, res *http.Response, body []byte) { wantStatus(t, res, 401) },
	FaultRejectWall: func(t *testing.T, res *http.Response, body []byte) { wantStatus(t, res, 401) },
	FaultThrottle: func(t *testing.T, res *http.Response, body []byte) {
		wantStatus(t, res, 429)
		if res.Header.Get("Retry-After") != "60" || len(body) > 0 {
			t.Errorf("Retry-After %q, %d bytes", res.Header.Get("Retry-After"), len(body))
		}
	},
	FaultRedirect: func(t *testing.T, res *http.Response, body []byte) {
		wantStatus(t, res, 302)
		if !strings.HasSuffix(res.Header.Get("Location"), ".invalid/") {
			t.Errorf("Location %q", res.Header.Get("Location"))
		}
	},
	FaultDropField: func(t *testing.T, res *http.Response, body []byte) {
		wantViolation(t, body, loginwatch.KindMissing, "/ends") // a success without its token would be none
	},
	FaultWrongType: func(t *testing.T, res *http.Response, body []byte) {
		wantViolation(t, body, loginwatch.KindType, "/token")
	},
	FaultExtraField: func(t *testing.T, res *http.Response, body []byte) {
		doc := mustDecode(t, body)
		extra := sample(t).Operation("login").Outcome("success").Schema.Extra(doc)
		if len(extra) != 1 || extra[0] != "/"+extraField {
			t.Errorf("undocumented fields %v", extra)
		}
	},
	FaultShortLived: func(t *testing.T, res *http.Response, body []byte) {
		doc := mustDecode(t, body)
		if got := at(t, doc, "/ends"); got != number(start.Unix()+720) {
			t.Errorf("ends %v", got)
		}
		if got := at(t, doc, "/left"); got != "720" {
			t.Errorf("left %v", got)
		}
	},
	FaultExpired: func(t *testing.T, res *http.Response, body []byte) {
		doc := mustDecode(t, body)
		_, claims := claimsOf(t, at(t, doc, "/token"))
		if got := at(t, claims, "/exp"); got != number(start.Unix()-3600) {
			t.Errorf("exp %v", got)
		}
		if got := at(t, doc, "/made"); got != "2026-03-04T02:06:07.89Z" {
			t.Errorf("made %v", got)
		}
	},
	FaultAlgNone: func(t *testing.T, res *http.Response, body []byte) {
		token := at(t, mustDecode(t, body), "/token").(string)
		header, _ := claimsOf(t, token)
		if at(t, header, "/alg") != "none" || !strings.HasSuffix(token, ".") {
			t.Errorf("header %v", header)
		}
	},
	// The sample documents no signature; TestSigners has what they do.
	FaultOtherKey:   func(t *testing.T, res *http.Response, _ []byte) { wantStatus(t, res, 200) },
	FaultRotatedKey: func(t *testing.T, res *http.Response, _ []byte) { wantStatus(t, res, 200) },
	FaultTrailingHTML: func(t *testing.T, res *http.Response, body []byte) {
		json, html, found := bytes.Cut(body, []byte("<!DOCTYPE html>"))
		if !found || !bytes.HasSuffix(html, []byte("</html>\n")) {
			t.Errorf("no page follows")
		}
		mustDecode(t, json)
	},
	FaultTruncated: func(t *testing.T, res *http.Response, body []byte) {
		if _, err := decode(body); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("error %v", err)
		}
	},
	FaultPage: func(t *testing.T, res *http.Response, body []byte) { wantPage(t, res, body, 200, "Welcome") },
	FaultWall: func(t *testing.T, res *http.Response, body []byte) {
		wantPage(t, res, body, 403, "403 Forbidden")
		if res.Header.Get("Cf-Mitigated") != "challenge" {
			t.Errorf("not marked: %v", res.Header)
		}
	},
	FaultEmpty: func(t *testing.T, res *http.Response, body []byte) {
		wantStatus(t, res, 200)
		if len(body) > 0 || res.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%q as %s", body, res.Header.Get("Content-Type"))
		}
	},
	FaultLarge: func(t *testing.T, res *http.Response, body []byte) {
		if mustDecode(t, body); len(body) < 300<<10 {
			t.Errorf("%d bytes", len(body))
		}
	},
	FaultBOM: func(t *testing.T, res *http.Response, body []byte) {
		rest, found := bytes.CutPrefix(body, []byte("\xef\xbb\xbf"))
		if mustDecode(t, rest); !found {
			t.Error("there is none")
		}
	},
	FaultDuplicateKey: func(t *testing.T, res *http.Response, body []byte) {
		if mustDecode(t, body); bytes.Count(body, []byte(extraField)) != 2 {
			t.Errorf("%s", body)
		}
	},
	FaultWrongContentType: func(t *testing.T, res *http.Response, body []byte) {
		wantStatus(t, res, 200)
		if ct := res.Header.Get("Content-Type"); ct != "text/plain; charset=utf-8" {
			t.Errorf("content type %q", ct)
		}
	},
}

func mustDecode(t *testing.T, body []byte) any {
	t.Helper()
	doc, err := decode(body)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func wantStatus(t *testing.T, res *http.Response, status int) {
	t.Helper()
	if res.StatusCode != status {
		t.Errorf("status %d, want %d", res.StatusCode, status)
	}
}

func wantPage(t *testing.T, res *http.Response, body []byte, status int, text string) {
	t.Helper()
	wantStatus(t, res, status)
	if !bytes.Contains(body, []byte(text)) || res.Header.Get("Content-Type") != "text/html" {
		t.Errorf("%s: %q", res.Header.Get("Content-Type"), body)
	}
}

func wantViolation(t *testing.T, body []byte, kind loginwatch.Kind, pointer string) {
	t.Helper()
	v, err := sample(t).Operation("login").Outcome("success").Schema.Validate(mustDecode(t, body))
	if err != nil || len(v) != 1 || v[0].Kind != kind || v[0].Pointer != pointer {
		t.Errorf("violations %v (%v)", v, err)
	}
}

func TestFaults(t *testing.T) {
	for _, f := range Faults() {
		if f.Wire {
			continue // has a test of its own
		}
		t.Run(string(f.Name), func(t *testing.T) {
			check := every[f.Name]
			if check == nil {
				t.Fatal("nothing says what this fault does")
			}
			s := newSim(t, Options{Faults: []string{string(f.Name)}}, sample(t))
			res := do(s, loginCall(validBody))
			check(t, res, bodyOf(t, res))
			if err := s.SetFault("", Fault{}); err != nil {
				t.Fatal(err)
			}
			wantStatus(t, do(s, loginCall(validBody)), 200)
		})
	}
}

// Faults of a success leave refusals alone, so that a team sees one break at a time.
func TestFaultsOfASuccessSpareRefusals(t *testing.T) {
	for _, name := range []FaultName{
		FaultReject, FaultDropField, FaultWrongType, FaultExtraField, FaultTrailingHTML, FaultTruncated, FaultWrongContentType,
		FaultEmpty, FaultLarge, FaultBOM, FaultDuplicateKey,
	} {
		res := do(newSim(t, Options{Faults: []string{string(name)}}, sample(t)), loginCall(`{`))
		if body := bodyOf(t, res); string(body) != `{"error": "malformed"}` || res.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %s %q", name, res.Header.Get("Content-Type"), body)
		}
	}
}

// Who refuses right credentials may do so to a request that nobody can read, or keep it
// from the login.
func TestFaultsOfRefusals(t *testing.T) {
	right := bodyOf(t, do(newSim(t, Options{Faults: []string{"reject"}}, sample(t)), loginCall(validBody)))
	for fault, check := range map[FaultName]func(*http.Response, []byte){
		FaultReject: func(_ *http.Response, body []byte) {
			if string(body) != `{"error": "malformed"}` {
				t.Errorf("reject: %s", body)
			}
		},
		FaultRejectAll: func(res *http.Response, body []byte) {
			wantStatus(t, res, 401)
			if !bytes.Equal(body, right) {
				t.Errorf("reject-all: %s, and right credentials got %s", body, right)
			}
		},
		FaultRejectWall: func(res *http.Response, body []byte) {
			wantPage(t, res, body, 403, "403 Forbidden")
			if res.Header.Get("Cf-Mitigated") != "challenge" {
				t.Errorf("reject-wall: not marked: %v", res.Header)
			}
		},
	} {
		res := do(newSim(t, Options{Faults: []string{string(fault)}}, sample(t)), loginCall(`{`))
		check(res, bodyOf(t, res))
	}
}

// An opaque token is dated by the body alone.
func TestFaultsOfOpaqueTokens(t *testing.T) {
	body := func(fault, issued string) any {
		c := sample(t)
		op := c.Operation("login")
		op.Token.Form, op.Token.Issued = loginwatch.TokenOpaque, loginwatch.Place(issued)
		op.Outcome("success").Example = example(`{"status":"fine","token":"abcDEF123","ends":1,"left":"600",` +
			`"made":"2020-09-13T12:26:40Z","roles":"","session":{"id":"abcde"}}`)
		return docOf(t, do(newSim(t, Options{Faults: []string{fault}}, c), loginCall(validBody)))
	}
	tests := []struct{ fault, issued, pointer, want string }{
		{"short-lived", "/made", "/left", "60"},
		{"expired", "/made", "/made", "2026-03-04T03:56:07Z"}, // 10 minutes and an hour ago
		{"expired", "/made", "/left", "600"},
		{"expired", "", "/left", "0"},
		{"alg-none", "/made", "/left", "600"},
	}
	for _, tt := range tests {
		if got := at(t, body(tt.fault, tt.issued), tt.pointer); got != tt.want {
			t.Errorf("%s, issued at %q: %s is %v, want %s", tt.fault, tt.issued, tt.pointer, got, tt.want)
		}
	}
}

// Breaking a field that a ruling lets vary would break nothing.
func TestWrongTypeSparesTolerance(t *testing.T) {
	c := sample(t)
	c.Defects = []*loginwatch.Defect{{
		At:       []loginwatch.Statement{{Operation: "login", Outcome: "*", At: "/token"}},
		Tolerate: &loginwatch.Tolerance{MovedTo: "/elsewhere"},
	}}
	res := do(newSim(t, Options{Faults: []string{"wrong-type"}}, c), loginCall(validBody))
	wantViolation(t, bodyOf(t, res), loginwatch.KindType, "/ends")
}

func TestSlowWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSim(t, Options{Now: time.Now, Faults: []string{"sample=slow:5s"}}, sample(t))
		began := time.Now()
		res := do(s, loginCall(validBody))
		if took := time.Since(began); took != 5*time.Second || res.StatusCode != http.StatusOK {
			t.Errorf("status %d after %v", res.StatusCode, took)
		}
	})
}

// A client that gives up ends the waiting, though its request had a body.
func TestSlowEndsWithItsClient(t *testing.T) {
	s := newSim(t, Options{Faults: []string{"slow:1h"}}, sample(t))
	arrived, done := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		s.ServeHTTP(w, r)
		close(done)
	}))
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/v1/session/login", strings.NewReader(validBody))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.Client().Do(req); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	<-done
}

func TestParseFault(t *testing.T) {
	tests := []struct {
		spec, vendor string
		fault        Fault
		err          string
	}{
		{spec: "outage", fault: Fault{Name: FaultOutage}},
		{spec: "sample=reset", vendor: "sample", fault: Fault{Name: FaultReset}},
		{spec: "slow", fault: Fault{FaultSlow, defaultDelay}},
		{spec: "sample=slow:250ms", vendor: "sample", fault: Fault{FaultSlow, 250 * time.Millisecond}},
		{spec: "sample=none", vendor: "sample"},
		{spec: "=outage", err: `fault "=outage" names no vendor before its =`},
		{spec: "outage:5s", err: `fault "outage" takes no duration`},
		{spec: "slow:fast", err: `fault "slow" needs a duration such as 5s after its colon`},
		{spec: "slow:-1s", err: `fault "slow" needs a duration such as 5s after its colon`},
		{spec: "outrage", err: `unknown fault "outrage": use one of outage, html-502, slow, reset, silent, half-answer, no-http, page, wall, throttle, redirect, reject, reject-all, ` +
			`reject-wall, drop-field, wrong-type, extra-field, short-lived, expired, alg-none, other-key, rotated-key, trailing-html, truncated, ` +
			`empty, large, bom, duplicate-key, wrong-content-type`},
	}
	for _, tt := range tests {
		vendor, fault, err := ParseFault(tt.spec)
		if tt.err != "" {
			if err == nil || err.Error() != tt.err {
				t.Errorf("%s: error %v\nwant %s", tt.spec, err, tt.err)
			}
			continue
		}
		if err != nil || vendor != tt.vendor || fault != tt.fault {
			t.Errorf("%s: %q, %v, %v", tt.spec, vendor, fault, err)
		}
	}
}

func TestSetFaultByVendor(t *testing.T) {
	second := sample(t)
	second.Vendor = "second"
	s := newSim(t, Options{Faults: []string{"outage", "second=none"}}, sample(t), second)
	wantStatus(t, do(s.Handler("sample"), loginCall(validBody)), 503)
	wantStatus(t, do(s.Handler("second"), loginCall(validBody)), 200)
	for _, bad := range []error{
		s.SetFault("third", Fault{}), s.SetFault("", Fault{Name: "x"}), s.SetFault("", Fault{Name: FaultSlow, Delay: -1}),
	} {
		if bad == nil {
			t.Error("a fault that can't be is set")
		}
	}
}

// Who needs no credential, as for a challenge before a login, is refused none.
func TestRejectRefusesCredentialsAlone(t *testing.T) {
	c := sample(t)
	open := &loginwatch.Operation{
		ID: "challenge", Request: loginwatch.Request{Method: "GET", Path: "/challenge"},
		Outcomes: []*loginwatch.Outcome{{ID: "challenge", Statuses: []int{204}, Body: loginwatch.BodyNone, Means: loginwatch.OK, When: []loginwatch.Condition{loginwatch.WhenValid}}},
	}
	c.Operations = append(c.Operations, open)
	c.Cases = append(c.Cases, &loginwatch.Case{ID: "challenge", Operation: open, Expect: open.Outcomes})
	s := newSim(t, Options{Faults: []string{"reject"}}, c)
	if res := do(s, call{method: "GET", path: "/challenge"}); res.StatusCode != http.StatusNoContent {
		t.Errorf("status %d", res.StatusCode)
	}
}
