package openapi

import (
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/source"
)

// preferred are the ways of writing a body, the one that is taken first in front.
var preferred = []loginwatch.BodyFormat{
	loginwatch.BodyJSON, loginwatch.BodyForm, loginwatch.BodyXML, loginwatch.BodyMultipart, loginwatch.BodyText,
}

// body makes the body of the request, of one of its media types.
func (c *call) body() {
	c.ourHeaders()
	n := c.resolve(c.operation.Get("requestBody"))
	content := members(n.Get("content"))
	if len(content) == 0 {
		return
	}
	chosen, format := content[0], kindOf(content[0].Name)
	for i := len(preferred) - 1; i >= 0; i-- {
		for _, m := range content {
			if kindOf(m.Name) == preferred[i] {
				chosen, format = m, preferred[i]
				break
			}
		}
	}
	if len(content) > 1 {
		c.remark(n, "of %d media types of the request one is taken: %s", len(content), source.Shown(chosen.Name))
	}
	media := chosen.Value
	b := &importer.Body{ContentType: chosen.Name, Text: importer.Plain("")}
	if strings.Contains(chosen.Name, "*") {
		b.ContentType = "application/json"
	}
	c.exchange.Request.Body = b
	b.Schema = c.mediaSchema(chosen.Name, media, true)
	example := c.requestExample(media)
	switch format {
	case loginwatch.BodyForm, loginwatch.BodyMultipart:
		b.Fields = c.fields(media, example)
		b.Text = loginwatch.Template{}
	case loginwatch.BodyJSON:
		if example != nil {
			b.Text = importer.Plain(string(c.text(chosen.Name, example)))
		} else {
			b.Text = c.draft(media.Get("schema"))
		}
	default:
		if example == nil {
			example = c.says(media.Get("schema"))
		}
		if example == nil {
			c.remark(media, "no example shows what the body is: none is sent")
			return
		}
		b.Text = importer.Plain(string(c.text(chosen.Name, example)))
	}
}

// requestExample is the first example of a request; nil without one.
func (c *call) requestExample(media *source.Node) *source.Node {
	if example := media.Get("example"); example != nil {
		return example
	}
	examples := members(media.Get("examples"))
	for i, m := range examples {
		example := c.resolve(m.Value)
		if value := example.Get("value"); value != nil {
			if i+1 < len(examples) && c.operation.Get("x-loginwatch-operations") == nil {
				c.remark(media, "of several examples of the request the first one is taken")
			}
			return value
		}
		if example.Get("externalValue") != nil {
			c.remark(example, "an example at an address is not opened")
		}
	}
	return nil
}

// fields are those of a form. What has no value becomes a variable.
func (c *call) fields(media, example *source.Node) []importer.Field {
	schema := media.Get("schema")
	required := map[string]bool{}
	var described []property
	budget := mostSample
	c.properties(schema, 0, &budget, &described, required)
	if example == nil {
		example = c.says(schema)
	}
	var fields []importer.Field
	seen := map[string]bool{}
	add := func(name string, value *source.Node, optional bool) {
		seen[name] = true
		c.spend(media, sizeOfField+len(source.Text(value)))
		if value.Is(source.List) {
			for _, item := range value.Items {
				fields = append(fields, importer.Field{Name: name, Value: importer.Plain(source.Text(item)), Optional: optional})
			}
			return
		}
		fields = append(fields, importer.Field{Name: name, Value: importer.Plain(source.Text(value)), Optional: optional})
	}
	for _, m := range members(example) {
		add(m.Name, m.Value, len(described) > 0 && !required[m.Name])
	}
	for _, p := range described {
		switch {
		case seen[p.name] || c.marked(p.schema, "readOnly") || example != nil && !required[p.name]:
		case c.formatted(p.schema, "binary"):
			c.remark(p.schema, "a file is sent here, which no pack has: it is left out")
		default:
			if value := c.says(p.schema); value != nil {
				add(p.name, value, !required[p.name])
				continue
			}
			fields = append(fields, importer.Field{Name: p.name, Value: c.variable(p.name, "", c.secret(p.schema)), Optional: !required[p.name]})
		}
	}
	return fields
}

// secret tells whether the document marks a value as one.
func (r *reader) secret(schema *source.Node) bool {
	return r.formatted(schema, "password")
}
