package request

import (
	"encoding/base64"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
)

// connection has the headers that belong to a connection or to how a body is carried,
// and that whoever sends the request writes itself (RFC 9110, section 7.6.1).
var connection = map[string]bool{
	"accept-encoding": true, "connection": true, "content-length": true, "host": true, "keep-alive": true, "te": true,
	"proxy-connection": true, "transfer-encoding": true, "upgrade": true, "expect": true,
}

// pseudo has the headers that some browsers write those of RFC 9113, section 8.3.1, and of
// SPDY as, with what they have for a value there. An API may have a header of the same
// name, such as Version: 2021-07-28.
var pseudo = map[string]*regexp.Regexp{
	"authority": regexp.MustCompile(`^[^/ ]+\.[^/ ]+$|^localhost(:\d+)?$`),
	"method":    regexp.MustCompile(`^(?:delete|get|head|options|patch|post|put)$`),
	"path":      regexp.MustCompile(`^/`),
	"scheme":    regexp.MustCompile(`^https?$`),
	"version":   regexp.MustCompile(`^http/\d`),
}

// surfing has the headers that a browser adds for itself, its user or its page.
var surfing = map[string]bool{
	"accept-language": true, "cache-control": true, "dnt": true, "pragma": true, "priority": true,
	"upgrade-insecure-requests": true, "save-data": true, "device-memory": true, "dpr": true, "downlink": true,
	"viewport-width": true, "rtt": true, "alt-used": true, "x-client-data": true, "purpose": true,
}

// clients are how programs name themselves that say nothing of the API.
var clients = []string{"mozilla/", "curl/", "postmanruntime/", "insomnia/", "httpie/", "wget/", "bruno", "powershell/"}

// Tidy takes the headers out of a request that a client adds and no API asks for, and
// reads HTTP Basic authentication. It gives how many headers were left out. Origin and
// Referer stay beside a cookie: servers hold them against forged requests (OWASP,
// Cross-Site Request Forgery Prevention, "Verifying Origin With Standard Headers").
func Tidy(r *importer.Request) (left int) {
	withCookie := false
	for _, h := range r.Headers {
		withCookie = withCookie || strings.EqualFold(h.Name, "cookie")
	}
	var kept []importer.Field
	for _, h := range r.Headers {
		name := strings.ToLower(h.Name)
		if name == "authorization" {
			if basic := basicOf(h.Value); basic != nil {
				r.Basic = basic
				continue
			}
		}
		if added(name, h.Value, withCookie) {
			left++
			continue
		}
		kept = append(kept, h)
	}
	r.Headers = kept
	return left
}

func added(name string, value loginwatch.Template, withCookie bool) bool {
	text, literal := Literal(value)
	text = strings.ToLower(strings.TrimSpace(text))
	switch {
	case connection[name] || surfing[name] || strings.HasPrefix(name, "sec-") || strings.HasPrefix(name, ":"):
		return true
	case pseudo[name] != nil:
		return literal && pseudo[name].MatchString(text)
	case name == "accept":
		return literal && text == "*/*"
	case name == "origin" || name == "referer":
		return !withCookie
	case name == "user-agent":
		for _, client := range clients {
			if literal && strings.HasPrefix(text, client) {
				return true
			}
		}
	case name == "postman-token":
		return true
	}
	return false
}

// basicOf reads what a header says of a user and a password (RFC 7617); nil when it is
// of another scheme, or has variables in what is encoded.
func basicOf(value loginwatch.Template) *importer.Basic {
	text, ok := Literal(value)
	scheme, encoded, found := strings.Cut(strings.TrimSpace(text), " ")
	if !ok || !found || !strings.EqualFold(scheme, "basic") {
		return nil
	}
	plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	user, password, found := strings.Cut(string(plain), ":")
	if err != nil || !found || !utf8.Valid(plain) {
		return nil
	}
	return &importer.Basic{User: importer.Plain(user), Password: importer.Plain(password)}
}
