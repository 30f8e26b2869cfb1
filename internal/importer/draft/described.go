package draft

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/schema"
	"github.com/loginwatch/loginwatch/internal/tree"
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
	if refusal != nil || !isObject {
		return nil
	}
	clean, _ := m.house(top, "").(map[string]any)
	return clean
}

// house brings one schema into our own style.
func (m *maker) house(v any, field string) any {
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
			m.houseKeyword(out, s, k, field)
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

func (m *maker) houseKeyword(out, s map[string]any, k, field string) {
	switch k {
	case "properties", "definitions":
		table, _ := s[k].(map[string]any)
		clean := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(table)) {
			inner := m.house(table[name], name)
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
			clean[i] = m.house(item, field)
		}
		out[k] = clean
	case "items", "not", "if", "then", "else":
		out[k] = m.house(s[k], field)
	case "pattern":
		if text, ok := s[k].(string); ok {
			if _, err := regexp.Compile(text); err == nil {
				out[k] = text
			}
		}
	case "format":
		if text, ok := s[k].(string); ok && knownFormat(text) {
			out[k] = text
		}
	case "enum", "const":
		if !secretName(field) && !looksSecret(string(layout(s[k], 0))) {
			out[k] = s[k]
		}
	default:
		out[k] = s[k]
	}
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

// exampleOf makes an example of a schema.
func exampleOf(data json.RawMessage) (any, bool) {
	limits := guard.Defaults()
	limits.Depth *= 2
	top, refusal := guard.Decode(data, limits)
	if refusal != nil {
		return nil, false
	}
	made, ok := instance{root: top}.of(top, "", 0)
	return made, ok
}

// exampleOfRequest is exampleOf with a variable in the place of what a client has to
// know: a text of which nothing is said.
func exampleOfRequest(data json.RawMessage) (any, bool) {
	limits := guard.Defaults()
	limits.Depth *= 2
	top, refusal := guard.Decode(data, limits)
	if refusal != nil {
		return nil, false
	}
	return instance{root: top, request: true}.of(top, "", 0)
}

// instance makes examples of one schema.
type instance struct {
	root    any
	request bool
}

const deepest = 12

func (in instance) of(v any, field string, depth int) (any, bool) {
	s, isObject := v.(map[string]any)
	if !isObject || depth > deepest {
		return nil, !isObject && v == true
	}
	if ref, refers := s["$ref"].(string); refers {
		target, found := tree.Lookup(in.root, strings.TrimPrefix(ref, "#"))
		if !found {
			return nil, false
		}
		return in.of(target, field, depth+1)
	}
	for _, k := range []string{"const", "example", "default"} {
		if shown, has := s[k]; has && shown != nil && !(in.request && secretName(field)) {
			return shown, true
		}
	}
	for _, k := range []string{"examples", "enum"} {
		if list, _ := s[k].([]any); len(list) > 0 && !(in.request && secretName(field)) {
			return list[0], true
		}
	}
	if all, _ := s["allOf"].([]any); len(all) > 0 {
		return in.joined(s, all, field, depth)
	}
	for _, k := range []string{"oneOf", "anyOf"} {
		if list, _ := s[k].([]any); len(list) > 0 && s["properties"] == nil {
			return in.of(list[0], field, depth+1)
		}
	}
	return in.typed(s, field, depth)
}

// joined puts together what several schemas say of one object.
func (in instance) joined(s map[string]any, all []any, field string, depth int) (any, bool) {
	out := map[string]any{}
	rest := maps.Clone(s)
	delete(rest, "allOf")
	if rest["properties"] != nil {
		all = append(slices.Clone(all), rest)
	}
	for _, part := range all {
		made, ok := in.of(part, field, depth+1)
		object, isObject := made.(map[string]any)
		if !ok || !isObject {
			return made, ok && len(all) == 1
		}
		maps.Copy(out, object)
	}
	return out, true
}

func (in instance) typed(s map[string]any, field string, depth int) (any, bool) {
	kind, _ := s["type"].(string)
	if list, _ := s["type"].([]any); len(list) > 0 {
		kind, _ = list[0].(string)
	}
	if kind == "" && s["properties"] != nil {
		kind = "object"
	}
	switch kind {
	case "object":
		return in.object(s, depth)
	case "array":
		if s["items"] == nil {
			return []any{}, true
		}
		item, ok := in.of(s["items"], field, depth+1)
		return []any{item}, ok
	case "string":
		return in.string(s, field), true
	case "integer", "number":
		if low, ok := s["minimum"].(json.Number); ok {
			return low, true
		}
		if isNeutral(field) {
			return json.Number("3600"), true
		}
		return json.Number("1"), true
	case "boolean":
		return true, true
	}
	return nil, kind == "null"
}

func (in instance) object(s map[string]any, depth int) (any, bool) {
	properties, _ := s["properties"].(map[string]any)
	required, _ := s["required"].([]any)
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if in.request && !slices.Contains(required, any(name)) && !passwordName(name) && (len(required) > 0 || !secretName(name)) {
			continue // a client does without it
		}
		made, ok := in.of(properties[name], name, depth+1)
		if !ok {
			if slices.Contains(required, any(name)) {
				return nil, false
			}
			continue
		}
		out[name] = made
	}
	return out, true
}

func (in instance) string(s map[string]any, field string) string {
	if in.request {
		return markBegin + fieldVariable(field) + markEnd
	}
	switch format, _ := s["format"].(string); format {
	case "date-time":
		return "2026-01-31T12:00:00Z"
	case "date":
		return "2026-01-31"
	case "uuid":
		return "00000000-0000-4000-8000-000000000001"
	case "email":
		return "person@example.com"
	case "uri", "url":
		return "https://www.example.com/"
	}
	least := 0
	if n, ok := s["minLength"].(json.Number); ok {
		if size, err := n.Int64(); err == nil && size < 4096 {
			least = int(size)
		}
	}
	text := "invented " + field
	if tokenRank(field) >= 0 || secretName(field) {
		text = "inventedKv8sQn3RzT6yWb1Jd5Fh"
	}
	if n, ok := s["maxLength"].(json.Number); ok {
		if size, err := n.Int64(); err == nil && size < int64(len(text)) {
			text = text[:max(size, 0)]
		}
	}
	return text + strings.Repeat("x", max(0, least-len(text)))
}

// fieldVariable names the variable for a field of which nothing more is said.
func fieldVariable(field string) string {
	if name := importer.Name(field); name != "" {
		return name
	}
	return "value"
}
