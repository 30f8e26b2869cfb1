package sim

import (
	"testing"

	"github.com/loginwatch/loginwatch"
)

// What the request schema leaves to the client does not decide who it is: an
// optional field may be absent, or differ from every documented case's.
func TestOptionalFieldsSayNothingAboutTheSender(t *testing.T) {
	c := sample(t)
	login := c.Operation("login")
	login.Request.Schema = schemaOf(t, "login.request", `{
  "$schema": "http://json-schema.org/draft-07/schema#", "$id": "urn:loginwatch:sample:login.request",
  "type": "object", "required": ["user", "pin"],
  "properties": {
    "user": {"type": "string", "x-cite": "a"}, "pin": {"type": "string", "x-cite": "a"},
    "scope": {"type": ["string", "array"], "items": {"enum": ["read"]}, "x-cite": "a"}
  }
}`)
	full := map[string]any{"user": "${user}", "pin": "${pin}", "scope": []any{"read", "${realm}"}}
	c.Cases = []*loginwatch.Case{
		{ID: "valid-credentials", Operation: login, Body: full, Expect: []*loginwatch.Outcome{login.Outcome("success")}},
		// It leaves out what the other sends, and still says which secret is the password.
		{ID: "wrong-password", Operation: login, Body: map[string]any{"user": "${user}", "pin": "no"}, Expect: []*loginwatch.Outcome{login.Outcome("wrong")}},
	}
	h := newSim(t, Options{}, c)
	for body, status := range map[string]int{
		`{"user":"demo-user","pin":"demo-pin","scope":["read","read"]}`: 200,
		`{"user":"demo-user","pin":"demo-pin"}`:                         200,
		`{"user":"demo-user","pin":"demo-pin","scope":"read"}`:          200,
		`{"user":"demo-user","pin":"demo-pin","scope":[]}`:              200,
		`{"user":"demo-user","pin":"demo-pin","scope":["write"]}`:       422,
		`{"user":"demo-user","pin":"demo-pin","scope":1}`:               422,
		`{"user":"demo-user","pin":"x"}`:                                401,
		`{"user":"x","pin":"demo-pin","scope":"read"}`:                  404,
	} {
		if res := do(h, loginCall(body)); res.StatusCode != status {
			t.Errorf("%s: status %d, want %d", body, res.StatusCode, status)
		}
	}
}

// A documented login without a password must not make every password right.
func TestFormOfFewerSecretsDoesNotDecide(t *testing.T) {
	c := sample(t)
	login := c.Operation("login")
	login.Request.Schema = nil // any JSON will do
	success := []*loginwatch.Outcome{login.Outcome("success")}
	c.Cases = append(c.Cases,
		&loginwatch.Case{ID: "guest", Operation: login, Body: map[string]any{"guest": true}, Expect: success},
		&loginwatch.Case{ID: "user-alone", Operation: login, Body: map[string]any{"user": "${user}"}, Expect: success},
	)
	h := newSim(t, Options{}, c)
	for body, status := range map[string]int{
		`{"guest":true}`:                             200,
		`{"user":"demo-user"}`:                       200,
		`{"user":"x"}`:                               404,
		`{"user":"demo-user","pin":"demo-pin"}`:      200,
		`{"user":"demo-user","pin":"x"}`:             401,
		`{"user":"x","pin":"x","guest":true}`:        404,
		`{"card":"card x","pin":"demo-pin"}`:         404,
		`{"card":"card demo-card","pin":"demo-pin"}`: 200,
	} {
		if res := do(h, loginCall(body)); res.StatusCode != status {
			t.Errorf("%s: status %d, want %d", body, res.StatusCode, status)
		}
	}
}

// What a query holds is told apart as what a body holds: the secret that a
// case documented to meet a wrong password replaces is the password.
func TestQueryHasAPasswordToo(t *testing.T) {
	c := sample(t)
	login := c.Operation("login")
	login.Request = loginwatch.Request{Method: "POST", Path: "/v1/query", Query: []loginwatch.Param{
		{Name: "user", Value: "${user}"}, {Name: "pin", Value: "${pin}"},
	}}
	c.Cases = []*loginwatch.Case{
		{ID: "valid-credentials", Operation: login, Expect: []*loginwatch.Outcome{login.Outcome("success")}},
		{ID: "wrong-password", Operation: login, Query: []loginwatch.Param{{Name: "pin", Value: "no"}}, Expect: []*loginwatch.Outcome{login.Outcome("wrong")}},
	}
	h := newSim(t, Options{}, c)
	for query, status := range map[string]int{
		"user=demo-user&pin=demo-pin": 200,
		"user=demo-user&pin=x":        401,
		"user=x&pin=demo-pin":         404,
		"user=x&pin=x":                404,
	} {
		if res := do(h, call{method: "POST", path: "/v1/query?" + query}); res.StatusCode != status {
			t.Errorf("%s: status %d, want %d", query, res.StatusCode, status)
		}
	}
}

// Where a header alone carries the credential, a token that is dead is told from
// none, if the document does that; where a body has one too, the header is wrong.
func TestDeadTokenIsToldFromNone(t *testing.T) {
	for _, body := range []any{nil, map[string]any{"user": "${user}", "pin": "${pin}"}} {
		c := sample(t)
		o := c.Operation("login")
		o.Request = loginwatch.Request{Method: "POST", Path: "/v1/who", Headers: []loginwatch.Header{{Name: "Authorization", Value: "Bearer ${access}"}}}
		c.Cases = []*loginwatch.Case{{ID: "who", Operation: o, Body: body, Expect: []*loginwatch.Outcome{o.Outcome("success")}}}
		wrong := 401
		if body != nil {
			wrong = 403
		}
		h := newSim(t, Options{}, c)
		for token, status := range map[string]int{"": 403, "Bearer x": wrong, "Bearer demo-access": 200} {
			r := call{method: "POST", path: "/v1/who"}
			if body != nil {
				r.body, r.header = `{"user":"demo-user","pin":"demo-pin"}`, map[string]string{"Content-Type": "application/json"}
			}
			if token != "" {
				r.header = map[string]string{"Authorization": token, "Content-Type": "application/json"}
			}
			if res := do(h, r); res.StatusCode != status {
				t.Errorf("body %v, token %q: status %d, want %d", body, token, res.StatusCode, status)
			}
		}
	}
}
