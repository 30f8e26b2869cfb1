package draft_test

import (
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/app"
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

// What a field of an answer calls somebody stands in none of the texts around it.
func TestNamesInTexts(t *testing.T) {
	shown := drafted(t, at("POST", host+"/login", body(`{"password":"x17"}`),
		answer(200, `{"access_token":"`+opaque+`","message":"Welcome Brunhilde","result":"brunhilde","profile":{"firstName":"Brunhilde","role":"reader"}}`),
		answer(401, `{"message":"Account of Brunhilde is locked","code":"LOCKED"}`)))
	if strings.Contains(strings.ToLower(shown), "brunhilde") || !strings.Contains(shown, `"role": "reader"`) || !strings.Contains(shown, `"LOCKED"`) {
		t.Error(shown)
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
