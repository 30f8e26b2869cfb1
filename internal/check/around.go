package check

import (
	"net/http"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// around holds the headers and cookies against what the outcome documents of them.
func (j *judge) around(o *loginwatch.Outcome) {
	for _, h := range o.Headers {
		lines := j.x.Header.Values(h.Name)
		switch {
		case len(lines) == 0 && j.reportElsewhere(o, loginwatch.HeaderPlace(h.Name)):
		case len(lines) == 0 && !h.Optional:
			j.headerFinding(h, "absent")
		case len(lines) > 0 && strings.TrimSpace(lines[0]) == "":
			j.headerFinding(h, "an empty value")
		}
	}
	for i := range o.Cookies {
		j.cookie(o, &o.Cookies[i])
	}
	j.severalValues(o)
}

// severalValues tells of headers that the document reads one value from and that came
// with several that differ: which of them is meant, each consumer decides for itself.
func (j *judge) severalValues(o *loginwatch.Outcome) {
	told := map[string]bool{}
	read := func(at loginwatch.Place, pos loginwatch.Pos, cite loginwatch.Cite) {
		name, isHeader := at.Header()
		name = http.CanonicalHeaderKey(name)
		if values := slices.Compact(slices.Sorted(slices.Values(j.x.Header.Values(name)))); !isHeader || told[name] || len(values) < 2 {
			return
		}
		told[name] = true
		j.add(loginwatch.Finding{
			Kind: loginwatch.KindHeader, Pointer: at.String(), Documented: "one value of the header " + name, Got: "several that differ",
			Contract: pos.FileLine(), Document: cite.Document, Quote: cite.Quote(),
		})
	}
	for _, w := range o.Where {
		read(w.At, o.Pos, o.Cite)
	}
	for _, c := range j.Capture {
		read(c.At, j.Case.Pos, j.Case.Cite)
	}
	if t := j.op.Token; t != nil && t.Outcome == o {
		read(t.At, t.Pos, t.Cite)
		read(t.Issued, t.Pos, t.Cite)
		if l := t.Lifetime; l != nil {
			read(l.At, l.Pos, l.Cite)
			read(l.Until, l.Pos, l.Cite)
		}
	}
}

// reportElsewhere tells, and reports, whether what is documented at a place stands
// elsewhere by a ruling.
func (j *judge) reportElsewhere(o *loginwatch.Outcome, at loginwatch.Place) bool {
	d := j.movedFrom(o, at)
	if d != nil {
		j.reportMoved(o, d, at)
	}
	return d != nil
}

func (j *judge) headerFinding(h loginwatch.AnswerHeader, got string) {
	j.add(loginwatch.Finding{
		Kind: loginwatch.KindHeader, Pointer: loginwatch.HeaderPlace(h.Name).String(), Documented: "the header " + h.Name, Got: got,
		Contract: h.Pos.FileLine(), Document: h.Cite.Document, Quote: h.Cite.Quote(),
	})
}

var sameSites = map[http.SameSite]string{
	http.SameSiteLaxMode: "lax", http.SameSiteStrictMode: "strict", http.SameSiteNoneMode: "none",
}

// cookie holds a cookie against the attributes that the document promises; those
// that it says nothing about are free.
func (j *judge) cookie(o *loginwatch.Outcome, c *loginwatch.AnswerCookie) {
	differs := func(documented, got string) {
		j.add(loginwatch.Finding{
			Kind: loginwatch.KindCookie, Pointer: loginwatch.CookiePlace(c.Name).String(), Documented: documented, Got: got,
			Contract: c.Pos.FileLine(), Document: c.Cite.Document, Quote: c.Cite.Quote(),
		})
	}
	came := j.answer.Cookie(c.Name)
	if came == nil {
		switch {
		case j.answer.ForeignCookie(c.Name):
			differs("the cookie "+c.Name, "one for a domain that the answering host is no part of: every client drops it")
		case !j.reportElsewhere(o, loginwatch.CookiePlace(c.Name)) && !c.Optional:
			differs("the cookie "+c.Name, "absent")
		}
		return
	}
	if c.Secure && !came.Secure {
		differs("Secure", "without it")
	}
	if c.HTTPOnly && !came.HttpOnly {
		differs("HttpOnly", "without it")
	}
	if got := sameSites[came.SameSite]; c.SameSite != "" && got != c.SameSite {
		if got == "" {
			got = "none of the three"
		}
		differs("SameSite="+c.SameSite, got)
	}
}
