package token

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// The signatures that the standards print verify, and none of them does once a bit
// of it, or of what is signed, is another.
func TestPublishedSignatures(t *testing.T) {
	text, err := os.ReadFile("testdata/signatures.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Source, Algorithm, Token string
		Key                      map[string]any
	}
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		var key any
		if k, shared := v.Key["k"].(string); shared {
			if key, err = base64.RawURLEncoding.DecodeString(k); err != nil {
				t.Fatal(err)
			}
		} else {
			raw, faults := guard.JWKS(map[string]any{"keys": []any{v.Key}})
			if len(raw) != 1 || len(faults) > 0 {
				t.Fatalf("%s: %v", v.Source, faults)
			}
			key = publicKey(raw[0])
		}
		dot := strings.LastIndexByte(v.Token, '.')
		signed, signature := []byte(v.Token[:dot]), decode(t, v.Token[dot+1:])
		if !takes(v.Algorithm, key) || !verifies(v.Algorithm, key, signed, signature) {
			t.Errorf("%s does not verify", v.Source)
		}
		for i := range signature {
			if i%7 != 0 && i != len(signature)-1 {
				continue
			}
			other := bytes.Clone(signature)
			other[i] ^= 1
			if verifies(v.Algorithm, key, signed, other) {
				t.Errorf("%s verifies with another bit in byte %d", v.Source, i)
			}
		}
		if verifies(v.Algorithm, key, append([]byte("x"), signed...), signature) || verifies(v.Algorithm, key, signed, signature[1:]) ||
			verifies(v.Algorithm, key, signed, append(signature, 0)) || verifies(v.Algorithm, key, signed, nil) {
			t.Errorf("%s verifies for something else", v.Source)
		}
	}
}

func decode(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// pair is a key of one of the algorithms' kinds.
type pair struct {
	private crypto.Signer
	public  map[string]any // as JWK
}

var signers = map[string]jwa.SignatureAlgorithm{
	"RS256": jwa.RS256(), "RS384": jwa.RS384(), "RS512": jwa.RS512(), "PS256": jwa.PS256(), "PS384": jwa.PS384(), "PS512": jwa.PS512(),
	"ES256": jwa.ES256(), "ES384": jwa.ES384(), "ES512": jwa.ES512(), "EdDSA": jwa.EdDSA(),
	"HS256": jwa.HS256(), "HS384": jwa.HS384(), "HS512": jwa.HS512(),
}

func newPair(t testing.TB, alg string) pair {
	t.Helper()
	var private crypto.Signer
	var err error
	switch alg {
	case "ES256", "ES384", "ES512":
		private, err = ecdsa.GenerateKey(curveOf(alg), rand.Reader)
	case "EdDSA":
		_, private, err = ed25519.GenerateKey(rand.Reader)
	default:
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	return pair{private, asJWK(t, private.Public())}
}

// asJWK writes a key by another library than ours.
func asJWK(t testing.TB, key any) map[string]any {
	t.Helper()
	k, err := jwk.Import(key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	return members
}

// with is a copy of members with others in it; nil takes one out.
func with(members map[string]any, others map[string]any) map[string]any {
	out := maps.Clone(members)
	for name, v := range others {
		if out[name] = v; v == nil {
			delete(out, name)
		}
	}
	return out
}

func jwks(keys ...map[string]any) any {
	list := make([]any, len(keys))
	for i, k := range keys {
		list[i] = any(k)
	}
	return map[string]any{"keys": list}
}

// sign signs by another library than the one that verifies.
func sign(t testing.TB, alg string, key any, header map[string]any, payload string) string {
	t.Helper()
	h := jws.NewHeaders()
	for name, v := range header {
		if err := h.Set(name, v); err != nil {
			t.Fatal(err)
		}
	}
	token, err := jws.Sign([]byte(payload), jws.WithKey(signers[alg], key, jws.WithProtectedHeaders(h)))
	if err != nil {
		t.Fatal(err)
	}
	return string(token)
}

// What another library signs verifies here, by its own algorithm alone.
func TestSignaturesOfAnother(t *testing.T) {
	secret := []byte("a secret that is long enough for every hash, since it has 64 bytes.")
	made := map[string]pair{"RS": newPair(t, "RS256"), "Ed": newPair(t, "EdDSA"), "ES256": newPair(t, "ES256"), "ES384": newPair(t, "ES384"), "ES512": newPair(t, "ES512")}
	for _, alg := range loginwatch.Verifiable {
		var key, public any = secret, secret
		if alg[0] != 'H' {
			p := made[strings.Replace(alg[:2], "PS", "RS", 1)]
			if p.private == nil {
				p = made[alg]
			}
			raw, _ := guard.JWKS(jwks(p.public))
			key, public = p.private, publicKey(raw[0])
		}
		text := sign(t, alg, key, nil, `{"sub":"demo"}`)
		dot := strings.LastIndexByte(text, '.')
		for _, other := range loginwatch.Verifiable {
			got := takes(other, public) && verifies(other, public, []byte(text[:dot]), decode(t, text[dot+1:]))
			if got != (alg == other) {
				t.Errorf("signed by %s, verified as %s: %t", alg, other, got)
			}
		}
	}
}

// Signatures of the right key in another form than RFC 7518 has are none: a consumer
// that keeps to it would refuse them (3.4: two numbers of fixed length; 3.5: a salt as
// long as the hash).
func TestOtherFormsOfSignatures(t *testing.T) {
	signed := []byte("header.payload")
	digest := sha256.Sum256(signed)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for salt, want := range map[int]bool{32: true, 20: false, 1: false} {
		signature, err := rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: salt})
		if err != nil || verifies("PS256", &key.PublicKey, signed, signature) != want {
			t.Errorf("a salt of %d bytes: want %t, %v", salt, want, err)
		}
	}
	curve := newPair(t, "ES256").private.(*ecdsa.PrivateKey)
	r, s, err := ecdsa.Sign(rand.Reader, curve, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	der, err := ecdsa.SignASN1(rand.Reader, curve, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	first, second := r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))
	for name, c := range map[string]struct {
		signature []byte
		want      bool
	}{
		"two numbers":    {slices.Concat(first, second), true},
		"a zero between": {slices.Concat(first, []byte{0}, second), false},
		"ASN.1":          {der, false},
	} {
		if verifies("ES256", &curve.PublicKey, signed, c.signature) != c.want {
			t.Errorf("%s: want %t", name, c.want)
		}
	}
}

// verified is what Check says of a token that a JWKS goes with.
func verified(t *loginwatch.Token, text string, doc any, values map[string]string) (announced, findings []loginwatch.Finding) {
	keys, announced := Announced(t, doc)
	body := map[string]any{"token": text, "access_token": "jgzqxxxxxxt2i8s"}
	findings, _ = Check(Input{
		Token: t, Now: now, Keys: keys, Values: values,
		Lookup: func(at loginwatch.Place) (any, bool) { return tree.Lookup(body, at.String()) },
	})
	return announced, findings
}

// inShort is what findings say, in short.
func inShort(findings []loginwatch.Finding) string {
	var all []string
	for _, f := range findings {
		all = append(all, fmt.Sprintf("%s %s %s: %s", f.Class, f.Kind, f.Pointer, f.Got))
	}
	return strings.Join(all, "; ")
}

func documented(algorithms ...string) *loginwatch.Token {
	t := &loginwatch.Token{
		At: "/token", Form: loginwatch.TokenJWT, Algorithms: algorithms, Keys: &loginwatch.KeySource{From: &loginwatch.Case{}},
		Claims: []loginwatch.TokenClaim{
			{Name: "iss", Value: "https://issuer.example"}, {Name: "aud", Value: "${client_id}"}, {Name: "nonce", Value: "${nonce}"},
			{Name: "azp", Value: "${client_id}"}, {Name: "at_hash", HashOf: "/access_token"},
		},
	}
	t.Pos, t.Cite = place(1, "the token")
	t.Keys.Pos, t.Keys.Cite = place(2, "the keys")
	for i := range t.Claims {
		t.Claims[i].Pos, t.Claims[i].Cite = place(3+i, "the claim")
	}
	return t
}

var values = map[string]string{"aud": "client-1", "azp": "client-1", "nonce": "n-0S6"}

func goodClaims() map[string]any {
	return map[string]any{
		"iss": "https://issuer.example", "aud": []any{"client-1", "other"}, "azp": "client-1", "nonce": "n-0S6",
		"exp": now.Unix() + 3600, "iat": now.Unix(), "at_hash": leftHalf("RS256", "jgzqxxxxxxt2i8s"),
	}
}

func text(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
