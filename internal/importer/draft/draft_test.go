package draft_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/faulty/leak"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/draft"
)

// What the descriptions of the tests hold, and no draft may show.
const (
	password = "Tr0ub4dor&3xyzQ\"é"
	mail     = "anna.smith@kq7-corp.test"
	opaque   = "9sd8f7sdf98s7df98sdf7Kq"
	key      = "k7Hq2LmZ99xTv31bQ"
	device   = "9f8e7d6c5b4a39281706"
	session  = "s%3AzQ81hXv7LmN02bTy6RwE4.kPq"
	person   = "Anna-Katharina"
	number   = "+4915198765432"
	group    = "6f9619ff-8b86-d011-b42d-00c04fc964ff"
)

// jwt says who somebody is, and of which tenant.
var jwt = encoded(`{"alg":"HS256","typ":"JWT","kid":"`+group+`"}`) + "." + encoded(`{"sub":"`+mail+`","tenant":"`+device+`","iat":1700000000,"exp":1700003600}`) +
	".Qm9yaW5nU2lnbmF0dXJlVGhhdElzTG9uZ0Vub3VnaA"

func encoded(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func secretsOfTests() map[string]string {
	return map[string]string{
		"password": password, "mail": mail, "token": opaque, "key": key, "device": device, "session": session, "person": person,
		"signature": strings.Split(jwt, ".")[2], "number": number, "group": group,
	}
}

func at(method, url string, more ...func(*importer.Exchange)) importer.Exchange {
	e := importer.Exchange{Request: importer.Request{Method: method, URL: importer.Plain(url)}}
	for _, change := range more {
		change(&e)
	}
	return e
}

func header(name, value string) func(*importer.Exchange) {
	return func(e *importer.Exchange) {
		e.Request.Headers = append(e.Request.Headers, importer.Field{Name: name, Value: importer.Plain(value)})
	}
}

func query(name, value string) func(*importer.Exchange) {
	return func(e *importer.Exchange) {
		e.Request.Query = append(e.Request.Query, importer.Field{Name: name, Value: importer.Plain(value)})
	}
}

func body(text string) func(*importer.Exchange) {
	return func(e *importer.Exchange) {
		e.Request.Body = &importer.Body{ContentType: "application/json", Text: importer.Between(text, "{{", "}}")}
	}
}

func basic(user, word string) func(*importer.Exchange) {
	return func(e *importer.Exchange) {
		e.Request.Basic = &importer.Basic{User: importer.Plain(user), Password: importer.Plain(word)}
	}
}

func form(pairs ...string) func(*importer.Exchange) {
	return func(e *importer.Exchange) {
		b := &importer.Body{ContentType: "application/x-www-form-urlencoded"}
		for i := 0; i < len(pairs); i += 2 {
			b.Fields = append(b.Fields, importer.Field{Name: pairs[i], Value: importer.Plain(pairs[i+1])})
		}
		e.Request.Body = b
	}
}

func answer(status int, text string, headers ...string) func(*importer.Exchange) {
	return func(e *importer.Exchange) {
		a := importer.Answer{Status: status, ContentType: "application/json", Body: []byte(text)}
		for i := 0; i < len(headers); i += 2 {
			a.Headers = append(a.Headers, importer.AnswerHeader{Name: headers[i], Value: headers[i+1]})
		}
		e.Answers = append(e.Answers, a)
	}
}

func described(status int, text, schema string) func(*importer.Exchange) {
	return func(e *importer.Exchange) {
		a := importer.Answer{Status: status, ContentType: "application/json", Text: text}
		if schema != "" {
			a.Schema = []byte(schema)
		}
		e.Answers = append(e.Answers, a)
	}
}

const host = "https://api.acme.example"

func quoted(s string) string { return fmt.Sprintf("%q", s) }

// drafts are descriptions, and words that their packs or reports must have.
func drafts() map[string]struct {
	calls []importer.Exchange
	says  []string
} {
	type d = struct {
		calls []importer.Exchange
		says  []string
	}
	login := body(`{"email":` + quoted(mail) + `,"password":` + quoted(password) + `,"deviceId":` + quoted(device) + `,"locale":"en"}`)
	return map[string]d{
		"a line alone": {[]importer.Exchange{at("POST", host+"/login", login)}, []string{
			`body: {deviceId: "${device_id}", email: "${email}", locale: en, password: "${password}"}`, "body: unspecified", "no successful answer to POST /login is known",
		}},
		"JSON, a profile and a logout": {[]importer.Exchange{
			at("POST", host+"/v1/login", login, header("X-Api-Key", key),
				answer(401, `{"error":"invalid_credentials","message":"no user `+mail+`"}`),
				answer(200, `{"data":{"accessToken":"`+jwt+`","expires_in":3600,"user":{"id":88123456,"email":"`+mail+`","firstName":"`+person+`","roles":["admin"],"phone":null}},"status":"ok"}`)),
			at("GET", host+"/v1/me", header("Authorization", "Bearer "+jwt), answer(200, `{"name":"`+person+`","mobile":"`+number+`"}`)),
			at("GET", host+"/v1/news", header("Authorization", "Bearer "+jwt), answer(200, `[]`)),
			at("POST", host+"/v1/logout", header("Authorization", "Bearer "+jwt), answer(204, "")),
			at("GET", "https://ads.example/pixel"),
		}, []string{
			"form: jwt", "lifetime: {at: /data/expires_in, unit: s, documented: 3600, fixed: false, cite: TODO}", `capture: {access_token: /data/accessToken}`,
			"- {case: me, role: follow-up}", "- {case: logout, role: cleanup}", "means: rejected", "case: valid-credentials", "unknown-user:", "left GET /v1/news", "left GET /pixel, at another address",
		}},
		"a one-time code": {[]importer.Exchange{at("POST", host+"/login", body(`{"user":"{{user}}","password":"{{pass}}","otp":"482913"}`))}, []string{"body /otp is made anew for each login"}},
		"OAuth with Basic": {[]importer.Exchange{
			at("POST", host+"/oauth/token", form("grant_type", "client_credentials", "scope", "read"), func(e *importer.Exchange) {
				e.Request.Basic = &importer.Basic{User: importer.Plain("acme-client-77"), Password: importer.Plain(key)}
			}, answer(200, `{"access_token":"`+opaque+`","token_type":"Bearer","expires_in":3599,"scope":"read"}`), answer(400, `{"error":"invalid_scope"}`), answer(400, `{"error":"invalid_client"}`)),
		}, []string{`function: basic, of: ["${client_id}", "${client_secret}"]`, "body: form", "/error: invalid_scope", "/error: invalid_client", `"enum": ["client_credentials"]`}},
		"a page's form with cookies and a CSRF token": {[]importer.Exchange{
			at("GET", host+"/session/new", answer(200, `{"csrfToken":"`+opaque+`"}`, "Set-Cookie", "sid=anonymous-0011223344; Path=/; HttpOnly")),
			at("POST", host+"/session", header("X-CSRF-Token", opaque), header("Cookie", "sid=anonymous-0011223344; _ga=GA1.2.3"), form("username", mail, "password", password),
				func(e *importer.Exchange) {
					e.Answers = []importer.Answer{{Status: 302, Headers: []importer.AnswerHeader{{Name: "Location", Value: "/home"}, {Name: "Set-Cookie", Value: "sid=" + session + "; Path=/; Secure; HttpOnly; SameSite=Lax"}}}}
				}),
			at("GET", host+"/me", header("Cookie", "sid="+session), answer(200, `{"user":"`+mail+`"}`)),
		}, []string{"role: setup, capture: {csrf_token: /csrfToken}", "at: \"cookie:sid\"", "same_site: lax", "prefix: /home", "1 cookie of the request left out"}},
		"a token in a header": {[]importer.Exchange{
			at("POST", host+"/v3/auth/tokens", body(`{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"`+person+`","password":`+quoted(password)+`}}}}}`),
				answer(201, `{"token":{"expires_at":"2026-11-27T12:00:00.000000Z","user":{"name":"`+person+`"}}}`, "X-Subject-Token", opaque)),
			at("GET", host+"/v3/auth/projects", header("X-Auth-Token", opaque), answer(200, `{"projects":[{"id":"`+group+`"},{"id":"x"}]}`)),
		}, []string{`"header:X-Subject-Token"`, "secret: true", "capture: {"}},
		"a described API": {[]importer.Exchange{
			at("POST", host+"/login", func(e *importer.Exchange) {
				e.Request.Body = &importer.Body{ContentType: "application/json", Schema: []byte(`{"type":"object","required":["user","password"],"properties":{"user":{"type":"string","format":"email"},"password":{"type":"string","minLength":8},"remember":{"type":"boolean"}},"additionalProperties":false}`)}
			},
				described(200, "Signed in", `{"type":"object","required":["token"],"properties":{"token":{"type":"string","description":"the token"},"expires":{"type":"string","format":"date-time"},"roles":{"type":"array","items":{"$ref":"#/definitions/role"}}},"definitions":{"role":{"type":"string","enum":["a","b"]}}}`),
				described(400, "Validation failed: a field is missing", `{"type":"object","properties":{"message":{"type":"string"}}}`),
				described(401, "Wrong credentials", ""), described(429, "Too many requests", ""), described(503, "Maintenance", ""), described(0, "anything else", "")),
		}, []string{"means: throttled", "means: unavailable", "missing-field:", "unknown-user:", `"$ref": "#/definitions/role"`, `body: {password: "${password}", user: "${user}"}`}},
		"variables of a collection": {[]importer.Exchange{
			at("POST", "", func(e *importer.Exchange) { e.Request.URL = importer.Between("{{baseUrl}}/login", "{{", "}}") }, body(`{"username":"{{user}}","password":"{{pass}}","n":{{count}}}`),
				func(e *importer.Exchange) { e.Kept = []importer.Kept{{Variable: "tok", From: "/result/jwt"}} }),
			at("GET", "", func(e *importer.Exchange) { e.Request.URL = importer.Between("{{baseUrl}}/users/me", "{{", "}}") }, func(e *importer.Exchange) {
				e.Request.Headers = []importer.Field{{Name: "Authorization", Value: importer.Between("Bearer {{tok}}", "{{", "}}")}}
			}),
		}, []string{`capture: {tok: /result/jwt}`, `Authorization: {value: "Bearer ${tok}", cite: TODO}`}},
		"values inside of others": {[]importer.Exchange{
			at("POST", host+"/t/"+group+"/login", query("client", key), header("X-Trace", "u="+mail+";x"), body(`{"query":"mutation { login(password: \"`+device+`\") { token } }","password":`+quoted(password)+`}`),
				answer(200, `{"`+mail+`":{"token":"`+opaque+`"},"link":"https://x.example/reset?token=`+opaque+`","note":"hello `+person+`, `+mail+`"}`)),
		}, []string{"/t/${t_id}/login", "an invented key"}},
	}
}

func variables() []importer.Variable {
	return []importer.Variable{{Name: "base_url", Value: host + "/v9"}, {Name: "user", Value: mail}, {Name: "pass", Value: password, Secret: true}, {Name: "count", Value: "5"}}
}

func TestDrafts(t *testing.T) {
	hay := leak.New(secretsOfTests())
	for name, tt := range drafts() {
		t.Run(name, func(t *testing.T) {
			rec := &importer.Recording{Exchanges: tt.calls, Variables: variables()}
			make := func() *draft.Draft {
				d, err := draft.Make(rec, draft.Options{Vendor: "acme", Read: time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC), Check: func(files []draft.File) error {
					err := app.TryDraft(t.Context(), "acme", "mypack", files)
					if err != nil {
						t.Errorf("a pack that does not hold: %v", err)
					}
					return err
				}})
				if err != nil {
					t.Fatal(err)
				}
				return d
			}
			d := make()
			if again := make(); !reflect.DeepEqual(d, again) {
				t.Error("the second time it is another one")
			}
			shown := told(d)
			for _, s := range tt.says {
				if !strings.Contains(shown, s) {
					t.Errorf("it does not say %q", s)
				}
			}
			if found := hay.Find([]byte(shown)); len(found) > 0 {
				t.Errorf("it shows %v", found)
			}
			if t.Failed() {
				t.Log(shown)
			}
		})
	}
}

// told is all that a draft writes or says.
func told(d *draft.Draft) string {
	var b strings.Builder
	for _, f := range d.Files {
		fmt.Fprintf(&b, "== %s\n%s", f.Name, f.Data)
	}
	for _, c := range d.Calls {
		fmt.Fprintln(&b, "call", c)
	}
	for _, c := range d.Left {
		fmt.Fprintln(&b, "left", c)
	}
	for _, r := range d.Replaced {
		fmt.Fprintln(&b, r.At, r.With)
	}
	for _, r := range d.Remarks {
		fmt.Fprintln(&b, r.At, r.Text)
	}
	return b.String()
}

func TestNoLogin(t *testing.T) {
	for name, tt := range map[string]struct {
		calls  []importer.Exchange
		chosen []string
		says   string
	}{
		"nothing":           {nil, nil, "no call in it"},
		"no credential":     {[]importer.Exchange{at("GET", host+"/news", query("page", "2")), at("GET", host+"/u/"+group)}, nil, "no login found"},
		"two addresses":     {[]importer.Exchange{at("POST", host+"/login"), at("GET", "https://other.example/me")}, []string{"POST /login", "GET /me"}, "GET /me goes to another address than POST /login"},
		"a call of nowhere": {[]importer.Exchange{at("GET", host+"/news")}, []string{"GET /old"}, `no call "GET /old"`},
		"no JSON":           {[]importer.Exchange{at("POST", host+"/login", body(`{"password": `))}, []string{"POST /login"}, "is said to be JSON and is none"},
	} {
		_, err := draft.Make(&importer.Recording{Exchanges: tt.calls}, draft.Options{Vendor: "acme", Calls: tt.chosen})
		if err == nil || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "page=2") || strings.Contains(err.Error(), group) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A draft that does not hold is our fault, and says why it does not.
func TestNoPack(t *testing.T) {
	wrong := errors.New("line 3: wrong")
	rec := &importer.Recording{Exchanges: []importer.Exchange{at("POST", host+"/login", body(`{"password":"x17"}`))}}
	_, err := draft.Make(rec, draft.Options{Vendor: "acme", Check: func([]draft.File) error { return wrong }})
	if !errors.Is(err, draft.ErrNoPack) || !errors.Is(err, wrong) {
		t.Error(err)
	}
}

// An address is written as people read it, and none has a port that can't be.
func TestTargets(t *testing.T) {
	for address, want := range map[string]string{
		"https://api.acme.example":         "https://api.acme.example",
		"https://b\u00fccher.example:8443": "https://b\u00fccher.example:8443",
		"http://[2001:db8::1]:8443":        "http://[2001:db8::1]:8443",
		"http://[fe80::1%25eth0]":          "http://[fe80::1%25eth0]",
		"https://api.acme.example:99999":   "",
		"https://api.acme.example:0":       "",
		"ftp://api.acme.example":           "",
	} {
		d, err := draft.Make(&importer.Recording{Exchanges: []importer.Exchange{at("GET", address+"/login")}}, draft.Options{Vendor: "acme"})
		if err != nil || d.Target != want {
			t.Errorf("%s became %q, not %q: %v", address, d.Target, want, err)
		}
	}
}

func TestChosenCalls(t *testing.T) {
	rec := &importer.Recording{Exchanges: []importer.Exchange{at("GET", host+"/a", answer(200, `{}`)), at("POST", host+"/b", answer(200, `{"token":"`+opaque+`"}`)), at("GET", host+"/c", header("Authorization", "Bearer "+opaque), answer(200, "{}"))}}
	d, err := draft.Make(rec, draft.Options{Vendor: "acme", Calls: []string{"POST /b", "get /c"}})
	if err != nil || !slices.Equal(d.Calls, []string{"POST /b", "GET /c"}) || !slices.Equal(d.Left, []string{"GET /a"}) {
		t.Errorf("%v, %+v", err, d)
	}
	if shown := told(d); !strings.Contains(shown, "capture: {token: /token}") {
		t.Error(shown)
	}
}

func TestSeen(t *testing.T) {
	for text, want := range map[string]string{
		"HTTP/2 200 \r\ncontent-type: application/json; charset=utf-8\r\n\r\n{\"a\":1}\r\n":              `200 application/json; charset=utf-8 {"a":1}`,
		"HTTP/1.1 100 Continue\n\nHTTP/1.1 302 Found\nLocation: /x\n\nHTTP/1.1 204 No Content\nA: b\n\n": "204  ",
		` {"a": 2} `:                    `200 application/json {"a": 2}`,
		"<html>":                        "the answer is neither JSON nor what curl -i prints: syntax at byte 0",
		"HTTP/1.1":                      "line 1: the answer's first line has no status",
		"HTTP/1.1 200 OK\nnonsense\n\n": "line 2: the answer has a line that is no header, before an empty one",
	} {
		a, err := draft.Seen([]byte(text))
		got := fmt.Sprintf("%d %s %s", a.Status, a.ContentType, a.Body)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, not %q", text, got, want)
		}
	}
}
