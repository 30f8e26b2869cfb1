package exporter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// YAML writes a document in block style, for people to read and for every parser of YAML
// 1.1 and 1.2 to read alike. A text stands without quotes only where no parser takes it
// for anything else; goccy/go-yaml, which reads ours, writes 1e3 and “? x” without any.
func YAML(document Map) []byte {
	var b bytes.Buffer
	writeMap(&b, document, 0)
	return b.Bytes()
}

const (
	indentation = "  "
	longestKey  = 1000 // in bytes; of one that nothing announces parsers look at 1,024 characters (YAML 1.2.2, 8.2.2)
)

func writeMap(b *bytes.Buffer, m Map, depth int) {
	for i, member := range m {
		if i > 0 || depth == 0 {
			b.WriteString(strings.Repeat(indentation, depth))
		}
		written := key(member.Key)
		if len(written) > longestKey {
			b.WriteString("? ")
			written += "\n" + strings.Repeat(indentation, depth)
		}
		b.WriteString(written)
		b.WriteByte(':')
		writeValue(b, member.Value, depth, false)
	}
}

// writeValue writes what stands behind a key or, in a list, behind a dash, up to the end
// of its last line.
func writeValue(b *bytes.Buffer, value any, depth int, inList bool) {
	switch v := value.(type) {
	case Map:
		switch {
		case len(v) == 0:
			b.WriteString(" {}\n")
		case inList:
			b.WriteByte(' ')
			writeMap(b, v, depth+1)
		default:
			b.WriteByte('\n')
			b.WriteString(strings.Repeat(indentation, depth+1))
			writeMap(b, v, depth+1)
		}
	case []any:
		if len(v) == 0 {
			b.WriteString(" []\n")
			return
		}
		for i, item := range v {
			if i > 0 || !inList {
				if i == 0 {
					b.WriteByte('\n')
				}
				b.WriteString(strings.Repeat(indentation, depth+1))
			} else {
				b.WriteByte(' ')
			}
			b.WriteByte('-')
			writeValue(b, item, depth+1, true)
		}
	case string:
		b.WriteByte(' ')
		writeText(b, v, depth)
	case nil:
		b.WriteString(" null\n")
	case json.Number:
		b.WriteString(" " + number(v.String()) + "\n")
	default: // integers and truth values are written as in JSON
		fmt.Fprintf(b, " %v\n", v)
	}
}

// number writes one of JSON. With an exponent YAML 1.1 has numbers only with a point and a
// sign (https://yaml.org/type/float.html), and takes 1e3 for a text.
func number(text string) string {
	at := strings.IndexAny(text, "eE")
	if at < 0 {
		return text
	}
	mantissa, exponent := text[:at], text[at+1:]
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	if !strings.HasPrefix(exponent, "-") && !strings.HasPrefix(exponent, "+") {
		exponent = "+" + exponent
	}
	return mantissa + "e" + exponent
}

func key(text string) string {
	if plain(text) {
		return text
	}
	return quoted(text)
}

func writeText(b *bytes.Buffer, text string, depth int) {
	switch {
	case plain(text):
		b.WriteString(text)
	case block(text):
		b.WriteByte('|')
		body, ended := strings.CutSuffix(text, "\n")
		if !ended {
			b.WriteByte('-')
		}
		for line := range strings.SplitSeq(body, "\n") {
			b.WriteByte('\n')
			if line != "" {
				b.WriteString(strings.Repeat(indentation, depth+1) + line)
			}
		}
	default:
		b.WriteString(quoted(text))
	}
	b.WriteByte('\n')
}

var (
	// plainText begins with a letter, a slash or a dollar and has nothing that means something in YAML: a
	// colon stands between other characters, and nothing is near a comment.
	plainText = regexp.MustCompile(`^(?:[A-Za-z/$]|\./)(?:[A-Za-z0-9_/.,;()+@'*=~$#–“”’-]|:[A-Za-z0-9_/.-]| [A-Za-z0-9_/.(+=“'-])*$`)
	// reserved are words that some parser takes for a truth value or for nothing.
	reserved = regexp.MustCompile(`^(?i:y|yes|n|no|on|off|true|false|null|nan|inf)$`)
)

func plain(text string) bool { return plainText.MatchString(text) && !reserved.MatchString(text) }

// block tells whether a text can stand as lines of its own without a word on where they
// begin and how they end.
func block(text string) bool {
	body := strings.TrimSuffix(text, "\n")
	if !strings.Contains(text, "\n") || body == "" || strings.HasSuffix(body, "\n") || !utf8.ValidString(text) {
		return false
	}
	for i, line := range strings.Split(body, "\n") {
		if i == 0 && line == "" || strings.HasPrefix(line, " ") && i == 0 || strings.HasSuffix(line, " ") ||
			strings.HasPrefix(line, "\t") || strings.ContainsFunc(line, func(r rune) bool { return unprintable(r) && r != '\t' }) {
			return false
		}
	}
	return true
}

// unprintable are the characters that a document of YAML must not have as they are (YAML
// 1.2.2, 5.1), and those that some parser takes for the end of a line.
func unprintable(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == '\ufeff' || r == '\ufffe' || r == '\uffff'
}

// quoted writes a text as JSON does, which YAML reads alike (YAML 1.2.2, 1.3), or where that
// would be full of backslashes in single quotes.
func quoted(text string) string {
	if strings.ContainsAny(text, `"\`) && utf8.ValidString(text) && !strings.ContainsFunc(text, unprintable) {
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	inJSON, err := compactJSON(text)
	if err != nil {
		inJSON, _ = json.Marshal(text) // a text can always be written
	}
	var b strings.Builder
	for _, r := range string(inJSON) {
		if unprintable(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
