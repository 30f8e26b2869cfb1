package probe_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
	"github.com/loginwatch/loginwatch/internal/probe"
)

// answerReasons are those that an answer can have.
var answerReasons = []loginwatch.Reason{
	loginwatch.ReasonBodyTooLarge, loginwatch.ReasonRedirect, loginwatch.ReasonHTTP5xx, loginwatch.ReasonGateway, loginwatch.ReasonHTTPStatus,
	loginwatch.ReasonRateLimit, loginwatch.ReasonCredential, loginwatch.ReasonApplication, loginwatch.ReasonContentType, loginwatch.ReasonNotJSON,
	loginwatch.ReasonContract, loginwatch.ReasonToken,
}

// What people are told of an answer, through a real socket: every reason and
// every sign that an answer can have.
func TestSentences(t *testing.T) {
	login := fmt.Sprintf(`{"id":"t0k3n","ttl":1209600,"created":"%s","userId":"5e"}`, time.Now().UTC().Format(time.RFC3339))
	cat := small(t)
	reasons, signs := map[loginwatch.Reason]bool{}, map[loginwatch.Sign]bool{}
	for _, tt := range []struct {
		name, vendor string // framework when empty
		status       int
		header       http.Header
		body, want   string // verdict, reason and the beginning of the sentence
	}{
		{"as documented", "", 200, jsonType(), login, "ok : nobody: it works as documented"},
		{"redirect", "", 302, http.Header{"Location": {"/login"}}, "", "drift redirect: vendor or us: it redirects elsewhere than documented, or instead of answering"},
		{"5xx", "", 500, jsonType(), `{"message":"oops"}`, "unavailable http-5xx: vendor: its server, or something in front of it, reports an error"},
		{"gateway", "", 504, htmlType(), "<html>time-out</html>", "unavailable gateway: vendor: a gateway in front of it answers in its place, and got no valid answer"},
		{"status", "", 418, jsonType(), `{}`, "drift http-status: vendor or us: the status is not the one that is due"},
		{"limit", "", 429, nil, "", "throttled rate-limit: us: we, or somebody who shares our limit"},
		{"limit inside a 200", "", 200, jsonType(), `{"error":{"statusCode":429,"name":"Error","message":"m"}}`, "throttled rate-limit: us: we, or somebody who shares our limit"},
		{"credential", "", 401, jsonType(), `{"error":{"statusCode":401,"name":"Error","message":"m","code":"LOGIN_FAILED"}}`, "rejected credential: our credential: the vendor refused our credential"},
		{"account", "", 423, jsonType(), `{"error":{"statusCode":423,"name":"Error","message":"m","code":"LOCKED"}}`, "rejected credential: our credential: the vendor refused our account, but not as its document says"},
		{"application", "", 200, jsonType(), `{"error":{"statusCode":423,"name":"Error","message":"m"}}`, "drift application-error: vendor or us: it reports an error of its application where none was due; our credential may have been refused"},
		{"content type", "", 200, http.Header{"Content-Type": {"text/plain"}}, login, "drift content-type: vendor: the content type of its answer is not the documented one"},
		{"two content types", "", 200, http.Header{"Content-Type": {"text/html", "application/json"}}, login, "drift content-type: vendor: the content type of its answer is not the documented one"},
		{"no JSON", "", 200, http.Header{"Content-Type": {"text/plain"}}, "OK", "drift not-json: vendor or us: its answer is not the JSON that is documented; our credential may have been refused"},
		{"brotli", "", 200, http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"br"}}, "x", "drift contract: vendor or us: it answers, but not as its document says; our credential"},
		{"contract", "", 200, jsonType(), strings.Replace(login, "1209600", `"soon"`, 1), "drift contract: vendor: it answers, but not as its document says"},
		{"token", "", 200, jsonType(), strings.Replace(login, "t0k3n", "t 0", 1), "drift token: vendor: it gives a token, but not one that works as documented"},
		{"a token of long ago", "", 200, http.Header{"Content-Type": {"application/json"}, "Date": nil}, `{"id":"t0k3n","ttl":1209600,"created":"2001-01-01T00:00:00Z","userId":"5e"}`,
			"drift token: vendor or us: the token that it gives has expired already by our clock"},
		{"a token of long ago, and Date", "", 200, jsonType(), `{"id":"t0k3n","ttl":1209600,"created":"2001-01-01T00:00:00Z","userId":"5e"}`,
			"drift token: vendor: it gives a token, but not one that works as documented"},
		{"no token", "", 200, jsonType(), strings.Replace(login, "t0k3n", "", 1), "drift token: vendor or us: its status says success, but it gives no token; our credential may have been refused"},
		{"no token by a code", "coded", 200, jsonType(), `{"code":"200"}`, "drift contract: vendor or us: its status says success, but it gives no token"},
		{"too large", "", 200, jsonType(), `{"a":"` + strings.Repeat("x", loginwatch.BodyLimit), "drift body-too-large: vendor or us: its answer is larger than the 256 KiB that loginwatch reads"},
		{"a page with 200", "", 200, htmlType(), "<html>hello</html>", "drift not-json: vendor or us: a page of HTML came where the document has none: something stands in front of its login"},
		{"a page with 403", "", 403, htmlType(), "<html>hello</html>", "drift http-status: vendor or us: a page of HTML came where the document has none: something stands in front of its login"},
		{"a page with 503", "", 503, htmlType(), "<html>hello</html>", "unavailable gateway: vendor or us: a page of HTML came where the document has none: something stands in front of its login"},
		{"nothing", "", 200, nil, "", "drift not-json: vendor or us: an empty answer came where a body was due: something stands in front of its login"},
		{"wall", "", 403, http.Header{"Content-Type": {"text/html"}, "Cf-Mitigated": {"challenge"}}, "<html>", "drift http-status: vendor or us: the HTML of a bot wall or firewall came where the document has none"},
		{"blocked", "", 202, http.Header{"X-Amzn-Waf-Action": {"challenge"}}, "", "drift http-status: vendor or us: a bot wall or firewall stands in front of its login"},
		{"portal", "", 511, htmlType(), "<html>", "unavailable gateway: us: a network between us and the vendor answered in its place"},
		{"maintenance", "", 503, htmlType(), "<html>Down for maintenance</html>", "unavailable gateway: vendor or us: what came speaks of maintenance"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				for name, values := range tt.header {
					w.Header()[name] = values
				}
				if tt.header == nil {
					w.Header()["Content-Type"] = nil
				}
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}))
			defer server.Close()
			vendor := tt.vendor
			if vendor == "" {
				vendor = "framework"
			}
			run := probe.New(probe.Options{}).Run(t.Context(), planOf(caseProbe(t, cat, vendor, "valid-credentials"), target(t, server.URL, demo(cat.Contract(vendor)))))
			a := advice.For(run.Verdict, run.Reason, run.Signs()...)
			if got := fmt.Sprintf("%s %s: %s: %s", run.Verdict, run.Reason, a.Blame, a.Says); !strings.HasPrefix(got, tt.want) {
				t.Errorf("%s\nwant %s", got, tt.want)
			}
			if run.Verdict != loginwatch.OK && a.Next == "" {
				t.Error("nobody knows what to do")
			}
			reasons[run.Reason] = true
			for _, s := range run.Signs() {
				signs[s] = true
			}
		})
	}
	for _, r := range answerReasons {
		if !reasons[r] {
			t.Errorf("no answer has the reason %s", r)
		}
	}
	signs[loginwatch.SignForwarded] = true // in TestAnswersThroughAForwardingProxy
	signs[loginwatch.SignOurValue] = true  // in internal/app: no contract here has such a value
	signs[loginwatch.SignNoCookie] = true  // in internal/app: it is of a step after an answer
	signs[loginwatch.SignControl] = true   // in TestControls: it is of a step after a refusal
	for _, s := range loginwatch.Signs {
		if !signs[s] && s != loginwatch.SignLeftOpen { // which no single answer has
			t.Errorf("no answer has the sign %s", s)
		}
	}
}

func jsonType() http.Header { return http.Header{"Content-Type": {"application/json"}} }
func htmlType() http.Header { return http.Header{"Content-Type": {"text/html"}} }
