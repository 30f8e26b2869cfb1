package loginwatch

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// foreignLimit bounds how much of a vendor's own words is ever shown, in characters.
const foreignLimit = 80

// Redactor knows secrets in every form in which they can turn up. The zero
// value knows none.
type Redactor struct{ forms []string }

// NewRedactor prepares the forms of the secrets; empty ones are left out.
func NewRedactor(secrets []string) Redactor {
	var r Redactor
	for _, s := range secrets {
		for _, form := range encodings(s) {
			r.forms = append(r.forms, strings.ToLower(form))
		}
	}
	return r
}

// Foreign makes text that a vendor chose (an undocumented key, a media type)
// fit to be shown: printable characters alone, at most 80 of them, and nothing
// at all when it holds one of the secrets, plain or encoded.
func (r Redactor) Foreign(text string) string {
	if r.Holds(text) {
		return "(withheld)"
	}
	var b strings.Builder
	n := 0
	for _, r := range text {
		if n == foreignLimit {
			b.WriteRune('…')
			break
		}
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			r = '·'
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// Holds tells whether text holds one of the secrets as it is, or in base64,
// hexadecimal, URL or JSON escapes, whatever the letter case.
func (r Redactor) Holds(text string) bool {
	// Escapes can be written in many ways and twice over, so they are undone.
	for range 3 {
		lower := strings.ToLower(text)
		for _, form := range r.forms {
			if strings.Contains(lower, form) {
				return true
			}
		}
		plain := unescape(text)
		if plain == text {
			return false
		}
		text = plain
	}
	return false
}

// escape is one escaped byte or character: %70 of URLs, \x70 and \u0070 of strings.
var escape = regexp.MustCompile(`%[0-9a-fA-F]{2}|\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}`)

func unescape(text string) string {
	return escape.ReplaceAllStringFunc(text, func(e string) string {
		digits := strings.TrimLeft(e, `%\xu`)
		n, err := strconv.ParseUint(digits, 16, 16)
		switch {
		case err != nil:
			return e
		case e[0] == '%':
			return string([]byte{byte(n)})
		}
		return string(rune(n))
	})
}

// encodings gives the forms in which a secret can turn up. Base64 of a text
// around the secret differs by where the secret starts in it, so the middle of
// each of the three alignments is listed, as long as enough of it is left to
// be telling.
func encodings(secret string) []string {
	if secret == "" {
		return nil
	}
	forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), hex.EncodeToString([]byte(secret))}
	if quoted, err := json.Marshal(secret); err == nil {
		forms = append(forms, string(quoted[1:len(quoted)-1]))
	}
	const telling = 6
	for shift := range 3 {
		padded := append(make([]byte, shift), secret...)
		whole := len(padded) / 3 * 4
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			text := enc.EncodeToString(padded)[:whole]
			if shift > 0 && len(text) >= 4 {
				text = text[4:]
			}
			if len(text) >= telling {
				forms = append(forms, text)
			}
		}
	}
	return forms
}
