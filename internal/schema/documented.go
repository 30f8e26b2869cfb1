package schema

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// Fields implements [loginwatch.Schema].
func (s *Schema) Fields() []loginwatch.DocumentedField {
	var fields []loginwatch.DocumentedField
	var visit func(here []stated, pointer string, required bool)
	visit = func(here []stated, pointer string, required bool) {
		field := loginwatch.DocumentedField{At: loginwatch.Place(pointer)}
		field.Required, field.Pos = required, s.place.ofKey(s.file, here[0].loc)
		here = all(here)
		s.describe(&field.SchemaField, here)
		for _, n := range here {
			raw, _ := n.raw.(map[string]any)
			title, _ := raw["title"].(string)
			description, _ := raw["description"].(string)
			field.Title, field.Description = cmp.Or(field.Title, title), cmp.Or(field.Description, description)
			if n.sure {
				field.Allowed = append(field.Allowed, allowed(n.node, raw)...)
			}
		}
		fields = append(fields, field)
		for _, token := range s.tokens(here) {
			if sub, required := below(here, token); len(sub) > 0 {
				visit(sub, tree.JoinPointer(pointer, token), required)
			}
		}
	}
	visit([]stated{{s.root, true}}, "", true)
	return fields
}

// tokens gives the names of the members that schemas know, in the order of the file; last,
// "*" stands for all others, and for items.
func (s *Schema) tokens(here []stated) []string {
	at := map[string]loginwatch.Pos{}
	for _, n := range here {
		for name, sub := range n.properties {
			if _, known := at[name]; !known {
				at[name] = s.place.ofKey(s.file, sub.loc)
			}
		}
	}
	names := slices.SortedFunc(maps.Keys(at), func(a, b string) int {
		return cmp.Or(cmp.Compare(at[a].Line, at[b].Line), cmp.Compare(at[a].Column, at[b].Column), cmp.Compare(a, b))
	})
	return append(slices.DeleteFunc(names, func(name string) bool { return name == "*" }), "*")
}

// allowed words what narrows a value, by keyword.
func allowed(n *node, raw map[string]any) (words []string) {
	for _, keyword := range narrowings {
		v, said := raw[keyword]
		if !said || keyword == "uniqueItems" && v != true || keyword == "additionalItems" && v != false {
			continue
		}
		words = append(words, narrowing(keyword, written(keyword, v)))
	}
	for _, branches := range [][]*node{n.anyOf, n.oneOf} {
		var with []string
		for _, b := range branches {
			if len(b.required) > 0 {
				with = append(with, "with "+strings.Join(b.required, " and "))
			}
		}
		if len(with) > 1 && len(with) == len(branches) {
			words = append(words, strings.Join(with, ", or "))
		}
	}
	return words
}

// written is what a keyword says, as it is in the file.
func written(keyword string, v any) string {
	if list, ok := v.([]any); ok && keyword == "enum" {
		texts := make([]string, len(list))
		for i, e := range list {
			texts[i] = written("const", e)
		}
		return strings.Join(texts, ", ")
	}
	if text, ok := v.(string); ok && keyword == "pattern" {
		return text
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // it was read as JSON
	return strings.TrimSpace(b.String())
}
