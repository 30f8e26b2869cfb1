package app_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
	"github.com/loginwatch/loginwatch/internal/faulty"
	"github.com/loginwatch/loginwatch/internal/schema"
)

// with is the documented body but for one piece.
func with(old, piece string) func(net.Conn) {
	return faulty.JSON("200 OK", strings.Replace(success, old, piece, 1))
}

func bodies() []fault {
	contract := is(drift, loginwatch.ReasonContract, advice.Vendor)
	doubt := is(drift, loginwatch.ReasonContract, advice.VendorOrUs, mayBe)
	ok := func(body string) func(net.Conn) { return faulty.JSON("200 OK", body) }
	deep := func(n int) string { return `{"code":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}` }
	noToken := is(drift, loginwatch.ReasonContract, advice.VendorOrUs, loginwatch.SignNoToken, mayBe)
	return []fault{
		wrong("body/empty", ok(""), nil, empty, "an empty body"),
		wrong("body/blank", ok(" \r\n "), nil, empty, "an empty body"),
		wrong("body/page", faulty.HTML("200 OK", "Welcome", ""), nil, is(drift, loginwatch.ReasonNotJSON, advice.VendorOrUs, loginwatch.SignPage, mayBe), "an HTML page of"),
		wrong("body/maintenance", faulty.HTML("200 OK", "<h1>Down for maintenance</h1>", ""), nil, is(drift, loginwatch.ReasonNotJSON, advice.VendorOrUs, loginwatch.SignMaintenance, mayBe), "an HTML page of"),
		wrong("body/text", ok("OK"), nil, notJSON, "2 bytes that are no JSON"),
		wrong("body/truncated", ok(success[:20]), nil, notJSON, "JSON that ends unfinished after 20 bytes"),
		wrong("body/trailing-html", ok(success+"<html></html>"), nil, notJSON, "JSON with more data after it"),
		wrong("body/warning-before", ok("<br />\n<b>Warning</b>: x\n"+success), nil, notJSON, "JSON with something else before it"),
		wrong("body/two-documents", ok(success+"\n"+success), nil, notJSON, "JSON with more data after it"),
		wrong("body/single-quotes", ok(strings.ReplaceAll(success, `"`, "'")), nil, notJSON, "bytes that begin like JSON and are none from byte 1"),
		wrong("body/nan", ok(strings.Replace(success, "7", "NaN", 1)), nil, notJSON, "bytes that begin like JSON and are none from byte"),
		wrong("body/duplicate-key", with(`"user":7`, `"user":7,"user":7`), nil, doubt, "a member that stands there twice"),
		wrong("body/deep", ok(deep(5000)), nil, doubt, "nested deeper than the 32 levels"),
		wrong("body/huge-number", with("7", "1e999999999"), nil, doubt, "a number that no consumer can hold"),
		wrong("body/long-number", with("7", strings.Repeat("7", 5000)), nil, doubt, "a number longer than the 40 characters"),
		wrong("body/many-values", ok(`{"code":[`+strings.Repeat("0,", 30000)+`0]}`), nil, doubt, "more than the 10000 values"),
		wrong("body/half-surrogate", with("t0ken", `\ud800`), nil, doubt, "half of a surrogate pair"),
		wrong("body/large", with("t0ken", strings.Repeat("x", 300<<10)), nil, is(drift, loginwatch.ReasonBodyTooLarge, advice.VendorOrUs, mayBe), "more than the 256 KiB"),
		wrong("body/wrong-type", with("7", `"7"`), nil, contract, "breaking type /user string"),
		wrong("body/null", with("7", "null"), nil, contract, "breaking type /user null"),
		wrong("body/fraction", with("7", "7.5"), nil, contract, "breaking type /user"),
		wrong("body/drop-field", with(`,"user":7`, ""), nil, contract, "breaking missing /user"),
		wrong("body/extra-field", with(`7`, `7,"more":1`), nil, fine, "additive extra /more integer"),
		wrong("body/array", ok("["+success+"]"), nil, noToken, "array"),
		wrong("body/string", ok(`"welcome"`), nil, noToken, "string"),
		wrong("body/empty-object", ok("{}"), nil, noToken, "breaking missing /token"),
		wrong("body/of-something-else", ok(`{"weather":"fine"}`), nil, noToken, "breaking missing /token"),
		wrong("body/error-as-success", ok(invalid), nil, is(drift, loginwatch.ReasonApplication, advice.VendorOrUs, mayBe), "the outcome invalid"),
		wrong("body/wrong-content-type", faulty.HTTP("200 OK", "text/plain; charset=utf-8", success, ""), nil, is(drift, loginwatch.ReasonContentType, advice.Vendor), "text/plain"),
		wrong("body/no-content-type", faulty.Says("HTTP/1.1 200 OK\r\n\r\n"+success), nil, is(drift, loginwatch.ReasonContentType, advice.Vendor), "no content type"),
		wrong("body/two-content-types", faulty.Says("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Type: application/json\r\n\r\n"+success), nil, is(drift, loginwatch.ReasonContentType, advice.Vendor), "content-type"),
	}
}

// jwt is a token of the header and the claims, with a signature of nobody.
func jwt(header, claims string) string {
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(header)) + "." + part([]byte(claims)) + "." + part(make([]byte, 32))
}

// lives is a token that was issued so long ago, and ends after that time.
func lives(ago, life time.Duration) func(net.Conn) {
	return func(c net.Conn) {
		now := time.Now().UTC()
		iat := now.Add(-ago).Unix()
		token := jwt(`{"alg":"RS256"}`, fmt.Sprintf(`{"iat":%d,"exp":%d}`, iat, iat+int64(life.Seconds())))
		faulty.HTTP("200 OK", "application/json", strings.Replace(success, "t0ken", token, 1), "Date: "+now.Format(http.TimeFormat)+"\r\n")(c)
	}
}

// ofAnHour has the document promise a JWT by RS256 that lives for an hour.
var ofAnHour = altering(func(op *loginwatch.Operation) {
	op.Token.Form, op.Token.Algorithms = loginwatch.TokenJWT, []string{"RS256"}
	op.Token.Lifetime = &loginwatch.Lifetime{Documented: time.Hour, Fixed: true}
})

func tokens() []fault {
	bad := is(drift, loginwatch.ReasonToken, advice.Vendor)
	none := is(drift, loginwatch.ReasonToken, advice.VendorOrUs, loginwatch.SignNoToken, mayBe)
	ends := func(exp string) func(net.Conn) {
		return with("t0ken", jwt(`{"alg":"RS256"}`, `{"iat":1,"exp":`+exp+`}`))
	}
	return []fault{
		wrong("token/missing", with(`"token":"t0ken",`, ""), nil, is(drift, loginwatch.ReasonContract, advice.VendorOrUs, loginwatch.SignNoToken, mayBe), "breaking token-missing /token"),
		wrong("token/empty", with("t0ken", ""), nil, none, "breaking token-missing /token"),
		wrong("token/null-as-text", with("t0ken", "null"), nil, none, "breaking token-missing /token"),
		wrong("token/white-space", with("t0ken", " t0ken"), nil, bad, "breaking token-form /token"),
		wrong("token/no-jwt", welcome, ofAnHour, bad, "breaking token-form /token"),
		wrong("token/well", lives(0, time.Hour), ofAnHour, fine),
		wrong("token/expired", lives(2*time.Hour, time.Hour), ofAnHour, bad, "breaking token-expired /token"),
		wrong("token/short-lived", lives(0, 6*time.Minute), ofAnHour, bad, "breaking token-lifetime /token"),
		wrong("token/issued-in-the-future", lives(-2*time.Hour, time.Hour), ofAnHour, fine, "tolerated clock-skew /token 2h ahead"),
		wrong("token/not-before-in-the-future", with("t0ken", jwt(`{"alg":"RS256"}`, `{"nbf":4102441200,"exp":4102444800}`)), ofAnHour, bad, "breaking token-"),
		wrong("token/other-key", signed("a", keyB), verified, bad, "breaking token-signature /token"),
		wrong("token/rotated-key", signed("b", keyB), verified, bad, "breaking token-key /token"),
		wrong("token/right-key", signed("a", keyA), verified, fine),
		wrong("token/other-alg", with("t0ken", jwt(`{"alg":"HS256"}`, `{"exp":4102444800}`)), ofAnHour, bad, "breaking token-algorithm /token"),
		wrong("token/alg-none", with("t0ken", jwt(`{"alg":"none"}`, `{"exp":4102444800}`)), ofAnHour, bad, "breaking token-algorithm /token"),
		wrong("token/exp-in-milliseconds", ends("4102444800000"), ofAnHour, bad, "breaking token-"),
		wrong("token/exp-as-text", ends(`"4102444800"`), ofAnHour, bad, "breaking token-"),
		wrong("token/exp-out-of-range", ends("1e300"), ofAnHour, bad, "breaking token-"),
		wrong("token/claims-no-object", with("t0ken", jwt(`{"alg":"RS256"}`, `7`)), ofAnHour, bad, "breaking token-form /token"),
		wrong("token/number", with(`"t0ken"`, "7"), nil, is(drift, loginwatch.ReasonContract, advice.Vendor), "breaking type /token"),
	}
}

// The keys of a vendor: it announces the first one alone, as "a".
var keyA, keyB = ed25519.NewKeyFromSeed(make([]byte, 32)), ed25519.NewKeyFromSeed([]byte("another seed of thirty-two bytes"))

// signed answers with the keys to who asks for them, and else with a token that names a
// key and is signed with one.
func signed(kid string, key ed25519.PrivateKey) func(net.Conn) {
	part := base64.RawURLEncoding.EncodeToString
	text := part([]byte(`{"alg":"EdDSA","kid":"`+kid+`"}`)) + "." + part([]byte(`{"exp":4102444800}`))
	token := text + "." + part(ed25519.Sign(key, []byte(text)))
	keys := `{"keys":[{"kty":"OKP","crv":"Ed25519","use":"sig","kid":"a","x":"` + part(keyA.Public().(ed25519.PublicKey)) + `"}]}`
	return twofold("200 OK", "application/json", strings.Replace(success, "t0ken", token, 1), "200 OK", "application/json", keys, "")
}

// verified has the document say where the keys of its tokens are.
func verified(t *testing.T, _ *vendor, j *loginwatch.Job) context.Context {
	compiled, err := schema.Compile("schemas/example/keys.schema.json", []byte(`{"type":"object","required":["keys"],"properties":{"keys":{"type":"array"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	shown := &loginwatch.Outcome{ID: "shown", Statuses: []int{200}, Body: loginwatch.BodyJSON, ContentTypes: []string{"application/json"}, Means: loginwatch.OK,
		Schema: &loginwatch.SchemaRef{Name: "keys", Schema: compiled}}
	op := &loginwatch.Operation{ID: "keys", Request: loginwatch.Request{Method: http.MethodGet, Path: "/keys"}, Outcomes: []*loginwatch.Outcome{shown}}
	k := &loginwatch.Case{ID: "keys", Operation: op, Expect: op.Outcomes}
	c := j.Probe.Contract
	token := c.Operations[0].Token
	token.Form, token.Algorithms, token.Keys = loginwatch.TokenJWT, []string{"EdDSA"}, &loginwatch.KeySource{From: k}
	c.Operations, c.Cases = append(c.Operations, op), append(c.Cases, k)
	j.Probe.Steps = append([]loginwatch.Step{{Case: k, Role: loginwatch.RoleSetup}}, j.Probe.Steps...)
	return t.Context()
}

// inCookie has the document promise the token in a cookie, and what protects it.
var inCookie = altering(func(op *loginwatch.Operation) {
	op.Outcomes[0].Cookies = []loginwatch.AnswerCookie{{Name: "sid", Secure: true, HTTPOnly: true, SameSite: "lax"}}
	op.Token.At = "cookie:sid"
})

func cookies() []fault {
	contract := is(drift, loginwatch.ReasonContract, advice.Vendor)
	none := is(drift, loginwatch.ReasonContract, advice.VendorOrUs, loginwatch.SignNoToken, mayBe)
	sets := func(lines ...string) func(net.Conn) {
		head := ""
		for _, l := range lines {
			head += "Set-Cookie: " + l + "\r\n"
		}
		return faulty.HTTP("200 OK", "application/json", success, head)
	}
	const well = "sid=0a1b2c; Secure; HttpOnly; SameSite=Lax"
	return []fault{
		wrong("cookie/well", sets(well), inCookie, fine),
		wrong("cookie/missing", sets(), inCookie, none, "breaking cookie cookie:sid absent"),
		wrong("cookie/empty", sets("sid=; Secure; HttpOnly; SameSite=Lax"), inCookie, none, "breaking cookie cookie:sid absent"),
		wrong("cookie/expired", sets(well+"; Expires=Thu, 01 Jan 1970 00:00:00 GMT"), inCookie, none, "breaking cookie cookie:sid absent"),
		wrong("cookie/taken-away-again", sets(well, "sid=0a1b2c; Max-Age=0"), inCookie, none, "breaking cookie cookie:sid absent"),
		wrong("cookie/of-another-domain", sets(well+"; Domain=other.example"), inCookie, none, "every client drops it"),
		wrong("cookie/without-secure", sets("sid=0a1b2c; HttpOnly; SameSite=Lax"), inCookie, contract, "without it"),
		wrong("cookie/without-http-only", sets("sid=0a1b2c; Secure; SameSite=Lax"), inCookie, contract, "without it"),
		wrong("cookie/other-same-site", sets("sid=0a1b2c; Secure; HttpOnly; SameSite=None"), inCookie, contract, "breaking cookie cookie:sid none"),
		wrong("cookie/no-cookie", sets("sid"), inCookie, none, "breaking cookie cookie:sid absent"),
	}
}

func xmls() []fault {
	bad := is(drift, loginwatch.ReasonMalformed, advice.VendorOrUs, mayBe)
	xml := func(body string) func(net.Conn) { return faulty.HTTP("200 OK", "application/xml", body, "") }
	const fields = "<code>OK</code><token>t0ken</token><user>7</user>"
	const entities = `<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>`
	return []fault{
		wrong("xml/external-entity", xml(`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`), inXML, bad, "XML with a document type or a processing instruction"),
		wrong("xml/entities", xml(entities+"<a>&b;</a>"), inXML, bad, "XML with a document type or a processing instruction"),
		wrong("xml/unknown-entity", xml("<a>&nobody;"+fields+"</a>"), inXML, bad, "malformed"),
		wrong("xml/deep", xml(strings.Repeat("<a>", 5000)+strings.Repeat("</a>", 5000)), inXML, bad, "XML with more in it than loginwatch reads"),
		wrong("xml/not-well-formed", xml("<a>"+fields+"</b>"), inXML, bad, "malformed"),
		wrong("xml/truncated", xml("<a>"+fields), inXML, bad, "XML that ends unfinished"),
		wrong("xml/two-roots", xml("<a>"+fields+"</a><b/>"), inXML, bad, "malformed"),
		wrong("xml/other-encoding", xml(`<?xml version="1.0" encoding="ISO-8859-1"?><a>`+fields+"</a>"), inXML, bad, "XML that is in another encoding than UTF-8, or says so"),
		wrong("xml/json-instead", faulty.JSON("200 OK", success), inXML, is(drift, loginwatch.ReasonMalformed, advice.VendorOrUs), "JSON"),
		wrong("xml/page", faulty.HTML("200 OK", "Welcome", ""), inXML, is(drift, loginwatch.ReasonMalformed, advice.VendorOrUs, loginwatch.SignPage, mayBe), "HTML"),
	}
}
