package evidence

import (
	"hash"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// star stands for any entry, and for a name that may hold a value.
const star = "*"

// answer describes one answer.
type answer struct {
	Input
	list
	names   names
	secrets []secret // of Values, sorted
	mac     hash.Hash
}

func (a *answer) traits() []loginwatch.Trait {
	a.headers()
	a.cookies()
	switch r := a.Answer; {
	case r == nil || len(r.Body) == 0:
	case r.Refusal != nil: // nothing parses what was refused
		form := string(r.Shape)
		if r.Shape == wire.Structured {
			form += ", " + string(r.Refusal.Cause)
		}
		a.add(loginwatch.Trait{Type: "string", Format: form, Length: utf8.RuneCount(r.Body)})
	default:
		a.body("", r.Doc, 0, false)
	}
	return a.all
}

// headers describes the headers but for cookies, which have places of their own.
func (a *answer) headers() {
	header := a.Exchange.Header
	known := make([]string, 0, len(header))
	for name := range header {
		if name != "Set-Cookie" {
			known = append(known, name)
		}
	}
	slices.Sort(known)
	for _, name := range known {
		place := loginwatch.HeaderPlace(a.names.shown(name, a.documentedHeader(name))).String()
		value := strings.Join(header[name], ", ") // as one line (RFC 9110, 5.3)
		t := loginwatch.Trait{Place: place, Type: "string"}
		t.Format, t.Length, t.Digest = a.value(value)
		if name == "Content-Type" && a.Answer != nil && t.Format == "" {
			t.Format = a.media(a.Answer.MediaType)
		}
		a.adder(t.Place == loginwatch.HeaderPlace(star).String())(t)
	}
}

// cookies describes the cookies and their attributes, which are no values of the vendor's
// users and say how long a session lasts and where it goes.
func (a *answer) cookies() {
	for _, c := range wire.Cookies(a.Exchange.Header) {
		place := loginwatch.CookiePlace(a.names.shown(c.Name, a.documentedCookie(c.Name))).String()
		t := loginwatch.Trait{Place: place, Type: "string"}
		t.Format, t.Length, t.Digest = a.value(c.Value)
		a.addAny(t)
		attribute := func(name, format string, is bool) {
			if is {
				a.addAny(loginwatch.Trait{Place: place + ";" + name, Type: "string", Format: format})
			}
		}
		site := map[http.SameSite]string{http.SameSiteLaxMode: "lax", http.SameSiteStrictMode: "strict", http.SameSiteNoneMode: "none"}[c.SameSite]
		attribute("Secure", "", c.Secure)
		attribute("HttpOnly", "", c.HttpOnly)
		attribute("SameSite", site, site != "")
		attribute("Path", "", c.Path != "")
		attribute("Domain", "", c.Domain != "")
		attribute("Max-Age", formatDigits, c.MaxAge != 0)
		attribute("Expires", formatHTTPDate, !c.Expires.IsZero())
	}
}

// body describes a value of the decoded body. Below an array, or a name that may be a
// value, many stands for one of many.
func (a *answer) body(place string, v any, deep int, many bool) {
	if a.full() || deep > mostDeep {
		return
	}
	add := a.adder(many)
	switch v := v.(type) {
	case map[string]any:
		add(loginwatch.Trait{Place: place, Type: "object", Length: len(v)})
		if len(v) > loginwatch.MostFields {
			return
		}
		var others []any // last, since their names say nothing of their order
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if shown := a.names.shown(name, a.documented(name)); shown != star {
				a.body(tree.JoinPointer(place, shown), v[name], deep+1, many)
			} else {
				others = append(others, v[name])
			}
		}
		for _, other := range others {
			a.body(tree.JoinPointer(place, star), other, deep+1, true)
		}
	case []any:
		add(loginwatch.Trait{Place: place, Type: "array", Length: len(v)})
		for i, item := range v {
			if i < mostItems {
				a.body(tree.JoinPointer(place, star), item, deep+1, true)
			}
		}
	case string:
		t := loginwatch.Trait{Place: place, Type: "string"}
		t.Format, t.Length, t.Digest = a.value(v)
		add(t)
	default:
		text, _ := tree.ScalarText(v)
		t := loginwatch.Trait{Place: place, Type: tree.TypeOf(v), Length: len(text)}
		if ours := ours(text, a.secrets); ours != "" {
			t.Format, t.Length = ours, 0
		}
		add(t)
	}
}
