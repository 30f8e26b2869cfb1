package loginwatch

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
	"unicode"
)

// foreignLimit bounds how much of a vendor's own words is ever shown, in characters.
const foreignLimit = 80

// Foreign makes text that a vendor chose (an undocumented key, a reason
// phrase) fit to be shown: printable characters alone, at most 80 of them, and
// nothing at all when it holds one of the secrets, plain or encoded.
func Foreign(text string, secrets []string) string {
	if ContainsSecret(text, secrets) {
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

// ContainsSecret tells whether text holds one of the secrets as it is, or in
// base64, hexadecimal, URL or JSON escapes, whatever the letter case.
func ContainsSecret(text string, secrets []string) bool {
	lower := strings.ToLower(text)
	for _, s := range secrets {
		for _, form := range encodings(s) {
			if strings.Contains(lower, strings.ToLower(form)) {
				return true
			}
		}
	}
	return false
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
