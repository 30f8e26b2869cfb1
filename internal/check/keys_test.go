package check_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/check"
)

// Where nothing but a value of ours speaks against a token, nobody knows whose fault
// that is; what breaks beside it is the vendor's.
func TestTokensByValuesOfOurs(t *testing.T) {
	const issuers = `{"id":"eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ4IiwiZXhwIjo0MTAyNDQ0ODAwfQ.c2ln","ttl":1209600,"created":"2026-11-21T11:59:59.000Z","userId":"5e"}`
	for name, tt := range map[string]struct {
		claims []loginwatch.TokenClaim
		body   string
		sign   loginwatch.Sign
	}{
		"of ours":             {[]loginwatch.TokenClaim{{Name: "iss", Value: "${issuer}"}}, issuers, loginwatch.SignOurValue},
		"of the document":     {[]loginwatch.TokenClaim{{Name: "iss", Value: "y"}}, issuers, loginwatch.SignNone},
		"of both":             {[]loginwatch.TokenClaim{{Name: "iss", Value: "${issuer}"}, {Name: "sub", Value: "y"}}, issuers, loginwatch.SignNone},
		"of ours, and a type": {[]loginwatch.TokenClaim{{Name: "iss", Value: "${issuer}"}}, strings.Replace(issuers, `"5e"`, "5", 1), loginwatch.SignNone},
	} {
		c := small(t).Contract("framework")
		k := c.Case("valid-credentials")
		token := k.Operation.Token
		was := *token
		token.Form, token.Lifetime, token.Claims = loginwatch.TokenJWT, nil, tt.claims
		x := &loginwatch.Exchange{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(tt.body), Finished: instant}
		r := check.Judge(check.Input{Contract: c, Case: k, Exchange: x, Claims: map[string]string{"iss": "configured"}})
		*token = was
		if r.Verdict != loginwatch.Drift || r.Sign != tt.sign {
			t.Errorf("%s: %s %s, sign %q: %v", name, r.Verdict, r.Reason, r.Sign, r.Findings)
		}
	}
}

// The answer that announces keys is judged for them, and no other is.
func TestAnnouncedKeys(t *testing.T) {
	c := small(t).Contract("framework")
	k := c.Case("valid-credentials")
	success := k.Operation.Outcome("success")
	const body = `{"id":"a","ttl":1209600,"created":"2026-11-21T11:59:59.000Z","userId":"5e","keys":[{"kty":"EC","d":"AQ"}]}`
	judge := func() check.Result {
		x := &loginwatch.Exchange{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body), Finished: instant}
		return check.Judge(check.Input{Contract: c, Case: k, Exchange: x})
	}
	if r := judge(); r.Keys != nil || r.Verdict != loginwatch.OK {
		t.Errorf("keys that nobody asked for: %v %v", r.Verdict, r.Findings)
	}
	other := &loginwatch.Operation{ID: "other", Token: &loginwatch.Token{
		Outcome: success, Form: loginwatch.TokenJWT, Algorithms: []string{"ES256"}, Keys: &loginwatch.KeySource{From: k},
	}}
	operations := c.Operations
	c.Operations = append(operations[:len(operations):len(operations)], other)
	r := judge()
	c.Operations = operations
	if r.Keys == nil || r.Verdict != loginwatch.Drift || r.Reason != loginwatch.ReasonToken {
		t.Errorf("%s %s: %v", r.Verdict, r.Reason, r.Findings)
	}
}
