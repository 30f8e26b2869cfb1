package token

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

// deviation is one thing that is not as it should be, and what is said of it: of the
// keys where they are announced, and of the token.
type deviation struct {
	name            string
	header, claims  map[string]any // over those of a good token; nil takes one out
	keys            any            // nil for the good ones
	signer          any            // nil for the good one
	alg             string         // by which it is signed; "" is RS256
	change          func(token string) string
	ofKeys, ofToken string // "" for nothing
}

// Every planted deviation is told, as what it is, and nothing else is.
func TestDeviations(t *testing.T) {
	a, b, ec := newPair(t, "RS256"), newPair(t, "RS256"), newPair(t, "ES256")
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	good := with(a.public, map[string]any{"kid": "a", "use": "sig", "alg": "RS256"})
	other := with(b.public, map[string]any{"kid": "b"})
	n := func(size int) string { return base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{0xff}, size)) }
	const (
		signature = "breaking token-signature /token: one that does not verify"
		otherKind = "breaking token-signature /token: a key of another kind"
		unknown   = "breaking token-key /token: a kid that no announced key has"
		elsewhere = "breaking token-key /token: a key that is announced for something else"
		useless   = "breaking token-key /keys: none"
		value     = "breaking token-claim /token: another value"
		noClaim   = "breaking token-claim /token: no such claim"
		unused    = "tolerated token-key /token: keys that are announced beside the one that signs: 1"
	)
	for _, d := range []deviation{
		{name: "none"},
		{name: "no kid, and one key", header: map[string]any{"kid": nil}},
		{name: "a kid, and keys without any", keys: jwks(with(good, map[string]any{"kid": nil}))},
		{name: "a key for encryption beside", keys: jwks(good, with(other, map[string]any{"use": "enc"}))},
		{name: "an unknown type of key beside", keys: jwks(map[string]any{"kty": "AKP", "kid": "pq"}, good)},
		{name: "an unknown curve beside", keys: jwks(map[string]any{"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"}, good)},
		{name: "aud as text", claims: map[string]any{"aud": "client-1"}},
		{name: "a kid of another type of key twice", keys: jwks(with(ec.public, map[string]any{"kid": "a"}), good)},

		{name: "the next key announced", keys: jwks(good, other), ofToken: unused},
		{name: "signed by the next key", keys: jwks(good, other), signer: b.private, header: map[string]any{"kid": "b"}, ofToken: unused},
		{name: "a key used and not announced", signer: b.private, header: map[string]any{"kid": "b"}, ofToken: unknown},
		{name: "another key under the announced kid", signer: b.private, ofToken: signature},
		{name: "another kid on the announced key", header: map[string]any{"kid": "z"}, ofToken: unknown},
		{name: "a kid in other case", header: map[string]any{"kid": "A"}, ofToken: unknown},
		{name: "an empty kid", header: map[string]any{"kid": ""}, ofToken: unknown},
		{name: "kid a path", header: map[string]any{"kid": "../../dev/null"}, ofToken: unknown},
		{name: "no kid, and two keys", keys: jwks(good, other), header: map[string]any{"kid": nil}, ofToken: "breaking token-key /token: no kid"},
		{name: "no kid anywhere, and two keys", keys: jwks(with(good, map[string]any{"kid": nil}), with(other, map[string]any{"kid": nil})), header: map[string]any{"kid": nil}, ofToken: unused},
		{name: "crit", header: map[string]any{"crit": []string{"exp"}, "exp": 1}, ofToken: "breaking token-form /token: crit"},
		{name: "a signature cut", change: func(s string) string { return s[:len(s)-4] }, ofToken: signature},
		{name: "a signature of another token", change: swapped(t, a.private), ofToken: signature},
		{name: "claims changed after signing", change: func(s string) string { return edited(s, 1, "client-1", "client-2") },
			ofToken: signature + "; breaking token-claim /token: an array without it; " + value},
		{name: "header changed after signing", change: func(s string) string { return edited(s, 0, `"JWT"`, `"jwt"`) }, ofToken: signature},
		{name: "another hash", alg: "RS512", ofToken: "breaking token-algorithm /token: alg RS512; " + value},
		{name: "another padding", alg: "PS256", ofToken: "breaking token-algorithm /token: alg PS256"},
		{name: "another kind of signature", alg: "ES256", signer: ec.private, ofToken: "breaking token-algorithm /token: alg ES256"},
		{name: "the public key as a secret", alg: "HS256", signer: a.private.Public().(*rsa.PublicKey).N.Bytes(), ofToken: "breaking token-algorithm /token: alg HS256"},
		{name: "alg none", change: unsign(`{"alg":"none","kid":"a"}`), ofToken: "breaking token-algorithm /token: alg none"},
		{name: "alg nOnE", change: unsign(`{"alg":"nOnE","kid":"a"}`), ofToken: "breaking token-algorithm /token: alg none"},
		{name: "no alg", change: func(s string) string { return edited(s, 0, `"alg":"RS256",`, ``) }, ofToken: "breaking token-algorithm /token: no alg"},
		{name: "no signature", change: func(s string) string { return s[:strings.LastIndexByte(s, '.')+1] }, ofToken: "breaking token-form /token: no signature"},

		{name: "another issuer", claims: map[string]any{"iss": "https://issuer.example.evil"}, ofToken: value},
		{name: "a slash at the issuer's end", claims: map[string]any{"iss": "https://issuer.example/"}, ofToken: value},
		{name: "the issuer in other case", claims: map[string]any{"iss": "https://Issuer.example"}, ofToken: value},
		{name: "no issuer", claims: map[string]any{"iss": nil}, ofToken: noClaim},
		{name: "another audience", claims: map[string]any{"aud": "client-2"}, ofToken: value},
		{name: "other audiences", claims: map[string]any{"aud": []any{"client-2", map[string]any{"a": "client-1"}}}, ofToken: "breaking token-claim /token: an array without it"},
		{name: "no audience in it", claims: map[string]any{"aud": []any{}}, ofToken: "breaking token-claim /token: an array without it"},
		{name: "audience an object", claims: map[string]any{"aud": map[string]any{"client-1": true}}, ofToken: "breaking token-claim /token: an object"},
		{name: "no audience", claims: map[string]any{"aud": nil}, ofToken: noClaim},
		{name: "another nonce", claims: map[string]any{"nonce": "n-1S6"}, ofToken: value},
		{name: "no nonce", claims: map[string]any{"nonce": nil}, ofToken: noClaim},
		{name: "nonce null", change: nil, claims: map[string]any{"nonce": ""}, ofToken: value},
		{name: "another party", claims: map[string]any{"azp": "client-2"}, ofToken: value},
		{name: "no party", claims: map[string]any{"azp": nil}, ofToken: noClaim},
		{name: "the hash of another token", claims: map[string]any{"at_hash": leftHalf("RS256", "x")}, ofToken: value},
		{name: "the whole hash", claims: map[string]any{"at_hash": leftHalf("RS512", "jgzqxxxxxxt2i8s")}, ofToken: value},
		{name: "no hash", claims: map[string]any{"at_hash": nil}, ofToken: noClaim},
		{name: "expired", claims: map[string]any{"exp": now.Unix() - 3600, "iat": now.Unix() - 7200}, ofToken: "breaking token-expired /token: expired 1h ago"},
		{name: "not yet valid", claims: map[string]any{"nbf": now.Unix() + 3600}, ofToken: "breaking token-lifetime /token: valid only in 1h"},

		{name: "no keys", keys: jwks(), ofKeys: useless, ofToken: otherKind},
		{name: "no document of keys", keys: []any{}, ofKeys: useless, ofToken: otherKind},
		{name: "keys an object", keys: map[string]any{"keys": map[string]any{}}, ofKeys: useless, ofToken: otherKind},
		{name: "one kid twice", keys: jwks(good, with(other, map[string]any{"kid": "a", "alg": "RS256"})), ofKeys: "breaking token-key /keys/1/kid: that of a key before it", ofToken: unused},
		{name: "the private key announced", keys: jwks(with(good, map[string]any{"d": "AQ"})), ofKeys: "breaking token-key /keys/0/d: a private member"},
		{name: "a prime announced", keys: jwks(with(good, map[string]any{"p": "AQ", "q": 1})), ofKeys: "breaking token-key /keys/0/p: a private member; breaking token-key /keys/0/q: a private member"},
		{name: "a secret announced", keys: jwks(good, map[string]any{"kty": "oct", "kid": "s", "k": "AQ"}), ofKeys: "breaking token-key /keys/1/k: a private member"},
		{name: "a weak key", keys: jwks(with(good, map[string]any{"n": base64.RawURLEncoding.EncodeToString(weak.N.Bytes())})), signer: weak, ofKeys: "breaking token-key /keys/0/n: 1024"},
		{name: "a key that is no RSA", keys: jwks(with(good, map[string]any{"n": n(32)})), ofKeys: "breaking token-key /keys/0/n: 256", ofToken: otherKind},
		{name: "a key of 64k bits", keys: jwks(with(good, map[string]any{"n": n(8192)})), ofKeys: "breaking token-key /keys/0/n: more of them", ofToken: otherKind},
		{name: "an even modulus", keys: jwks(with(good, map[string]any{"n": base64.RawURLEncoding.EncodeToString(append(bytes.Repeat([]byte{0xff}, 255), 0xfe))})), ofKeys: "breaking token-key /keys/0: numbers that make none", ofToken: otherKind},
		{name: "exponent 1", keys: jwks(with(good, map[string]any{"e": "AQ"})), ofKeys: "breaking token-key /keys/0: numbers that make none", ofToken: otherKind},
		{name: "exponent 0", keys: jwks(with(good, map[string]any{"e": "AA"})), ofKeys: "breaking token-key /keys/0/e: zero", ofToken: otherKind},
		{name: "a huge exponent", keys: jwks(with(good, map[string]any{"e": n(5)})), ofKeys: "breaking token-key /keys/0/e: more of them", ofToken: otherKind},
		{name: "an exponent that takes long", keys: jwks(with(good, map[string]any{"e": n(4)})), ofKeys: "breaking token-key /keys/0/e: more of them", ofToken: otherKind},
		{name: "no modulus", keys: jwks(with(good, map[string]any{"n": nil})), ofKeys: "breaking token-key /keys/0/n: none", ofToken: otherKind},
		{name: "a modulus with padding", keys: jwks(with(good, map[string]any{"n": good["n"].(string) + "=="})), ofKeys: "breaking token-key /keys/0/n: other text", ofToken: otherKind},
		{name: "a modulus with bits left over", keys: jwks(with(good, map[string]any{"n": n(256)[:341] + "x"})), ofKeys: "breaking token-key /keys/0/n: other text", ofToken: otherKind},
		{name: "a modulus in two lines", keys: jwks(with(good, map[string]any{"n": "\n" + good["n"].(string)})), ofKeys: "breaking token-key /keys/0/n: other text", ofToken: otherKind},
		{name: "a modulus that is a number", keys: jwks(with(good, map[string]any{"n": true})), ofKeys: "breaking token-key /keys/0/n: a boolean", ofToken: otherKind},
		{name: "kty a number", keys: jwks(with(good, map[string]any{"kty": true})), ofKeys: "breaking token-key /keys/0/kty: a boolean", ofToken: otherKind},
		{name: "no kty", keys: jwks(with(good, map[string]any{"kty": nil})), ofKeys: "breaking token-key /keys/0/kty: none", ofToken: otherKind},
		{name: "kid an array", keys: jwks(with(good, map[string]any{"kid": []any{}})), ofKeys: "breaking token-key /keys/0/kid: an array", ofToken: otherKind},
		{name: "a long kid", keys: jwks(with(good, map[string]any{"kid": strings.Repeat("a", 1000)})), ofKeys: "breaking token-key /keys/0/kid: more of them", ofToken: otherKind},
		{name: "a key that is text", keys: map[string]any{"keys": []any{"a"}}, ofKeys: "breaking token-key /keys/0: something else", ofToken: otherKind},
		{name: "the key for encryption", keys: jwks(with(good, map[string]any{"use": "enc"})), ofKeys: useless, ofToken: elsewhere},
		{name: "the key for encrypting", keys: jwks(with(good, map[string]any{"key_ops": []any{"encrypt"}})), ofKeys: useless, ofToken: elsewhere},
		{name: "key_ops a string", keys: jwks(with(good, map[string]any{"key_ops": "verify"})), ofKeys: "breaking token-key /keys/0/key_ops: a string", ofToken: otherKind},
		{name: "key_ops of numbers", keys: jwks(with(good, map[string]any{"key_ops": []any{true}})), ofKeys: "breaking token-key /keys/0/key_ops: an array with something else", ofToken: otherKind},
		{name: "the key for another algorithm", keys: jwks(with(good, map[string]any{"alg": "PS256"})), ofKeys: useless, ofToken: elsewhere},
		{name: "a key of another kind under the kid", keys: jwks(with(ec.public, map[string]any{"kid": "a"}), other), ofToken: otherKind},
		{name: "a key of another kind alone", keys: jwks(with(ec.public, map[string]any{"kid": "a"})), ofKeys: useless, ofToken: otherKind},
		{name: "a point off the curve", keys: jwks(good, with(ec.public, map[string]any{"x": ec.public["y"]})), ofKeys: "breaking token-key /keys/1: numbers that make none"},
		{name: "a short coordinate", keys: jwks(good, with(ec.public, map[string]any{"x": "AQ"})), ofKeys: "breaking token-key /keys/1/x: 1"},
		{name: "40 keys", keys: many(good, 40), ofKeys: "breaking token-key /keys: 40 of them", ofToken: "tolerated token-key /token: keys that are announced beside the one that signs: 31"},
	} {
		alg, signer, keys := "RS256", any(a.private), jwks(good)
		if d.alg != "" {
			alg = d.alg
		}
		if d.signer != nil {
			signer = d.signer
		}
		if d.keys != nil {
			keys = d.keys
		}
		signed := sign(t, alg, signer, with(map[string]any{"kid": "a", "typ": "JWT"}, d.header), text(t, with(goodClaims(), d.claims)))
		if d.change != nil {
			signed = d.change(signed)
		}
		announced, findings := verified(documented("RS256"), signed, keys, values)
		if got := inShort(announced); got != d.ofKeys {
			t.Errorf("%s: of the keys %q, want %q", d.name, got, d.ofKeys)
		}
		if got := inShort(findings); got != d.ofToken {
			t.Errorf("%s: of the token %q, want %q", d.name, got, d.ofToken)
		}
		for _, f := range findings {
			if problem := sound(f, documented("RS256")); problem != "" {
				t.Errorf("%s: %s", d.name, problem)
			}
		}
	}
}

// swapped puts the signature of another token in the place of a token's.
func swapped(t *testing.T, signer crypto.Signer) func(string) string {
	return func(s string) string {
		other := sign(t, "RS256", signer, map[string]any{"kid": "a"}, `{"sub":"other"}`)
		return s[:strings.LastIndexByte(s, '.')] + other[strings.LastIndexByte(other, '.'):]
	}
}

func unsign(header string) func(string) string {
	return func(s string) string {
		parts := strings.Split(s, ".")
		return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + parts[1] + "."
	}
}

// edited changes what is written in one part of a token.
func edited(s string, part int, was, is string) string {
	parts := strings.Split(s, ".")
	raw, err := base64.RawURLEncoding.DecodeString(parts[part])
	if err != nil || !bytes.Contains(raw, []byte(was)) {
		panic(fmt.Sprintf("part %d has no %s", part, was))
	}
	parts[part] = base64.RawURLEncoding.EncodeToString(bytes.ReplaceAll(raw, []byte(was), []byte(is)))
	return strings.Join(parts, ".")
}

// many announces one key under many names.
func many(key map[string]any, n int) any {
	var keys []map[string]any
	for i := range n {
		kid := "a"
		if i > 0 {
			kid = fmt.Sprint("k", i)
		}
		keys = append(keys, with(key, map[string]any{"kid": kid}))
	}
	return jwks(keys...)
}
