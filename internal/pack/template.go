package pack

import (
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

// template checks the placeholders of a text and notes what they use.
func (b *builder) template(t text) {
	for _, name := range loginwatch.Placeholders(t.Value) {
		b.usedNames[name] = true
		_, isSecret := b.file.Secrets.Get(name)
		_, isVariable := b.file.Variables.Get(name)
		if !isSecret && !isVariable {
			known := append(b.file.Secrets.Keys(), b.file.Variables.Keys()...)
			b.problem(t.Span, "${%s} is neither a secret nor a variable%s", name, strictyaml.Hint(name, known))
		}
	}
	rest := loginwatch.ExpandPlaceholders(t.Value, func(string) string { return " " })
	_, rest, wrong := strings.Cut(rest, "${")
	name, _, closed := strings.Cut(rest, "}")
	switch {
	case wrong && closed:
		b.problem(t.Span, "${%s} is no placeholder: names have lower-case letters, digits and underscores", name)
	case wrong:
		b.problem(t.Span, "a placeholder is not closed: it is written ${name}")
	}
}

// filled puts demo values and defaults into every string of a JSON value.
func (b *builder) filled(v any) any {
	switch v := v.(type) {
	case string:
		return loginwatch.ExpandPlaceholders(v, func(name string) string {
			if s, found := b.file.Secrets.Get(name); found {
				return s.Demo.Value
			}
			variable, _ := b.file.Variables.Get(name)
			return variable.Default.Value
		})
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = b.filled(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = b.filled(e)
		}
		return out
	}
	return v
}
