package draft_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/faulty/leak"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/draft"
)

// FuzzDraft: whatever a description says, its draft is a pack that holds, or an error that
// says what is missing, and neither shows a piece of the password, as it is or encoded.
func FuzzDraft(f *testing.F) {
	f.Add("/login", "Authorization", "Bearer {{tok}}", `{"user":"a","password":"`+hidden+`"}`, `{"token":"`+hidden+`x","expires_in":3600}`, 200, "application/json", `{"type":"object"}`)
	f.Add("/t/{{id}}/x", "X-Api-Key", hidden, `password=`+hidden, ``, 204, "text/plain", ``)
	f.Add("", "Cookie", "a="+hidden, `{"a":{{b}},"pin":1}`, `{"":{"":[1,null,"`+hidden+`"]}}`, 302, "", `{"$ref":"#"}`)
	f.Add("/${x}/%zz", "Set-Cookie", "sid="+hidden, `{"password":"${a}"}`, `[]`, 401, "application/problem+json", `{"allOf":[{"$ref":"#/definitions/a"}],"definitions":{"a":{"type":"string","pattern":"^(?=x)"}}}`)
	hay := leak.New(map[string]string{"password": hidden})
	f.Fuzz(func(t *testing.T, path, name, value, sent, answer string, status int, kind, schema string) {
		path = strings.Map(func(c rune) rune { // an address is encoded as it is sent
			if c <= ' ' || c >= 0x7f {
				return -1
			}
			return c
		}, path)
		first := importer.Exchange{Name: name, Request: importer.Request{
			Method: "POST", URL: importer.Between("https://api.example.com"+path, "{{", "}}"),
			Query: []importer.Field{{Name: name, Value: importer.Plain(value)}},
			Body:  &importer.Body{ContentType: kind, Text: importer.Between(sent, "{{", "}}")},
		}, Kept: []importer.Kept{{Variable: "tok", From: "/token"}}}
		if strings.HasPrefix(sent, "password=") {
			first.Request.Body = &importer.Body{ContentType: "application/x-www-form-urlencoded", Fields: []importer.Field{{Name: "password", Value: importer.Plain(hidden)}, {Name: name, Value: importer.Plain(value)}}}
		}
		a := importer.Answer{Name: name, Status: status, ContentType: kind, Body: []byte(answer), Text: value, Headers: []importer.AnswerHeader{{Name: name, Value: value}}}
		if schema != "" {
			a.Schema = []byte(schema)
		}
		b := a
		b.Body = nil
		first.Answers = []importer.Answer{a, b}
		second := importer.Exchange{Request: importer.Request{Method: "GET", URL: importer.Between("https://api.example.com/me"+path, "{{", "}}"), Headers: []importer.Field{{Name: name, Value: importer.Between(value, "{{", "}}")}}}, Answers: first.Answers}
		rec := &importer.Recording{Title: name, Exchanges: []importer.Exchange{first, second}, Variables: []importer.Variable{{Name: "id", Value: hidden, Secret: true}}}
		holds(t, hay, rec, sent)
		// The same, stated as our own exports do.
		for i, e := range rec.Exchanges {
			rec.Exchanges[i].Operation, rec.Exchanges[i].Answers = name, slices.Clone(e.Answers)
			for j := range e.Answers {
				o := &rec.Exchanges[i].Answers[j]
				o.Means, o.When, o.Contains = loginwatch.Verdicts[(status&0xff+j)%len(loginwatch.Verdicts)], loginwatch.Conditions[:2], value
				o.Where = []loginwatch.Field{{At: loginwatch.Place(path), Value: value}, {At: loginwatch.HeaderPlace(name), Test: loginwatch.TestPrefix, Value: value}, {At: "/token", Test: loginwatch.TestPrefix, Value: value}}
			}
		}
		holds(t, hay, rec, sent)
	})
}

func holds(t *testing.T, hay *leak.Haystack, rec *importer.Recording, sent string) {
	t.Helper()
	d, err := draft.Make(rec, draft.Options{Vendor: "acme", Read: time.Unix(0, 0), Text: []byte(sent), Source: "a.yaml", Check: tried})
	if err != nil {
		if errors.Is(err, draft.ErrNoPack) {
			t.Fatal(err)
		}
		if found := hay.Find([]byte(err.Error())); len(found) > 0 {
			t.Fatalf("%v shows %v", err, found)
		}
		return
	}
	if !secretPlaces(sent) {
		return
	}
	if found := hay.Find([]byte(told(d))); len(found) > 0 {
		t.Fatalf("it shows %v:\n%s", found, told(d))
	}
}

// hidden is a password that stands nowhere by chance.
const hidden = "zQ81hXv7LmN02bTy6RwE4kPq"

// secretPlaces tells whether what is sent has the password as a password.
func secretPlaces(sent string) bool {
	return strings.Contains(sent, `"password":"`+hidden+`"`) || strings.HasPrefix(sent, "password=")
}

func tried(files []draft.File) error {
	return app.TryDraft(context.Background(), "acme", "mypack", files)
}
