package schema

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/xeipuuv/gojsonschema"

	"github.com/loginwatch/loginwatch/internal/tree"
)

// format is a strict checker of one format and how a finding words it.
type format struct {
	says string
	fits func(string) bool
}

// formats are those of draft-07 (7.3) that a login's bodies use, and uuid. Any
// other name is refused when a schema is compiled: a format that nobody checks
// would pass everything.
var formats = map[string]format{
	"date-time": {"date-time (RFC 3339)", isDateTime},
	"date":      {"date (RFC 3339)", tree.Date},
	"time":      {"time (RFC 3339)", isTime},
	"uuid":      {"uuid", regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`).MatchString},
	"email":     {"email address", isEmail},
	"ipv4":      {"ipv4 address", isIPv4},
	"ipv6":      {"ipv6 address", isIPv6},
	"hostname":  {"hostname", isHostname},
	"uri":       {"absolute uri (RFC 3986)", isURI},
}

// registerFormats replaces gojsonschema's own checkers: its date-time accepts
// 15:04:05, its uuid no upper case, its email a display name, and each of them
// refuses every number. The library keeps them for the whole process; this
// package is its only importer.
var registerFormats = sync.OnceFunc(func() {
	for name, f := range formats {
		gojsonschema.FormatCheckers.Add(name, checker(f.fits))
	}
})

type checker func(string) bool

// IsFormat judges strings alone, as draft-07 says (7.1).
func (c checker) IsFormat(v any) bool {
	s, ok := v.(string)
	return !ok || c(s)
}

func isDateTime(s string) bool {
	_, ok := tree.DateTime(s)
	return ok
}

// isTime is RFC 3339's full-time. Second 60 is a leap second: 23:59:60 in UTC
// and nowhere else (5.7).
func isTime(s string) bool { return isDateTime("2000-01-01T" + s) }

var localPart = regexp.MustCompile("^([A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*" +
	`|"([ !#-\[\]-~]|\\[ -~])*")$`)

// isEmail is a mailbox as RFC 5321, 4.1.2 writes it: an addr-spec without
// display name, angle brackets and comments.
func isEmail(s string) bool {
	at := strings.LastIndexByte(s, '@')
	if at < 0 || at > 64 || len(s) > 254 || !localPart.MatchString(s[:at]) {
		return false
	}
	domain := s[at+1:]
	if literal, ok := strings.CutPrefix(domain, "["); ok {
		literal, ok = strings.CutSuffix(literal, "]")
		six, is6 := strings.CutPrefix(literal, "IPv6:")
		return ok && (is6 && isIPv6(six) || isIPv4(literal))
	}
	return isHostname(domain)
}

func isIPv4(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is4()
}

func isIPv6(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && !a.Is4() && a.Zone() == ""
}

var label = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)

// isHostname is RFC 1123, 2.1.
func isHostname(s string) bool {
	if len(s) > 253 {
		return false
	}
	for part := range strings.SplitSeq(s, ".") {
		if !label.MatchString(part) {
			return false
		}
	}
	return true
}

var uriForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:([A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*$`)

// isURI is an absolute URI: a scheme and the characters of RFC 3986, which
// has no spaces, quotes or letters beyond ASCII.
func isURI(s string) bool {
	if !uriForm.MatchString(s) {
		return false
	}
	_, err := url.Parse(s)
	return err == nil
}

// Fits tells whether a text has a format; no text has one that no schema knows.
func Fits(name, text string) bool {
	f, known := formats[name]
	return known && f.fits(text)
}
