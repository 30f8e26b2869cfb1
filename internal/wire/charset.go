package wire

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch/internal/guard"
)

// Charset says why a body is no text that may be parsed as JSON, which is
// UTF-8 without a byte order mark (RFC 8259, 8.1). The list is closed.
type Charset string

// The character sets.
const (
	CharsetUTF8      Charset = ""
	CharsetMarked    Charset = "marked" // UTF-8 after a byte order mark
	CharsetUTF16     Charset = "utf-16"
	CharsetUTF32     Charset = "utf-32"
	CharsetOneByte   Charset = "one-byte"  // JSON if each byte is a character, as in ISO 8859-1
	CharsetSurrogate Charset = "surrogate" // half of a pair
	CharsetNone      Charset = "none"      // anything else that is no UTF-8
)

// mostGuessed is far above any login's answer: of a larger one nobody is told more than
// that it is no UTF-8.
const mostGuessed = 32 << 10

// charset looks at a body that guard refused for the cause.
func charset(body []byte, cause guard.Cause) Charset {
	starts := func(prefix string) bool { return bytes.HasPrefix(body, []byte(prefix)) }
	wide := func(before, after string) bool { // how JSON begins (RFC 8259, 2), in more bytes than one
		n := len(before)
		return len(body) > n && starts(before) && bytes.IndexByte([]byte("{[ \t\r\n"), body[n]) >= 0 && bytes.HasPrefix(body[n+1:], []byte(after))
	}
	switch {
	case starts("\xef\xbb\xbf"):
		return CharsetMarked
	case starts("\xff\xfe\x00\x00"), starts("\x00\x00\xfe\xff"), wide("\x00\x00\x00", ""), wide("", "\x00\x00\x00"):
		return CharsetUTF32
	case starts("\xff\xfe"), starts("\xfe\xff"), wide("\x00", ""), wide("", "\x00"):
		return CharsetUTF16
	case cause != guard.Encoding:
		return CharsetUTF8
	case utf8.Valid(body):
		return CharsetSurrogate
	case len(body) > mostGuessed:
		return CharsetNone
	}
	characters := make([]rune, len(body))
	for i, b := range body {
		characters[i] = rune(b)
	}
	if json.Valid([]byte(string(characters))) {
		return CharsetOneByte
	}
	return CharsetNone
}

// Text is the body as UTF-8 as far as that can be made of it, to look for words
// in a body that can't be parsed.
func (a *Answer) Text() []byte {
	switch a.Charset {
	case CharsetUTF16, CharsetUTF32:
		return bytes.ReplaceAll(a.Body, []byte{0}, nil) // enough for the ASCII of names and tokens
	}
	return a.Body
}
