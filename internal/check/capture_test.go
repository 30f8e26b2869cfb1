package check_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/check"
)

// A capture reads the answer that was judged; what brings nothing to go on with
// is never a pass.
func TestJudgeCaptures(t *testing.T) {
	anything := &loginwatch.Outcome{ID: "success", Statuses: []int{200}, Body: loginwatch.BodyUnspecified, Means: loginwatch.OK}
	op := &loginwatch.Operation{ID: "any", Outcomes: []*loginwatch.Outcome{anything}}
	k := &loginwatch.Case{ID: "key", Operation: op, Expect: []*loginwatch.Outcome{anything}}
	c := &loginwatch.Contract{Vendor: "example"}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte(`{"key":"k"}`))
	_ = w.Close()
	for _, tt := range []struct{ coding, body, want string }{
		{"", `{"key":"k"}`, "ok [{key k}] true"},
		{"gzip", packed.String(), "ok [{key k}] true"},
		{"", `{"key":""}`, "drift missing [] false"},
		{"", `{"other":"x"}`, "drift missing [] false"},
		{"", `{"key":7}`, "drift missing [] false"},
		{"", `{"key":"a\nb"}`, "drift format [] false"},
		{"", `{"key":" k"}`, "drift format [] false"},
		{"", `no JSON`, "drift not-json [] false"},
		{"br", `{"key":"k"}`, "drift not-json [] false"},
	} {
		x := &loginwatch.Exchange{Status: 200, Finished: instant, Body: []byte(tt.body), Header: http.Header{"Content-Encoding": {tt.coding}}}
		r := check.Judge(check.Input{Contract: c, Case: k, Exchange: x, Capture: []loginwatch.Capture{{Name: "key", At: "/key"}}})
		got := string(r.Verdict)
		for _, f := range r.Findings {
			got += " " + string(f.Kind)
		}
		if got = fmt.Sprint(got, " ", r.Captured, " ", r.Complete); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.body, got, tt.want)
		}
	}
}

// What a ruling lets stand elsewhere in one answer of an operation stands nowhere
// else in another.
func TestJudgeCapturesByItsOwnRuling(t *testing.T) {
	ruled := &loginwatch.Outcome{ID: "ruled", Statuses: []int{200}, Body: loginwatch.BodyUnspecified, Means: loginwatch.OK}
	plain := &loginwatch.Outcome{ID: "plain", Statuses: []int{201}, Body: loginwatch.BodyUnspecified, Means: loginwatch.OK}
	op := &loginwatch.Operation{ID: "any", Outcomes: []*loginwatch.Outcome{ruled, plain}}
	k := &loginwatch.Case{ID: "key", Operation: op, Expect: op.Outcomes}
	c := &loginwatch.Contract{Vendor: "example", Defects: []*loginwatch.Defect{{
		At: []loginwatch.Statement{{Operation: "any", Outcome: "ruled", At: "header:X-Key"}}, Tolerate: &loginwatch.Tolerance{MovedTo: "/key"},
	}}}
	for status, complete := range map[int]bool{200: true, 201: false} {
		x := &loginwatch.Exchange{Status: status, Finished: instant, Header: http.Header{}, Body: []byte(`{"key":"k"}`)}
		r := check.Judge(check.Input{Contract: c, Case: k, Exchange: x, Capture: []loginwatch.Capture{{Name: "key", At: "header:X-Key"}}})
		if r.Complete != complete {
			t.Errorf("%d: %s, %d taken", status, r.Verdict, len(r.Captured))
		}
	}
}

// Whatever is wrong with an answer that signed in, what it gave is taken, so that
// the session can be closed; of one that may be a refusal nothing is, nor what
// nobody can send.
func TestJudgeCapturesOfEveryLogin(t *testing.T) {
	const login = `{"id":"abcdef","ttl":1209600,"created":"2026-11-21T11:59:59.000Z","userId":"5e"}`
	c := small(t).Contract("framework")
	for name, tt := range map[string]struct {
		status     int
		kind, body string
		taken      bool
	}{
		"as documented":             {200, "application/json", login, true},
		"created":                   {201, "application/json", login, true},
		"a redirect":                {302, "application/json", login, true},
		"called a page":             {200, "text/html", login, true},
		"called nothing":            {200, "", login, true},
		"behind a mark":             {200, "application/json", "\ufeff" + login, true},
		"another error's status":    {400, "application/json", login, false},
		"a second step":             {202, "application/json", `{"id":"mfa-1","status":"MFA_REQUIRED"}`, false},
		"a number for the token":    {200, "application/json", strings.Replace(login, `"abcdef"`, "12345", 1), false},
		"a word for no token":       {200, "application/json", strings.Replace(login, "abcdef", "null", 1), false},
		"a token with white space":  {201, "application/json", strings.Replace(login, "abcdef", " abcdef", 1), false},
		"a refusal behind a mark":   {200, "application/json", "\ufeff" + `{"error":{"code":"LOGIN_FAILED","id":"req-1"}}`, false},
		"a login and something cut": {200, "application/json", login[:60], false},
	} {
		t.Run(name, func(t *testing.T) {
			x := &loginwatch.Exchange{Status: tt.status, Finished: instant, Body: []byte(tt.body), Header: http.Header{"Content-Type": {tt.kind}}}
			r := check.Judge(check.Input{
				Contract: c, Case: c.Case("valid-credentials"), Exchange: x, Capture: []loginwatch.Capture{{Name: "token", At: "/id"}},
			})
			want := []check.Captured(nil)
			if tt.taken {
				want = []check.Captured{{Name: "token", Value: "abcdef"}}
			}
			if !slices.Equal(r.Captured, want) || r.Complete != tt.taken {
				t.Errorf("%s %s, refusal %q: %d taken", r.Verdict, r.Reason, r.Refusal, len(r.Captured))
			}
		})
	}
}
