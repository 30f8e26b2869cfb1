package draft

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// Many a login refuses with the status of a success: the form once more, a redirect back
// to it, a body that says no. Such an answer is told from the success beside it, which
// gives something that later calls send.

// seems tells whether an answer looks like a success by its status alone: nothing
// describes it or says what it means.
func seems(a importer.Answer) bool {
	return succeeds(a.Status) && a.Means == "" && a.Text == "" && a.Schema == nil
}

// gives tells whether an answer has something that later calls can be made with.
func gives(a importer.Answer) bool {
	one := &importer.Exchange{Answers: []importer.Answer{a}}
	return slices.ContainsFunc(valuesOf(one), func(v value) bool {
		if _, cookie := loginwatch.Place(v.at).Cookie(); cookie {
			return v.text != "" && !hasPart(v.name, []string{"csrf", "xsrf"})
		}
		name := strings.TrimPrefix(importer.Name(v.name), "x_")
		return v.text != "" && (tokenRank(name) >= 0 || isJWT(v.text) || v.at == "/id" && random(v.text))
	})
}

// wrongs are words of an address to which a form leads that was not taken.
var wrongs = words("error errors err fail failed failure denied invalid incorrect wrong")

// turnedAway tells whether an address has one of them in it.
func turnedAway(address string) bool {
	return slices.ContainsFunc(wordsOf(address), func(w string) bool { return wrongs[w] })
}

// back tells whether an answer leads to where the request went, or says an error in the
// address.
func back(r importer.Request, a importer.Answer) bool {
	to := location(a)
	if to == nil {
		return false
	}
	_, path := splitURL(r.URL)
	return strings.TrimRight(to.Path, "/") == strings.TrimRight(path, "/") || turnedAway(to.Path+" "+to.RawQuery)
}

// location is where a redirect leads; nil for what is none.
func location(a importer.Answer) *url.URL {
	i := slices.IndexFunc(a.Headers, func(h importer.AnswerHeader) bool { return strings.EqualFold(h.Name, "Location") })
	if i < 0 || a.Status < 300 || a.Status > 399 {
		return nil
	}
	to, err := url.Parse(a.Headers[i].Value)
	if err != nil {
		return nil
	}
	return to
}

// admits tells how surely an answer to a login let somebody in.
func admits(r importer.Request, a importer.Answer) int {
	switch {
	case !succeeds(a.Status):
		return 0
	case !gives(a), isHalfway(a):
		return 1
	case back(r, a):
		return 2
	}
	return 3
}

func admission(e *importer.Exchange) int {
	most := 0
	for _, a := range e.Answers {
		most = max(most, admits(e.Request, a))
	}
	return most
}

// asksForMore are the words of a login that is half made: a second factor or a new password
// is due.
var asksForMore = regexp.MustCompile(`(?i)^(mfa|2fa|otp|totp|(two|second|multi)[ _-]?factor|step[ _-]?up|(new|change)[ _-]?password|password[ _-]?(change|reset))[ _-]?(required|needed|challenge|pending|enroll)$`)

// isHalfway tells whether an answer says so, whatever it gives for the next step.
func isHalfway(a importer.Answer) bool {
	doc, _ := jsonOf(a)
	for _, v := range scalars(doc) {
		if text, isText := v.(string); isText && asksForMore.MatchString(text) {
			return true
		}
	}
	return false
}

// disowned says what an answer means that has the status of a success and lets nobody
// in: "" for one that does, and where nothing tells.
func disowned(c *call, a importer.Answer) loginwatch.Verdict {
	if !seems(a) || c.role != loginwatch.RoleSubject {
		return ""
	}
	if c.admitted == 0 {
		c.admitted = 1
		for _, e := range c.exchanges {
			c.admitted = max(c.admitted, admission(e))
		}
	}
	r := c.first().Request
	own, best := admits(r, a), c.admitted
	page := mediaOf(a.ContentType) == "text/html" && a.Status < 300
	to := location(a)
	switch {
	case own < 3 && (to != nil && turnedAway(to.Path+" "+to.RawQuery) || refusals.Match(a.Body)),
		own < best && best > 1 && (back(r, a) || page):
		return loginwatch.Rejected
	case own < best && best > 1, own < 3 && saysNo(a), isHalfway(a):
		return loginwatch.Drift // whatever it is, nobody is logged in by it
	}
	return ""
}

// saysNo tells whether a body says at its top that something went wrong.
func saysNo(a importer.Answer) bool {
	doc, _ := jsonOf(a)
	top, _ := doc.(map[string]any)
	for name, v := range top {
		text, scalar := tree.ScalarText(v)
		switch strings.ToLower(name) {
		case "success", "succeeded", "ok", "authenticated", "loggedin", "logged_in":
			if text == "false" {
				return true
			}
		case "error", "errors":
			list, isList := v.([]any)
			if v != nil && (!isList || len(list) > 0) && (!scalar || !slices.Contains([]string{"", "0", "false"}, text)) {
				return true
			}
		}
	}
	return false
}

// leadsOn tells whether an answer is a redirect that is due: a page's logout ends at
// another page.
func leadsOn(op *operation, a importer.Answer) bool {
	return op.role == loginwatch.RoleCleanup && a.Status >= 300 && a.Status < 400 && a.Status != http.StatusNotModified
}

// signOf is what an answer that lets nobody in is known by, where nobody has seen the
// success: it says what is due, that something is not well, or what went wrong. What a
// success may have as well comes last.
func signOf(o *outcome) []loginwatch.Field {
	best, rankOfBest := loginwatch.Field{}, 0
	take := func(rank int, f loginwatch.Field) {
		if rank > rankOfBest {
			best, rankOfBest = f, rank
		}
	}
	for at, v := range scalars(o.doc) {
		text, scalar := tree.ScalarText(v)
		raw, _ := tree.Lookup(o.raw, at)
		if unchanged, _ := tree.ScalarText(raw); v == nil || !scalar || text == "" || unchanged != text {
			continue
		}
		name, equals := lastName(at), loginwatch.Field{At: loginwatch.Place(at), Test: loginwatch.TestEquals, Value: text}
		switch rank := whereRank(name); {
		case asksForMore.MatchString(text):
			take(4, equals)
		case text == "false" && rank > whereRank("error"):
			take(3, equals)
		case hasPart(at, []string{"error", "reason"}):
			if text != "0" && text != "false" {
				take(2, loginwatch.Field{At: equals.At, Test: loginwatch.TestPresent})
			}
		case rank > whereRank("title"):
			take(1, equals)
		}
	}
	if rankOfBest == 0 {
		return only(o.doc, nil, func(name string) bool { return !secretField(name) })
	}
	return []loginwatch.Field{best}
}
