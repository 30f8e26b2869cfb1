package sim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"

	"github.com/loginwatch/loginwatch"
)

// signed is the sample with a token whose signature is documented, and a case that
// announces the keys of it, with an example of any kind.
func signed(t *testing.T, algorithm, example string) *loginwatch.Contract {
	t.Helper()
	c := sample(t)
	success := &loginwatch.Outcome{
		ID: "success", Statuses: []int{200}, Body: loginwatch.BodyJSON, ContentTypes: []string{"application/json"}, Means: loginwatch.OK,
		Schema:  schemaOf(t, "keys.success", `{"type": "object", "properties": {"keys": {"type": "array", "x-cite": "keys"}}}`),
		Example: &loginwatch.Example{Body: []byte(example)}, When: []loginwatch.Condition{loginwatch.WhenValid},
	}
	op := &loginwatch.Operation{ID: "keys", Request: loginwatch.Request{Method: "GET", Path: "/v1/keys"}, Outcomes: []*loginwatch.Outcome{success}}
	keys := &loginwatch.Case{ID: "keys", Operation: op, Expect: []*loginwatch.Outcome{success}}
	c.Operations, c.Cases = append(c.Operations, op), append(c.Cases, keys)
	token := c.Operation("login").Token
	token.Algorithms, token.Keys = []string{algorithm}, &loginwatch.KeySource{From: keys}
	token.Claims = []loginwatch.TokenClaim{{Name: "realm", Value: "${realm}"}, {Name: "aud", Value: "${user}"}}
	return c
}

// The simulator's signatures are ones to another library, by the keys that it
// announces: with its own key, and not with those of the faults.
func TestSigners(t *testing.T) {
	const named = `{"issuer": "x", "keys": [{"kty": "oct", "kid": "a", "use": "sig", "alg": "x", "n": "AQ"}]}`
	for _, algorithm := range loginwatch.Verifiable {
		if shared(algorithm) {
			continue
		}
		s := newSim(t, Options{}, signed(t, algorithm, named))
		announced := bodyOf(t, do(s, call{method: http.MethodGet, path: "/v1/keys"}))
		set, err := jwk.Parse(announced)
		if err != nil || set.Len() != 1 {
			t.Fatalf("%s: %s: %v", algorithm, announced, err)
		}
		doc := mustDecode(t, announced)
		if at(t, doc, "/issuer") != "x" || at(t, doc, "/keys/0/alg") != algorithm {
			t.Errorf("%s: %s", algorithm, announced)
		}
		for _, fault := range []FaultName{"", FaultOtherKey, FaultRotatedKey} {
			if err := s.SetFault("", Fault{Name: fault}); err != nil {
				t.Fatal(err)
			}
			text := at(t, mustDecode(t, bodyOf(t, do(s, loginCall(validBody)))), "/token").(string)
			payload, err := jws.Verify([]byte(text), jws.WithKeySet(set))
			if (err == nil) != (fault == "") {
				t.Errorf("%s under %q: %v", algorithm, fault, err)
			}
			if fault != "" {
				continue
			}
			header, _ := claimsOf(t, text)
			if at(t, header, "/alg") != algorithm || at(t, header, "/kid") != at(t, doc, "/keys/0/kid") {
				t.Errorf("%s: header %v", algorithm, header)
			}
			var claims map[string]any
			if err := json.Unmarshal(payload, &claims); err != nil || claims["realm"] != "south" || claims["aud"] != "demo-user" {
				t.Errorf("%s: %v, %v", algorithm, claims, err)
			}
		}
	}
}

// No two tokens are the same, also of one second, without an id and with a signature
// that is made of nothing else: revoking one would end the other.
func TestTokensOfOneSecondDiffer(t *testing.T) {
	withoutID := func(c *loginwatch.Contract) *loginwatch.Contract {
		example := c.Operation("login").Token.Outcome.Example
		with := encodeJWT(`{"alg":"HS256","typ":"JWT"}`, sampleClaims)
		without := encodeJWT(`{"alg":"HS256","typ":"JWT"}`, strings.Replace(sampleClaims, `"jti":"ab12-CD",`, "", 1))
		if with == without || !bytes.Contains(example.Body, []byte(with)) {
			t.Fatal("the example is another one")
		}
		example.Body = bytes.Replace(example.Body, []byte(with), []byte(without), 1)
		return c
	}
	const keys = `{"keys": [{"kty": "RSA"}]}`
	for name, c := range map[string]*loginwatch.Contract{
		"RS256": withoutID(signed(t, "RS256", keys)), "EdDSA": withoutID(signed(t, "EdDSA", keys)), "a key that nobody has": withoutID(sample(t)),
	} {
		for _, fault := range []FaultName{"", FaultAlgNone} {
			s := newSim(t, Options{}, c)
			if err := s.SetFault("", Fault{Name: fault}); err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for range 5 {
				seen[at(t, mustDecode(t, bodyOf(t, do(s, loginCall(validBody)))), "/token").(string)] = true
			}
			if len(seen) != 5 {
				t.Errorf("%s under %q: %d of 5 tokens differ", name, fault, len(seen))
			}
		}
	}
}

// Keys look as the document's do: without names where those have none, and without
// members that it does not have.
func TestKeysLikeTheExample(t *testing.T) {
	s := newSim(t, Options{}, signed(t, "ES256", `{"keys": [{"kty": "RSA"}, {"kty": "EC", "x5t": "a"}]}`))
	announced := string(bodyOf(t, do(s, call{method: http.MethodGet, path: "/v1/keys"})))
	for _, member := range []string{`"kid"`, `"use"`, `"alg"`, `"n"`} {
		if strings.Contains(announced, member) {
			t.Errorf("%s in %s", member, announced)
		}
	}
	if !strings.Contains(announced, `"x5t":"a"`) {
		t.Errorf("no x5t in %s", announced)
	}
}

// With what no token can be signed, the simulator does not start.
func TestNoSigner(t *testing.T) {
	c := signed(t, "ES256", `{"keys": []}`)
	c.Operation("login").Token.Keys = &loginwatch.KeySource{Pinned: "card"}
	if _, err := New([]*loginwatch.Contract{c}, Options{}); err == nil || !strings.Contains(err.Error(), `secret "card" signs no token: keys: key can't be read`) || strings.Contains(err.Error(), "demo-card") {
		t.Errorf("error %v", err)
	}
	c.Operation("login").Token.Algorithms = []string{"HS256"}
	if _, err := New([]*loginwatch.Contract{c}, Options{}); err != nil {
		t.Errorf("a shared secret: %v", err)
	}
}
