package openapi

import (
	"bytes"
	"encoding/xml"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/exporter"
)

// body says what an endpoint takes as its body; nil when that is nothing. Media types
// tell several operations apart, schemas do not: any of theirs may fit.
func (w *writer) body(e *Endpoint) exporter.Map {
	type media struct {
		format   loginwatch.BodyFormat
		schemas  []*loginwatch.SchemaRef
		examples exporter.Map
	}
	var order []string
	medias := map[string]*media{}
	needed := 0
	for _, o := range e.Operations {
		schema, format := o.Request.Schema, o.Request.Format()
		cases := casesWithBody(w.contract, o)
		if schema == nil && len(cases) == 0 {
			continue
		}
		needed++
		name := MediaType(o)
		m := medias[name]
		if m == nil {
			m = &media{format: format}
			order, medias[name] = append(order, name), m
		}
		if schema != nil && !slices.ContainsFunc(m.schemas, func(s *loginwatch.SchemaRef) bool { return s.Name == schema.Name }) {
			m.schemas = append(m.schemas, schema)
		}
	}
	if needed == 0 {
		return nil
	}
	for _, k := range e.casesOf(w.contract) {
		if m := medias[MediaType(k.Operation)]; m != nil {
			w.requestExample(&m.examples, k, len(e.Operations) > 1)
		}
	}
	content := exporter.Map{}
	for _, name := range order {
		m := medias[name]
		var parts []any
		for _, schema := range m.schemas {
			parts = append(parts, w.schemaRef(schema))
		}
		object := exporter.Map{{Key: "schema", Value: written(m.format, name, anyOf(parts), false)}}
		object.Add("examples", m.examples)
		content.Set(name, object)
	}
	body := exporter.Map{}
	body.Add("required", needed == len(e.Operations))
	body.Set("content", content)
	return body
}

func casesWithBody(c *loginwatch.Contract, o *loginwatch.Operation) (cases []*loginwatch.Case) {
	for _, k := range c.Cases {
		if k.Operation == o && k.Body != nil {
			cases = append(cases, k)
		}
	}
	return cases
}

// MediaType is the type of an operation's bodies.
func MediaType(o *loginwatch.Operation) string {
	for _, h := range o.Request.Headers {
		if strings.EqualFold(h.Name, "Content-Type") && len(loginwatch.Placeholders(h.Value)) == 0 {
			return h.Value
		}
	}
	if m := o.Request.Format().MediaType(); m != "" {
		return m
	}
	return "application/json"
}

// requestExample shows what a case sends, where that is what the schema asks for.
func (w *writer) requestExample(examples *exporter.Map, k *loginwatch.Case, joined bool) {
	request := k.Request()
	if request.Body == nil {
		return
	}
	var value any
	if text, isText := request.Body.(string); isText && request.Format == loginwatch.BodyXML {
		known := true
		value = loginwatch.ExpandPlaceholders(text, func(name string) string {
			v, ok := w.demo.Value(name)
			known = known && ok
			return escapedXML(v)
		})
		if !known {
			return
		}
	} else {
		made, ok := w.demo.Body(request.Body)
		if !ok {
			return
		}
		if schema := k.Operation.Request.Schema; schema != nil && request.Format.Structured() && request.Format != loginwatch.BodyXML {
			if wrong, err := schema.Validate(made); err != nil || len(wrong) > 0 {
				return
			}
		}
		value = exporter.Sorted(made)
	}
	example := exporter.Map{}
	example.Add("summary", k.Title)
	if joined {
		example.Set("x-loginwatch-operation", k.Operation.ID)
	}
	example.Set("value", value)
	examples.Set(k.ID, example)
}

func escapedXML(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a buffer takes everything
	return b.String()
}

// written wraps the schema of a decoded body where OpenAPI has none for the body as it is
// written: XML is a text that decodes to it, and so is a form in an answer.
func written(format loginwatch.BodyFormat, media string, decoded exporter.Map, answer bool) exporter.Map {
	text := exporter.Map{{Key: "type", Value: "string"}}
	switch {
	case format == loginwatch.BodyXML || format == loginwatch.BodyForm && answer:
		text.Set("contentMediaType", media)
		text.Add("contentSchema", decoded)
		return text
	case format.Structured():
		return decoded
	}
	return text
}

// anyOf joins schemas, one or several.
func anyOf(parts []any) exporter.Map {
	switch len(parts) {
	case 0:
		return exporter.Map{}
	case 1:
		return parts[0].(exporter.Map)
	}
	return exporter.Map{{Key: "anyOf", Value: parts}}
}
