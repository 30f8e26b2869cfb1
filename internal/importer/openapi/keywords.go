package openapi

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch/internal/importer/source"
)

// same are keywords with a value that OpenAPI and draft-07 mean alike.
var same = []string{
	"title", "description", "maxLength", "minLength",
	"multipleOf", "maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum",
	"maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties",
}

// formats that packs know. Any other one would judge nothing.
var formats = []string{"date-time", "date", "time", "uuid", "email", "ipv4", "ipv6", "hostname", "uri"}

// deepest is how deep schemas may stand in each other without a reference.
const deepest = 28

// body converts a schema without its reference.
func (c *converter) body(n *source.Node, depth int) any {
	if depth > deepest {
		c.fail(n, "schemas are nested deeper than %d levels here", deepest)
		return object{}
	}
	var o object
	types := c.types(n)
	switch len(types) {
	case 0:
	case 1:
		o.set("type", types[0])
	default:
		o.set("type", types)
	}
	for _, name := range same {
		c.scalar(&o, n, name)
	}
	c.bounds(&o, n)
	c.texts(&o, n)
	c.values(&o, n)
	c.members(&o, n, depth)
	c.list(&o, n, depth)
	c.combined(&o, n, depth)
	c.typed(&o)
	return c.nullable(o, n, types)
}

// types are those that a schema names; null among them where it is allowed.
func (c *converter) types(n *source.Node) []string {
	var types []string
	add := func(t *source.Node) {
		switch name := t.String(); name {
		case "array", "boolean", "integer", "null", "number", "object", "string":
			if !slices.Contains(types, name) {
				types = append(types, name)
			}
		default:
			c.fail(t, "no type of a schema has this name")
		}
	}
	switch kind := n.Get("type"); {
	case kind.Is(source.List):
		for _, item := range kind.Items {
			add(item)
		}
	case kind != nil:
		add(kind)
	}
	if n.Get("nullable").True() && len(types) > 0 && !slices.Contains(types, "null") {
		types = append(types, "null")
	}
	return types
}

// scalar takes over a keyword whose value is of the right kind.
func (c *converter) scalar(o *object, n *source.Node, name string) {
	v := n.Get(name)
	if v == nil {
		return
	}
	ok := false
	switch name {
	case "title", "description":
		ok = v.Kind == source.String && strings.TrimSpace(v.Text) != ""
		if v.Text == "" || !ok && v.Kind == source.String {
			return
		}
	case "uniqueItems":
		ok = v.Kind == source.Bool
	case "exclusiveMaximum", "exclusiveMinimum":
		ok = v.Kind == source.Number || v.Kind == source.Bool && !c.newer
	case "maximum", "minimum":
		ok = v.Kind == source.Number
	case "multipleOf":
		ok = v.Kind == source.Number && !strings.HasPrefix(v.Text, "-") && strings.Trim(v.Text, "0.") != ""
	default:
		size, err := strconv.Atoi(v.Text)
		ok = v.Kind == source.Number && err == nil && size >= 0 && size < 1<<31
	}
	if !ok {
		c.fail(v, "this is no value for %q", name)
		return
	}
	o.set(name, v.JSON())
}

// bounds turns the booleans of OpenAPI 3.0 into the numbers of draft-07.
func (c *converter) bounds(o *object, n *source.Node) {
	for _, of := range [][2]string{{"exclusiveMaximum", "maximum"}, {"exclusiveMinimum", "minimum"}} {
		if strict := n.Get(of[0]); strict.Is(source.Bool) {
			bound := o.get(of[1])
			if o.drop(of[0]); strict.True() && bound != nil {
				o.drop(of[1])
				o.set(of[0], bound)
			}
		}
	}
}

// texts are the keywords that judge texts by more than their length.
func (c *converter) texts(o *object, n *source.Node) {
	switch format := n.Get("format").String(); {
	case slices.Contains(formats, format):
		o.set("format", format)
	case format == "password":
		o.set("x-secret", true)
	}
	if pattern := n.Get("pattern"); pattern.Is(source.String) {
		if _, err := regexp.Compile(pattern.Text); err != nil {
			c.remark(pattern, "this expression is none that RE2 knows: it is left out")
		} else {
			o.set("pattern", pattern.Text)
		}
	}
}

// values are the keywords that name the values which fit.
func (c *converter) values(o *object, n *source.Node) {
	if enum := n.Get("enum"); enum.Is(source.List) && len(enum.Items) > 0 {
		var all []json.RawMessage
		seen := map[string]bool{}
		add := func(text json.RawMessage) {
			if !seen[string(text)] {
				seen[string(text)] = true
				all = append(all, text)
			}
		}
		for _, item := range enum.Items {
			add(item.JSON())
		}
		if n.Get("nullable").True() {
			add(json.RawMessage("null"))
		}
		o.set("enum", all)
	}
	if v := n.Get("const"); v != nil && c.newer {
		o.set("const", v.JSON())
	}
}

// list are the keywords of arrays.
func (c *converter) list(o *object, n *source.Node, depth int) {
	item := n.Get("items")
	if first := items(n.Get("prefixItems")); len(first) > 0 {
		o.set("items", c.all(first, depth))
		if item != nil {
			o.set("additionalItems", c.convert(item, depth+1))
		}
	} else if item != nil {
		o.set("items", c.convert(item, depth+1))
	}
	if contains := n.Get("contains"); contains != nil {
		o.set("contains", c.convert(contains, depth+1))
	}
}

func (c *converter) all(parts []*source.Node, depth int) []any {
	converted := make([]any, len(parts))
	for i, part := range parts {
		converted[i] = c.convert(part, depth+1)
	}
	return converted
}

// combined are the keywords that make a schema of others.
func (c *converter) combined(o *object, n *source.Node, depth int) {
	if parts := items(n.Get("allOf")); len(parts) > 0 {
		o.set("allOf", c.all(parts, depth))
	}
	var choices []any
	for _, name := range []string{"anyOf", "oneOf"} {
		if parts := items(n.Get(name)); len(parts) > 0 {
			choices = append(choices, c.all(parts, depth))
		}
	}
	switch len(choices) {
	case 1:
		o.set("anyOf", choices[0])
	case 2:
		all, _ := o.get("allOf").([]any)
		for _, choice := range choices {
			all = append(all, object{{"anyOf", choice}})
		}
		o.set("allOf", all)
	}
	if not := n.Get("not"); not != nil {
		o.set("not", c.convert(not, depth+1))
	}
	then, otherwise := n.Get("then"), n.Get("else")
	if condition := n.Get("if"); c.newer && condition != nil && (then != nil || otherwise != nil) {
		o.set("if", c.convert(condition, depth+1))
		if then != nil {
			o.set("then", c.convert(then, depth+1))
		}
		if otherwise != nil {
			o.set("else", c.convert(otherwise, depth+1))
		}
	}
	if n.Get("discriminator") != nil {
		c.remark(n.Get("discriminator"), "which schema is meant is not taken from a discriminator: any that fits counts")
	}
	for _, name := range []string{"unevaluatedProperties", "unevaluatedItems", "minContains", "maxContains", "$dynamicRef"} {
		if v := n.Get(name); v != nil && v.Kind != source.Bool {
			c.remark(v, "draft-07 has no %s: it is left out", name)
		}
	}
}

// judged are the keywords that pass every value of another type than theirs.
var judged = map[string]string{
	"maxLength": "string", "minLength": "string", "pattern": "string", "format": "string",
	"multipleOf": "number", "maximum": "number", "exclusiveMaximum": "number", "minimum": "number", "exclusiveMinimum": "number",
	"maxItems": "array", "minItems": "array", "uniqueItems": "array", "items": "array", "additionalItems": "array", "contains": "array",
	"maxProperties": "object", "minProperties": "object", "required": "object", "properties": "object",
	"patternProperties": "object", "additionalProperties": "object", "dependencies": "object", "propertyNames": "object",
}

// typed drops what judges a type that the schema does not have, and names the type that
// everything in a schema without one is about.
func (c *converter) typed(o *object) {
	var types []string
	switch t := o.get("type").(type) {
	case string:
		types = []string{t}
	case []string:
		types = slices.Clone(t)
	}
	var about []string
	for _, m := range slices.Clone(*o) {
		of, ok := judged[m.name]
		switch {
		case !ok:
		case len(types) == 0:
			if !slices.Contains(about, of) {
				about = append(about, of)
			}
		case slices.Contains(types, of) || of == "number" && slices.Contains(types, "integer"):
		default:
			o.drop(m.name)
		}
	}
	if len(types) == 0 && len(about) == 1 {
		*o = append(object{{"type", about[0]}}, *o...)
	}
}

// nullable lets null pass where OpenAPI 3.0 says so of a schema made of others.
func (c *converter) nullable(o object, n *source.Node, types []string) any {
	if n.Get("nullable").True() && len(types) == 0 && len(o) > 0 {
		return object{{"anyOf", []any{o, object{{"type", "null"}}}}}
	}
	return o
}
