package draft_test

import (
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/faulty/leak"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/draft"
)

// drafted makes a pack that holds, as loginwatch new does.
func drafted(t *testing.T, calls ...importer.Exchange) string {
	t.Helper()
	d, err := draft.Make(&importer.Recording{Exchanges: calls}, draft.Options{Vendor: "acme", Read: time.Unix(0, 0), Check: func(files []draft.File) error {
		return app.TryDraft(t.Context(), "acme", "mypack", files)
	}})
	if err != nil {
		t.Fatal(err)
	}
	return told(d)
}

// Values that nothing about them tells from other words and numbers, or of whose kind
// there is hardly another one, are replaced as well.
func TestOrdinaryValues(t *testing.T) {
	for _, v := range []string{
		"7", "42", "1234", "123456", "9876543210", "ab", "hunter2", "summer", "correct horse", "2000-01-01", "2000-01-01T00:00:00Z", "127.0.0.1",
		"--------------------", "....................", "********************", "eyJhbGciOiJub25lIn0.e30.", "Demo Person 1", "invented-1", "+15550100",
	} {
		t.Run(v, func(t *testing.T) {
			shown := drafted(t, at("POST", host+"/login", body(`{"username":"x17","password":"`+v+`"}`), answer(200, `{"access_token":"`+opaque+`","birthday":"`+v+`"}`)))
			for _, leaked := range []string{`password: "` + v, "password: " + v + ",", "password: " + v + "}", `"birthday": "` + v + `"`, "demo: " + v + "}", `demo: "` + v + `"`} {
				if strings.Contains(shown, leaked) {
					t.Errorf("%s stands in\n%s", leaked, shown)
				}
			}
		})
	}
}

// What is sent says by its name, or by standing in a login of which nothing else does,
// that it is nobody's business; names of parts can be secrets themselves.
func TestCredentialsOfAnyName(t *testing.T) {
	const plain = "kitten"
	for name, call := range map[string]importer.Exchange{
		"short names": at("POST", host+"/login", body(`{"u":"`+plain+`","p":"`+plain+`s"}`)),
		"a form":      at("POST", host+"/login", form("u", plain, "p", plain)),
		"a query":     at("GET", host+"/login", query("u", plain)),
		"a text": at("POST", host+"/login", func(e *importer.Exchange) {
			e.Request.Body = &importer.Body{ContentType: "text/plain", Text: importer.Plain("me:" + plain)}
		}),
		"Spanish":            at("POST", host+"/login", body(`{"password":"x17","contraseña":"`+plain+`"}`)),
		"Russian":            at("POST", host+"/login", body(`{"password":"x17","пароль":"`+plain+`"}`)),
		"German":             at("POST", host+"/login", body(`{"password":"x17","Kennwort":"`+plain+`"}`)),
		"words in one":       at("POST", host+"/login", body(`{"password":"x17","userpass":"`+plain+`"}`)),
		"a PIN in one word":  at("POST", host+"/login", body(`{"password":"x17","mypin":4711,"cardpin":"4711"}`)),
		"in base64":          at("POST", host+"/login", header("X-Legacy", "a2l0dGVu"), body(`{"password":"`+plain+`"}`)),
		"for a scheme":       at("POST", host+"/login", header("Authorization", plain+" 1"), body(`{"password":"`+plain+`"}`)),
		"a hint of OpenID":   at("POST", host+"/login", form("password", "x17", "login_hint", plain)),
		"a security answer":  at("POST", host+"/login", body(`{"password":"x17","answer":"`+plain+`"}`)),
		"a name in a query":  at("POST", host+"/login", query("9sd8f7-"+plain+"-98sdf7Kq2", ""), body(`{"password":"x17"}`)),
		"its name in it":     at("POST", host+"/login", query("for-"+plain, "1"), header("X-"+plain, "1"), body(`{"password":"`+plain+`"}`)),
		"an answer's name":   at("POST", host+"/login", body(`{"password":"`+plain+`"}`), func(e *importer.Exchange) { e.Answers = []importer.Answer{{Name: "as " + plain, Status: 200}} }),
		"the number of four": at("POST", host+"/t/4711/login", body(`{"password":"`+plain+`"}`)),
	} {
		t.Run(name, func(t *testing.T) {
			shown := drafted(t, call)
			for _, leaked := range []string{plain, "a2l0dGVu", "4711"} {
				if strings.Contains(shown, leaked) {
					t.Errorf("%s stands in\n%s", leaked, shown)
				}
			}
		})
	}
}

// What a login sends under names that nobody here knows may be its password: nothing of
// it stays, in any form. What it says of the API stays.
func TestUnknownNamesHideNothing(t *testing.T) {
	const odd = "Zq9!kW2#vLx7"
	for name, tc := range map[string]struct {
		kind, body string
		hidden     []string
		stays      string
	}{
		"a text":                            {"text/plain", "anna:" + odd, []string{odd, "anna"}, ""},
		"a text of letters":                 {"text/plain", "sunshine", []string{"sunshine"}, ""},
		"a word of another language":        {"application/json", `{"login":"anna.smith","kennwort":"sonnenschein"}`, []string{"sonnenschein", "anna.smith"}, ""},
		"users of other languages":          {"application/json", `{"benutzer":"anna.smith","passwort":"sonnenschein","lgname":"Query@watch","Identifiant":"asmith","format":"compact"}`, []string{"sonnenschein", "anna.smith", "query@watch", "asmith"}, "compact"},
		"names that say nothing":            {"application/json", `{"a":"anna.smith","b":"sunshine","format":"compact"}`, []string{"sunshine", "anna.smith"}, "compact"},
		"a list":                            {"application/json", `{"jsonrpc":"2.0","method":"user.login","params":["anna.smith","sunshine"],"id":1}`, []string{"sunshine", "anna.smith"}, "user.login"},
		"variables of GraphQL":              {"application/json", `{"query":"mutation L($u:String!){login(u:$u)}","variables":{"u":"anna.smith","p":"sunshine"}}`, []string{"sunshine", "anna.smith"}, "mutation"},
		"a number":                          {"application/json", `{"kunde":"anna.smith","geheimzahl":482913,"v":2}`, []string{"482913", "anna.smith"}, `v: 2`},
		"a chosen word beside the password": {"application/json", `{"password":"sunshine","zweites":"` + odd + `","mode":"full"}`, []string{odd, "sunshine"}, "full"},
		"a number of a member":              {"application/json", `{"password":"sunshine","mitglied":"A123456780","steuer":"DE-123456789","build":"v20260101"}`, []string{"a123456780", "123456789"}, "build: v20260101"},
		"numbers like those of a demo":      {"application/json", `{"user":12345678,"pin":123456}`, []string{"12345678"}, ""},
		"numbers that follow each other":    {"application/json", `{"user":"23456789","pin":"1234567","password":"34567890"}`, []string{"23456789", "1234567", "34567890"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			shown := drafted(t, at("POST", host+"/login", answer(200, `{"token":"`+opaque+`"}`), func(e *importer.Exchange) {
				e.Request.Body = &importer.Body{ContentType: tc.kind, Text: importer.Plain(tc.body)}
			}))
			for _, raw := range tc.hidden {
				if found := leak.New(map[string]string{"secret": raw}).Find([]byte(shown)); len(found) > 0 || strings.Contains(strings.ToLower(shown), raw) {
					t.Errorf("%s stands in\n%s", raw, shown)
				}
			}
			if !strings.Contains(shown, tc.stays) {
				t.Errorf("%s is gone from\n%s", tc.stays, shown)
			}
		})
	}
}

// Who logs in, who was refused and whom an answer names stands nowhere else: not in a
// text, a path, a key or a list of calls.
func TestNames(t *testing.T) {
	const token = `{"access_token":"` + opaque + `"}`
	bearer := header("Authorization", "Bearer "+opaque)
	for name, tt := range map[string]struct {
		calls []importer.Exchange
		hides []string
		keeps []string
	}{
		"a greeting": {[]importer.Exchange{at("POST", host+"/login", body(`{"password":"x17"}`),
			answer(200, `{"access_token":"`+opaque+`","message":"Welcome Brunhilde","result":"brunhilde","profile":{"firstName":"Brunhilde","role":"reader"}}`),
			answer(401, `{"message":"Account of Brunhilde is locked","code":"LOCKED"}`))}, []string{"brunhilde"}, []string{`"role": "reader"`, `"LOCKED"`}},
		"who was refused": {[]importer.Exchange{
			at("POST", host+"/login", body(`{"username":"bjones","password":"nope"}`), answer(404, `{"error":"USER_NOT_FOUND","message":"User bjones does not exist"}`)),
			at("POST", host+"/login", body(`{"username":"annasmith","password":"x17"}`), answer(200, token)),
		}, []string{"bjones", "annasmith"}, []string{"USER_NOT_FOUND"}},
		"who was refused by Basic": {[]importer.Exchange{
			at("POST", host+"/login", basic("bjones", "nope"), answer(401, `{"message":"no bjones here","code":"UNKNOWN"}`)),
			at("POST", host+"/login", basic("annasmith", "x17"), answer(200, token)),
		}, []string{"bjones", "annasmith", "username_2"}, []string{"UNKNOWN"}},
		"another customer's number": {[]importer.Exchange{
			at("POST", host+"/login", body(`{"customer":"kd-99123","password":"nope"}`), answer(401, `{"message":"kd-99123 is not active","code":"INACTIVE"}`)),
			at("POST", host+"/login", body(`{"customer":"kd-10044","password":"x17"}`), answer(200, token)),
		}, []string{"kd-99123", "kd-10044"}, []string{"INACTIVE"}},
		"a greeting by a part of the address": {[]importer.Exchange{at("POST", host+"/login", body(`{"email":"anna.smith@corp.example","password":"x17"}`),
			answer(200, `{"access_token":"`+opaque+`","message":"Hello Anna","status":"ACTIVE"}`))}, []string{"anna"}, []string{"ACTIVE"}},
		"a path": {[]importer.Exchange{
			at("POST", host+"/login", body(`{"email":"anna.smith@corp.example","password":"x17"}`), answer(200, token)),
			at("GET", host+"/users/annasmith/profile", bearer, answer(200, `{"active":true}`)),
		}, []string{"annasmith"}, []string{"/profile"}},
		"the path of the login itself": {[]importer.Exchange{at("POST", host+"/accounts/annasmith/login", body(`{"username":"annasmith","password":"x17"}`), answer(200, token))},
			[]string{"annasmith", "accounts_id"}, []string{"/accounts/${username}/login"}},
		"the initial and the name": {[]importer.Exchange{
			at("POST", host+"/login", body(`{"password":"x17"}`), answer(200, `{"access_token":"`+opaque+`","user":{"name":"Ågot Smith"}}`)),
			at("GET", host+"/desk/%C3%A5smith", bearer, answer(200, `{"active":true}`)),
		}, []string{"smith", "%c3%a5"}, []string{"/desk/"}},
		"a key": {[]importer.Exchange{at("POST", host+"/login", body(`{"username":"annasmith","password":"x17"}`),
			answer(200, `{"access_token":"`+opaque+`","users":{"annasmith":{"role":"admin"}},"seats":{"Anna.Smith":2}}`))}, []string{"annasmith", "anna.smith"}, []string{`"users"`, `"role"`}},
		"calls that are left": {[]importer.Exchange{
			at("POST", host+"/login", body(`{"username":"annasmith","password":"x17"}`), answer(200, token)),
			at("POST", host+"/desks/annasmith/open", answer(200, "{}")),
		}, []string{"annasmith"}, []string{"left POST /desks/…/open"}},
		"a password that is a word of the path": {[]importer.Exchange{at("POST", host+"/login", body(`{"username":"admin","password":"login"}`), answer(200, token))},
			[]string{"/${", "password: login"}, []string{"path: /login"}},
		"an account that is called as APIs are": {[]importer.Exchange{
			at("POST", host+"/admin/login", body(`{"username":"admin","password":"nope"}`), answer(401, `{"message":"no admin from here"}`)),
			at("POST", host+"/admin/login", body(`{"username":"annasmith","password":"x17"}`), answer(200, token)),
		}, []string{"annasmith"}, []string{"path: /admin/login", "no admin from here"}},
	} {
		t.Run(name, func(t *testing.T) {
			shown := drafted(t, tt.calls...)
			for _, hidden := range tt.hides {
				if strings.Contains(strings.ToLower(shown), hidden) {
					t.Errorf("%s stands in\n%s", hidden, shown)
				}
			}
			for _, kept := range tt.keeps {
				if !strings.Contains(shown, kept) {
					t.Errorf("%s is gone from\n%s", kept, shown)
				}
			}
		})
	}
}

// A piece of a password that was made by chance is no constant, wherever it stands.
func TestPiecesOfAPassword(t *testing.T) {
	piece := hidden[3:14]
	rec := &importer.Recording{Exchanges: []importer.Exchange{{
		Request: importer.Request{
			Method: "POST", URL: importer.Plain("https://api.example.com/in/" + piece + "/login"),
			Query:   []importer.Field{{Name: "m", Value: importer.Plain(piece)}},
			Headers: []importer.Field{{Name: "X-Mode", Value: importer.Plain("of " + piece)}},
			Body:    &importer.Body{ContentType: "application/json", Text: importer.Plain(`{"mode":"` + piece + `","password":"` + hidden + `"}`)},
		},
		Answers: []importer.Answer{{Status: 200, ContentType: "application/json", Body: []byte(`{"mode":"` + piece + `","token":"` + strings.Repeat("k3", 12) + `"}`)}},
	}}}
	d, err := draft.Make(rec, draft.Options{Vendor: "acme", Read: time.Unix(0, 0), Check: tried})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(told(d), piece) {
		t.Errorf("it shows a piece:\n%s", told(d))
	}
}

// The name of a field in the place of its value is no value: documents write it so.
func TestNamesAsValues(t *testing.T) {
	shown := drafted(t, at("POST", host+"/login", query("apikey", "apikey"), header("X-Token", "X-Token"), body(`{"username":"username","password":"Password","mode":"full"}`),
		answer(200, `{"access_token":"`+opaque+`","login":"login","message":"login succeeded"}`)))
	for _, want := range []string{`password: "${password}"`, `username: "${username}"`, `apikey: {value: "${apikey}"`, `X-Token: {value: "${token}"`, "path: /login", "login succeeded"} {
		if !strings.Contains(shown, want) {
			t.Errorf("it has no %s:\n%s", want, shown)
		}
	}
}

// A sentence of an answer with somebody's number in it is not kept; one with a number of
// the API's is.
func TestNumbersInSentences(t *testing.T) {
	for message, stays := range map[string]bool{
		"Account 12345678 is locked": false, "Call +49 170 1234567 for help": false, "Card (4111-1111-1111) refused": false, "No customer 483920.": false, "Ask 555 123 4567": false,
		"Wait 900 seconds": true, "AADSTS700016: application not found": true, "Locked since 2026-01-31 12:00:00": true, "Version 10.20.30 is too old": true, "Error 1001, see the manual": true,
	} {
		shown := drafted(t, at("POST", host+"/login", body(`{"password":"x17"}`), answer(401, `{"message":"`+message+`"}`)))
		if strings.Contains(shown, message) != stays {
			t.Errorf("%q stays: %t", message, !stays)
		}
	}
}

// What a description's schema has in names, lists and patterns is looked through as well.
func TestNamesInSchemas(t *testing.T) {
	const own = "anna.smith@kq7-corp.test"
	for name, schema := range map[string]string{
		"a property":  `{"type":"object","required":["token","` + own + `"],"properties":{"token":{"type":"string"},"` + own + `":{"type":"string"}}}`,
		"one inside":  `{"type":"object","required":["token"],"properties":{"token":{"type":"string"},"by":{"type":"object","properties":{"` + own + `":{"type":"string"}}}}}`,
		"a list":      `{"type":"object","required":["token"],"properties":{"token":{"type":"string"},"to":{"type":"string","enum":["a word that is longer than any password is","` + own + `","` + hidden + `"]}}}`,
		"a pattern":   `{"type":"object","required":["token"],"properties":{"token":{"type":"string"},"to":{"type":"string","pattern":"^` + hidden + `$"}}}`,
		"a reference": `{"type":"object","required":["token"],"properties":{"token":{"type":"string"},"to":{"$ref":"#/definitions/` + own + `"}},"definitions":{"` + own + `":{"type":"string"}}}`,
	} {
		shown := drafted(t, at("POST", host+"/login", body(`{"password":"`+hidden+`"}`), described(200, "", schema)))
		if strings.Contains(shown, own) || strings.Contains(shown, hidden) {
			t.Errorf("%s: it shows what is secret:\n%s", name, shown)
		}
	}
}

// What somebody is called stands in no name of an answer.
func TestNamesOfAnswers(t *testing.T) {
	shown := drafted(t, at("POST", host+"/login", body(`{"password":"x17"}`), answer(200, `{"access_token":"`+opaque+`","name":"Brunhilde"}`),
		func(e *importer.Exchange) {
			e.Answers[0].Name = "Login as Brunhilde"
			e.Answers = append(e.Answers, importer.Answer{Name: "brunhilde is locked", Status: 423, ContentType: "application/json", Body: []byte(`{"code":"LOCKED"}`)})
		}))
	if strings.Contains(strings.ToLower(shown), "brunhilde") {
		t.Error(shown)
	}
}

// A document of GraphQL that has its values beside it stays as it is, with the name of its
// operation; one with a value in it does not.
func TestGraphQLStays(t *testing.T) {
	for query, stays := range map[string]bool{
		`mutation SignIn($email: String!, $password: String!) { signIn(email: $email, password: $password) { token } }`:           true,
		`mutation SignIn($in: SignInInput!) { signIn(in: $in) { token } }`:                                                        true,
		`mutation SignIn($passwords: [[String!]!]!, $input1: Int) { signIn(password: $passwords, n: $input1) { token pin otp } }`: true,
		`mutation SignIn { signIn(email: "nobody", password: "sunshine") { token } }`:                                             false,
		`mutation SignIn($password: String = "sunshine") { signIn(password: $password) { token } }`:                               false,
		`password: $sunshine`: false,
	} {
		shown := drafted(t, at("POST", host+"/graphql", answer(200, `{"data":{"signIn":{"token":"`+opaque+`"}}}`),
			body(`{"operationName":"SignIn","query":`+quoted(query)+`,"variables":{"email":`+quoted(mail)+`,"password":`+quoted(password)+`}}`)))
		if strings.Contains(shown, "${query}") == stays || strings.Contains(shown, "sunshine") {
			t.Errorf("%s stays: %v, in\n%s", query, !stays, shown)
		}
		if !strings.Contains(shown, "operationName: SignIn") || !strings.Contains(shown, "at: /data/signIn/token") {
			t.Error(shown)
		}
	}
}

// What a list shows of a path says where it is, and has nothing of somebody, or that an
// answer gave.
func TestPathsOfWhatWasGiven(t *testing.T) {
	d, err := draft.Make(&importer.Recording{Exchanges: []importer.Exchange{
		at("POST", host+"/v3/token", header("X-Api-Key", key), header("X-Api-Secret", opaque+"1"), header("X-User", "manager"), answer(200, `{"accessToken":"`+opaque+`","shop":{"id":"M-100231"}}`)),
		at("GET", host+"/v3/shops/M-100231/balance", header("X-Access-Token", opaque), answer(200, `{"ok":true}`)),
		at("GET", host+"/v3/shops/M-100231/Users('manager')/all", header("X-Access-Token", opaque), answer(200, `{"ok":true}`)),
	}}, draft.Options{Vendor: "acme"})
	if err != nil {
		t.Fatal(err)
	}
	shown := told(d)
	for _, s := range []string{"GET /v3/shops/…/…/all: path ${shop_id}", "GET /v3/shops/…/balance", "X-Api-Secret ${api_secret}"} {
		if !strings.Contains(shown, s) {
			t.Errorf("it does not say %q", s)
		}
	}
	if strings.Contains(shown, "M-100231") || strings.Contains(shown, "a place whose name") || t.Failed() {
		t.Error(shown)
	}
}
