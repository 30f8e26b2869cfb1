package loginwatch

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"html"
	"iter"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// foreignLimit bounds how much of a vendor's own words is ever shown, in bytes.
const foreignLimit = 80

// inNames are the characters that names are made of.
const inNames = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.$@:/"

// Redactor knows secrets in every form in which they can turn up. The zero
// value knows none.
type Redactor struct {
	forms, bare []string
	grams       *grams // of bare
	all         bool   // there are more forms than can be looked at: any text may hold one
}

// mostForms bounds the forms of all secrets, in bytes: some 10 KiB of tokens and cookies
// have as many. A vendor may send more, or such as take more room encoded, but no more
// time may be lost by it than by any other answer.
const mostForms = 256 << 10

// NewRedactor prepares the forms of the secrets; empty ones are left out.
func NewRedactor(secrets []string) Redactor {
	var r Redactor
	left := mostForms
	for _, s := range secrets {
		if len(s) > left {
			return Redactor{all: true}
		}
		for form := range Encodings(s) {
			if left -= len(form); left < 0 {
				return Redactor{all: true}
			}
			form = strings.ToLower(form)
			r.forms = append(r.forms, form)
			if b := bare(form); len(b) >= telling {
				r.bare = append(r.bare, b)
			}
		}
	}
	r.grams = &grams{of: r.bare}
	return r
}

// Foreign makes a name that a vendor chose (an undocumented key) fit to be shown:
// at most 80 characters, and nothing at all when it holds one of the secrets or a piece
// of one, plain or encoded, when it looks like a code or a token, or has anything but the letters, digits and marks that names are
// made of. There are more ways to escape a text than anybody can list.
func (r Redactor) Foreign(text string) string {
	shown := text[:min(len(text), foreignLimit)]
	if strings.Trim(text, inNames) != "" || !Wordlike(text) || r.HoldsPiece(shown) {
		return "(withheld)"
	}
	if len(text) > foreignLimit {
		shown += "…"
	}
	return shown
}

// What a name of foreign text may have.
const (
	mostDigits = 4 // more are a number, not a name
	mostTurns  = 3 // from letters to digits or back
)

// Wordlike tells whether a name is made of words and not of what is made for one login: a
// number, a code or a token, which is nobody's secret yet and may be the next one.
func Wordlike(name string) bool {
	digits, turns, last := 0, 0, byte(0)
	for i := range len(name) {
		kind := byte(0)
		switch b := name[i]; {
		case b >= '0' && b <= '9':
			kind = '0'
			digits++
		case b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z':
			kind = 'a'
		}
		if last != 0 && kind != 0 && kind != last {
			turns++
		}
		last = kind
	}
	return digits <= mostDigits && (digits == 0 || digits < len(name)) && turns <= mostTurns
}

// Holds tells whether text holds one of the secrets as it is, or in base64,
// hexadecimal, URL or JSON escapes, whatever the letter case.
func (r Redactor) Holds(text string) bool {
	if r.all {
		return true
	}
	// Escapes can be written in many ways and twice over, so they are undone.
	for range 3 {
		lower := strings.ToLower(text)
		for _, form := range r.forms {
			if strings.Contains(lower, form) {
				return true
			}
		}
		between := bare(lower) // whatever stands between its parts
		for _, form := range r.bare {
			if strings.Contains(between, form) {
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

// bare is a text in lower case without all that is no letter or digit.
func bare(lower string) string {
	if alphanumeric(lower) {
		return lower
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, lower)
}

// alphanumeric tells whether a text is of letters and digits of ASCII alone.
func alphanumeric(text string) bool {
	for i := range len(text) {
		if b := text[i] | 0x20; (b < 'a' || b > 'z') && (text[i] < '0' || text[i] > '9') {
			return false
		}
	}
	return true
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

// telling is how many characters of a form have to be there before they mean
// more than chance.
const telling = 6

// Encodings gives the forms in which a secret can turn up: as it is and turned around, as
// requests write it, and what hexadecimal, base32 and base64 make of each of these. They
// are some five hundred times as long as the secret; an empty one has none.
func Encodings(secret string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if secret == "" {
			return
		}
		turned := []rune(secret)
		slices.Reverse(turned)
		if !yield(string(turned)) {
			return
		}
		for _, text := range written(secret) {
			inHex, inBase32 := hex.EncodeToString([]byte(text)), base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(text))
			if !yield(text) || !yield(inHex) || !yield(inBase32) {
				return
			}
			for _, form := range inBase64(text) {
				if !yield(form) {
					return
				}
				for _, twice := range inBase64(form) {
					if !yield(twice) {
						return
					}
				}
			}
		}
	}
}

// written gives a secret as the bodies and addresses of requests hold it.
func written(secret string) []string {
	texts := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret)}
	if quoted, err := json.Marshal(secret); err == nil {
		texts = append(texts, string(quoted[1:len(quoted)-1]))
	}
	if inXML := new(strings.Builder); xml.EscapeText(inXML, []byte(secret)) == nil {
		texts = append(texts, inXML.String())
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// inBase64 gives what base64 makes of a text that holds the secret. It differs by
// where the secret starts in it, so the middle of each of the three alignments is
// listed, as long as enough of it is left to be telling.
func inBase64(secret string) []string {
	var forms []string
	for shift := range 3 {
		padded := append(make([]byte, shift), secret...)
		text := base64.RawStdEncoding.EncodeToString(padded)[:len(padded)/3*4]
		if shift > 0 && len(text) >= 4 {
			text = text[4:]
		}
		if len(text) < telling {
			continue
		}
		forms = append(forms, text)
		if strings.ContainsAny(text, "+/") { // else the other alphabet writes the same
			forms = append(forms, strings.NewReplacer("+", "-", "/", "_").Replace(text))
		}
	}
	return forms
}

// HoldsPiece tells whether text holds one of the secrets, or six characters in a row of
// one, in any form, whatever stands between them.
func (r Redactor) HoldsPiece(text string) bool {
	if r.Holds(text) {
		return true
	}
	return r.grams.among(bare(strings.ToLower(unescape(text))))
}
