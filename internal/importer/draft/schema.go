package draft

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/schema"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// inferred is the schema of one example: what is there is required, of the type that it
// has; more may come.
func (m *maker) inferred(doc any) map[string]any { return m.infer(doc, "") }

func (m *maker) infer(v any, field string) map[string]any {
	s := map[string]any{}
	switch v := v.(type) {
	case map[string]any:
		s["type"] = "object"
		names := slices.Sorted(maps.Keys(v))
		properties := map[string]any{}
		for _, k := range names {
			p := m.infer(v[k], k)
			p["x-cite"] = m.cites.find(`"`+k+`"`, k)
			properties[k] = p
		}
		if len(names) > 0 {
			s["required"], s["properties"] = names, properties
		}
	case []any:
		s["type"] = "array"
		if items := m.inferItems(v, field); items != nil {
			s["items"] = items
		}
	case string:
		s["type"] = "string"
		if v != "" {
			s["minLength"] = 1
		}
		if secretField(field) || looksSecret(v) || tokenRank(field) >= 0 {
			s["x-secret"] = true
		}
	case json.Number:
		s["type"] = tree.TypeOf(v)
		if secretField(field) {
			s["x-secret"] = true
		}
	case bool:
		s["type"] = "boolean"
	}
	return s // of null nothing is known
}

// inferItems is what all members of an array have in common.
func (m *maker) inferItems(list []any, field string) map[string]any {
	var all map[string]any
	for _, item := range list {
		s := m.infer(item, field)
		switch {
		case all == nil:
			all = s
		case all["type"] != s["type"]:
			return nil
		case s["type"] == "object":
			all = common(all, s)
		}
	}
	return all
}

// common joins the schemas of two objects: only what both have is required.
func common(a, b map[string]any) map[string]any {
	mine, _ := a["properties"].(map[string]any)
	theirs, _ := b["properties"].(map[string]any)
	properties, required := map[string]any{}, []string{}
	for k, p := range mine {
		other, both := theirs[k].(map[string]any)
		own, _ := p.(map[string]any)
		if both && other["type"] != own["type"] {
			p = map[string]any{"x-cite": own["x-cite"]}
		}
		if both {
			required = append(required, k)
		}
		properties[k] = p
	}
	for k, p := range theirs {
		if _, known := properties[k]; !known {
			properties[k] = p
		}
	}
	slices.Sort(required)
	s := map[string]any{"type": "object", "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

// requestSchema is that of a body with placeholders in it.
func (m *maker) requestSchema(op *operation, described json.RawMessage) map[string]any {
	if described != nil && m.fallback < inferred {
		if s := m.described(described); s != nil {
			loosen(s, s, op.body)
			if fits(s, m.filled(op.body)) {
				return s
			}
		}
		m.remark(op.at, "the schema of the request of %s can't be taken over, and is inferred from what is sent", op.call)
	}
	s := m.inferred(op.body)
	m.constants(s, op.body)
	return s
}

// constants fixes what a grant is called, and marks what placeholders stand for.
func (m *maker) constants(s map[string]any, v any) {
	switch v := v.(type) {
	case map[string]any:
		properties, _ := s["properties"].(map[string]any)
		for k, item := range v {
			inner, _ := properties[k].(map[string]any)
			if text, isText := item.(string); isText && importer.Name(k) == "grant_type" && !strings.Contains(text, "${") {
				delete(inner, "minLength")
				inner["enum"] = []any{text}
			}
			m.constants(inner, item)
		}
	case string:
		if strings.Contains(v, "${") && s != nil {
			s["x-secret"] = true
		}
	}
}

// loosen lets a schema of the description take whatever stands for a placeholder.
func loosen(top, s map[string]any, v any) {
	s = referred(top, s)
	switch v := v.(type) {
	case map[string]any:
		properties, _ := s["properties"].(map[string]any)
		for k, item := range v {
			if inner, ok := properties[k].(map[string]any); ok {
				loosen(top, inner, item)
			}
		}
	case string:
		if !strings.Contains(v, "${") {
			return
		}
		cite := s["x-cite"]
		clear(s)
		s["type"], s["minLength"], s["x-secret"] = "string", 1, true
		if cite != nil {
			s["x-cite"] = cite
		}
	}
}

// filled puts demo values in the place of placeholders.
func (m *maker) filled(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, item := range v {
			out[k] = m.filled(item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = m.filled(item)
		}
		return out
	case string:
		if strings.Contains(v, "${") {
			return "demo"
		}
	}
	return v
}

// answerSchema is the description's where its example fits, else that of the example.
func (m *maker) answerSchema(op *operation, o *outcome, a importer.Answer) map[string]any {
	if a.Schema != nil && m.fallback < inferred {
		if s := m.described(a.Schema); s != nil && fits(s, o.doc) {
			m.markSecrets(s, s, o.doc, "")
			return s
		}
		m.remark(a.At, "the schema of answer %d to %s can't be taken over, and is inferred from its example", a.Status, op.call)
	}
	return m.inferred(o.doc)
}

// markSecrets marks what is secret by its name.
func (m *maker) markSecrets(top, s map[string]any, v any, field string) {
	s = referred(top, s)
	switch v := v.(type) {
	case map[string]any:
		properties, _ := s["properties"].(map[string]any)
		for k, item := range v {
			if inner, ok := properties[k].(map[string]any); ok {
				m.markSecrets(top, inner, item, k)
			}
		}
	case []any:
		if items, ok := s["items"].(map[string]any); ok {
			for _, item := range v {
				m.markSecrets(top, items, item, field)
			}
		}
	case string:
		if hasType(s["type"], "string") && (secretField(field) || looksSecret(v) || tokenRank(field) >= 0) {
			s["x-secret"] = true
		}
	}
}

// markSecret marks what a pointer leads to; false when the schema does not have it.
func markSecret(top map[string]any, pointer string) bool {
	s := inSchema(top, pointer)
	if s == nil || pointer == "" {
		return false
	}
	s["x-secret"] = true
	return true
}

func hasPlace(top map[string]any, pointer string) bool { return inSchema(top, pointer) != nil }

// inSchema is what a schema says of a place; nil for nothing.
func inSchema(top map[string]any, pointer string) map[string]any {
	tokens, _ := tree.SplitPointer(pointer)
	s := referred(top, top)
	for _, t := range tokens {
		properties, _ := s["properties"].(map[string]any)
		next, ok := properties[t].(map[string]any)
		if items, isList := s["items"].(map[string]any); !ok && isList && strings.Trim(t, "0123456789") == "" {
			next, ok = items, true
		}
		if !ok {
			return nil
		}
		s = referred(top, next)
	}
	return s
}

// referred follows a schema to the definition that it refers to.
func referred(top, s map[string]any) map[string]any {
	for range deepest {
		ref, refers := s["$ref"].(string)
		if !refers {
			break
		}
		found, _ := tree.Lookup(top, strings.TrimPrefix(ref, "#"))
		next, isObject := found.(map[string]any)
		if !isObject {
			break
		}
		s = next
	}
	return s
}

// written gives a schema as a file has it.
func written(vendor, name string, s map[string]any) []byte {
	top := maps.Clone(s)
	top["$schema"], top["$id"] = "http://json-schema.org/draft-07/schema#", "urn:loginwatch:"+vendor+":"+name
	return append(layout(top, 0), '\n')
}

// fits tells whether a document is as a schema says, and whether the schema is one that
// a pack can have.
func fits(s map[string]any, doc any) bool {
	data := written("draft", "draft", s)
	if len(schema.Lint("draft", data)) > 0 {
		return false
	}
	compiled, err := schema.Compile("draft", data)
	if err != nil {
		return false
	}
	violations, err := compiled.Validate(doc)
	return err == nil && len(violations) == 0
}
