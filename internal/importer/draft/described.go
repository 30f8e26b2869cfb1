package draft

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"

	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/schema"
)

// taken are the keywords that are taken over from a description. Descriptions, titles,
// defaults and examples are not: they are the vendor's text, and may name somebody.
var taken = words("type enum const format multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems maxProperties minProperties required items properties allOf anyOf oneOf not if then else $ref definitions")

// judges are the types that a keyword says something of.
var judges = map[string]string{
	"maxLength": "string", "minLength": "string", "pattern": "string", "format": "string", "multipleOf": "number", "maximum": "number",
	"exclusiveMaximum": "number", "minimum": "number", "exclusiveMinimum": "number", "maxItems": "array", "minItems": "array", "uniqueItems": "array",
	"items": "array", "maxProperties": "object", "minProperties": "object", "required": "object", "properties": "object",
}

// described makes a schema of the description one that a pack can have: nil when it is
// none.
func (m *maker) described(data json.RawMessage) map[string]any {
	limits := guard.Defaults()
	limits.Depth *= 2
	doc, refusal := guard.Decode(data, limits)
	top, isObject := doc.(map[string]any)
	definitions, _ := top["definitions"].(map[string]any)
	if refusal != nil || !isObject || heavy(top) || slices.ContainsFunc(slices.Collect(maps.Keys(definitions)), m.telling) {
		return nil
	}
	clean, _ := m.adopted(top, "").(map[string]any)
	return clean
}

// adopted brings one schema into our own style.
func (m *maker) adopted(v any, field string) any {
	s, isObject := v.(map[string]any)
	if !isObject {
		return v
	}
	if ref, refers := s["$ref"].(string); refers {
		return map[string]any{"$ref": ref}
	}
	out := map[string]any{}
	for _, k := range slices.Sorted(maps.Keys(s)) {
		if taken[k] {
			m.adoptKeyword(out, s, k, field)
		}
	}
	if out["type"] == nil {
		out["type"] = impliedType(out)
	}
	if out["type"] == nil {
		delete(out, "type")
	}
	for k, of := range judges {
		if !hasType(out["type"], of) {
			delete(out, k)
		}
	}
	dropUnknownRequired(out)
	return out
}

func (m *maker) adoptKeyword(out, s map[string]any, k, field string) {
	switch k {
	case "properties", "definitions":
		table, _ := s[k].(map[string]any)
		clean := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(table)) {
			if m.telling(name) {
				continue
			}
			inner := m.adopted(table[name], name)
			if p, isObject := inner.(map[string]any); isObject && k == "properties" && p["$ref"] == nil {
				p["x-cite"] = m.cites.find(`"`+name+`"`, name)
			}
			clean[name] = inner
		}
		out[k] = clean
	case "allOf", "anyOf", "oneOf":
		list, _ := s[k].([]any)
		clean := make([]any, len(list))
		for i, item := range list {
			clean[i] = m.adopted(item, field)
		}
		out[k] = clean
	case "items", "not", "if", "then", "else":
		out[k] = m.adopted(s[k], field)
	case "pattern":
		if text, ok := s[k].(string); ok {
			if _, err := regexp.Compile(text); err == nil && m.betrays(text) == nil {
				out[k] = text
			}
		}
	case "format":
		if text, ok := s[k].(string); ok && knownFormat(text) {
			out[k] = text
		}
	case "enum", "const":
		if !secretName(field) && !looksSecret(string(layout(s[k], 0))) && !m.tells(s[k]) {
			out[k] = s[k]
		}
	case "required":
		if list, isList := s[k].([]any); isList {
			out[k] = slices.DeleteFunc(slices.Clone(list), m.tells)
		}
	default:
		out[k] = s[k]
	}
}

// telling tells whether a word of a description, such as the name of a field, says of
// whom or with what it was made. A common word is a name first.
func (m *maker) telling(text string) bool {
	s := m.betrays(text)
	return looksSecret(text) || s != nil && strong(s.raw)
}

// tells is telling for a value, and for all in it.
func (m *maker) tells(v any) bool {
	for _, item := range scalars(v) {
		if text, isText := item.(string); isText && m.telling(text) {
			return true
		}
	}
	return false
}

// knownFormat tells whether our schemas have a format: each takes one of these.
func knownFormat(name string) bool {
	for _, text := range []string{"2000-01-01T00:00:00Z", "2000-01-01", "00:00:00Z", "00000000-0000-0000-0000-000000000000", "a@example.com", "192.0.2.1", "2001:db8::1", "example.com", "https://example.com/"} {
		if schema.Fits(name, text) {
			return true
		}
	}
	return false
}

func impliedType(s map[string]any) any {
	for _, k := range slices.Sorted(maps.Keys(s)) {
		if of, judging := judges[k]; judging {
			return of
		}
	}
	return nil
}

func hasType(types any, of string) bool {
	switch types := types.(type) {
	case string:
		return types == of || of == "number" && types == "integer"
	case []any:
		return slices.ContainsFunc(types, func(t any) bool { return hasType(t, of) })
	}
	return false
}

// dropUnknownRequired leaves only names that the object itself describes: a name that
// nothing describes says nothing.
func dropUnknownRequired(s map[string]any) {
	list, has := s["required"].([]any)
	if !has {
		return
	}
	properties, _ := s["properties"].(map[string]any)
	kept := slices.DeleteFunc(slices.Clone(list), func(name any) bool {
		text, isText := name.(string)
		_, known := properties[text]
		return !isText || !known && s["allOf"] == nil && s["anyOf"] == nil && s["oneOf"] == nil
	})
	if s["required"] = kept; len(kept) == 0 {
		delete(s, "required")
	}
}

// apiWords gives the texts that a schema lists as what may come: words of the API, and of
// nobody who uses it.
func apiWords(data json.RawMessage) map[string]bool {
	limits := guard.Defaults()
	limits.Depth *= 2
	top, refusal := guard.Decode(data, limits)
	if refusal != nil {
		return nil
	}
	all := map[string]bool{}
	collect(top, false, all)
	return all
}

func collect(v any, inside bool, all map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for k, item := range v {
			collect(item, k == "enum" || k == "const", all)
		}
	case []any:
		for _, item := range v {
			collect(item, inside, all)
		}
	case string:
		if inside {
			all[v] = true
		}
	}
}
