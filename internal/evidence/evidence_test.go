package evidence_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/evidence"
	"github.com/loginwatch/loginwatch/internal/wire"
)

const password, account, minted = "correct-horse-7battery", "somebody@people.test", "Zx81kPq0vT55mWn2Ls9aYc3R"

// login is a case whose schema documents some fields, and what was sent for it.
func login(t *testing.T) evidence.Input {
	t.Helper()
	base, err := url.Parse("https://login.example/api/")
	if err != nil {
		t.Fatal(err)
	}
	op := &loginwatch.Operation{
		ID: "login",
		Request: loginwatch.Request{
			Method: "POST", Path: "/${tenant}/login",
			Headers: []loginwatch.Header{{Name: "Content-Type", Value: "application/json; charset=utf-8"}, {Name: "Authorization", Value: "Basic ${basic}"}, {Name: "X-Left-Out", Value: "${else}", Optional: true}},
			Query:   []loginwatch.Param{{Name: "user", Value: "${account}"}, {Name: "kind", Value: "a b"}},
		},
		Outcomes: []*loginwatch.Outcome{{
			Schema:  &loginwatch.SchemaRef{JSON: []byte(`{"properties": {"session": {}, "line1234567": {}, "user": {"properties": {"first name": {}}}}}`)},
			Headers: []loginwatch.AnswerHeader{{Name: "X-Session-20261126"}}, Cookies: []loginwatch.AnswerCookie{{Name: "sid"}},
		}},
	}
	return evidence.Input{
		Case:   &loginwatch.Case{ID: "valid-credentials", Operation: op, Body: map[string]any{"account": "${account}", "password": "${password}", "devices": []any{"web", "web"}, "remember": true}},
		Target: &loginwatch.Target{BaseURL: base}, Size: 120,
		Sent:   http.Header{"Content-Type": {"…"}, "Authorization": {"Basic c29tZWJvZHk="}, "User-Agent": {"loginwatch"}, "Cookie": {"sid=1; other=2"}},
		Values: map[string]string{"account": account, "password": password}, Key: []byte("a key of the test"),
		Secrets: func() []string { return []string{account, password} },
	}
}

func shown(traits []loginwatch.Trait) string {
	var b strings.Builder
	for _, t := range traits {
		print := ""
		if t.Digest != "" {
			print = " fingerprint"
		}
		fmt.Fprintf(&b, "%s: %s %s %d%s\n", t.Place, t.Type, t.Format, t.Length, print)
	}
	return b.String()
}

func same(t *testing.T, got, want string) {
	t.Helper()
	for want := range strings.Lines(want) {
		if !strings.Contains("\n"+got, "\n"+want) {
			t.Errorf("lacks %sin\n%s", want, got)
		}
	}
	if g, w := strings.Count(got, "\n"), strings.Count(want, "\n"); g != w {
		t.Errorf("%d places, want %d:\n%s", g, w, got)
	}
}

// A request is told by what the contract says of it, with neither value nor length of
// a secret.
func TestOfRequest(t *testing.T) {
	in := login(t)
	in.Exchange = &loginwatch.Exchange{Method: "POST", Failure: loginwatch.ReasonTimeout}
	e := evidence.Of(in)
	if e.URL != "https://login.example/api/${tenant}/login?user=${account}&kind=a+b" || e.RequestBytes != -1 || len(e.Answer) > 0 {
		t.Errorf("%+v", e)
	}
	same(t, shown(e.Request), `header:Content-Type: string application/json 31
header:Authorization: string Basic ${basic} 0
header:User-Agent: string  10
cookie:sid: string  0
cookie:*: string  0
query:user: string ${account} 0
query:kind: string  3
: object  4
/account: string ${account} 0
/devices: array  2
/devices/*: string  3
/password: string ${password} 0
/remember: boolean  4
`)
}

// answered gives the evidence of an answer.
func answered(t *testing.T, header http.Header, body string) *loginwatch.Evidence {
	t.Helper()
	return read(t, header, body, loginwatch.BodyJSON)
}

func read(t *testing.T, header http.Header, body string, format loginwatch.BodyFormat) *loginwatch.Evidence {
	t.Helper()
	in := login(t)
	in.Exchange = &loginwatch.Exchange{Method: "POST", URL: "https://login.example/api/login", Status: 200, Proto: "HTTP/1.1", Header: header, Body: []byte(body)}
	in.Answer = wire.Read(in.Exchange, format)
	return evidence.Of(in)
}

// A long text of the contract is cut between two characters.
func TestOfLongRequest(t *testing.T) {
	in := login(t)
	in.Exchange = &loginwatch.Exchange{Method: "POST", Failure: loginwatch.ReasonTimeout}
	in.Case.Body = map[string]any{"note": "a" + strings.Repeat("é", 200) + "${password}"}
	request := evidence.Of(in).Request
	if i := slices.IndexFunc(request, func(t loginwatch.Trait) bool { return t.Place == "/note" }); i < 0 || request[i].Format != "a"+strings.Repeat("é", 119)+"…" {
		t.Errorf("%+v", request)
	}
}

// Of an answer the names that are public stay, and types, forms and lengths of values.
func TestOfAnswer(t *testing.T) {
	e := answered(t, http.Header{
		"Content-Type": {"application/json; charset=utf-8"}, "Date": {"Thu, 26 Nov 2026 10:00:00 GMT"}, "X-Request-Id": {"0b8d7e4a-54a3-4f7e-9a53-0f5bdcb1c0de"},
		"X-Backend": {"blue"}, "X-Session-20261126": {"1"},
		"Set-Cookie": {"sid=" + minted + "; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=60", "lang=en; Expires=Thu, 26 Nov 2026 11:00:00 GMT"},
	}, `{"session": "`+minted+`", "line1234567": 1, "user": {"first name": "Ann", "mail": "ann@login.example"}, "at": "2026-11-26T10:00:00Z", "no": null, "ratio": 0.5,
		"roles": [{"id": 1, "since": "2026-11-26"}, {"id": "x", "since": "2025-01-01", "until": null}],
		"byId": {"48151623": {"ok": true}, "4815162342": {"ok": false}, "3": {}}}`)
	same(t, shown(e.Answer), `header:Content-Type: string application/json 31
header:Date: string http-date 29
header:X-Backend: string  4
header:X-Request-Id: string uuid 36 fingerprint
header:X-Session-20261126: string digits 1
cookie:sid: string  24 fingerprint
cookie:sid;Secure: string  0
cookie:sid;HttpOnly: string  0
cookie:sid;SameSite: string lax 0
cookie:sid;Path: string  0
cookie:sid;Max-Age: string digits 0
cookie:lang: string  2
cookie:lang;Expires: string http-date 0
: object  8
/at: string date-time 20
/byId: object  3
/byId/*: object  1
/byId/*/ok: boolean  5
/line1234567: integer  1
/no: null  4
/ratio: number  3
/roles: array  2
/roles/*: object  3
/roles/*/id: integer  1
/roles/*/id: string  1
/roles/*/since: string date 10
/roles/*/until: null  4
/session: string  24 fingerprint
/user: object  2
/user/first name: string  3
/user/mail: string email 17
`)
	if e.Answer[4].Length != 1 || e.Status != 200 || e.Proto != "HTTP/1.1" || e.AnswerBytes == 0 {
		t.Errorf("%+v", e)
	}
}

// The fingerprint of a value is the same for the same value and key alone.
func TestFingerprints(t *testing.T) {
	one := func(token string) string {
		return answered(t, nil, `{"session": "`+token+`"}`).Answer[1].Digest
	}
	if a, b, c := one(minted), one(minted), one(minted+"1"); a != b || a == c || len(a) != 12 {
		t.Errorf("%q %q %q", a, b, c)
	}
}

// What no parser was let at tells its shape and size.
func TestOfAnswerThatIsNotRead(t *testing.T) {
	for body, want := range map[string]string{
		"<html><p>502 Bad Gateway":   ": string html 24\n",
		`{"session": "` + password:   ": string structured, truncated 35\n",
		`{"a": 1, "a": 2}`:           ": string structured, duplicate-key 16\n",
		"\x1f\x8b":                   ": string other 2\n",
		"":                           "",
		strings.Repeat("[", 100_000): ": string structured, too-deep 100000\n",
	} {
		same(t, shown(answered(t, nil, body).Answer), want)
	}
}
