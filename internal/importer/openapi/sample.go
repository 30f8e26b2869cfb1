package openapi

import (
	"encoding/json"
	"slices"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/source"
)

// The bounds of a body that is made of a schema: references can make a tree without an
// end of a few lines.
const (
	mostSample  = 2_000   // values of one
	mostSamples = 500_000 // values of all
	deepestMade = 12
)

// says is the one value that a schema gives: an example, a default or the first that it
// allows; nil for none.
func (r *reader) says(schema *source.Node) *source.Node {
	for _, n := range r.parts(schema) {
		if value := saysItself(n); value != nil {
			return value
		}
	}
	return nil
}

func saysItself(n *source.Node) *source.Node {
	if value := n.Get("example"); value != nil {
		return value
	}
	for _, list := range []string{"examples", "enum"} {
		if list == "enum" {
			for _, one := range []string{"const", "default"} {
				if value := n.Get(one); value != nil {
					return value
				}
			}
		}
		if values := n.Get(list); values.Is(source.List) && len(values.Items) > 0 {
			return values.Items[0]
		}
	}
	return nil
}

// property is a member that a schema describes.
type property struct {
	name   string
	schema *source.Node
}

// properties collects the members that a schema and those that it is made of describe.
func (r *reader) properties(schema *source.Node, depth int, budget *int, all *[]property, required map[string]bool) {
	for _, n := range r.parts(schema) {
		r.propertiesOf(n, depth, budget, all, required)
	}
}

func (r *reader) propertiesOf(n *source.Node, depth int, budget *int, all *[]property, required map[string]bool) {
	r.samples++
	if *budget--; depth > deepestMade || *budget < 0 || r.samples > mostSamples {
		return
	}
	for _, part := range items(n.Get("allOf")) {
		r.properties(part, depth+1, budget, all, required)
	}
	for _, choice := range []string{"oneOf", "anyOf"} {
		if parts := items(n.Get(choice)); len(parts) > 0 {
			r.properties(parts[0], depth+1, budget, all, required)
		}
	}
	for _, name := range items(n.Get("required")) {
		required[name.String()] = true
	}
	before := map[string]int{} // of other parts
	for i, p := range *all {
		before[p.name] = i
	}
	for _, m := range members(n.Get("properties")) {
		r.samples++
		if *budget--; *budget < 0 {
			return
		}
		if i, known := before[m.Name]; known {
			(*all)[i].schema = m.Value
			continue
		}
		*all = append(*all, property{m.Name, m.Value})
	}
}

// maker makes one body of a schema.
type maker struct {
	*reader
	request bool // what has no value becomes a variable
	budget  int
	open    map[*source.Node]bool // schemas that are being followed
}

// sample is the body that the schema's own examples make; nil where one is missing for
// a member that is required or that may be the token. Nothing is invented.
func (r *reader) sample(schema *source.Node) []byte {
	m := maker{reader: r, budget: mostSample, open: map[*source.Node]bool{}}
	t, ok := m.value(schema, "", 0)
	if !ok || m.budget < 0 || r.samples > mostSamples {
		return nil
	}
	r.spend(schema, len(t.Texts[0]))
	return []byte(t.Texts[0])
}

// draft is the body of a request that the schema describes.
func (r *reader) draft(schema *source.Node) loginwatch.Template {
	m := maker{reader: r, request: true, budget: mostSample, open: map[*source.Node]bool{}}
	t, ok := m.value(schema, "body", 0)
	if !ok || m.budget < 0 || r.samples > mostSamples {
		r.remark(schema, "no example shows what the body is: none is sent")
		return loginwatch.Template{Texts: []string{""}}
	}
	for _, text := range t.Texts {
		r.spend(schema, len(text))
	}
	return t
}

func (m *maker) value(schema *source.Node, name string, depth int) (t loginwatch.Template, ok bool) {
	n := m.peek(schema)
	m.samples++
	if m.budget--; n == nil || depth > deepestMade || m.budget < 0 || m.open[n] {
		return t, false
	}
	m.open[n] = true
	defer delete(m.open, n)
	if value := m.says(schema); value != nil {
		return importer.Plain(string(value.JSON())), true
	}
	if !m.request && slices.ContainsFunc(conditions, func(name string) bool { return n.Get(name) != nil }) {
		return t, false
	}
	var described []property
	required := map[string]bool{}
	if m.properties(schema, depth, &m.budget, &described, required); len(described) > 0 {
		return m.object(described, required, depth)
	}
	for _, choice := range []string{"allOf", "oneOf", "anyOf"} {
		if parts := items(n.Get(choice)); len(parts) > 0 {
			return m.value(parts[0], name, depth+1)
		}
	}
	return m.plain(n, schema, name, depth)
}

func (m *maker) object(described []property, required map[string]bool, depth int) (t loginwatch.Template, ok bool) {
	parts := []loginwatch.Template{importer.Plain("{")}
	first := true
	for _, p := range described {
		n := m.peek(p.schema)
		if leftOut := map[bool]string{true: "readOnly", false: "writeOnly"}[m.request]; m.marked(p.schema, leftOut) {
			continue
		}
		value, ok := m.value(p.schema, p.name, depth+1)
		if !ok {
			if !m.request && (required[p.name] || !m.open[n] && mayBeToken(n)) {
				return t, false
			}
			continue
		}
		between := ","
		if first {
			between = ""
		}
		first = false
		parts = append(parts, importer.Plain(between+string(source.Quote(p.name))+":"), value)
	}
	return importer.Joined(append(parts, importer.Plain("}"))...), m.request || !undescribed(described, required)
}

// mayBeToken tells whether a member can be the token or have it: an example without it
// would hide that an answer gives one.
func mayBeToken(n *source.Node) bool {
	return firstType(n) == "string" || len(members(n.Get("properties"))) > 0
}

// undescribed tells whether a member is required that no schema describes.
func undescribed(described []property, required map[string]bool) bool {
	for name := range required {
		if !slices.ContainsFunc(described, func(p property) bool { return p.name == name }) {
			return true
		}
	}
	return false
}

// conditions are keywords that no value is made to fit.
var conditions = []string{"if", "not", "dependentRequired", "dependentSchemas"}

// plain is a value without members that nothing gives; n is what schema stands for.
func (m *maker) plain(n, schema *source.Node, name string, depth int) (t loginwatch.Template, ok bool) {
	kind := firstType(n)
	switch {
	case kind == "object":
		return importer.Plain("{}"), true
	case kind == "array":
		if item, ok := m.value(n.Get("items"), name, depth+1); ok {
			return importer.Joined(importer.Plain("["), item, importer.Plain("]")), true
		}
		return importer.Plain("[]"), m.request
	case !m.request:
		return t, false
	case kind == "null":
		return importer.Plain("null"), true
	case kind == "boolean":
		m.remark(n, "no example shows this value: false is sent")
		return importer.Plain("false"), true
	case kind == "integer" || kind == "number":
		least := "0"
		if n.Get("minimum").Is(source.Number) {
			least = n.Get("minimum").Text
		}
		m.remark(n, "no example shows this value: the least that fits is sent")
		return importer.Plain(least), json.Valid([]byte(least))
	}
	return importer.Joined(importer.Plain(`"`), m.variable(name, "", m.secret(schema)), importer.Plain(`"`)), true
}

// firstType is the first of the types of a schema that is not null.
func firstType(n *source.Node) string {
	kind := n.Get("type")
	if !kind.Is(source.List) {
		return kind.String()
	}
	for _, item := range kind.Items {
		if item.String() != "null" {
			return item.String()
		}
	}
	return ""
}
