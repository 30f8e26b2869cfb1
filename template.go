package loginwatch

import (
	"slices"
	"strings"
)

// Template is a text with ${name} placeholders, cut at them: Texts stand around
// and between the names and are one more than those. A name begins with a
// lower-case letter and goes on with those, digits and underscores, or is one of
// [RequestParts]; anything else is plain text.
type Template struct {
	Texts []string
	Names []string
}

// ParseTemplate cuts a text at its placeholders.
func ParseTemplate(text string) Template {
	var t Template
	for {
		before, name, after, found := nextPlaceholder(text)
		t.Texts = append(t.Texts, before)
		if !found {
			return t
		}
		t.Names, text = append(t.Names, name), after
	}
}

// nextPlaceholder finds the first placeholder of a text; without one, all of the
// text stands before. A run reads each template of its request several times, so
// this is no regular expression.
func nextPlaceholder(text string) (before, name, after string, found bool) {
	for from := 0; ; {
		open := strings.Index(text[from:], "${")
		if open < 0 {
			return text, "", "", false
		}
		open += from
		end := open + len("${")
		for end < len(text) && nameByte(text[end], end > open+len("${")) {
			end++
		}
		if part := requestPart(text[open+len("${"):]); part != "" {
			end = open + len("${") + len(part)
		}
		if end > open+len("${") && end < len(text) && text[end] == '}' {
			return text[:open], text[open+len("${") : end], text[end+1:], true
		}
		from = open + len("${")
	}
}

// The parts of a request, as it is sent, that computed values can be made of.
const (
	RequestBody   = "request.body"
	RequestMethod = "request.method"
	RequestTarget = "request.target" // path and query (RFC 9112, 3.2.1)
)

// RequestParts lists them.
var RequestParts = []string{RequestBody, RequestMethod, RequestTarget}

// requestPart is the part of the request whose name the text begins with; "" for
// none.
func requestPart(text string) string {
	for _, part := range RequestParts {
		if strings.HasPrefix(text, part) {
			return part
		}
	}
	return ""
}

// nameByte tells whether a name may have the byte, which a digit or an
// underscore may not begin.
func nameByte(b byte, inside bool) bool {
	return b >= 'a' && b <= 'z' || inside && (b >= '0' && b <= '9' || b == '_')
}

// Placeholders gives the names of a template, each once, in the order of their
// first use.
func Placeholders(template string) []string {
	var names []string
	for {
		_, name, after, found := nextPlaceholder(template)
		if !found {
			return names
		}
		if template = after; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
}

// ExpandPlaceholders puts value(name) in the place of every ${name}. What value
// gives is not looked at again, so no secret can bring in a placeholder.
func ExpandPlaceholders(template string, value func(name string) string) string {
	before, name, after, found := nextPlaceholder(template)
	if !found {
		return template
	}
	if before == "" && after == "" {
		return value(name)
	}
	var b strings.Builder
	for ; found; before, name, after, found = nextPlaceholder(after) {
		b.WriteString(before)
		b.WriteString(value(name))
	}
	b.WriteString(before)
	return b.String()
}
