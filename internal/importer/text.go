package importer

import (
	"strings"

	"github.com/loginwatch/loginwatch"
)

// Plain is a text without variables, whatever it looks like.
func Plain(text string) loginwatch.Template {
	return loginwatch.Template{Texts: []string{text}}
}

// Between cuts a text at its variables, which stand between two marks, such as {{ and }}.
// What stands there and is no name, and a mark alone, is plain text.
func Between(text, open, closed string) loginwatch.Template {
	var t loginwatch.Template
	plain := ""
	for {
		before, rest, found := strings.Cut(text, open)
		name, after, ended := strings.Cut(rest, closed)
		if !found || !ended {
			t.Texts = append(t.Texts, plain+text)
			return t
		}
		if variable := Name(name); variable != "" && !strings.Contains(name, open) {
			t.Texts, t.Names = append(t.Texts, plain+before), append(t.Names, variable)
			plain, text = "", after
			continue
		}
		plain, text = plain+before+open, rest
	}
}

// Name makes a foreign name one that templates can have: baseUrl, Base-URL and BASE_URL
// become base_url. It is "" when nothing is left of it.
func Name(foreign string) string {
	var name strings.Builder
	lower := false // the last one was a small letter or a digit
	for _, c := range strings.TrimSpace(foreign) {
		switch {
		case c >= 'A' && c <= 'Z':
			if lower {
				name.WriteByte('_')
			}
			name.WriteRune(c - 'A' + 'a')
			lower = false
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			name.WriteRune(c)
			lower = true
		default:
			if text := name.String(); text != "" && !strings.HasSuffix(text, "_") {
				name.WriteByte('_')
			}
			lower = false
		}
	}
	return strings.TrimRight(strings.TrimLeft(name.String(), "0123456789_"), "_")
}
