package draft_test

import (
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/draft"
)

// A method that no contract has is refused by its place, and shown nowhere.
func TestForeignMethods(t *testing.T) {
	for _, method := range []string{"TRACE", "PROPFIND", opaque, ""} {
		for n, calls := range map[string][]importer.Exchange{
			"the login":    {at(method, host+"/login", body(`{"password":"x17"}`))},
			"no login":     {at(method, host+"/one"), at(method, host+"/two")},
			"another call": {at("POST", host+"/login", body(`{"password":"x17"}`)), at(method, host+"/two")},
		} {
			for i := range calls {
				calls[i].At = importer.Place{Line: 7}
			}
			d, err := draft.Make(&importer.Recording{Exchanges: calls}, draft.Options{Vendor: "acme", Read: time.Unix(0, 0), Check: tried})
			said := ""
			if err != nil {
				said = err.Error()
			} else {
				said = told(d)
			}
			if method != "" && strings.Contains(strings.ToUpper(said), strings.ToUpper(method)) || n == "the login" && !strings.HasPrefix(said, "line 7: the method of the request is none of GET, ") {
				t.Errorf("%s, %q: %s", n, method, said)
			}
		}
	}
}

// Of JSON that is too odd for a contract it is said why nothing reads it.
func TestOddJSON(t *testing.T) {
	for text, want := range map[string]string{
		`{"password":"x17","a":1,"a":2}`: "(duplicate-key at byte 24)", `{"password":"x17","n":` + strings.Repeat("9", 60) + `}`: "(number-too-long at byte 22)",
		`{"password":"x17","n":1e999}`: "(number-out-of-range at byte 22)", `{"password":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`: "(too-deep at byte 43)", `{"password`: "is none",
	} {
		_, err := draft.Make(&importer.Recording{Exchanges: []importer.Exchange{at("POST", host+"/login", body(text))}}, draft.Options{Vendor: "acme", Read: time.Unix(0, 0)})
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("of a request it says: %v", err)
		}
		if shown := drafted(t, at("POST", host+"/login", body(`{"password":"x17"}`), answer(200, text))); want != "is none" && !strings.Contains(shown, want) {
			t.Errorf("of an answer it says: %s", shown)
		}
	}
}

// Requests of thousands of fields would be looked at for minutes.
func TestManyFields(t *testing.T) {
	var pairs []string
	call := map[string]importer.Exchange{}
	big := func(name string, more func(*importer.Exchange)) { call[name] = at("POST", host+"/login", more) }
	for range 20_000 {
		pairs = append(pairs, "k", opaque)
	}
	big("a form", form(pairs...))
	big("cookies", header("Cookie", strings.Repeat("k="+opaque+"; ", 20_000)))
	big("a list", body(`{"password":"x17","k":[`+strings.Repeat(`"`+opaque+`",`, 9000)+`"x"]}`))
	big("a path", func(e *importer.Exchange) { e.Request.URL = importer.Plain(host + strings.Repeat("/"+opaque, 9000)) })
	big("a query", func(e *importer.Exchange) {
		for range 20_000 {
			query("k", opaque)(e)
		}
	})
	for name, e := range call {
		_, err := draft.Make(&importer.Recording{Exchanges: []importer.Exchange{e}}, draft.Options{Vendor: "acme", Read: time.Unix(0, 0)})
		if err == nil || !strings.Contains(err.Error(), "more than 500 parameters") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
