//go:build real

package realtest

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
)

// ofKeys are deviations of a token's signature, and of the keys that verify it.
func ofKeys(id, member string) []deviation {
	const signature, keys = loginwatch.KindTokenSignature, loginwatch.KindTokenKey
	return []deviation{
		{"signed with a key that is not announced", id, "token", keys, jwt(member, func(h, _ map[string]any) { h["kid"] = "unannounced" })},
		{"the name of no key", id, "token", keys, jwt(member, func(h, _ map[string]any) { h["kid"] = "" })},
		{"the name of its key a number", id, "token", loginwatch.KindTokenForm, jwt(member, func(h, _ map[string]any) { h["kid"] = 1 })},
		{"another type in its header", id, "token", signature, jwt(member, func(h, _ map[string]any) { h["typ"] = "other" })},
		{"an extension that has to be understood", id, "token", loginwatch.KindTokenForm, jwt(member, func(h, _ map[string]any) { h["crit"] = []string{"exp"} })},
		{"somebody else's name in it", id, "token", signature, jwt(member, func(_, c map[string]any) { c["sub"] = "admin" })},
		{"another issuer", id, "token", signature, jwt(member, func(_, c map[string]any) { c["iss"] = "https://issuer.example" })},
		{"a longer life", id, "token", signature, jwt(member, func(_, c map[string]any) { c["exp"] = number(c, "exp") + 1 })},
		{"another signature", id, "token", signature, part(member, 2, func(s string) string { return strings.Repeat("A", len(s)) })},
		{"a shorter signature", id, "token", signature, part(member, 2, func(s string) string { return s[4:] })},
		{"the key changed under its name", id, "keys", signature, key(func(k map[string]any) { k["n"] = "z" + strings.Repeat("x", 340) + "w" })},
		{"the key announced under another name", id, "keys", keys, key(func(k map[string]any) { k["kid"] = "renamed" })},
		{"the key announced for encryption", id, "keys", keys, key(func(k map[string]any) { k["use"] = "enc" })},
		{"the key announced for another algorithm", id, "keys", keys, key(func(k map[string]any) { k["alg"] = "PS256" })},
		{"the key announced for encrypting", id, "keys", keys, key(func(k map[string]any) { k["key_ops"] = []string{"encrypt"} })},
		{"a private key announced", id, "keys", keys, key(func(k map[string]any) { k["d"] = "AQ" })},
		{"a prime announced", id, "keys", keys, key(func(k map[string]any) { k["p"] = "AQ" })},
		{"a weak key", id, "keys", keys, key(func(k map[string]any) { k["n"] = "z" + strings.Repeat("x", 169) + "8" })},
		{"a key of 64k bits", id, "keys", keys, key(func(k map[string]any) { k["n"] = strings.Repeat("x", 10923) })},
		{"an exponent of 1", id, "keys", keys, key(func(k map[string]any) { k["e"] = "AQ" })},
		{"a name twice", id, "keys", keys, doc(func(m map[string]any) {
			list, _ := m["keys"].([]any)
			m["keys"] = append(list, list[0])
		})},
		{"the key as a secret", id, "keys", keys, key(func(k map[string]any) { k["kty"], k["k"] = "oct", k["n"] })},
		{"a claim more", id, "token", signature, jwt(member, func(_, c map[string]any) { c["admin"] = true })},
		{"PS256 by a key for RS256", id, "token", loginwatch.KindTokenAlgorithm, jwt(member, func(h, _ map[string]any) { h["alg"] = "PS256" })},
		{"a shared secret among the keys", id, "keys", keys, more(map[string]any{"kty": "oct", "kid": "shared", "k": "c2VjcmV0"})},
		{"two keys of one name", id, "keys", keys, twice},
		{"a key of another type", id, "keys", keys, key(func(k map[string]any) {
			clear(k)
			k["kty"], k["crv"], k["kid"], k["x"] = "OKP", "Ed25519", "ed", base64.RawURLEncoding.EncodeToString(make([]byte, 32))
		})},
	}
}

// ofClaims are deviations of whom a token is from and for.
func ofClaims(id, member string) []deviation {
	claims := func(how func(c map[string]any)) func(*testing.T, *answer) {
		return jwt(member, func(_, c map[string]any) { how(c) })
	}
	return []deviation{
		{"another issuer", id, "token", loginwatch.KindTokenClaim, claims(func(c map[string]any) { c["iss"] = "https://elsewhere.example.com" })},
		{"its issuer with a slash", id, "token", loginwatch.KindTokenClaim, claims(func(c map[string]any) { c["iss"] = c["iss"].(string) + "/" })},
		{"a discovery of another issuer", id, "discovery", loginwatch.KindTokenClaim, put("issuer", "https://elsewhere.example.com")},
		{"no issuer", id, "token", loginwatch.KindTokenClaim, claims(func(c map[string]any) { delete(c, "iss") })},
		{"another audience", id, "token", loginwatch.KindTokenClaim, claims(func(c map[string]any) { c["aud"] = "another-client" })},
		{"other audiences", id, "token", loginwatch.KindTokenClaim, claims(func(c map[string]any) { c["aud"] = []string{"another-client", "a-third-one"} })},
		{"no audience", id, "token", loginwatch.KindTokenClaim, claims(func(c map[string]any) { delete(c, "aud") })},
		{"the audience a number", id, "token", loginwatch.KindTokenClaim, claims(func(c map[string]any) { c["aud"] = 7 })},
	}
}

// ofParties are deviations of an ID token that names its client and its access token.
var ofParties = []deviation{
	{"another authorized party", "refresh", "token", loginwatch.KindTokenClaim, jwt("id_token", func(_, c map[string]any) { c["azp"] = "another-client" })},
	{"another hash of the access token", "refresh", "token", loginwatch.KindTokenClaim, jwt("id_token", func(_, c map[string]any) { c["at_hash"] = turned(c["at_hash"].(string)) })},
	{"no hash of the access token", "refresh", "token", loginwatch.KindTokenClaim, jwt("id_token", func(_, c map[string]any) { delete(c, "at_hash") })},
	{"an access token that the ID token does not know", "refresh", "token", loginwatch.KindTokenClaim, put("access_token", "2YotnFZFEjr1zCsicMWpAA")},
}

// turned is base64url of the same length that says something else.
func turned(s string) string {
	first := "A"
	if s[:1] == first {
		first = "B"
	}
	return first + s[1:]
}

// modulus is that of a new key.
func modulus(bits int) string {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(key.N.Bytes())
}

// more announces another key.
func more(another map[string]any) func(*testing.T, *answer) {
	return doc(func(m map[string]any) {
		list, _ := m["keys"].([]any)
		m["keys"] = append(list, another)
	})
}

// twice announces a second key under the name of the first.
var twice = doc(func(m map[string]any) {
	list, _ := m["keys"].([]any)
	first, _ := list[0].(map[string]any)
	second := map[string]any{}
	for name, value := range first {
		second[name] = value
	}
	second["n"] = modulus(2048)
	m["keys"] = append(list, second)
})
