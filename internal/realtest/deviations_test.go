//go:build real

package realtest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
)

// deviation is something that a server could do otherwise than its contract says,
// and the kind of finding that has to tell it.
type deviation struct {
	name string
	id   string // the case whose answer is changed
	on   string // the endpoint, by its name in front
	kind loginwatch.Kind
	how  func(*testing.T, *answer)
}

// ofTokens are deviations of an answer that has a token, whatever the token is.
func ofTokens(id string) []deviation {
	return []deviation{
		{"created", id, "token", loginwatch.KindStatus, status(http.StatusCreated)},
		{"accepted", id, "token", loginwatch.KindStatus, status(http.StatusAccepted)},
		{"under text/plain", id, "token", loginwatch.KindContentType, media("text/plain")},
		{"under text/html", id, "token", loginwatch.KindContentType, media("text/html")},
		{"under no type", id, "token", loginwatch.KindContentType, media("")},
		{"a redirect", id, "token", loginwatch.KindRedirect, func(_ *testing.T, a *answer) {
			a.status, a.body = http.StatusFound, nil
			a.header = http.Header{"Location": {"/elsewhere"}}
		}},
		{"cut", id, "token", loginwatch.KindTruncated, func(_ *testing.T, a *answer) { a.body = a.body[:len(a.body)/2] }},
		{"with something after it", id, "token", loginwatch.KindNotJSON, func(_ *testing.T, a *answer) { a.body = append(a.body, "<!-- -->"...) }},
		{"an empty body", id, "token", loginwatch.KindNotJSON, body("")},
		{"a list", id, "token", loginwatch.KindType, func(_ *testing.T, a *answer) { a.body = []byte("[" + string(a.body) + "]") }},
		{"a text", id, "token", loginwatch.KindType, body(`"ok"`)},
		{"a key twice", id, "token", loginwatch.KindDuplicateKey, func(_ *testing.T, a *answer) {
			a.body = []byte(`{"token_type":"Bearer",` + strings.TrimPrefix(strings.TrimSpace(string(a.body)), "{"))
		}},
		{"no UTF-8", id, "token", loginwatch.KindEncoding, func(_ *testing.T, a *answer) {
			a.body = []byte(strings.Replace(string(a.body), "Bearer", "Bear\xffer", 1))
		}},
		{"no access token", id, "token", loginwatch.KindMissing, drop("access_token")},
		{"the access token null", id, "token", loginwatch.KindType, put("access_token", nil)},
		{"the access token a number", id, "token", loginwatch.KindType, put("access_token", 17)},
		{"the access token empty", id, "token", loginwatch.KindValue, put("access_token", "")},
		{"no type of token", id, "token", loginwatch.KindMissing, drop("token_type")},
		{"another type of token", id, "token", loginwatch.KindValue, put("token_type", "mac")},
		{"no lifetime", id, "token", loginwatch.KindMissing, drop("expires_in")},
		{"the lifetime a text", id, "token", loginwatch.KindType, put("expires_in", "600")},
		{"the lifetime zero", id, "token", loginwatch.KindValue, put("expires_in", 0)},
		{"the lifetime negative", id, "token", loginwatch.KindValue, put("expires_in", -600)},
		{"the lifetime in words", id, "token", loginwatch.KindType, put("expires_in", "ten minutes")},
		{"the lifetime a fraction", id, "token", loginwatch.KindType, put("expires_in", json.Number("599.5"))},
		{"the scope widened", id, "token", loginwatch.KindValue, put("scope", "openid offline_access read write admin")},
		{"no scope", id, "token", loginwatch.KindMissing, drop("scope")},
		{"the scope a list", id, "token", loginwatch.KindType, put("scope", []string{"read"})},
		{"an error under 200", id, "token", loginwatch.KindValue, body(`{"error":"temporarily_unavailable"}`)},
	}
}

// ofJWTs are deviations of a token of that form under a member of the answer.
func ofJWTs(id, member string) []deviation {
	claim := func(name string, value func(claims map[string]any) any) func(*testing.T, *answer) {
		return jwt(member, func(_, claims map[string]any) { claims[name] = value(claims) })
	}
	return []deviation{
		{"alg none", id, "token", loginwatch.KindTokenAlgorithm, jwt(member, func(h, _ map[string]any) { h["alg"] = "none" })},
		{"alg HS256", id, "token", loginwatch.KindTokenAlgorithm, jwt(member, func(h, _ map[string]any) { h["alg"] = "HS256" })},
		{"alg ES256", id, "token", loginwatch.KindTokenAlgorithm, jwt(member, func(h, _ map[string]any) { h["alg"] = "ES256" })},
		{"no alg", id, "token", loginwatch.KindTokenAlgorithm, jwt(member, func(h, _ map[string]any) { delete(h, "alg") })},
		{"no signature", id, "token", loginwatch.KindTokenForm, part(member, 2, func(string) string { return "" })},
		{"two parts", id, "token", loginwatch.KindTokenForm, doc(func(m map[string]any) {
			text, _ := m[member].(string)
			m[member] = text[:strings.LastIndex(text, ".")]
		})},
		{"a blank in it", id, "token", loginwatch.KindTokenForm, part(member, 0, func(s string) string { return s[:4] + " " + s[4:] })},
		{"a line break after it", id, "token", loginwatch.KindTokenForm, part(member, 2, func(s string) string { return s + "\n" })},
		{"padding", id, "token", loginwatch.KindTokenForm, part(member, 1, func(s string) string { return s + "=" })},
		{"claims that are no JSON", id, "token", loginwatch.KindTokenForm, part(member, 1, func(s string) string { return s[:len(s)/2] })},
		{"expired", id, "token", loginwatch.KindTokenExpired, claim("exp", func(c map[string]any) any { return number(c, "iat") - 3600 })},
		{"exp in milliseconds", id, "token", loginwatch.KindTokenForm, claim("exp", func(c map[string]any) any { return number(c, "exp") * 1000 })},
		{"exp a text", id, "token", loginwatch.KindTokenForm, claim("exp", func(c map[string]any) any { return json.Number.String(c["exp"].(json.Number)) })},
	}
}

// ofOthers are deviations of what is not a token.
var ofOthers = []deviation{
	{"discovery without issuer", "discovery", "discovery", loginwatch.KindMissing, drop("issuer")},
	{"discovery without token endpoint", "discovery", "discovery", loginwatch.KindMissing, drop("token_endpoint")},
	{"discovery without keys", "discovery", "discovery", loginwatch.KindMissing, drop("jwks_uri")},
	{"discovery without algorithms", "discovery", "discovery", loginwatch.KindMissing, drop("id_token_signing_alg_values_supported")},
	{"discovery without response types", "discovery", "discovery", loginwatch.KindMissing, drop("response_types_supported")},
	{"discovery with a number for issuer", "discovery", "discovery", loginwatch.KindType, put("issuer", 1)},
	{"discovery with no URL", "discovery", "discovery", loginwatch.KindFormat, put("jwks_uri", "over there")},
	{"discovery with one response type", "discovery", "discovery", loginwatch.KindType, put("response_types_supported", "code")},
	{"discovery as a page", "discovery", "discovery", loginwatch.KindContentType, media("text/html")},
	{"no keys", "keys", "keys", loginwatch.KindMissing, drop("keys")},
	{"an empty list of keys", "keys", "keys", loginwatch.KindValue, put("keys", []any{})},
	{"one key and no list", "keys", "keys", loginwatch.KindType, put("keys", map[string]any{"kty": "RSA"})},
	{"a key without modulus", "keys", "keys", loginwatch.KindMissing, key(func(k map[string]any) { delete(k, "n") })},
	{"a key without id", "keys", "keys", loginwatch.KindMissing, key(func(k map[string]any) { delete(k, "kid") })},
	{"a key without use", "keys", "keys", loginwatch.KindMissing, key(func(k map[string]any) { delete(k, "use") })},
	{"a key in base64 with padding", "keys", "keys", loginwatch.KindValue, key(func(k map[string]any) { k["n"] = "AQAB==" })},
	{"a key's exponent as a number", "keys", "keys", loginwatch.KindType, key(func(k map[string]any) { k["e"] = 65537 })},
	{"a wrong client under 403", "unknown-user", "token", loginwatch.KindStatus, status(http.StatusForbidden)},
	{"a wrong client under 200", "unknown-user", "token", loginwatch.KindStatus, status(http.StatusOK)},
	{"a wrong client with another error", "unknown-user", "token", loginwatch.KindValue, put("error", "invalid_request")},
	{"a wrong client without error", "unknown-user", "token", loginwatch.KindMissing, drop("error")},
	{"a wrong client as text", "unknown-user", "token", loginwatch.KindContentType, media("text/plain")},
	{"a wrong client is let in", "unknown-user", "token", loginwatch.KindStatus, letIn},
	{"a grant that nobody has under 422", "unsupported-grant", "token", loginwatch.KindStatus, status(http.StatusUnprocessableEntity)},
	{"a revocation not found", "revoke", "revoke", loginwatch.KindStatus, status(http.StatusNotFound)},
	{"a revoked token is taken", "used-token", "token", loginwatch.KindStatus, letIn},
	{"an invented token is taken", "invented-token", "token", loginwatch.KindStatus, letIn},
	{"no other refresh token", "refresh", "token", loginwatch.KindMissing, drop("refresh_token")},
	{"the refresh token null", "refresh", "token", loginwatch.KindType, put("refresh_token", nil)},
	{"no ID token", "refresh", "token", loginwatch.KindMissing, drop("id_token")},
	{"the ID token without its end", "refresh", "token", loginwatch.KindTokenForm, jwt("id_token", func(_, c map[string]any) { delete(c, "exp") })},
	{"the ID token an object", "refresh", "token", loginwatch.KindType, put("id_token", map[string]any{})},
}

// key changes the first key of a set.
func key(how func(map[string]any)) func(*testing.T, *answer) {
	return doc(func(m map[string]any) {
		list, _ := m["keys"].([]any)
		first, _ := list[0].(map[string]any)
		how(first)
	})
}

// letIn is the answer of a server that takes what it must refuse.
func letIn(_ *testing.T, a *answer) {
	a.status = http.StatusOK
	a.body = []byte(`{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"Bearer","expires_in":600,"scope":"read"}`)
}

// ofCookies are deviations of a login whose session is one.
var ofCookies = []deviation{
	{"no cookie", "valid-credentials", "login", loginwatch.KindCookie, cookie("sessionid", "", "")},
	{"without Secure", "valid-credentials", "login", loginwatch.KindCookie, cookie("sessionid", "; Secure", "")},
	{"without HttpOnly", "valid-credentials", "login", loginwatch.KindCookie, cookie("sessionid", "HttpOnly; ", "")},
	{"without SameSite", "valid-credentials", "login", loginwatch.KindCookie, cookie("sessionid", "; SameSite=Lax", "")},
	{"SameSite none", "valid-credentials", "login", loginwatch.KindCookie, cookie("sessionid", "SameSite=Lax", "SameSite=None")},
	{"sent elsewhere", "valid-credentials", "login", loginwatch.KindRedirect, func(_ *testing.T, a *answer) { a.header.Set("Location", "/sorry/") }},
	{"sent nowhere", "valid-credentials", "login", loginwatch.KindRedirect, func(_ *testing.T, a *answer) { a.header.Del("Location") }},
	{"a page in its place", "valid-credentials", "login", loginwatch.KindStatus, page(http.StatusOK, "<p>welcome</p>")},
	{"the form without its cookie", "page", "page", loginwatch.KindCookie, cookie("csrftoken", "", "")},
	{"a wrong user is let in", "unknown-user", "login", loginwatch.KindStatus, func(_ *testing.T, a *answer) {
		a.status, a.body = http.StatusFound, nil
		a.header.Set("Location", "/accounts/profile/")
		a.header.Add("Set-Cookie", "sessionid=7jcqww5ojr9a3qv7haps3e946quy9zq1; HttpOnly; Path=/; SameSite=Lax")
	}},
}
