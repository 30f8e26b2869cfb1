package loginwatch

import (
	"regexp"
	"slices"
	"strings"
)

// placeholder is ${name}: the alphabet of the names of secrets and variables.
var placeholder = regexp.MustCompile(`\$\{([a-z][a-z0-9_]*)\}`)

// Template is a text with ${name} placeholders, cut at them: Texts stand around
// and between the names and are one more than those. A name begins with a
// lower-case letter and goes on with those, digits and underscores; anything
// else is plain text.
type Template struct {
	Texts []string
	Names []string
}

// ParseTemplate cuts a text at its placeholders.
func ParseTemplate(text string) Template {
	var t Template
	end := 0
	for _, at := range placeholder.FindAllStringSubmatchIndex(text, -1) {
		t.Texts = append(t.Texts, text[end:at[0]])
		t.Names = append(t.Names, text[at[2]:at[3]])
		end = at[1]
	}
	t.Texts = append(t.Texts, text[end:])
	return t
}

// Placeholders gives the names of a template, each once, in the order of their
// first use.
func Placeholders(template string) []string {
	var names []string
	for _, name := range ParseTemplate(template).Names {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// ExpandPlaceholders puts value(name) in the place of every ${name}. What value
// gives is not looked at again, so no secret can bring in a placeholder.
func ExpandPlaceholders(template string, value func(name string) string) string {
	t := ParseTemplate(template)
	if len(t.Names) == 0 {
		return template
	}
	var b strings.Builder
	for i, name := range t.Names {
		b.WriteString(t.Texts[i])
		b.WriteString(value(name))
	}
	b.WriteString(t.Texts[len(t.Names)])
	return b.String()
}
