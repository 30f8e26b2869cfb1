package guard

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// DecodeForm gives the value of an application/x-www-form-urlencoded body as an
// object of texts; a name that stands there several times has an array of them.
// Unlike lenient readers it refuses an escape that is none, what is no UTF-8 and what
// every writer of forms escapes (WHATWG URL, 5.2), so that a page is no form.
func DecodeForm(body []byte, l Limits) (any, *Refusal) {
	switch {
	case len(body) > l.Bytes:
		return nil, &Refusal{Cause: TooLarge, Offset: l.Bytes}
	case len(bytes.TrimSpace(body)) == 0:
		return nil, &Refusal{Cause: Empty, Offset: len(body)}
	}
	out := map[string]any{}
	for from, tokens := 0, 0; from < len(body); {
		to := len(body)
		if n := bytes.IndexByte(body[from:], '&'); n >= 0 {
			to = from + n
		}
		if to > from { // two ampersands have nothing between them
			if tokens += 2; tokens > l.Tokens {
				return nil, &Refusal{Cause: TooManyTokens, Offset: from}
			}
			name, text, _ := bytes.Cut(body[from:to], []byte("="))
			key, r := percentDecoded(name, from)
			if r != nil {
				return nil, r
			}
			value, r := percentDecoded(text, to-len(text))
			if r != nil {
				return nil, r
			}
			put(out, key, value)
		}
		from = to + 1
	}
	return out, nil
}

// percentDecoded undoes the percent encoding of a name or value; at is where it stands.
func percentDecoded(text []byte, at int) (string, *Refusal) {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '+':
			out = append(out, ' ')
		case '%':
			if i+2 >= len(text) || unhex(text[i+1]) < 0 || unhex(text[i+2]) < 0 {
				return "", &Refusal{Cause: Syntax, Offset: at + i}
			}
			out = append(out, byte(unhex(text[i+1])<<4|unhex(text[i+2])))
			i += 2
		default:
			if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' { // as most are
				out = append(out, c)
				break
			}
			if c <= ' ' || c == 0x7f || strings.IndexByte(`"#<>;`, c) >= 0 {
				return "", &Refusal{Cause: Syntax, Offset: at + i}
			}
			out = append(out, c)
		}
	}
	if !utf8.Valid(out) {
		return "", &Refusal{Cause: Encoding, Offset: at}
	}
	return string(out), nil
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// put adds a member; several of one name become an array.
func put(object map[string]any, name string, value any) {
	switch before := object[name].(type) {
	case nil:
		object[name] = value
	case []any:
		object[name] = append(before, value)
	default:
		object[name] = []any{before, value}
	}
}
