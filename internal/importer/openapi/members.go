package openapi

import (
	"regexp"
	"slices"

	"github.com/loginwatch/loginwatch/internal/importer/source"
)

// members are the keywords of objects.
func (c *converter) members(o *object, n *source.Node, depth int) {
	left, described := map[string]bool{}, map[string]bool{}
	var properties object
	for _, m := range members(n.Get("properties")) {
		if leftOut := map[bool]string{true: "readOnly", false: "writeOnly"}[c.request]; c.marked(m.Value, leftOut) {
			left[m.Name] = true
			continue
		}
		described[m.Name] = true
		properties = append(properties, member{m.Name, c.convert(m.Value, depth+1)})
	}
	required := slices.DeleteFunc(distinct(n.Get("required")), func(name string) bool { return left[name] })
	for _, name := range required {
		if n.Get("properties") != nil && n.Get("allOf") == nil && !described[name] {
			properties = append(properties, member{name, object{}})
		}
	}
	if len(required) > 0 {
		o.set("required", required)
	}
	if len(properties) > 0 {
		o.set("properties", properties)
	}
	var patterns object
	for _, m := range members(n.Get("patternProperties")) {
		if _, err := regexp.Compile(m.Name); err != nil {
			c.remark(m.Value, "this expression is none that RE2 knows: it is left out")
			continue
		}
		patterns = append(patterns, member{m.Name, c.convert(m.Value, depth+1)})
	}
	if len(patterns) > 0 {
		o.set("patternProperties", patterns)
	}
	if more := n.Get("additionalProperties"); more.Is(source.Mapping) && len(more.Members) > 0 {
		o.set("additionalProperties", c.convert(more, depth+1))
	}
	if names := n.Get("propertyNames"); names.Is(source.Mapping) {
		o.set("propertyNames", c.convert(names, depth+1))
	}
	if needs := c.needs(n, depth); len(needs) > 0 {
		o.set("dependencies", needs)
	}
}

// needs are the members that ask for others, by name or by a schema.
func (c *converter) needs(n *source.Node, depth int) (needs object) {
	at := map[string]int{}
	for _, m := range members(n.Get("dependentRequired")) {
		at[m.Name] = len(needs)
		needs = append(needs, member{m.Name, distinct(m.Value)})
	}
	for _, m := range members(n.Get("dependentSchemas")) {
		dependent := c.convert(m.Value, depth+1)
		if i, both := at[m.Name]; both {
			needs[i].value = object{{"allOf", []any{object{{"type", "object"}, {"required", needs[i].value}}, dependent}}}
			continue
		}
		needs = append(needs, member{m.Name, dependent})
	}
	return needs
}

// distinct are the texts of a list, each once.
func distinct(list *source.Node) []string {
	all, seen := []string{}, map[string]bool{}
	for _, item := range items(list) {
		if item.Is(source.String) && !seen[item.Text] {
			seen[item.Text] = true
			all = append(all, item.Text)
		}
	}
	return all
}
