package probe

import (
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// cookies are those of one run (RFC 6265): what an answer sets, later requests of
// the run carry where its attributes let them, letter by letter. No other run sees them.
type cookies struct {
	jar  *cookiejar.Jar         // nil until an answer sets one: most logins know none
	held map[string]*heldCookie // by name
}

// heldCookie is the last value that a cookie had, and who gave it.
type heldCookie struct {
	value  string
	origin string // scheme and host of the request whose answer set it
	taken  bool   // an answer has taken it back, as a logout does, or emptied it
}

func originOf(req *http.Request) string { return req.URL.Scheme + "://" + req.URL.Host }

// fewCharacters is the length of cookies that carry no session but a choice, such
// as a language. As secrets they would hide every word that they are part of.
const fewCharacters = 5

// receive keeps what an answer sets and gives the values that may be secrets.
func (c *cookies) receive(req *http.Request, header http.Header) (values []string) {
	set := wire.Cookies(header)
	if len(set) == 0 {
		return nil
	}
	if c.jar == nil {
		c.jar = wire.NewJar()
		c.held = map[string]*heldCookie{}
	}
	c.jar.SetCookies(req.URL, set)
	now := c.jar.Cookies(req.URL)
	for _, cookie := range set {
		i := slices.IndexFunc(now, func(other *http.Cookie) bool { return other.Name == cookie.Name })
		if i >= 0 && (now[i].Value != "" || c.held[cookie.Name] == nil) {
			c.held[cookie.Name] = &heldCookie{value: now[i].Value, origin: originOf(req)}
		} else if held := c.held[cookie.Name]; held != nil {
			held.taken = true
		}
		if len(cookie.Value) > fewCharacters {
			values = append(values, cookie.Value)
		}
	}
	return values
}

// to gives the cookies that go to a request's address.
func (c *cookies) to(req *http.Request) []*http.Cookie {
	if c.jar == nil {
		return nil
	}
	return c.jar.Cookies(req.URL)
}

// withTaken adds those of the wanted cookies that an answer has taken back: that a
// session is dead shows only who sends it again.
func (c *cookies) withTaken(going []*http.Cookie, want []loginwatch.RequestCookie, req *http.Request) []*http.Cookie {
	for _, w := range want {
		held := c.held[w.Name]
		if held == nil || !held.taken || held.origin != originOf(req) || slices.ContainsFunc(going, func(g *http.Cookie) bool { return g.Name == w.Name && g.Value != "" }) {
			continue
		}
		going = slices.DeleteFunc(going, func(g *http.Cookie) bool { return g.Name == w.Name })
		going = append(going, &http.Cookie{Name: w.Name, Value: held.value})
	}
	return going
}

// lacks gives the first cookie that a request has to carry and does not.
func lacks(going []*http.Cookie, want []loginwatch.RequestCookie) string {
	for _, w := range want {
		if !slices.ContainsFunc(going, func(g *http.Cookie) bool { return g.Name == w.Name }) {
			return w.Name
		}
	}
	return ""
}

// attach writes cookies into a request. That of net/http would leave out the letters
// that a server should not have put into them.
func attach(going []*http.Cookie, req *http.Request) {
	pairs := make([]string, len(going))
	for i, g := range going {
		pairs[i] = g.Name + "=" + g.Value
	}
	if len(pairs) > 0 {
		req.Header.Set("Cookie", strings.Join(pairs, "; "))
	}
}

// noCookieError says that a request lacks a cookie that it has to carry.
type noCookieError struct{ name string }

func (e *noCookieError) Error() string { return "no cookie " + e.name + " to send" }

// noCookie books that a step could not be sent as documented, for want of a cookie
// of the answers before it. Sent without, it could count as a refused login.
func (s *session) noCookie(step *loginwatch.Step, name string) {
	got := "no answer before it set one that goes to this address"
	why := "no answer before it set the cookie " + name + " for this address; its Path, Domain or Secure attribute may keep it from there, or our base URL"
	if held := s.cookies.held[name]; held != nil && held.taken {
		got, why = "an answer before it took it back", "an answer before it took the cookie "+name+" back"
	}
	f := loginwatch.Finding{
		Class: loginwatch.Breaking, Kind: loginwatch.KindCookie, Pointer: loginwatch.CookiePlace(name).String(),
		Documented: "the step " + step.Case.ID + " carries the cookie " + name + " of an answer before it",
		Got:        got, Contract: step.Case.Operation.Request.Pos.FileLine(),
		Document: step.Case.Cite.Document, Quote: step.Case.Cite.Quote(),
	}
	for _, c := range step.Case.Operation.Request.Cookies {
		if c.Name == name {
			f.Contract, f.Document, f.Quote = c.Pos.FileLine(), c.Cite.Document, c.Cite.Quote()
		}
	}
	s.notSent(step, f, loginwatch.SignNoCookie, why)
}
