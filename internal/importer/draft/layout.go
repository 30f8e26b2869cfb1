package draft

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// leading are the keys of a schema that stand first, as in the packs by hand.
var leading = []string{"$schema", "$id", "type", "required", "enum", "const", "format", "pattern", "minLength"}

// trailing stand last.
var trailing = []string{"properties", "definitions", "x-secret", "x-cite", "x-in"}

// layout writes JSON as a person would: what is short in one line.
func layout(v any, indent int) []byte {
	const width = 110
	flat := flatJSON(v)
	object, isObject := v.(map[string]any)
	list, isList := v.([]any)
	if isObject && len(object) == 0 || !isObject && (!isList || len(list) == 0) || indent > 0 && len(flat)+2*indent < width && !bytes.Contains(flat, []byte(`"properties"`)) {
		return flat
	}
	inner := "\n" + strings.Repeat("  ", indent+1)
	var b bytes.Buffer
	if isObject {
		b.WriteByte('{')
		for i, k := range keys(object) {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(inner)
			b.Write(flatJSON(k))
			b.WriteString(": ")
			b.Write(layout(object[k], indent+1))
		}
		b.WriteString("\n" + strings.Repeat("  ", indent) + "}")
		return b.Bytes()
	}
	b.WriteByte('[')
	for i, item := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(inner)
		b.Write(layout(item, indent+1))
	}
	b.WriteString("\n" + strings.Repeat("  ", indent) + "]")
	return b.Bytes()
}

// flatJSON writes a value in one line.
func flatJSON(v any) []byte {
	var b bytes.Buffer
	switch v := v.(type) {
	case map[string]any:
		b.WriteByte('{')
		for i, k := range keys(v) {
			if i > 0 {
				b.WriteString(", ")
			}
			b.Write(flatJSON(k))
			b.WriteString(": ")
			b.Write(flatJSON(v[k]))
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			b.Write(flatJSON(item))
		}
		b.WriteByte(']')
	case []string:
		list := make([]any, len(v))
		for i, s := range v {
			list[i] = s
		}
		return flatJSON(list)
	default:
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		_ = e.Encode(v) // a scalar
		return bytes.ReplaceAll(bytes.TrimSpace(b.Bytes()), []byte("\x7f"), []byte(`\u007f`))
	}
	return b.Bytes()
}

// keys gives those of an object in the order in which people read them.
func keys(object map[string]any) []string {
	place := func(k string) int {
		if i := slices.Index(leading, k); i >= 0 {
			return i - len(leading)
		}
		return slices.Index(trailing, k) + 1
	}
	all := slices.Sorted(maps.Keys(object))
	if _, schema := object["type"].(string); schema {
		slices.SortStableFunc(all, func(a, b string) int { return place(a) - place(b) })
	}
	return all
}

// bare is what YAML reads as a text without quotation marks, in a flow as well.
var bare = regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*$`)

// y writes a text for YAML.
func y(text string) string {
	switch strings.ToLower(text) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf", "":
		return `"` + text + `"`
	}
	if bare.MatchString(text) {
		return text
	}
	return string(flatJSON(strings.ToValidUTF8(text, "\uFFFD")))
}

// flow writes a value for YAML in one line.
func flow(v any) string {
	switch v := v.(type) {
	case map[string]any:
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, y(k)+": "+flow(v[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		var parts []string
		for _, item := range v {
			parts = append(parts, flow(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case string:
		return y(v)
	}
	return string(flatJSON(v))
}
