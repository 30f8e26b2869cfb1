package compute

import (
	"encoding/hex"
	"io"
	"strconv"
	"strings"
)

var randomFormats = []string{"hex", "base64", "base64url", "digits", "uuid"}

// numberFrom holds an option to a number written without a sign or leading zeros.
func numberFrom(low, high int) func(string) string {
	return func(value string) string {
		n, err := strconv.Atoi(value)
		if err != nil || n < low || n > high || strconv.Itoa(n) != value {
			return "is no number from " + strconv.Itoa(low) + " to " + strconv.Itoa(high)
		}
		return ""
	}
}

// number gives an option that was checked, or what stands for it.
func (c *call) number(name string, otherwise int) int {
	if n, err := strconv.Atoi(c.option(name)); err == nil {
		return n
	}
	return otherwise
}

func checkRandom(c *call) error {
	format := c.option("format")
	if c.is("bytes") && (format == "digits" || format == "uuid") {
		return c.wrong("bytes", "says nothing about "+format)
	}
	if c.is("length") && format != "digits" {
		return c.wrong("length", "is of digits alone")
	}
	return nil
}

// draw reads randomness.
func (c *call) draw(n int) ([]byte, error) {
	b := make([]byte, n)
	if c.env.Rand == nil {
		return nil, c.wrong("", "has no source of randomness")
	}
	if _, err := io.ReadFull(c.env.Rand, b); err != nil {
		return nil, c.wrong("", "the source of randomness has ended")
	}
	return b, nil
}

const defaultRandom = 16 // bytes or digits

func random(c *call) (string, error) {
	switch format := c.option("format"); format {
	case "digits":
		return c.digits(c.number("length", defaultRandom))
	case "uuid":
		b, err := c.draw(16)
		if err != nil {
			return "", err
		}
		b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80 // version 4, variant 10 (RFC 9562, sections 4.1 and 5.4)
		text := hex.EncodeToString(b)
		return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-"), nil
	default:
		b, err := c.draw(c.number("bytes", defaultRandom))
		if err != nil {
			return "", err
		}
		return write(format, b), nil
	}
}

// digits leaves out bytes that would make some digits likelier than others.
func (c *call) digits(n int) (string, error) {
	const fair = 250
	text := make([]byte, 0, n)
	for len(text) < n {
		b, err := c.draw(1)
		if err != nil {
			return "", err
		}
		if b[0] < fair {
			text = append(text, '0'+b[0]%10)
		}
	}
	return string(text), nil
}

// isRandom takes whatever is of the form.
func isRandom(c *call, value string) bool {
	switch format := c.option("format"); format {
	case "digits":
		return len(value) == c.number("length", defaultRandom) && strings.Trim(value, "0123456789") == ""
	case "uuid":
		parts := strings.Split(value, "-")
		if len(parts) != 5 || len(value) != 36 {
			return false
		}
		lengths := len(parts[0]) == 8 && len(parts[1]) == 4 && len(parts[2]) == 4 && len(parts[3]) == 4
		_, err := hex.DecodeString(strings.Join(parts, ""))
		return lengths && err == nil && parts[2][0] == '4' && strings.ContainsRune("89abAB", rune(parts[3][0]))
	default:
		b, ok := read(format, value)
		return ok && len(b) == c.number("bytes", defaultRandom) && write(format, b) == value
	}
}
