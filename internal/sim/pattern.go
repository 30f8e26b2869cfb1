package sim

import (
	"regexp"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// binding is a value that a request carries under the name of a placeholder.
type binding struct{ name, value string }

// placeholder is the syntax of the contract's templates: ${name}.
var placeholder = regexp.MustCompile(`\$\{([a-z0-9_]+)\}`)

// pattern is a text of the contract that may hold placeholders: the texts around
// and between them, one more than there are names.
type pattern struct {
	texts []string
	names []string
}

func newPattern(text string) pattern {
	var p pattern
	end := 0
	for _, at := range placeholder.FindAllStringSubmatchIndex(text, -1) {
		p.texts = append(p.texts, text[end:at[0]])
		p.names = append(p.names, text[at[2]:at[3]])
		end = at[1]
	}
	p.texts = append(p.texts, text[end:])
	return p
}

// match gives the values that text carries; ok is false when text is not of
// the pattern. A pattern without placeholders wants its very text.
func (p pattern) match(text string) (values []binding, ok bool) {
	if len(p.names) == 0 {
		return nil, text == p.texts[0]
	}
	rest, ok := strings.CutPrefix(text, p.texts[0])
	if !ok {
		return nil, false
	}
	last := len(p.names) - 1
	for i, name := range p.names[:last] {
		value, after, found := strings.Cut(rest, p.texts[i+1])
		if !found {
			return nil, false
		}
		values, rest = append(values, binding{name, value}), after
	}
	value, ok := strings.CutSuffix(rest, p.texts[last+1])
	return append(values, binding{p.names[last], value}), ok
}

// secretNames keeps those names that the contract lists as secrets: what is
// left are variables, which may have any value.
func secretNames(c *loginwatch.Contract, names []string) map[string]bool {
	secrets := make(map[string]bool, len(names))
	for _, name := range names {
		for _, s := range c.Secrets {
			if s.Name == name {
				secrets[name] = true
			}
		}
	}
	return secrets
}

// template is a body of the contract, compiled. Exactly one field is set.
type template struct {
	object map[string]*template
	array  []*template
	text   *pattern
	scalar any // a number, boolean or null as the contract writes it
}

func newTemplate(v any) *template {
	switch v := v.(type) {
	case map[string]any:
		t := &template{object: make(map[string]*template, len(v))}
		for k, member := range v {
			t.object[k] = newTemplate(member)
		}
		return t
	case []any:
		t := &template{array: make([]*template, 0, len(v))}
		for _, item := range v {
			t.array = append(t.array, newTemplate(item))
		}
		return t
	case string:
		p := newPattern(v)
		return &template{text: &p}
	}
	return &template{scalar: v}
}

// fit tells whether doc has the template's shape and adds the values that it
// carries to found. Constants need the same type alone: whether another value
// is right is for the request schema to say. Members that the template does not
// name are allowed for the same reason.
func (t *template) fit(doc any, found *[]binding) bool {
	switch {
	case t.object != nil:
		m, ok := doc.(map[string]any)
		if !ok {
			return false
		}
		for k, member := range t.object {
			value, present := m[k]
			if !present || !member.fit(value, found) {
				return false
			}
		}
		return true
	case t.array != nil:
		items, ok := doc.([]any)
		if !ok || len(items) != len(t.array) {
			return false
		}
		for i, item := range t.array {
			if !item.fit(items[i], found) {
				return false
			}
		}
		return true
	case t.text != nil:
		s, ok := doc.(string)
		if !ok || len(t.text.names) == 0 {
			return ok
		}
		values, ok := t.text.match(s)
		*found = append(*found, values...)
		return ok
	}
	return kindOf(t.scalar) == kindOf(doc)
}

// names lists every placeholder of the template.
func (t *template) names() []string {
	if t == nil {
		return nil
	}
	var all []string
	for _, member := range t.object {
		all = append(all, member.names()...)
	}
	for _, item := range t.array {
		all = append(all, item.names()...)
	}
	if t.text != nil {
		all = append(all, t.text.names...)
	}
	return all
}

// kindOf is the JSON type of a decoded value, whatever Go type holds a number.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case map[string]any:
		return "object"
	case []any:
		return "array"
	}
	return "number"
}
