package draft

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
)

// around writes headers and cookies that matter: where a redirect leads, what is
// asked of a client that is refused, and what later calls send.
func (m *maker) around(op *operation, o *outcome, a importer.Answer) {
	for _, h := range a.Headers {
		secret := tokenRank(strings.TrimPrefix(importer.Name(h.Name), "x_")) >= 0 && o.means == loginwatch.OK ||
			slices.ContainsFunc(op.captures, func(c capture) bool { return strings.EqualFold(c.at, "header:"+h.Name) })
		known := slices.ContainsFunc(o.headers, func(k answerHeader) bool { return strings.EqualFold(k.name, h.Name) })
		switch text := oneLine(h.Value); {
		case !known && m.statedHeader(o, a, h.Name):
		case known || !isHeaderName(h.Name) || text == "":
		case secret:
			o.headers = append(o.headers, answerHeader{h.Name, m.invented.replace(text, h.Name), true})
			m.replaced(op.call.String()+" answer "+strconv.Itoa(a.Status)+" header "+h.Name, "an invented value")
		case strings.EqualFold(h.Name, "Location") && a.Status >= 300 && a.Status < 400:
			m.location(op, o, text)
		}
	}
	dropped := 0
	for _, c := range cookiesOf(a) {
		at := "cookie:" + c.Name
		used := slices.ContainsFunc(m.ops, func(other *operation) bool { return slices.Contains(other.cookies, c.Name) }) ||
			slices.ContainsFunc(op.captures, func(k capture) bool { return k.at == at })
		if c.Value == "" { // it is taken away
			continue
		}
		if !used && !sessionCookie(c.Name) || looksSecret(c.Name) {
			dropped++
			continue
		}
		o.cookies = append(o.cookies, answerCookie{
			name: c.Name, example: m.invented.cookie(c.Value), secure: c.Secure, httpOnly: c.HttpOnly, sameSite: sameSite(c), optional: !used && o.means != loginwatch.OK,
			maxAge: c.MaxAge,
		})
		m.replaced(op.call.String()+" answer "+strconv.Itoa(a.Status)+" cookie "+c.Name, "an invented value")
	}
	if dropped > 0 {
		m.remark(a.At, "%s of answer %d to %s left out: no call of these sends any back, and no name says that it is a session", count(dropped, "cookie"), a.Status, op.call)
	}
}

// location says where a redirect leads, when that is no secret.
func (m *maker) location(op *operation, o *outcome, text string) {
	text, _, _ = strings.Cut(text, "#")
	text, query, queried := strings.Cut(text, "?")
	if path, own := strings.CutPrefix(text, m.target); own && strings.HasPrefix(path, "/") {
		text = path // as one below the base URL counts, whatever that is
	} else if path, own := ofHost(text, m.target); own {
		text = path
	}
	if looksSecret(text) || m.betrays(text) != nil || text == "" || m.invented.hidden(text) {
		m.remark(op.at, "where the redirect of %s leads looks like a secret, and is left out", op.call)
		return
	}
	if name, _, _ := strings.Cut(query, "="); o.means == loginwatch.Rejected && turnedAway(name) && isHeaderName(name) && !looksSecret(name) && m.betrays(name) == nil {
		text += "?" + name // which may be all that tells it from where a success leads
	}
	o.headers = append(o.headers, answerHeader{"Location", text, false})
	if o.from.Means != "" {
		return
	}
	w := loginwatch.Field{At: "header:Location", Test: loginwatch.TestPrefix, Value: text}
	if text == "/" && !queried { // every path begins so
		w.Test = loginwatch.TestEquals
	}
	o.where = append(o.where, w)
}

// ofHost gives the path of an address of the same host as another.
func ofHost(address, other string) (path string, same bool) {
	to, err := url.Parse(address)
	base, wrong := url.Parse(other)
	if err != nil || wrong != nil || to.Host == "" || !strings.EqualFold(to.Host, base.Host) || to.Scheme != base.Scheme {
		return "", false
	}
	return cmp.Or(to.EscapedPath(), "/"), true
}

func sessionCookie(name string) bool {
	return hasPart(name, []string{"session", "sess", "token", "auth", "sid", "jwt", "csrf", "xsrf"})
}

func sameSite(c *http.Cookie) string {
	switch {
	case c.SameSite == http.SameSiteLaxMode:
		return "lax"
	case c.SameSite == http.SameSiteStrictMode:
		return "strict"
	case c.SameSite == http.SameSiteNoneMode && c.Secure:
		return "none"
	}
	return ""
}

// cookie invents a value that a cookie can carry (RFC 6265, 4.1.1).
func (v *inventor) cookie(text string) string {
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune(" \t\",;\\", c) || c < ' ' {
			return '-'
		}
		return c
	}, v.replace(text, ""))
}
