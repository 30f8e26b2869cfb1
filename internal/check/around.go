package check

import (
	"net/http"
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
}

// reportElsewhere tells, and reports, whether what is documented at a place stands
// elsewhere by a ruling.
func (j *judge) reportElsewhere(o *loginwatch.Outcome, at loginwatch.Place) bool {
	moved := false
	j.rulings(o, func(d *loginwatch.Defect, s loginwatch.Statement) bool {
		if s.At == at && j.movedBy(d) {
			j.reportMoved(o, d, s)
			moved = true
		}
		return !moved
	})
	return moved
}

func (j *judge) headerFinding(h loginwatch.AnswerHeader, got string) {
	j.add(loginwatch.Finding{
		Kind: loginwatch.KindHeader, Pointer: loginwatch.HeaderPlace(h.Name).Pointer(), Documented: "the header " + h.Name, Got: got,
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
			Kind: loginwatch.KindCookie, Pointer: loginwatch.CookiePlace(c.Name).Pointer(), Documented: documented, Got: got,
			Contract: c.Pos.FileLine(), Document: c.Cite.Document, Quote: c.Cite.Quote(),
		})
	}
	came := j.answer.Cookie(c.Name)
	if came == nil {
		if !j.reportElsewhere(o, loginwatch.CookiePlace(c.Name)) && !c.Optional {
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
