package pack

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// unpromised are headers that no outcome may document: they follow from the
// connection, or are said in another way.
var unpromised = map[string]string{
	"content-type": "content_type", "set-cookie": "cookies", "content-length": "", "transfer-encoding": "", "connection": "", "date": "", "trailer": "",
	"content-encoding": "",
}

func (b *builder) answerHeaders(m strictyaml.Map[answerHeaderFile]) []loginwatch.AnswerHeader {
	var headers []loginwatch.AnswerHeader
	for _, e := range m {
		instead, own := unpromised[strings.ToLower(e.Key)]
		switch {
		case !isToken(e.Key):
			b.problem(e.Span, "%q is no header name (RFC 9110, 5.1)", e.Key)
		case own && instead != "":
			b.problem(e.Span, "header %q of an answer is said by %s", e.Key, instead)
		case own:
			b.problem(e.Span, "header %q is the connection's own and can't be promised", e.Key)
		case slices.ContainsFunc(headers, func(h loginwatch.AnswerHeader) bool { return strings.EqualFold(h.Name, e.Key) }):
			b.problem(e.Span, "header %q is already there in other letter case", e.Key)
		}
		b.oneLine(e.Value.Example, "header", e.Key)
		headers = append(headers, loginwatch.AnswerHeader{
			Name: e.Key, Example: e.Value.Example.Value, Secret: e.Value.Secret, Optional: e.Value.Optional,
			Cite: b.cite(e.Value.citation, e.Span), Pos: e.Pos,
		})
	}
	return headers
}

// oneLine holds an example to what a header can carry: a value, and not on several
// lines or with white space around it.
func (b *builder) oneLine(t text, what, name string) {
	if t.Width == 0 {
		return
	}
	control := strings.ContainsFunc(t.Value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
	if t.Value == "" || control || strings.TrimSpace(t.Value) != t.Value {
		b.problem(t.Span, "the example of %s %q must be one line, not empty and without white space around it", what, name)
	}
}

var sameSites = []string{"lax", "strict", "none"}

func (b *builder) answerCookies(m strictyaml.Map[answerCookieFile]) []loginwatch.AnswerCookie {
	var cookies []loginwatch.AnswerCookie
	for _, e := range m {
		f := e.Value
		if !isToken(e.Key) {
			b.problem(e.Span, "%q is no name of a cookie (RFC 6265, 4.1.1)", e.Key)
		}
		b.oneLine(f.Example, "cookie", e.Key)
		if strings.ContainsAny(f.Example.Value, " \t\",;\\") {
			b.problem(f.Example.Span, "the value of cookie %q has a character that no cookie can carry (RFC 6265, 4.1.1)", e.Key)
		}
		c := loginwatch.AnswerCookie{
			Name: e.Key, Example: f.Example.Value, Optional: f.Optional, Secure: f.Secure, HTTPOnly: f.HTTPOnly,
			Cite: b.cite(f.citation, e.Span), Pos: e.Pos,
		}
		if f.SameSite != nil {
			c.SameSite = f.SameSite.Value
			b.oneOf(*f.SameSite, "same_site", sameSites)
			if c.SameSite == "none" && !c.Secure {
				b.problem(f.SameSite.Span, "browsers drop a cookie with SameSite=None and without Secure: say secure: true")
			}
		}
		cookies = append(cookies, c)
	}
	return cookies
}

// inOutcome looks a place up in what an outcome documents. The mistake says why the
// outcome can't have it: in a body that it has not, or in a header or cookie that it
// does not document nothing would ever be found, and nobody would be told. Neither
// is given where a schema is missing, which is reported.
func inOutcome(o *loginwatch.Outcome, at loginwatch.Place) (field loginwatch.SchemaField, known bool, mistake string) {
	wrong := func(format string, args ...any) (loginwatch.SchemaField, bool, string) {
		return loginwatch.SchemaField{}, false, fmt.Sprintf(format, args...)
	}
	if name, isHeader := at.Header(); isHeader {
		h := o.Header(name)
		if h == nil {
			return wrong("outcome %q documents no header %q: add it under headers", o.ID, name)
		}
		return loginwatch.SchemaField{Type: "string", Cite: h.Cite, Secret: h.Secret, Required: !h.Optional, Pos: h.Pos}, true, ""
	}
	if name, isCookie := at.Cookie(); isCookie {
		c := o.Cookie(name)
		if c == nil {
			return wrong("outcome %q documents no cookie %q: add it under cookies", o.ID, name)
		}
		return loginwatch.SchemaField{Type: "string", Cite: c.Cite, Secret: true, Required: !c.Optional, Pos: c.Pos}, true, ""
	}
	switch {
	case !isPlace(at):
		return wrong(noPlace, at, loginwatch.PlaceText)
	case at == loginwatch.PlaceText && o.Body != loginwatch.BodyText:
		return wrong("outcome %q has no body of text", o.ID)
	case at == loginwatch.PlaceText:
		return loginwatch.SchemaField{Type: "string", Cite: o.Cite, Secret: true, Required: true, Pos: o.Pos}, true, ""
	case !o.Body.Structured():
		return wrong("outcome %q has no body with fields, so nothing stands at %s", o.ID, pointerName(at.String()))
	case o.Schema == nil:
		return field, false, ""
	}
	if field, known = o.Schema.At(at.String()); !known {
		return wrong("%s is not in schema %q", pointerName(at.String()), o.Schema.Name)
	}
	return field, true, ""
}

const noPlace = "%q is no place: it is a JSON Pointer, which begins with a slash, header:NAME, cookie:NAME or %s"

// isPlace tells whether a text is a place of an answer.
func isPlace(at loginwatch.Place) bool {
	_, header := at.Header()
	_, cookie := at.Cookie()
	_, pointer := tree.SplitPointer(at.String())
	return header || cookie || pointer || at == loginwatch.PlaceText
}

// secretIn is inOutcome for a value that must never be shown.
func secretIn(o *loginwatch.Outcome, at loginwatch.Place) (mistake string) {
	field, known, mistake := inOutcome(o, at)
	_, isHeader := at.Header()
	switch {
	case !known || field.Secret:
		return mistake
	case isHeader:
		return fmt.Sprintf("%s is a secret and has no secret: true in outcome %q", at, o.ID)
	}
	return fmt.Sprintf("%s is a secret and not marked \"x-secret\": true in schema %q", pointerName(at.String()), o.Schema.Name)
}

// exampleAt gives what an outcome's example has at a place; doc is its decoded
// body.
func exampleAt(o *loginwatch.Outcome, doc any, at loginwatch.Place) (value any, found bool) {
	if name, ok := at.Header(); ok {
		if h := o.Header(name); h != nil {
			return h.Example, true
		}
		return nil, false
	}
	if name, ok := at.Cookie(); ok {
		if c := o.Cookie(name); c != nil {
			return c.Example, true
		}
		return nil, false
	}
	if at == loginwatch.PlaceText && o.Example != nil {
		return strings.TrimSpace(string(o.Example.Body)), true
	}
	return tree.Lookup(doc, at.String())
}
