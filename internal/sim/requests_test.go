package sim

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/compute"
)

// endpoint is an operation that answers 200 when all is right, 401 for a wrong
// credential and 400 for a body that is not as documented.
func endpoint(id string, r loginwatch.Request) *loginwatch.Operation {
	outcome := func(id string, status int, means loginwatch.Verdict, when ...loginwatch.Condition) *loginwatch.Outcome {
		return &loginwatch.Outcome{ID: id, Statuses: []int{status}, Body: loginwatch.BodyUnspecified, Means: means, When: when}
	}
	r.Method = "POST"
	return &loginwatch.Operation{ID: id, Request: r, Outcomes: []*loginwatch.Outcome{
		outcome("success", 200, loginwatch.OK, loginwatch.WhenValid),
		outcome("wrong", 401, loginwatch.Rejected, loginwatch.WhenWrongPassword),
		outcome("unknown", 404, loginwatch.Rejected, loginwatch.WhenUnknownUser),
		outcome("bad", 400, loginwatch.Drift, loginwatch.WhenMalformed, loginwatch.WhenInvalid),
	}}
}

// vendorOf is a contract of cases that are documented to succeed, one for each
// operation in turn.
func vendorOf(cases ...*loginwatch.Case) *loginwatch.Contract {
	c := &loginwatch.Contract{Vendor: "sample", Cases: cases, Computed: []*loginwatch.Computed{
		{Name: "basic", Function: "basic", Of: []string{"${user}", "${pin}"}},
		{Name: "stamp", Function: "now", Options: map[string]string{"format": "unix"}},
		{Name: "signature", Function: "hmac", Of: []string{"${stamp}", "${user}", "${request.target}", "${request.body}"}, Options: map[string]string{"hash": "sha256", "key": "${pin}", "join": "."}},
	}, Variables: []loginwatch.Variable{{Name: "realm", Default: "north"}}}
	for _, name := range []string{"user", "pin"} {
		c.Secrets = append(c.Secrets, loginwatch.Secret{Name: name, Demo: "demo-" + name})
	}
	for _, k := range cases {
		c.Operations = append(c.Operations, k.Operation)
		k.ID, k.Expect = k.Operation.ID, []*loginwatch.Outcome{k.Operation.Outcome("success")}
	}
	return c
}

// routed is what the simulator takes a request for.
func routed(t *testing.T, c *loginwatch.Contract, call call) (operation string, status int) {
	t.Helper()
	s := newSim(t, Options{}, c)
	req := newCall(call)
	op, _ := s.vendors["sample"].route(&request{Request: req, body: []byte(call.body)}, req.URL.EscapedPath())
	if op != nil {
		operation = op.ID
	}
	return operation, do(s.Handler("sample"), call).StatusCode
}

func TestOperationsOfOnePath(t *testing.T) {
	form := loginwatch.Request{Path: "/token", Body: loginwatch.BodyForm}
	action := form
	action.Headers = []loginwatch.Header{{Name: "X-Action", Value: "Login"}}
	password := endpoint("password", form)
	c := vendorOf(
		&loginwatch.Case{Operation: password, Body: map[string]any{"grant": "password", "user": "${user}", "pin": "${pin}"}},
		&loginwatch.Case{Operation: endpoint("client", form), Body: map[string]any{"grant": "client", "user": "${user}"}},
		&loginwatch.Case{Operation: endpoint("action", action), Body: map[string]any{"grant": "client", "user": "${user}"}},
		&loginwatch.Case{Operation: endpoint("refresh", form), Body: map[string]any{"grant": "refresh", "ticket": "${pin}"}},
		&loginwatch.Case{Operation: endpoint("any", loginwatch.Request{Path: "/${realm}"})},
		&loginwatch.Case{Operation: endpoint("deep", loginwatch.Request{Path: "/a/${user}/b"})},
	)
	c.Cases = append(c.Cases, &loginwatch.Case{
		ID: "wrong", Operation: password, Expect: []*loginwatch.Outcome{password.Outcome("wrong")}, Body: map[string]any{"grant": "password", "user": "${user}", "pin": "no"},
	})
	header := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	with := map[string]string{"Content-Type": "application/x-www-form-urlencoded", "X-Action": "Login"}
	for _, tt := range []struct {
		path, body string
		header     map[string]string
		operation  string
		status     int
	}{
		{"/token", "grant=password&user=demo-user&pin=demo-pin", header, "password", 200},
		{"/token", "grant=password&user=demo-user&pin=no", header, "password", 401},
		{"/token", "grant=password&user=no&pin=no", header, "password", 404},
		{"/token", "pin=demo-pin&grant=client&user=demo-user", header, "client", 200},
		{"/token", "grant=client&user=demo-user", with, "action", 200},
		{"/token", "grant=other&user=demo-user&pin=demo-pin", header, "password", 200}, // nothing fits: the constants of none, so most parts
		{"/token", "ticket=demo-pin", header, "refresh", 200},                          // no constant: the parts that it shows
		{"/token", "grant=client", header, "client", 404},
		{"/token", "%zz", header, "password", 400},
		{"/token", "grant=client&user=demo-user", nil, "client", 400}, // no form without its type
		{"/south", "", nil, "any", 200},
		{"/so%2Futh", "", nil, "any", 200},
		{"/a/demo-user/b", "", nil, "deep", 200},
		{"/a/demo%2Duser/b", "", nil, "deep", 200},
		{"/a/other/b", "", nil, "deep", 404},
		{"/a//b", "", nil, "", 404},
		{"/a/demo-user%2Fb", "", nil, "", 404},
	} {
		operation, status := routed(t, c, call{"POST", tt.path, tt.body, tt.header})
		if operation != tt.operation || status != tt.status {
			t.Errorf("%s %q: taken for %q, status %d; want %q, %d", tt.path, tt.body, operation, status, tt.operation, tt.status)
		}
	}
}

// A server makes a computed value again of what it knows, or takes it apart.
func TestComputedValuesAreJudged(t *testing.T) {
	header := func(name, value string) loginwatch.Header { return loginwatch.Header{Name: name, Value: value} }
	c := vendorOf(
		&loginwatch.Case{Operation: endpoint("basic", loginwatch.Request{Path: "/basic", Headers: []loginwatch.Header{header("Authorization", "${basic}")}})},
		&loginwatch.Case{Operation: endpoint("signed", loginwatch.Request{Path: "/signed", Headers: []loginwatch.Header{
			header("X-Stamp", "${stamp}"), header("X-User", "${user}"), header("X-Signature", "${signature}"),
		}})},
		&loginwatch.Case{Operation: endpoint("field", loginwatch.Request{Path: "/field", Body: loginwatch.BodyForm}), Body: map[string]any{"proof": "${basic}"}},
	)
	basic := func(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }
	signed := func(key, body string, at time.Time) map[string]string {
		stamp := strconv.FormatInt(at.Unix(), 10)
		proof, err := compute.Do(compute.Call{
			Function: "hmac", Of: []string{stamp, "demo-user", "/signed?a=1", body}, Options: map[string]string{"hash": "sha256", "key": key, "join": "."},
		}, compute.Env{})
		if err != nil {
			t.Fatal(err)
		}
		return map[string]string{"X-Stamp": stamp, "X-User": "demo-user", "X-Signature": proof}
	}
	for name, tt := range map[string]struct {
		path, body string
		header     map[string]string
		status     int
	}{
		"right":              {"/basic", "", map[string]string{"Authorization": basic("demo-user:demo-pin")}, 200},
		"wrong":              {"/basic", "", map[string]string{"Authorization": basic("demo-user:no")}, 401},
		"not base64":         {"/basic", "", map[string]string{"Authorization": "Basic demo-user:demo-pin"}, 401},
		"absent":             {"/basic", "", nil, http.StatusUnauthorized},
		"in a field":         {"/field", "proof=Basic+ZGVtby11c2VyOmRlbW8tcGlu", nil, 200},
		"wrong in a field":   {"/field", "proof=Basic+bm86bm8%3D", nil, 404},
		"signed":             {"/signed?a=1", "body", signed("demo-pin", "body", start), 200},
		"another key":        {"/signed?a=1", "body", signed("no", "body", start), 401},
		"another body":       {"/signed?a=1", "other", signed("demo-pin", "body", start), 401},
		"another query":      {"/signed?a=2", "body", signed("demo-pin", "body", start), 401},
		"of long ago":        {"/signed?a=1", "body", signed("demo-pin", "body", start.Add(-time.Hour)), 401},
		"of a minute before": {"/signed?a=1", "body", signed("demo-pin", "body", start.Add(-time.Minute)), 200},
	} {
		headers := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
		for name, value := range tt.header {
			headers[name] = value
		}
		if got := do(newSim(t, Options{}, c).Handler("sample"), call{"POST", tt.path, tt.body, headers}).StatusCode; got != tt.status {
			t.Errorf("%s: status %d, want %d", name, got, tt.status)
		}
	}
}

// A cookie has to be one that the simulator set.
func TestRequiredCookies(t *testing.T) {
	page := endpoint("page", loginwatch.Request{Path: "/page"})
	page.Outcomes[0].Cookies = []loginwatch.AnswerCookie{{Name: "csrf", Example: "abcdefgh12345678"}}
	login := endpoint("login", loginwatch.Request{Path: "/login", Cookies: []loginwatch.RequestCookie{{Name: "csrf"}}})
	h := newSim(t, Options{}, vendorOf(&loginwatch.Case{Operation: page}, &loginwatch.Case{Operation: login})).Handler("sample")
	given := do(h, call{"POST", "/page", "", nil}).Cookies()
	if len(given) != 1 {
		t.Fatalf("cookies %v", given)
	}
	for cookie, want := range map[string]int{"csrf=" + given[0].Value: 200, "csrf=abcdefgh12345678": 401, "other=" + given[0].Value: 401, "": 401} {
		if got := do(h, call{"POST", "/login", "", map[string]string{"Cookie": cookie}}).StatusCode; got != want {
			t.Errorf("with %q: status %d, want %d", cookie, got, want)
		}
	}
}
