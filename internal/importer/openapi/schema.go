package openapi

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/importer/source"
)

// Schemas of OpenAPI become draft-07, which packs are written in: what judges a value
// is kept as far as draft-07 can say it, and what may hold one (examples, defaults) is
// left out. Additions stay allowed: a member that a document does not name is reported
// and breaks nothing. So oneOf becomes anyOf, since its branches are told apart by what
// they forbid.

type schemaKey struct {
	of      *source.Node
	request bool
}

// member and object are JSON in the order of the document.
type member struct {
	name  string
	value any
}

type object []member

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(source.Quote(m.name))
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func (o object) get(name string) any {
	for _, m := range o {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

func (o *object) set(name string, value any) {
	for i := range *o {
		if (*o)[i].name == name {
			(*o)[i].value = value
			return
		}
	}
	*o = append(*o, member{name, value})
}

func (o *object) drop(name string) {
	for i := range *o {
		if (*o)[i].name == name {
			*o = append((*o)[:i], (*o)[i+1:]...)
			return
		}
	}
}

// converter makes one schema that is whole in itself.
type converter struct {
	*reader
	request     bool
	names       map[*source.Node]string // of what definitions hold
	taken       map[string]bool
	open        map[*source.Node]bool // being converted
	definitions object
	conversions int
	followed    int // references that are followed at once
}

// The bounds of one schema, and of all of a document. guard, which every schema of a pack
// goes through, refuses the larger ones anyway.
const (
	mostConversions    = 20_000
	mostConversionsAll = 500_000
	mostFollowed       = 100
)

// schema is the draft-07 of a schema; nil where nothing is said, or nothing that a pack
// can hold.
func (r *reader) schema(n *source.Node, request bool) json.RawMessage {
	if n == nil || r.fault != nil {
		return nil
	}
	key := schemaKey{n, request}
	if done, known := r.schemas[key]; known {
		return done
	}
	c := &converter{reader: r, request: request, names: map[*source.Node]string{}, taken: map[string]bool{}, open: map[*source.Node]bool{}}
	whole := object{{"$schema", "http://json-schema.org/draft-07/schema#"}}
	switch root := c.convert(c.root(n), 0).(type) {
	case object:
		whole = append(whole, root...)
	case bool:
		whole = append(whole, member{"not", object{}})
	}
	if len(c.definitions) > 0 {
		whole = append(whole, member{"definitions", c.definitions})
	}
	r.schemas[key] = nil
	if r.fault != nil || len(whole) == 1 {
		return nil
	}
	text, err := json.Marshal(whole)
	limits := guard.Defaults()
	limits.Depth *= 2 // a schema is nested twice as deep as what it describes
	if err != nil || c.conversions > mostConversions || guard.Check(text, limits) != nil {
		r.remark(n, "this schema is larger than a pack may have it: it is left out")
		return nil
	}
	r.spend(n, len(text))
	r.schemas[key] = text
	return text
}

// root is the schema that n stands for. What refers to nothing else than it is it.
func (c *converter) root(n *source.Node) *source.Node {
	for n != nil && n.Get("$ref").Is(source.String) && !c.beside(n) {
		if c.open[n] {
			c.fail(n.Get("$ref"), "these references lead back to each other")
			return nil
		}
		c.open[n] = true
		n = c.target(n.Get("$ref"))
	}
	c.open[n] = true
	return n
}

// beside tells whether something counts that stands beside a reference: in OpenAPI 3.0
// nothing does (4.7.23).
func (c *converter) beside(n *source.Node) bool { return c.newer && len(n.Members) > 1 }

// mediaSchema is the schema of a body as a pack has it, which is that of the decoded
// body.
func (r *reader) mediaSchema(mediaType string, media *source.Node, request bool) json.RawMessage {
	n := media.Get("schema")
	decoded := n.Get("contentSchema")
	switch format := kindOf(mediaType); {
	case n == nil || format == loginwatch.BodyText || format == loginwatch.BodyUnspecified:
		return nil
	case decoded != nil && (format == loginwatch.BodyXML || format == loginwatch.BodyForm):
		return r.schema(decoded, request)
	case format == loginwatch.BodyXML:
		r.remark(n, "the schema of XML is not taken over: a pack has one of the decoded document")
		return nil
	}
	return r.schema(n, request)
}

// convert gives an object, or false for the schema that nothing fits.
func (c *converter) convert(n *source.Node, depth int) any {
	c.conversions++
	if c.reader.conversions++; c.reader.conversions > mostConversionsAll {
		c.fail(n, "schemas up to here refer to each other more than %d times", mostConversionsAll)
	}
	switch {
	case n == nil || c.fault != nil || n.True() || c.conversions > mostConversions:
		return object{}
	case n.Is(source.Bool):
		return false
	case n.Kind != source.Mapping:
		c.fail(n, "a schema is a mapping")
		return object{}
	}
	if ref := n.Get("$ref"); ref.Is(source.String) {
		return c.reference(n, ref, depth)
	}
	return c.body(n, depth)
}

// reference puts what n refers to among the definitions. One that leads back to itself
// is cut: a pack's schemas are none that take exponential time.
func (c *converter) reference(n, ref *source.Node, depth int) any {
	target := c.target(ref)
	if target == nil {
		return object{}
	}
	if c.open[target] {
		c.remark(ref, "this schema contains itself: what stands here is not looked at")
		return object{}
	}
	name, known := c.names[target]
	if !known {
		if c.followed++; c.followed > mostFollowed {
			c.fail(ref, "this schema is reached through more than %d others", mostFollowed)
			return object{}
		}
		name = c.name(ref.Text)
		c.names[target] = name
		c.definitions = append(c.definitions, member{name, object{}})
		at := len(c.definitions) - 1
		c.open[target] = true
		c.definitions[at].value = c.convert(target, 0)
		delete(c.open, target)
		c.followed--
	}
	refers := object{{"$ref", "#/definitions/" + name}}
	if c.beside(n) {
		if beside, ok := c.body(n, depth).(object); ok && len(beside) > 0 {
			return object{{"allOf", []any{refers, beside}}}
		}
	}
	return refers
}

// name is that of a definition, made of the last part of a reference.
func (c *converter) name(ref string) string {
	last := ref[strings.LastIndexByte(ref, '/')+1:]
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' || r == '.' {
			return r
		}
		return '-'
	}, last)
	if name == "" {
		name = "schema"
	}
	unique := name
	for i := 2; c.taken[unique]; i++ {
		unique = name + "-" + strconv.Itoa(i)
	}
	c.taken[unique] = true
	return unique
}
