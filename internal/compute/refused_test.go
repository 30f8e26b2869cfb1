package compute

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestTOTPSteps holds how far a clock may be off.
func TestTOTPSteps(t *testing.T) {
	call := Call{Function: "totp", Of: []string{"JBSWY3DPEHPK3PXP"}}
	code, err := Do(call, Env{Now: at})
	if err != nil {
		t.Fatal(err)
	}
	for steps, want := range map[time.Duration]bool{-2: false, -1: true, 0: true, 1: true, 2: false} {
		if Accepts(call, code, Env{Now: at.Add(steps * 30 * time.Second)}) != want {
			t.Errorf("%d steps later: accepted is not %v", steps, want)
		}
	}
}

// TestDigitsAreFair holds that bytes are left out that would make some digits
// likelier than others.
func TestDigitsAreFair(t *testing.T) {
	call := Call{Function: "random", Options: map[string]string{"format": "digits", "length": "3"}}
	got, err := Do(call, Env{Rand: bytes.NewReader([]byte{250, 17, 255, 249, 0})})
	if err != nil || got != "790" {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestForgedTokens changes one thing of a token that is accepted and signs it
// again by the same key.
func TestForgedTokens(t *testing.T) {
	rsa := vector{Options: map[string]string{"key": "@rsa.pkcs8.pem"}}.call(t).Options["key"]
	call := func(algorithm, key string, header, claims map[string]any) Call {
		return Call{Function: "jwt", Options: map[string]string{"algorithm": algorithm, "key": key}, Header: header, Claims: claims}
	}
	want := call("RS256", rsa, map[string]any{"kid": "k1"}, map[string]any{"iss": "id", "exp": "300", "nested": map[string]any{"a": []any{1, "b"}}})
	same := func(change func(header, claims map[string]any)) Call {
		header, claims := map[string]any{"kid": "k1"}, map[string]any{"iss": "id", "exp": "300", "nested": map[string]any{"a": []any{1, "b"}}}
		change(header, claims)
		return call("RS256", rsa, header, claims)
	}
	for _, tt := range []struct {
		name string
		call Call
		want bool
	}{
		{"the same", same(func(_, _ map[string]any) {}), true},
		{"more in its header", same(func(h, _ map[string]any) { h["cty"] = "x" }), true},
		{"a time at the end of the leeway", same(func(_, c map[string]any) { c["exp"] = "0" }), true},
		{"a time beyond", same(func(_, c map[string]any) { c["exp"] = "601" }), false},
		{"no time", same(func(_, c map[string]any) { delete(c, "exp") }), false},
		{"another claim more", same(func(_, c map[string]any) { c["admin"] = true }), false},
		{"another value", same(func(_, c map[string]any) { c["iss"] = "other" }), false},
		{"another value within", same(func(_, c map[string]any) { c["nested"] = map[string]any{"a": []any{1, "c"}} }), false},
		{"another key name", same(func(h, _ map[string]any) { h["kid"] = "k2" }), false},
		{"no key name", same(func(h, _ map[string]any) { delete(h, "kid") }), false},
		{"another algorithm by the same key", call("PS256", rsa, want.Header, want.Claims), false},
		{"the public key as a secret", call("HS256", "public", want.Header, want.Claims), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			token, err := Do(tt.call, Env{})
			if err != nil {
				t.Fatal(err)
			}
			if Accepts(want, token, Env{}) != tt.want {
				t.Errorf("accepted is not %v", tt.want)
			}
		})
	}
	token, err := Do(want, Env{})
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(token, ".")
	for _, header := range []string{`{"alg":"none","kid":"k1"}`, `{"alg":"ES256","kid":"k1"}`, `{"kid":"k1"}`, `null`} {
		encoded, err := Do(Call{Function: "base64", Of: []string{header}, Options: map[string]string{"variant": "raw-url"}}, Env{})
		if err != nil || Accepts(want, encoded+"."+rest, Env{}) || Accepts(want, encoded+"."+rest[:strings.Index(rest, ".")+1], Env{}) {
			t.Errorf("the header %s is accepted, %v", header, err)
		}
	}
}

// TestNamedAlgorithm: a signature that is right by another algorithm's name is
// no proof (RFC 8725, section 3.1).
func TestNamedAlgorithm(t *testing.T) {
	const header, claims = "eyJhbGciOiJSUzI1NiJ9", "e30" // RS256
	signed, err := Do(Call{Function: "hmac", Of: []string{header + "." + claims}, Options: map[string]string{"hash": "sha256", "key": "secret", "encode": "base64url"}}, Env{})
	if err != nil {
		t.Fatal(err)
	}
	if Accepts(Call{Function: "jwt", Options: map[string]string{"algorithm": "HS256", "key": "secret"}}, header+"."+claims+"."+signed, Env{}) {
		t.Error("a token that says RS256 and is signed by HS256 is accepted")
	}
}

// TestForgedCredentials changes one part of credentials by Digest and leaves the
// proof, which is of what was asked.
func TestForgedCredentials(t *testing.T) {
	call := Call{Function: "digest", Of: []string{"user", "pass"}, Options: map[string]string{
		"challenge": `Digest realm="realm", nonce="nonce", qop="auth", algorithm=MD5, opaque="opaque"`,
	}}
	env := Env{Rand: zeros{}, Method: http.MethodGet, Target: "/target"}
	value, err := Do(call, env)
	if err != nil || !Accepts(call, value, env) {
		t.Fatalf("%q, %v", value, err)
	}
	for _, change := range [][2]string{
		{`"user"`, `"other"`}, {`username=`, `user=`}, {`realm="realm"`, `realm="other"`}, {`nonce="nonce"`, `nonce="other"`}, {`uri="/target"`, `uri="/other"`},
		{`opaque="opaque"`, `opaque="other"`}, {`, opaque="opaque"`, ``}, {`qop=auth`, `qop=auth-int`}, {`qop=auth, `, ``}, {`nc=00000001`, `nc=1`}, {`nc=00000001`, `nc=00000002`},
		{`algorithm=MD5`, `algorithm=SHA-256`}, {`cnonce="`, `cnonce="x`}, {`Digest `, `Basic `}, {`Digest `, `Digest a=b, Digest `},
	} {
		forged := strings.Replace(value, change[0], change[1], 1)
		if forged == value {
			t.Fatalf("%q has no %s", value, change[0])
		}
		if Accepts(call, forged, env) {
			t.Errorf("accepted with %s for %s", change[1], change[0])
		}
	}
	for name, other := range map[string]Env{
		"method": {Method: http.MethodPost, Target: "/target"}, "target": {Method: http.MethodGet, Target: "/target?"},
	} {
		if Accepts(call, value, other) {
			t.Errorf("accepted for another %s", name)
		}
	}
}

// TestChosenCredentials makes credentials whose proof is right, of what a client
// may choose and of what it may not.
func TestChosenCredentials(t *testing.T) {
	for _, tt := range []struct {
		challenge, qop, nc, cnonce string
		want                       bool
	}{
		{`Digest realm="r", nonce="n", qop="auth,auth-int"`, "auth", "00000001", "c", true},
		{`Digest realm="r", nonce="n", qop="auth,auth-int"`, "auth-int", "000000ff", "c", true},
		{`Digest realm="r", nonce="n", qop="auth"`, "auth-int", "00000001", "c", false},
		{`Digest realm="r", nonce="n", qop="auth"`, "auth", "0001", "c", false},
		{`Digest realm="r", nonce="n", qop="auth"`, "auth", "0000000g", "c", false},
		{`Digest realm="r", nonce="n", qop="auth"`, "auth", "00000001", "", false},
		{`Digest realm="r", nonce="n", qop="auth"`, "", "", "", false},
		{`Digest realm="r", nonce="n"`, "", "", "", true},
		{`Digest realm="r", nonce="n"`, "auth", "00000001", "c", false},
		{`Digest realm="r", nonce="n", algorithm=MD5-sess`, "", "", "c", true},
	} {
		call := Call{Function: "digest", Of: []string{"user", "pass"}, Options: map[string]string{"challenge": tt.challenge}}
		env := Env{Rand: zeros{}, Method: http.MethodGet, Target: "/", Body: []byte("body")}
		_, full, err := resolve(call)
		if err != nil {
			t.Fatal(err)
		}
		full.env = env
		p, err := full.answerable()
		if err != nil {
			t.Fatal(err)
		}
		p.qop, p.nc, p.cnonce = tt.qop, tt.nc, tt.cnonce
		if value := p.credentials(); Accepts(call, value, env) != tt.want {
			t.Errorf("%s: %s: accepted is not %v", tt.challenge, value, tt.want)
		}
	}
}
