package pack

import (
	"regexp"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

var placeholder = regexp.MustCompile(`\$\{([^{}]*)\}`)

// Placeholders gives the names in the ${name} placeholders of a template, each
// once, in the order of their first use.
func Placeholders(template string) []string {
	var names []string
	for _, m := range placeholder.FindAllStringSubmatch(template, -1) {
		if !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	return names
}

// template checks the placeholders of a text and notes what they use.
func (b *builder) template(t text) {
	for _, name := range Placeholders(t.Value) {
		b.usedNames[name] = true
		_, isSecret := b.file.Secrets.Get(name)
		_, isVariable := b.file.Variables.Get(name)
		if !isSecret && !isVariable {
			known := append(b.file.Secrets.Keys(), b.file.Variables.Keys()...)
			b.problem(t.Place, "${%s} is neither a secret nor a variable%s", name, strictyaml.DidYouMean(name, known))
		}
	}
	if rest := placeholder.ReplaceAllString(t.Value, ""); strings.Contains(rest, "${") {
		b.problem(t.Place, "a placeholder is not closed: it is written ${name}")
	}
}

// secretsIn gives the secrets that a template needs.
func (b *builder) secretsIn(template string) []string {
	return slices.DeleteFunc(Placeholders(template), func(name string) bool {
		_, isSecret := b.file.Secrets.Get(name)
		return !isSecret
	})
}

// filled puts demo values and defaults into every string of a JSON value.
func (b *builder) filled(v any) any {
	switch v := v.(type) {
	case string:
		return placeholder.ReplaceAllStringFunc(v, func(p string) string {
			name := p[2 : len(p)-1]
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
