package sim

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/schema"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start is when the tests' clock stands, with a fraction so that rounding shows.
var start = time.Date(2026, 3, 4, 5, 6, 7, 891_000_000, time.UTC)

func schemaOf(t testing.TB, name, text string) *loginwatch.SchemaRef {
	t.Helper()
	file := "schemas/sample/" + name + ".schema.json"
	s, err := schema.Compile(file, []byte(text))
	if err != nil {
		t.Fatalf("schema %s: %v", name, err)
	}
	return &loginwatch.SchemaRef{Name: name, File: file, JSON: []byte(text), Schema: s}
}

func example(body string) *loginwatch.Example {
	return &loginwatch.Example{File: "example.json", Body: []byte(body)}
}

func encodeJWT(header, claims string) string {
	e := base64.RawURLEncoding.EncodeToString
	return e([]byte(header)) + "." + e([]byte(claims)) + "." + e([]byte("0123456789abcdef0123456789abcdef"))
}

const sampleClaims = `{"iss":"sample","iat":1600000000,"nbf":1599999990,"exp":1600007200,` +
	`"jti":"ab12-CD","sub":"u","groups":[{"name":"a","role":"R1"},{"name":"b","role":"R2"}]}`

const loginSchema = `{
  "$schema": "http://json-schema.org/draft-07/schema#", "$id": "urn:loginwatch:sample:login.success",
  "type": "object", "required": ["status", "token", "ends", "roles", "session"],
  "properties": {
    "status": {"type": "string", "enum": ["fine"], "x-cite": "a"},
    "token": {"type": "string", "x-secret": true, "x-cite": "a"},
    "ends": {"type": "integer", "x-cite": "a"},
    "left": {"type": "string", "pattern": "^[0-9]+$", "x-cite": "a"},
    "made": {"type": "string", "format": "date-time", "x-cite": "a"},
    "roles": {"type": "string", "x-cite": "a"},
    "session": {"type": "object", "required": ["id"], "x-cite": "a", "properties": {
      "id": {"type": "string", "minLength": 5, "x-secret": true, "x-cite": "a"},
      "kind": {"type": "string", "enum": ["web"], "x-secret": true, "x-cite": "a"},
      "key": {"type": "string", "x-secret": true, "x-cite": "a"}
    }}
  }
}`

const requestSchema = `{
  "$schema": "http://json-schema.org/draft-07/schema#", "$id": "urn:loginwatch:sample:login.request",
  "type": "object",
  "properties": {
    "user": {"type": "string", "x-cite": "a"}, "pin": {"type": "string", "x-cite": "a"},
    "card": {"type": "string", "x-cite": "a"}, "realm": {"type": "string", "x-cite": "a"}
  },
  "anyOf": [{"required": ["user", "pin", "realm"]}, {"required": ["card", "pin"]}]
}`

const errorSchema = `{
  "$schema": "http://json-schema.org/draft-07/schema#", "$id": "urn:loginwatch:sample:error",
  "type": "object", "required": ["error"],
  "properties": {"error": {"type": "string", "x-cite": "a"}}
}`

const keySchema = `{
  "$schema": "http://json-schema.org/draft-07/schema#", "$id": "urn:loginwatch:sample:key.success",
  "type": "object", "required": ["Key"],
  "properties": {"Key": {"type": "string", "x-secret": true, "x-cite": "a"}}
}`

// sample is an invented contract that uses every part of the vocabulary.
func sample(t testing.TB) *loginwatch.Contract {
	t.Helper()
	c := &loginwatch.Contract{Vendor: "sample", Title: "A sample"}
	for _, name := range []string{"user", "pin", "card", "access", "key", "portal"} {
		c.Secrets = append(c.Secrets, loginwatch.Secret{Name: name, Demo: "demo-" + name})
	}
	c.Variables = []loginwatch.Variable{{Name: "realm", Default: "north"}}
	key := sampleKey(t)
	login := sampleLogin(t)
	c.Operations = []*loginwatch.Operation{key, login}
	body := func(user, pin string) map[string]any {
		return map[string]any{"user": user, "pin": pin, "realm": "${realm}"}
	}
	expect := func(id string) []*loginwatch.Outcome { return []*loginwatch.Outcome{login.Outcome(id)} }
	c.Cases = []*loginwatch.Case{
		{ID: "key", Operation: key, Expect: []*loginwatch.Outcome{key.Outcome("success")}},
		{ID: "valid-credentials", Operation: login, Body: body("${user}", "${pin}"), Expect: expect("success"), Needs: []string{"user", "pin"}},
		{ID: "valid-card", Operation: login, Body: map[string]any{"card": "card ${card}", "pin": "${pin}"}, Expect: expect("success")},
		{ID: "wrong-password", Operation: login, Body: body("${user}", "no"), Expect: expect("wrong")},
		{ID: "unknown-user", Operation: login, Body: body("nobody", "no"), Expect: expect("unknown")},
		{ID: "malformed-json", Operation: login, Raw: `{"user": `, Expect: expect("malformed")},
	}
	return c
}

func sampleKey(t testing.TB) *loginwatch.Operation {
	return &loginwatch.Operation{
		ID: "key",
		Request: loginwatch.Request{Method: "GET", Path: "/v1/key", Query: []loginwatch.Param{
			{Name: "access", Value: "${access}"}, {Name: "realm", Value: "${realm}"},
		}},
		Outcomes: []*loginwatch.Outcome{{
			ID: "success", Statuses: []int{200}, Body: loginwatch.BodyJSON, ContentTypes: []string{"application/json"}, Means: loginwatch.OK,
			Schema: schemaOf(t, "key.success", keySchema), Example: example(`{"Key": "Zm9vYmFyZm9vYmFy"}`),
			When: []loginwatch.Condition{loginwatch.WhenValid},
		}},
	}
}

func sampleLogin(t testing.TB) *loginwatch.Operation {
	fail := schemaOf(t, "error", errorSchema)
	refusal := func(id string, status int, when ...loginwatch.Condition) *loginwatch.Outcome {
		return &loginwatch.Outcome{
			ID: id, Statuses: []int{status}, Body: loginwatch.BodyJSON, ContentTypes: []string{"application/json"}, Schema: fail,
			Example: example(`{"error": "` + id + `"}`), Means: loginwatch.Rejected, When: when,
		}
	}
	success := &loginwatch.Outcome{
		ID: "success", Statuses: []int{200}, Body: loginwatch.BodyJSON, ContentTypes: []string{"application/json"}, Means: loginwatch.OK,
		Schema: schemaOf(t, "login.success", loginSchema),
		Where:  []loginwatch.Field{{At: "/status", Value: "fine"}},
		Example: example(`{
  "status": "fine",
  "token": "` + encodeJWT(`{"alg":"HS256","typ":"JWT"}`, sampleClaims) + `",
  "ends": 1600007200, "left": "7200", "made": "2020-09-13T12:26:40.12Z",
  "roles": "R1;R2",
  "session": {"id": "a822e018-80a4-4a86-bd9d-9855710109ff", "kind": "web", "key": "your key"}
}
`),
		Placeholders: []loginwatch.Place{"/session/key"}, When: []loginwatch.Condition{loginwatch.WhenValid},
	}
	unspecified := &loginwatch.Outcome{
		ID: "busy", Statuses: []int{429}, Body: loginwatch.BodyUnspecified, Means: loginwatch.Throttled,
		When: []loginwatch.Condition{loginwatch.WhenRateLimited},
	}
	return &loginwatch.Operation{
		ID: "login",
		Request: loginwatch.Request{Method: "POST", Path: "/v1/session/login", Headers: []loginwatch.Header{
			{Name: "content-type", Value: "application/json"},
			{Name: "Accept", Value: "application/json"},
			{Name: "X-Key", Value: "Key ${key}"},
			{Name: "X-Portal", Value: "${portal}", Optional: true},
		}, Schema: schemaOf(t, "login.request", requestSchema)},
		Outcomes: []*loginwatch.Outcome{
			success, unspecified,
			refusal("wrong", 401, loginwatch.WhenWrongPassword),
			refusal("unknown", 404, loginwatch.WhenUnknownUser),
			refusal("malformed", 400, loginwatch.WhenMalformed),
			refusal("invalid", 422, loginwatch.WhenInvalid),
			refusal("header", 403, loginwatch.WhenMissingHeader),
			refusal("path", 410, loginwatch.WhenWrongPath),
		},
		Token: &loginwatch.Token{
			Outcome: success, At: "/token", Form: loginwatch.TokenJWT, Issued: "/made",
			Lifetime: &loginwatch.Lifetime{At: "/left", Unit: time.Second, Documented: time.Hour},
			Matches: []loginwatch.ClaimMatch{
				{At: "/ends", Claim: "/exp"}, {At: "/roles", Claim: "/groups/*/role", Join: ";"},
			},
		},
		Limit: &loginwatch.RateLimit{Requests: 1000, Per: time.Minute},
	}
}

func newSim(t testing.TB, opts Options, contracts ...*loginwatch.Contract) *Simulator {
	t.Helper()
	if opts.Now == nil {
		opts.Now = func() time.Time { return start }
	}
	s, err := New(contracts, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// call is one request; do sends it without a network.
type call struct {
	method, path, body string
	header             map[string]string
}

func loginCall(body string) call {
	return call{"POST", "/v1/session/login", body, map[string]string{
		"Content-Type": "application/json", "X-Key": "Key demo-key",
	}}
}

const validBody = `{"user":"demo-user","pin":"demo-pin","realm":"south"}`

// with gives a copy with one header changed; an empty value takes it away.
func (c call) with(name, value string) call {
	header := map[string]string{}
	for k, v := range c.header {
		header[k] = v
	}
	header[name] = value
	if value == "" {
		delete(header, name)
	}
	c.header = header
	return c
}

func newCall(c call) *http.Request {
	r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
	for k, v := range c.header {
		r.Header.Set(k, v)
	}
	return r
}

func do(h http.Handler, c call) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, newCall(c))
	return w.Result()
}

func bodyOf(t testing.TB, res *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func docOf(t testing.TB, res *http.Response) any {
	t.Helper()
	body := bodyOf(t, res)
	doc, err := decode(body)
	if err != nil {
		t.Fatalf("%v in %q", err, body)
	}
	return doc
}
