package wire

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"
)

// Cookie gives the cookie that the answer sets under a name; nil when it sets none,
// takes it away again, or sets it for a host that its own is no part of, which every
// client drops. Of several the last counts, since it is the one that stays
// (RFC 6265, 5.3).
func (a *Answer) Cookie(name string) *http.Cookie {
	var found *http.Cookie
	for _, c := range Cookies(a.Header) {
		if c.Name == name && !a.foreign(c) {
			found = c
		}
	}
	if found == nil || found.Value == "" || found.MaxAge < 0 || found.MaxAge == 0 && !found.Expires.IsZero() && !found.Expires.After(a.came) {
		return nil
	}
	return found
}

// ForeignCookie tells whether the answer sets a cookie in vain, since its own host is
// no part of the cookie's Domain.
func (a *Answer) ForeignCookie(name string) bool {
	return slices.ContainsFunc(Cookies(a.Header), func(c *http.Cookie) bool { return c.Name == name && a.foreign(c) })
}

// foreign tells whether clients drop a cookie because of its Domain (RFC 6265, 5.3).
func (a *Answer) foreign(c *http.Cookie) bool {
	if c.Domain == "" {
		return false
	}
	at, err := url.Parse(a.address)
	if err != nil {
		return false
	}
	jar := NewJar()
	jar.SetCookies(at, []*http.Cookie{{Name: c.Name, Value: c.Value, Domain: c.Domain, Path: "/"}})
	return len(jar.Cookies(at)) == 0
}

// NewJar makes an empty jar that keeps cookies by the rules of RFC 6265 and the public
// suffix list. To a loopback host it sends Secure cookies over http as well, as
// browsers do.
func NewJar() *cookiejar.Jar {
	jar, _ := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}) // has no errors
	return jar
}

// Cookies reads the Set-Cookie lines of an answer as user agents do (RFC 6265, 5.2),
// which is more than servers should write: net/http would drop a value with a
// backslash or a letter beyond ASCII, and say that no cookie came. A value keeps its
// quotation marks.
func Cookies(header http.Header) []*http.Cookie {
	var all []*http.Cookie
	lines := header.Values("Set-Cookie")
	for _, line := range lines[:min(len(lines), mostCookies)] {
		if c := readCookie(line); c != nil {
			all = append(all, c)
		}
	}
	return all
}

// The bounds of what an answer sets. Clients keep that many cookies of a site (RFC 6265,
// 6.1, asks for 50), and servers take no longer line of a request (nginx,
// large_client_header_buffers; Apache, LimitRequestFieldSize).
const (
	mostCookies = 180
	longestLine = 8 << 10
)

// readCookie reads one line; nil when it sets none, or what no request could carry back: a
// control character, or too much.
func readCookie(line string) *http.Cookie {
	if len(line) > longestLine || !HeaderValue(strings.Trim(line, " \t")) {
		return nil
	}
	pair, rest, _ := strings.Cut(line, ";")
	name, value, found := strings.Cut(pair, "=")
	c := &http.Cookie{Name: strings.Trim(name, " \t"), Value: strings.Trim(value, " \t")}
	if !found || c.Name == "" {
		return nil
	}
	for attribute := range strings.SplitSeq(rest, ";") {
		key, value, _ := strings.Cut(attribute, "=")
		value = strings.Trim(value, " \t")
		switch strings.ToLower(strings.Trim(key, " \t")) {
		case "secure":
			c.Secure = true
		case "httponly":
			c.HttpOnly = true
		case "domain":
			c.Domain = value
		case "path":
			c.Path = value
		case "samesite":
			c.SameSite = map[string]http.SameSite{
				"lax": http.SameSiteLaxMode, "strict": http.SameSiteStrictMode, "none": http.SameSiteNoneMode,
			}[strings.ToLower(value)]
		case "max-age":
			if seconds, err := strconv.Atoi(value); err == nil && seconds <= 0 {
				c.MaxAge = -1
			} else if err == nil {
				c.MaxAge = seconds
			}
		case "expires":
			if t, ok := cookieDate(value); ok {
				c.Expires = t
			}
		}
	}
	return c
}

// cookieDate reads a date in the forms that servers write: those of HTTP (RFC 9110,
// 5.6.7) and Netscape's, with hyphens.
func cookieDate(text string) (time.Time, bool) {
	if t, err := http.ParseTime(text); err == nil {
		return t, true
	}
	t, err := time.Parse("Mon, 02-Jan-2006 15:04:05 MST", text)
	return t.UTC(), err == nil
}
