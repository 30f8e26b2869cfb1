package wire

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
)

var errNoXML = errors.New("holds a character that XML 1.0 does not have")

// EscapeXML writes a text for character data or an attribute's value (XML 1.0,
// 2.4). The error is of what XML has no character for (2.2).
func EscapeXML(text string) (string, error) {
	for i, r := range text {
		invalid := r == 0xfffd && !strings.HasPrefix(text[i:], "\ufffd")
		if invalid || r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
			return "", errNoXML
		}
	}
	var b strings.Builder
	err := xml.EscapeText(&b, []byte(text))
	return b.String(), err
}

// standIn stands in the place of a value while a template is read: a character of
// no name.
const standIn = "\ue000"

// readable tells whether a template is XML whatever its values are, also empty ones.
func readable(template string) error {
	for _, value := range []string{"x", ""} {
		text := loginwatch.ExpandPlaceholders(template, func(string) string { return value })
		if _, refusal := guard.DecodeAs(loginwatch.BodyXML, []byte(text)); refusal != nil {
			return fmt.Errorf("it is no XML: %w", refusal)
		}
	}
	return nil
}

// XMLTemplate tells whether every placeholder of a template stands where its value
// can be escaped: in character data or in an attribute's value, and not in a tag, a
// name, a comment, a CDATA section or an instruction. The error names the first
// placeholder, or says that the template is no XML.
func XMLTemplate(template string) error {
	if strings.Contains(template, standIn) {
		return errors.New("it holds the character U+E000, which has no meaning")
	}
	names := loginwatch.ParseTemplate(template).Names
	text := []byte(loginwatch.ExpandPlaceholders(template, func(string) string { return standIn }))
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		start := d.InputOffset()
		token, err := d.Token()
		before := bytes.Count(text[:start], []byte(standIn))
		switch {
		case errors.Is(err, io.EOF):
			return readable(template)
		case err != nil && before < len(names) && bytes.Contains(text[start:d.InputOffset()], []byte(standIn)):
			return errors.New("${" + names[before] + "} stands where no value can be escaped")
		case err != nil:
			return errors.New("it is no XML")
		}
		raw := text[start:d.InputOffset()]
		placed := 0
		switch token := token.(type) {
		case xml.StartElement:
			for _, a := range token.Attr {
				placed += strings.Count(a.Value, standIn)
			}
		case xml.CharData:
			if !bytes.HasPrefix(raw, []byte("<![CDATA[")) {
				placed = bytes.Count(token, []byte(standIn))
			}
		}
		here := bytes.Count(raw, []byte(standIn))
		if placed < here {
			return errors.New("${" + names[before] + "} stands where no value can be escaped")
		}
	}
}
