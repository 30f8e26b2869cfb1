package importer

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
)

// Joined puts templates behind each other.
func Joined(parts ...loginwatch.Template) loginwatch.Template {
	var whole loginwatch.Template
	var text strings.Builder // up to the next name
	for _, p := range parts {
		for i, plain := range p.Texts {
			if i > 0 {
				whole.Texts, whole.Names = append(whole.Texts, text.String()), append(whole.Names, p.Names[i-1])
				text.Reset()
			}
			text.WriteString(plain)
		}
	}
	whole.Texts = append(whole.Texts, text.String())
	return whole
}

// Named is the template of one variable; that of the empty text where the name is none.
func Named(foreign string) loginwatch.Template {
	name := Name(foreign)
	if name == "" {
		return Plain("")
	}
	return loginwatch.Template{Texts: []string{"", ""}, Names: []string{name}}
}

// Mapped changes what stands around the variables.
func Mapped(t loginwatch.Template, change func(string) string) loginwatch.Template {
	mapped := loginwatch.Template{Texts: make([]string, len(t.Texts)), Names: t.Names}
	for i, text := range t.Texts {
		mapped.Texts[i] = change(text)
	}
	return mapped
}

// Encoded is a path as it is sent, where a description has in it what no address may
// have (RFC 3986, 3.3).
func Encoded(path string) string {
	var b strings.Builder
	for i := range len(path) {
		if c := path[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`"#<>?[\]^`+"`{|}", c) >= 0 {
			b.WriteString(url.PathEscape(string([]byte{c})))
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// Decoded is a part of a query without its escapes. What is no escape, or no UTF-8, stands
// for itself.
func Decoded(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil && utf8.ValidString(plain) {
		return plain
	}
	return text
}
