package wire

import (
	"encoding/xml"
	"errors"
	"strings"
)

// EscapeXML escapes a text for character data or an attribute's value.
func EscapeXML(text string) (string, error) {
	for _, r := range text {
		if r == 0xfffd || r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
			return "", errors.New("XML can't carry it")
		}
	}
	var b strings.Builder
	err := xml.EscapeText(&b, []byte(text))
	return b.String(), err
}
