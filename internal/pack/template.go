package pack

import (
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

// template checks the placeholders of a text of a request and notes what they use.
func (b *builder) template(t text) {
	for _, name := range loginwatch.Placeholders(t.Value) {
		if slices.Contains(loginwatch.RequestParts, name) {
			b.problem(t.Span, "${%s} can stand nowhere but in a computed value: a request holds itself nowhere", name)
			continue
		}
		b.named(name, t.Span)
	}
	b.braces(t)
	parsed := loginwatch.ParseTemplate(t.Value)
	for i := 1; i < len(parsed.Names); i++ {
		if parsed.Texts[i] == "" {
			b.problem(t.Span, "${%s} and ${%s} stand side by side, and the simulator can't tell where one ends: use a computed value of the function join",
				parsed.Names[i-1], parsed.Names[i])
		}
	}
}

// named notes that a template uses a name, which something has to declare.
func (b *builder) named(name string, at span) {
	b.usedNames[name] = true
	_, isSecret := b.file.Secrets.Get(name)
	_, isVariable := b.file.Variables.Get(name)
	_, isComputed := b.file.Computed.Get(name)
	if !isSecret && !isVariable && !isComputed {
		known := slices.Concat(b.file.Secrets.Keys(), b.file.Variables.Keys(), b.file.Computed.Keys())
		b.problem(at, "${%s} is neither a secret nor a variable nor a computed value%s", name, strictyaml.Hint(name, known))
	}
}

// braces reports what looks like a placeholder and is none.
func (b *builder) braces(t text) {
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

// filled puts demo values, defaults and what is computed of them into every string
// of a JSON value.
func (b *builder) filled(v any) any {
	return loginwatch.ReplaceTexts(v, func(text string) any { return loginwatch.ExpandPlaceholders(text, b.demo) })
}

// demo gives what stands for a name until an operator sets it.
func (b *builder) demo(name string) string {
	if s, found := b.file.Secrets.Get(name); found {
		return s.Demo.Value
	}
	if v, found := b.file.Variables.Get(name); found {
		return v.Default.Value
	}
	return b.computedDemo[name]
}
