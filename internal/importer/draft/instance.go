package draft

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// exampleOf makes an example of a schema.
func exampleOf(data json.RawMessage) (any, bool) { return instance{}.from(data) }

// exampleOfRequest is exampleOf with a variable in the place of what a client has to
// know: a text of which nothing is said.
func exampleOfRequest(data json.RawMessage) (any, bool) { return instance{request: true}.from(data) }

// instance makes examples of one schema.
type instance struct {
	root    any
	request bool
}

const deepest = 12

func (in instance) from(data json.RawMessage) (any, bool) {
	limits := guard.Defaults()
	limits.Depth *= 2
	top, refusal := guard.Decode(data, limits)
	if refusal != nil || heavy(top) {
		return nil, false
	}
	in.root = top
	return in.of(top, "", 0)
}

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
		if shown, has := s[k]; has && shown != nil && (!in.request || !secretName(field)) {
			return shown, true
		}
	}
	for _, k := range []string{"examples", "enum"} {
		if list, _ := s[k].([]any); len(list) > 0 && (!in.request || !secretName(field)) {
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
