package evidence

import (
	"net/http"
	"strings"

	"github.com/loginwatch/loginwatch/internal/schema"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// The forms of a text. The list is closed, and each has so much to it that no value of
// another form has it by chance: what comes anew in every run must not change its form.
// Those that JSON Schema knows have its names.
const (
	formatUUID     = "uuid"
	formatDateTime = "date-time"
	formatDate     = "date"
	formatEmail    = "email"
	formatURI      = "uri"
	formatIPv4     = "ipv4"
	formatIPv6     = "ipv6"
	formatHTTPDate = "http-date" // RFC 9110, 5.6.7
	formatJWT      = "jwt"       // three parts (RFC 7515, 7.1)
	formatJWE      = "jwe"       // five (RFC 7516, 7.1)
	formatHex      = "hex"       // 32 digits at least
	formatBase64   = "base64"    // 32 characters of either alphabet at least, in both letter cases
	formatDigits   = "digits"
)

// longEnough is the length from which a random text of an alphabet of 64 is not taken
// for one of 16 in a million tries, nor one of 16 for a number.
const longEnough = 32

// class says of which characters a text is made.
type class struct {
	length                      int
	upper, lower, digit, beyond bool // beyond: letters that no hexadecimal digit is
	dot, at, colon, blank       bool
	dash                        int
	base64, url                 bool // no characters but those of base64 in either alphabet; and dots
}

func classOf(text string) class {
	c := class{length: len(text), base64: true, url: true}
	for i := range len(text) {
		switch b := text[i]; {
		case b >= '0' && b <= '9':
			c.digit = true
		case b >= 'a' && b <= 'z':
			c.lower = true
			c.beyond = c.beyond || b > 'f'
		case b >= 'A' && b <= 'Z':
			c.upper = true
			c.beyond = c.beyond || b > 'F'
		case b == '.':
			c.dot, c.base64 = true, false
		case b == '-':
			c.dash++
		case b == '_':
			c.beyond = true
		case b == '+', b == '/', b == '=':
			c.beyond, c.url = true, false
		default:
			c.base64, c.url, c.beyond = false, false, true
			c.at, c.colon, c.blank = c.at || b == '@', c.colon || b == ':', c.blank || b == ' '
		}
	}
	return c
}

// formatOf gives the form of a text; "" for none that is known.
func formatOf(text string) string { return classOf(text).format(text) }

// look gives the form of a text, and whether it was minted.
func look(text string) (format string, isMinted bool) {
	c := classOf(text)
	format = c.format(text)
	return format, c.minted(format)
}

func (c class) format(text string) string {
	switch {
	case c.length == 0:
		return ""
	case c.digit && !c.upper && !c.lower && !c.beyond && !c.dot && c.dash == 0:
		return formatDigits
	case c.digit && !c.upper && !c.lower && c.dot && c.dash == 0 && schema.Fits(formatIPv4, text):
		return formatIPv4
	case c.dash >= 2 && c.digit && c.length >= len("2006-01-02"):
		if f := dashed(text, c); f != "" {
			return f
		}
	case c.blank:
		if strings.HasSuffix(text, " GMT") {
			if _, err := http.ParseTime(text); err == nil {
				return formatHTTPDate
			}
		}
		return ""
	case c.at:
		if schema.Fits(formatEmail, text) {
			return formatEmail
		}
	}
	switch {
	case c.colon && strings.Contains(text, "://") && schema.Fits(formatURI, text):
		return formatURI
	case c.colon && !strings.Contains(text, "/") && schema.Fits(formatIPv6, text):
		return formatIPv6
	case c.url && c.dot && strings.HasPrefix(text, "eyJ"): // the beginning of a JSON object in base64url
		return map[int]string{2: formatJWT, 4: formatJWE}[strings.Count(text, ".")]
	case c.length >= longEnough && !c.beyond && c.base64 && c.dash == 0:
		return formatHex
	case c.length >= longEnough && c.base64 && c.upper && c.lower:
		return formatBase64
	}
	return ""
}

// dashed tells apart what has hyphens and digits; "" for none that is known.
func dashed(text string, c class) string {
	if schema.Fits(formatUUID, text) {
		return formatUUID
	}
	if text[4] == '-' {
		if _, ok := tree.DateTime(text); ok {
			return formatDateTime
		}
		if c.length == len("2006-01-02") && tree.Date(text) {
			return formatDate
		}
	}
	return ""
}

// minted tells whether a value looks as if it was made for its login alone: only of such
// a one anybody wants to know whether it is the one of before, and only such a one
// can't be tried out by who has the key.
func (c class) minted(format string) bool {
	switch format {
	case formatUUID, formatJWT, formatJWE, formatHex, formatBase64:
		return true
	case "":
		return c.length >= 16 && c.digit && (c.upper || c.lower) && !c.blank && !c.at && !c.colon
	}
	return false
}
