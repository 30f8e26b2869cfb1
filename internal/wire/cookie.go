package wire

import "net/http"

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
