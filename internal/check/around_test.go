package check_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/check"
)

// What comes in headers and cookies, where every client would do something else with
// it than the next.
func TestJudgeHeadersAndCookies(t *testing.T) {
	const name = "X-Subject-Token"
	success := &loginwatch.Outcome{
		ID: "success", Statuses: []int{201}, Body: loginwatch.BodyUnspecified, Means: loginwatch.OK,
		Cookies: []loginwatch.AnswerCookie{{Name: "sid", Optional: true}},
		Headers: []loginwatch.AnswerHeader{{Name: "Vary", Optional: true}},
	}
	op := &loginwatch.Operation{
		ID: "login", Outcomes: []*loginwatch.Outcome{success},
		Token: &loginwatch.Token{Outcome: success, At: loginwatch.HeaderPlace(name), Form: loginwatch.TokenOpaque},
	}
	k := &loginwatch.Case{ID: "login", Operation: op, Expect: []*loginwatch.Outcome{success}}
	for _, tt := range []struct {
		name   string
		header http.Header
		want   string
	}{
		{"one value", http.Header{name: {"token-1"}}, "ok"},
		{"the same twice", http.Header{name: {"token-1", "token-1"}}, "ok"},
		{"two that differ", http.Header{name: {"token-1", "token-2"}}, "drift header several that differ"},
		{"a list on several lines", http.Header{name: {"token-1"}, "Vary": {"Accept", "Origin"}}, "ok"},
		{"a cookie of its host", http.Header{name: {"token-1"}, "Set-Cookie": {"sid=a"}}, "ok"},
		{"a cookie for the domain above", http.Header{name: {"token-1"}, "Set-Cookie": {"sid=a; Domain=.vendor.example; Path=/v1; Secure"}}, "ok"},
		{
			"a cookie for another host", http.Header{name: {"token-1"}, "Set-Cookie": {"sid=a; Domain=other.example"}},
			"drift cookie one for a domain that the answering host is no part of: every client drops it",
		},
		{
			"a cookie for a public suffix", http.Header{name: {"token-1"}, "Set-Cookie": {"sid=a; Domain=example"}},
			"drift cookie one for a domain that the answering host is no part of: every client drops it",
		},
		{"a cookie for another host, and one of its own", http.Header{name: {"token-1"}, "Set-Cookie": {"sid=a", "sid=b; Domain=other.example"}}, "ok"},
	} {
		r := check.Judge(check.Input{Contract: &loginwatch.Contract{Vendor: "example"}, Case: k, Exchange: &loginwatch.Exchange{
			Status: 201, Finished: instant, URL: "https://api.vendor.example/v1/login", Header: tt.header,
		}})
		got := string(r.Verdict)
		for _, f := range r.Findings {
			got += fmt.Sprint(" ", f.Kind, " ", f.Got)
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
