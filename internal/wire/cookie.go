package wire

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Cookie gives the cookie that the answer sets under a name; nil when it sets none,
// or takes it away again. Of several the last counts, since it is the one that stays
// (RFC 6265, 5.3).
func (a *Answer) Cookie(name string) *http.Cookie {
	var found *http.Cookie
	for _, line := range a.Header.Values("Set-Cookie") {
		if c := readCookie(line); c != nil && c.Name == name {
			found = c
		}
	}
	if found == nil || found.Value == "" || found.MaxAge < 0 || found.MaxAge == 0 && !found.Expires.IsZero() && !found.Expires.After(a.came) {
		return nil
	}
	return found
}

// readCookie reads a Set-Cookie line as user agents do (RFC 6265, 5.2), which is more
// than servers should write: net/http would drop a value with a backslash or a letter
// beyond ASCII, and say that no cookie came. nil when the line sets none.
func readCookie(line string) *http.Cookie {
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
