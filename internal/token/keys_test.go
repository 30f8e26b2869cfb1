package token

import (
	"bytes"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwk"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// A finding counts as one that rests on a value of ours where the vendor was not sent
// that value, and only then: a missing claim is missing whatever its value should be.
func TestValuesOfOurs(t *testing.T) {
	a, secret := newPair(t, "ES256"), []byte("0123456789abcdef0123456789abcdef")
	for name, c := range map[string]struct {
		sent     string // the names that the request said
		claims   []loginwatch.TokenClaim
		signer   any
		breaking int
		ours     int
	}{
		"as it should be":              {"", []loginwatch.TokenClaim{{Name: "iss", Value: "${issuer}"}}, secret, 0, 0},
		"another issuer":               {"", []loginwatch.TokenClaim{{Name: "sub", Value: "${issuer}"}}, secret, 1, 1},
		"another client":               {"client_id", []loginwatch.TokenClaim{{Name: "sub", Value: "${client_id}"}}, secret, 1, 0},
		"a value of the document":      {"", []loginwatch.TokenClaim{{Name: "sub", Value: "x"}}, secret, 1, 0},
		"no such claim":                {"", []loginwatch.TokenClaim{{Name: "azp", Value: "${issuer}"}}, secret, 1, 0},
		"another key":                  {"", nil, []byte("1123456789abcdef0123456789abcdef"), 1, 1},
		"another key than it was sent": {"key", nil, []byte("1123456789abcdef0123456789abcdef"), 1, 0},
		"a key of another kind":        {"", nil, a.private, 1, 1},
	} {
		alg := "HS256"
		if c.signer == any(a.private) {
			alg = "ES256"
		}
		signed := sign(t, alg, c.signer, nil, text(t, map[string]any{"exp": now.Unix() + 60, "iss": "i", "sub": "s"}))
		token := documented("HS256", "ES256")
		token.Keys, token.Claims = &loginwatch.KeySource{Pinned: "key"}, c.claims
		findings, facts := Check(Input{
			Token: token, Now: now, Keys: Pinned(secret), Values: map[string]string{"iss": "i", "sub": "other", "azp": "i"},
			Sent:   func(name string) bool { return name == c.sent },
			Lookup: func(loginwatch.Place) (any, bool) { return signed, true },
		})
		if len(findings) != c.breaking || facts.ByOurValues != c.ours {
			t.Errorf("%s: %s, %d of them by values of ours", name, inShort(findings), facts.ByOurValues)
		}
	}
}

// FuzzJWKS reads any JSON as keys and holds a token against them: nothing panics, no
// finding shows what was sent, and a key without a fault is one to another library too.
func FuzzJWKS(f *testing.F) {
	a, ec := newPair(f, "RS256"), newPair(f, "ES256")
	f.Add([]byte(text(f, jwks(with(a.public, map[string]any{"kid": "a"}), ec.public))), "RS256")
	f.Add([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","use":"sig","key_ops":["verify"]},{"kty":"oct","k":"AQ"}]}`), "EdDSA")
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-521","x":"AA","y":"AA"},{"kty":"RSA","n":"_w","e":"AQAB","alg":1},null]}`), "ES512")
	signed := map[string]string{}
	for alg, key := range map[string]any{"RS256": a.private, "ES256": ec.private} {
		signed[alg] = sign(f, alg, key, map[string]any{"kid": "a"}, text(f, goodClaims()))
	}
	f.Fuzz(func(t *testing.T, body []byte, alg string) {
		doc, refusal := guard.Decode(body, guard.Defaults())
		if refusal != nil {
			return
		}
		token := documented(alg)
		announced, findings := verified(token, signed[alg], doc, values)
		for _, f := range findings {
			if problem := sound(f, token); problem != "" && signed[alg] != "" {
				t.Errorf("%+v: %s", f, problem)
			}
		}
		for _, f := range announced {
			if !keyPlaces.MatchString(f.Pointer) || !keyShapes.MatchString(f.Got) || f.Class != loginwatch.Breaking || f.Kind != loginwatch.KindTokenKey {
				t.Errorf("%+v", f)
			}
		}
		keys, _ := Announced(token, doc)
		for _, k := range keys.announced {
			faulty := slices.ContainsFunc(announced, func(f loginwatch.Finding) bool { return strings.HasPrefix(f.Pointer+"/", k.Pointer+"/") })
			item, _ := tree.Lookup(doc, k.Pointer)
			if _, err := jwk.ParseKey([]byte(text(t, item))); err != nil && !faulty {
				t.Errorf("%s: %v", k.Pointer, err)
			}
		}
	})
}

// keyPlaces and keyShapes are all that a finding about keys shows.
var (
	keyPlaces = regexp.MustCompile(`^/keys(/\d+(/[a-z_]+)?)?$`)
	keyShapes = regexp.MustCompile(`^(none|zero|\d+|\d+ of them|more of them|something else|other text|an array with something else|a private member|that of a key before it|numbers that make none|null|an? [a-z]+)$`)
)

// However many keys a vendor announces under one name, or none, the time for a token
// is bounded.
func TestAttempts(t *testing.T) {
	key := func(bits int) announced {
		return announced{key: &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), uint(bits-1))}}
	}
	for _, c := range []struct{ bits, keys, tried int }{{1024, 32, 8}, {2048, 32, 4}, {2048, 3, 3}, {4096, 3, 2}, {4097, 3, 1}, {8192, 32, 1}} {
		var all []announced
		for range c.keys {
			all = append(all, key(c.bits))
		}
		if got := len(attempts(all)); got != c.tried {
			t.Errorf("%d keys of %d bits: %d tried, want %d", c.keys, c.bits, got, c.tried)
		}
	}
}

// A pinned key verifies whatever kid a token names; a secret is one for both sides.
func TestPinned(t *testing.T) {
	a, secret := newPair(t, "ES256"), []byte("0123456789abcdef0123456789abcdef")
	for _, c := range []struct {
		key, signer any
		alg, want   string
	}{
		{a.private.Public(), a.private, "ES256", ""},
		{secret, secret, "HS256", ""},
		{secret, []byte("1123456789abcdef0123456789abcdef"), "HS256", "breaking token-signature /token: one that does not verify"},
		{secret, a.private, "ES256", "breaking token-signature /token: a key of another kind"},
		{a.private.Public(), secret, "HS256", "breaking token-signature /token: a key of another kind"},
	} {
		signed := sign(t, c.alg, c.signer, map[string]any{"kid": "any"}, text(t, map[string]any{"exp": now.Unix() + 60}))
		token := documented("ES256", "HS256")
		token.Claims = nil
		findings, _ := Check(Input{
			Token: token, Now: now, Keys: Pinned(c.key),
			Lookup: func(loginwatch.Place) (any, bool) { return signed, true },
		})
		if got := inShort(findings); got != c.want {
			t.Errorf("%s: %q, want %q", c.alg, got, c.want)
		}
	}
	findings, _ := Check(Input{
		Token: documented("ES256"), Now: now, Values: values,
		Lookup: func(loginwatch.Place) (any, bool) {
			return sign(t, "ES256", a.private, nil, text(t, goodClaims())), true
		},
	})
	if got := inShort(findings); !strings.HasPrefix(got, "breaking token-key /token: none: no answer of this run announced any") {
		t.Errorf("without keys: %q", got)
	}
}

// hostileJWKS are sets of keys made to take long, and a token that names one of them,
// or none: none of it may hold a core for more than 5 ms.
func hostileJWKS(t *testing.T) (doc map[string]any, texts map[string]string) {
	t.Helper()
	set := func(n int, kid func(i int) string, members string) any {
		keys := make([]string, n)
		for i := range keys {
			keys[i] = fmt.Sprintf(`{%s%s}`, members, kid(i))
		}
		v, refusal := guard.Decode([]byte(`{"keys":[`+strings.Join(keys, ",")+`]}`), guard.Defaults())
		if refusal != nil {
			t.Fatal(refusal)
		}
		return v
	}
	n := func(bits int) string { return base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{0xff}, bits/8)) }
	one, none, own := func(int) string { return `,"kid":"a"` }, func(int) string { return "" }, func(i int) string { return fmt.Sprintf(`,"kid":"a%d"`, i) }
	ec := newPair(t, "ES512").public
	curve := fmt.Sprintf(`"kty":"EC","crv":"P-521","x":"%s","y":"%s"`, ec["x"], ec["y"])
	doc = map[string]any{}
	for name, kid := range map[string]func(int) string{"one name": one, "no names": none, "names": own} {
		for _, bits := range []int{1024, 2048, 4096, 8192} {
			count := min(32, 250_000/(bits/6+80)) // what a body holds
			doc[fmt.Sprintf("RSA of %d bits, %s", bits, name)] = set(count, kid, fmt.Sprintf(`"kty":"RSA","e":"____","n":"%s"`, n(bits)))
		}
		doc["P-521, "+name] = set(32, kid, curve)
	}
	doc["RSA of 64k bits"] = set(2, one, fmt.Sprintf(`"kty":"RSA","e":"____","n":"%s"`, n(65536)))
	doc["nothing"] = set(3300, none, `"a":0`)
	texts = map[string]string{}
	for _, alg := range []string{"RS512", "PS512", "ES512"} {
		for _, size := range []int{132, 1024} {
			for _, kid := range []string{`,"kid":"a"`, ""} {
				p := jwtParts(`{"alg":"`+alg+`"`+kid+`}`, text(t, goodClaims()))
				signature := bytes.Repeat([]byte{0x7f}, size)
				texts[fmt.Sprint(alg, size, kid)] = p[0] + "." + p[1] + "." + base64.RawURLEncoding.EncodeToString(signature)
			}
		}
	}
	return doc, texts
}

// TestHostileJWKS: whatever a vendor announces, reading it and verifying a token by it
// says a bounded number of things.
func TestHostileJWKS(t *testing.T) {
	docs, texts := hostileJWKS(t)
	for name, doc := range docs {
		for what, text := range texts {
			announced, findings := verified(documented("RS512", "PS512", "ES512"), text, doc, values)
			if len(findings) == 0 || len(findings) > 10 || len(announced) > 64 {
				t.Errorf("%s, %s: %d findings of keys, %d of the token", name, what, len(announced), len(findings))
			}
		}
	}
}

// TestFiguresHostileJWKS prints what the slowest of them costs; nothing is judged by it.
func TestFiguresHostileJWKS(t *testing.T) {
	docs, texts := hostileJWKS(t)
	worst, which := time.Duration(0), ""
	for name, doc := range docs {
		for what, text := range texts {
			best := time.Hour
			for range 5 {
				start := time.Now()
				verified(documented("RS512", "PS512", "ES512"), text, doc, values)
				best = min(best, time.Since(start))
			}
			if best > worst {
				worst, which = best, name+", "+what
			}
		}
	}
	t.Logf("hostile JWKS: %.1f ms for the slowest of %d sets of keys and tokens (%s)", float64(worst.Microseconds())/1000, len(docs)*len(texts), which)
}
