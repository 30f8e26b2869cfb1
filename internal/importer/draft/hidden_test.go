package draft

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
)

// What a login sends under names that nobody here knows may be its password: nothing of
// it stays, in any form. What it says of the API stays.
func TestUnknownNamesHideNothing(t *testing.T) {
	const password = "Zq9!kW2#vLx7"
	for name, tc := range map[string]struct {
		kind, body string
		hidden     []string
		stays      string
	}{
		"a text":                            {"text/plain", "anna:" + password, []string{password, "anna"}, ""},
		"a text of letters":                 {"text/plain", "sunshine", []string{"sunshine"}, ""},
		"a word of another language":        {"application/json", `{"login":"anna.smith","kennwort":"sonnenschein"}`, []string{"sonnenschein", "anna.smith"}, ""},
		"names that say nothing":            {"application/json", `{"a":"anna.smith","b":"sunshine","format":"compact"}`, []string{"sunshine", "anna.smith"}, "compact"},
		"a list":                            {"application/json", `{"jsonrpc":"2.0","method":"user.login","params":["anna.smith","sunshine"],"id":1}`, []string{"sunshine", "anna.smith"}, "user.login"},
		"variables of GraphQL":              {"application/json", `{"query":"mutation L($u:String!){login(u:$u)}","variables":{"u":"anna.smith","p":"sunshine"}}`, []string{"sunshine", "anna.smith"}, "mutation"},
		"a number":                          {"application/json", `{"kunde":"anna.smith","geheimzahl":482913,"v":2}`, []string{"482913", "anna.smith"}, `v: 2`},
		"a chosen word beside the password": {"application/json", `{"password":"sunshine","zweites":"` + password + `","mode":"full"}`, []string{password, "sunshine"}, "full"},
		"numbers like those of a demo":      {"application/json", `{"user":12345678,"pin":123456}`, []string{"12345678"}, ""},
		"numbers that follow each other":    {"application/json", `{"user":"23456789","pin":"1234567","password":"34567890"}`, []string{"23456789", "1234567", "34567890"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Make(&importer.Recording{Exchanges: []importer.Exchange{{
				Request: importer.Request{
					Method: http.MethodPost, URL: importer.Plain("https://api.acme.example/login"),
					Body: &importer.Body{ContentType: tc.kind, Text: importer.Plain(tc.body)},
				},
				Answers: []importer.Answer{{Status: 200, ContentType: "application/json", Body: []byte(`{"token":"9sd8f7sdf98s7df98sdf7"}`)}},
			}}}, Options{Vendor: "acme", Read: time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)})
			if err != nil {
				t.Fatal(err)
			}
			var all strings.Builder
			for _, f := range d.Files {
				all.Write(f.Data)
			}
			for _, r := range d.Replaced {
				all.WriteString(r.At + r.With)
			}
			for _, r := range d.Remarks {
				all.WriteString(r.Text)
			}
			for _, raw := range tc.hidden {
				for _, form := range forms(raw) {
					if len(form) > 3 && strings.Contains(strings.ToLower(all.String()), strings.ToLower(form)) {
						t.Errorf("%s stands in the draft:\n%s", form, all.String())
					}
				}
			}
			if !strings.Contains(all.String(), tc.stays) {
				t.Errorf("%s is gone", tc.stays)
			}
		})
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
		m := newMaker(&importer.Recording{}, Options{}, everything)
		e := importer.Exchange{Request: importer.Request{Method: http.MethodGet, URL: importer.Plain(address + "/login")}}
		m.ops = []*operation{newOperation(&call{exchanges: []*importer.Exchange{&e}, role: loginwatch.RoleSubject})}
		if m.address(); m.target != want {
			t.Errorf("%s became %q, not %q", address, m.target, want)
		}
	}
}
