package draft

import (
	"iter"
	"net/http"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// shortestLink is how long a value of an answer is before a later call that has it,
// too, is taken to have it from there.
const shortestLink = 8

// value is one of an answer.
type value struct {
	at   string // a place as contracts write it
	text string
	name string // of the field, header or cookie
}

// valuesOf gives what an exchange's successful answers say, in one order always.
func valuesOf(e *importer.Exchange) (all []value) {
	for _, a := range e.Answers {
		if !succeeds(a.Status) || a.Means != "" && a.Means != loginwatch.OK {
			continue
		}
		doc, ok := jsonOf(a)
		if !ok && len(a.Body) == 0 && a.Schema != nil {
			doc, ok = exampleOf(a.Schema)
		}
		if ok {
			for at, v := range scalars(doc) {
				if text, ok := v.(string); ok { // a run captures texts alone
					all = append(all, value{at, text, nameAt(at)})
				}
			}
		}
		for _, h := range a.Headers {
			if !strings.EqualFold(h.Name, "Set-Cookie") {
				all = append(all, value{"header:" + h.Name, h.Value, h.Name})
			}
		}
		for _, c := range cookiesOf(a) {
			all = append(all, value{"cookie:" + c.Name, c.Value, c.Name})
		}
	}
	return all
}

// jsonOf gives the body of an answer that is JSON.
func jsonOf(a importer.Answer) (doc any, ok bool) {
	if len(a.Body) == 0 || mediaOf(a.ContentType) == "text/html" {
		return nil, false
	}
	doc, refusal := guard.Decode(a.Body, guard.Defaults())
	return doc, refusal == nil
}

func cookiesOf(a importer.Answer) []*http.Cookie {
	h := http.Header{}
	for _, line := range a.Headers {
		if strings.EqualFold(line.Name, "Set-Cookie") {
			h.Add("Set-Cookie", line.Value)
		}
	}
	return (&http.Response{Header: h}).Cookies()
}

func lastName(pointer string) string {
	tokens, _ := tree.SplitPointer(pointer)
	for i := len(tokens) - 1; i >= 0; i-- {
		if strings.Trim(tokens[i], "0123456789") != "" {
			return tokens[i]
		}
	}
	return ""
}

// nameAt is what a value is called: an id after what it is the id of.
func nameAt(pointer string) string {
	name := lastName(pointer)
	if around := lastName(parent(pointer)); strings.EqualFold(name, "id") && around != "" {
		return around + "_" + name
	}
	return name
}

// givesToken tells whether an answer has what later calls are made with.
func givesToken(e *importer.Exchange) bool {
	if slices.ContainsFunc(valuesOf(e), func(v value) bool { return tokenRank(v.name) >= 0 || isJWT(v.text) }) {
		return true
	}
	return slices.ContainsFunc(e.Answers, func(a importer.Answer) bool {
		return succeeds(a.Status) && strings.Contains(strings.ToLower(string(a.Schema)), "token")
	})
}

// textsOf gives every text that a request sends, placeholders aside.
func textsOf(r importer.Request) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, t := range r.URL.Texts {
			if !yield(t) {
				return
			}
		}
		for _, v := range fieldsOf(r) {
			for _, t := range v.Texts {
				if !yield(t) {
					return
				}
			}
		}
	}
}

// uses tells whether a call has something from an answer before it.
func uses(c *call, from *call) bool {
	r := c.first().Request
	for _, k := range from.first().Kept {
		if slices.Contains(namesIn(r), k.Variable) {
			return true
		}
	}
	values := valuesOf(from.first())
	for text := range textsOf(r) {
		if slices.ContainsFunc(values, func(v value) bool { return len(v.text) >= shortestLink && strings.Contains(text, v.text) }) {
			return true
		}
	}
	return false
}

// namesIn gives the variables of a request.
func namesIn(r importer.Request) []string {
	names := slices.Clone(r.URL.Names)
	for _, v := range fieldsOf(r) {
		names = append(names, v.Names...)
	}
	return names
}

// authorized tells whether a request shows that somebody has logged in.
func authorized(r importer.Request) bool {
	return slices.ContainsFunc(r.Headers, func(f importer.Field) bool {
		return strings.EqualFold(f.Name, "Authorization") || tokenRank(strings.TrimPrefix(importer.Name(f.Name), "x_")) >= 0
	})
}

// bears tells whether a request shows a token that the description gives no value of.
func bears(r importer.Request) bool {
	return slices.ContainsFunc(r.Headers, func(f importer.Field) bool { return isBearer(f.Name, f.Value) })
}

// isBearer tells whether a header is one variable for a token.
func isBearer(name string, v loginwatch.Template) bool {
	scheme := strings.TrimSpace(strings.Join(v.Texts, ""))
	return len(v.Names) == 1 && (strings.EqualFold(name, "Authorization") && !strings.EqualFold(scheme, "Basic") && !strings.Contains(scheme, " ") ||
		tokenRank(strings.TrimPrefix(importer.Name(name), "x_")) >= 0 || tokenRank(v.Names[0]) >= 0)
}

// before gives the calls whose answers the login uses, and those that these use.
func before(earlier []*call, login *call) (chosen []*call) {
	needed := []*call{login}
	for i := len(earlier) - 1; i >= 0; i-- {
		c := earlier[i]
		if slices.ContainsFunc(needed, func(n *call) bool { return uses(n, c) && n.method+n.path != c.method+c.path && sameHost(n, c) }) {
			c.role = loginwatch.RoleSetup
			needed, chosen = append(needed, c), append(chosen, c)
		}
		if len(chosen) == mostBefore {
			break
		}
	}
	slices.Reverse(chosen)
	return chosen
}

// How many calls a draft has around its login. A recording of a page has hundreds that
// use the token, and a probe is to show that it is good for something.
const (
	mostBefore = 3
	mostAfter  = 1
)

// after gives calls that use what the login answered: one that only reads, a refresh
// and a logout. Nothing else is repeated: it could change something.
func after(later, earlier []*call, login *call) (chosen []*call) {
	var reads []*call
	for _, c := range slices.Concat(later, earlier) {
		if c.method+c.path == login.method+login.path || c.role != "" || !sameHost(c, login) {
			continue
		}
		linked := uses(c, login) || len(valuesOf(login.first())) == 0 && authorized(c.first().Request) || bears(c.first().Request) && tokenAt(login.first()) != ""
		switch {
		case !linked:
		case ends(c) && !slices.ContainsFunc(chosen, func(o *call) bool { return o.role == loginwatch.RoleCleanup }):
			c.role = loginwatch.RoleCleanup
			chosen = append(chosen, c)
		case c.method == http.MethodGet && !ends(c):
			reads = append(reads, c)
		}
	}
	slices.SortStableFunc(reads, func(a, b *call) int { return profileLike(b) - profileLike(a) })
	for _, c := range reads[:min(len(reads), mostAfter)] {
		c.role = loginwatch.RoleFollowUp
		chosen = append(chosen, c)
	}
	return chosen
}

func sameHost(a, b *call) bool { return hostOf(a.first().Request.URL) == hostOf(b.first().Request.URL) }

// profileLike tells how well a call shows that a token is good: the shortest that says
// who is logged in.
func profileLike(c *call) int {
	path := strings.ToLower(c.path)
	for i, w := range []string{"/me", "whoami", "profile", "userinfo", "session", "account", "user"} {
		if strings.Contains(path, w) {
			return 10 - i
		}
	}
	if len(c.first().Request.URL.Names) > 1 || strings.Contains(path, "{") {
		return -1
	}
	return 0
}
