package wire

import "strings"

// HeaderValue tells whether HTTP/1.1 can carry the text in a header (RFC 9110, 5.5).
func HeaderValue(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}
