package wire

import (
	"net/http"
	"time"
)

// Cookie gives the cookie that the answer sets under a name; nil when it sets none,
// or takes it away again. A line that is no Set-Cookie (RFC 6265, 4.1.1) sets none.
func (a *Answer) Cookie(name string) *http.Cookie {
	var found *http.Cookie
	for _, line := range a.Header.Values("Set-Cookie") {
		if c, err := http.ParseSetCookie(line); err == nil && c.Name == name {
			found = c
		}
	}
	if found == nil || found.MaxAge < 0 || found.Value == "" {
		return nil
	}
	return found
}

// CookieLifetime is how long a cookie lives from the instant at which it came: by
// Max-Age, or else by Expires (RFC 6265, 5.3). ok is false for one that lives as long
// as the client.
func CookieLifetime(c *http.Cookie, now time.Time) (d time.Duration, ok bool) {
	switch {
	case c.MaxAge > 0:
		return time.Duration(c.MaxAge) * time.Second, true
	case !c.Expires.IsZero():
		return c.Expires.Sub(now), true
	}
	return 0, false
}
