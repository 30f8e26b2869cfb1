package compute

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

func base64Variant(name string) *base64.Encoding {
	switch name {
	case "url":
		return base64.URLEncoding
	case "raw-url":
		return base64.RawURLEncoding
	}
	return base64.StdEncoding
}

func base64Encode(c *call) (string, error) {
	return base64Variant(c.option("variant")).EncodeToString([]byte(c.Of[0])), nil
}

func base64Decode(c *call, value string) ([]string, bool) {
	text, ok := strictly(base64Variant(c.option("variant")), value)
	return []string{text}, ok
}

// strictly decodes a value of one way of writing it: the decoder itself passes
// over line breaks.
func strictly(encoding *base64.Encoding, value string) (string, bool) {
	text, err := encoding.Strict().DecodeString(value)
	return string(text), err == nil && !strings.ContainsAny(value, "\r\n")
}

func hexEncode(c *call) (string, error) { return hex.EncodeToString([]byte(c.Of[0])), nil }

func hexDecode(_ *call, value string) ([]string, bool) {
	text, err := hex.DecodeString(value)
	return []string{string(text)}, err == nil
}

func urlEncode(c *call) (string, error) {
	text := url.QueryEscape(c.Of[0])
	if c.option("variant") == "component" {
		text = strings.ReplaceAll(text, "+", "%20") // a plus of the input is %2B by now
	}
	return text, nil
}

func urlDecode(c *call, value string) ([]string, bool) {
	decode := url.PathUnescape
	if c.option("variant") == "form" {
		decode = url.QueryUnescape
	}
	text, err := decode(value)
	return []string{text}, err == nil
}

func urlDecoded(c *call) (string, error) {
	text, ok := urlDecode(c, c.Of[0])
	if !ok {
		return "", c.wrongInput(0, "has a % that two hexadecimal digits do not follow")
	}
	return text[0], nil
}

// split undoes a join where only one way leads back.
func split(c *call, value string) ([]string, bool) {
	if len(c.Of) == 1 {
		return []string{value}, true
	}
	if c.option("join") == "" {
		return nil, false
	}
	parts := strings.Split(value, c.option("join"))
	return parts, len(parts) == len(c.Of)
}

const basicScheme = "Basic "

func basic(c *call) (string, error) {
	for i, text := range c.Of {
		switch {
		case strings.ContainsFunc(text, unicode.IsControl):
			return "", c.wrongInput(i, "has a control character, which Basic can't carry (RFC 7617, section 2)")
		case !utf8.ValidString(text):
			return "", c.wrongInput(i, "is not UTF-8")
		}
	}
	if strings.Contains(c.Of[0], ":") {
		return "", c.wrongInput(0, "has a colon, at which Basic would end it (RFC 7617, section 2)")
	}
	return basicScheme + base64.StdEncoding.EncodeToString([]byte(c.Of[0]+":"+c.Of[1])), nil
}

// basicInputs reads the scheme in any letter case (RFC 9110, section 11.1).
func basicInputs(_ *call, value string) ([]string, bool) {
	if len(value) < len(basicScheme) || !strings.EqualFold(value[:len(basicScheme)], basicScheme) {
		return nil, false
	}
	text, ok := strictly(base64.StdEncoding, strings.TrimLeft(value[len(basicScheme):], " "))
	user, password, found := strings.Cut(text, ":")
	return []string{user, password}, ok && found
}

func acceptsBasic(c *call, value string) bool {
	got, ok := basicInputs(c, value)
	return ok && same(got[0]+":"+got[1], c.Of[0]+":"+c.Of[1]) && !strings.Contains(c.Of[0], ":")
}

// write gives bytes in one of the encodings.
func write(encoding string, b []byte) string {
	switch encoding {
	case "hex-upper":
		return strings.ToUpper(hex.EncodeToString(b))
	case "base64":
		return base64.StdEncoding.EncodeToString(b)
	case "base64url":
		return base64.RawURLEncoding.EncodeToString(b)
	}
	return hex.EncodeToString(b)
}

// read gives the bytes that a text holds in an encoding of inputEncodings. It
// takes hexadecimal digits in any letter case and base64url with its padding too.
func read(encoding, text string) ([]byte, bool) {
	var b []byte
	var err error
	switch encoding {
	case "text":
		b = []byte(text)
	case "base64":
		b, err = base64.StdEncoding.DecodeString(text)
	case "base64url":
		b, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	default:
		b, err = hex.DecodeString(text)
	}
	return b, err == nil
}

// bytes gives what an option holds, by the encoding that the option beside it
// names. An encoded one may have white space around it, as keys in files do.
func (c *call) bytes(name string) ([]byte, error) {
	encoding, text := c.option(name+"_encoding"), c.option(name)
	if encoding != "text" {
		text = strings.TrimSpace(text)
	}
	b, ok := read(encoding, text)
	if !ok {
		return nil, c.wrong(name, "is not "+encoding)
	}
	if len(b) == 0 {
		return nil, c.wrong(name, "is empty")
	}
	return b, nil
}
