package wire

import "strings"

// HeaderValue tells whether HTTP/1.1 can carry the text in a header as it is: blanks
// around it are no part of the value (RFC 9110, 5.5), and are taken away.
func HeaderValue(text string) bool {
	return strings.Trim(text, " \t") == text && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}
