package flow_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/flow"
)

// verified is a contract whose login gives a token that is verified by the keys of
// another case.
func verified() (keys, login *loginwatch.Case, c *loginwatch.Contract) {
	ok := &loginwatch.Outcome{ID: "success", Means: loginwatch.OK}
	keys = &loginwatch.Case{ID: "keys", Operation: &loginwatch.Operation{ID: "keys"}, Expect: []*loginwatch.Outcome{ok}}
	gives := &loginwatch.Outcome{ID: "success", Means: loginwatch.OK}
	login = &loginwatch.Case{ID: "login", Operation: &loginwatch.Operation{ID: "login"}, Expect: []*loginwatch.Outcome{gives}}
	login.Operation.Token = &loginwatch.Token{
		Outcome: gives, Form: loginwatch.TokenJWT, Algorithms: []string{"ES256"}, Keys: &loginwatch.KeySource{From: keys},
	}
	return keys, login, &loginwatch.Contract{Cases: []*loginwatch.Case{keys, login}}
}

// A token's keys are fetched before it, whether a probe says so or none does, also
// where nobody would configure anything by the step; and a case that gets no token
// needs none.
func TestKeysComeFirst(t *testing.T) {
	keys, login, c := verified()
	refused := &loginwatch.Case{ID: "refused", Operation: login.Operation}
	use := &loginwatch.Case{ID: "use", Operation: &loginwatch.Operation{ID: "use"}, Needs: []string{"token"}}
	steps := []loginwatch.Step{
		{Case: keys, Role: loginwatch.RoleSetup},
		{Case: login, Role: loginwatch.RoleSubject, Capture: []loginwatch.Capture{{Name: "token", At: "/token"}}},
		{Case: use, Role: loginwatch.RoleFollowUp},
	}
	probe := &loginwatch.Probe{Contract: c, Steps: steps}
	for _, tt := range []struct {
		k      *loginwatch.Case
		probes []*loginwatch.Probe
		want   string
	}{
		{login, []*loginwatch.Probe{probe}, "keys setup, login subject"},
		{login, nil, "keys setup, login subject"},
		{use, []*loginwatch.Probe{probe}, "keys setup, login subject, use follow-up"},
		{refused, []*loginwatch.Probe{probe}, "refused subject"},
		{keys, []*loginwatch.Probe{probe}, "keys subject"},
	} {
		p := flow.ForCase(tt.k, c, tt.probes, time.Second)
		var got []string
		for _, s := range p.Steps {
			got = append(got, s.Case.ID+" "+string(s.Role))
		}
		if strings.Join(got, ", ") != tt.want {
			t.Errorf("%s with %d probes: %v, want %s", tt.k.ID, len(tt.probes), got, tt.want)
		}
	}
	p := &loginwatch.Probe{Contract: c, Steps: slices.Clone(steps)}
	p.Steps[0].Capture = []loginwatch.Capture{{Name: "token", At: "/keys/0/kid"}}
	c.Secrets = []loginwatch.Secret{{Name: "token"}}
	plan := flow.New(loginwatch.Job{Probe: p, Target: &loginwatch.Target{Secrets: configured{"token": "t"}}})
	if len(plan.Steps) != 3 {
		t.Errorf("%d steps: the keys are left out since something of their answer is configured", len(plan.Steps))
	}
	if plan.Keys(login) != nil {
		t.Error("keys before any answer announced them")
	}
}

// A pinned key that can't verify is told before anything is sent.
func TestPinnedKeys(t *testing.T) {
	encoded := func(curve elliptic.Curve) string {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKIXPublicKey(key.Public())
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	}
	for _, tt := range []struct{ alg, value, want string }{
		{"ES256", encoded(elliptic.P256()), ""},
		{"ES256", encoded(elliptic.P384()), "can't verify a token: key (env:KEY): keys: key is of another kind than ES256 takes"},
		{"ES256", "marked-value", "can't verify a token: key (env:KEY): keys: key can't be read: it is no PEM, JWK or base64 of a DER of a key that is known"},
		{"HS256", "any text", ""},
		{"HS256", encoded(elliptic.P256()), "can't verify a token: key (env:KEY): keys: key is of two halves, but HS256 takes a secret"},
		{"ES256", "", "missing or empty: key (env:KEY)"},
	} {
		_, login, c := verified()
		c.Secrets = []loginwatch.Secret{{Name: "key"}}
		login.Needs = []string{"key"}
		login.Operation.Token.Algorithms = []string{tt.alg}
		login.Operation.Token.Keys = &loginwatch.KeySource{Pinned: "key"}
		plan := flow.New(loginwatch.Job{Probe: flow.ForCase(login, c, nil, time.Second), Target: &loginwatch.Target{Secrets: configured{"key": tt.value}}})
		if plan.Detail != tt.want || (plan.Obstacle != "") != (tt.want != "") {
			t.Errorf("%s with %.20q: %s %q, want %q", tt.alg, tt.value, plan.Obstacle, plan.Detail, tt.want)
		}
		if keys := plan.Keys(login); (keys != nil) != (tt.want == "") {
			t.Errorf("%s with %.20q: keys %v", tt.alg, tt.value, keys)
		}
	}
}

// What a token has to say is taken from what the request was made of.
func TestClaims(t *testing.T) {
	_, login, c := verified()
	c.Secrets = []loginwatch.Secret{{Name: "client_id"}}
	c.Variables = []loginwatch.Variable{{Name: "host", Default: "issuer.example"}}
	c.Computed = []*loginwatch.Computed{{Name: "nonce", Function: "random", Once: true}}
	login.Body = map[string]any{"nonce": "${nonce}"}
	login.Operation.Token.Claims = []loginwatch.TokenClaim{
		{Name: "iss", Value: "https://${host}"}, {Name: "aud", Value: "${client_id}"}, {Name: "nonce", Value: "${nonce}"}, {Name: "at_hash", HashOf: "/a"},
	}
	plan := flow.New(loginwatch.Job{Probe: flow.ForCase(login, c, nil, time.Second), Target: &loginwatch.Target{BaseURL: &url.URL{Scheme: "https", Host: "login.example"}, Secrets: configured{"client_id": "c1"}}})
	if _, err := plan.Claims(login); err == nil {
		t.Error("a nonce is known before it was made")
	}
	m, err := plan.Message(login, time.Unix(1, 0))
	if err != nil {
		t.Fatal(err)
	}
	claims, err := plan.Claims(login)
	if err != nil || claims["iss"] != "https://issuer.example" || claims["aud"] != "c1" || len(claims["nonce"]) != 32 || !strings.Contains(string(m.Body), claims["nonce"]) {
		t.Errorf("%v, %v, body %s", claims, err, m.Body)
	}
}
