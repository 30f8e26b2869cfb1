package openapi

import (
	"net/url"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/source"
)

// call is one operation while its exchange is made.
type call struct {
	*reader
	exchange  *importer.Exchange
	operation *source.Node
	cookies   []importer.Field
}

// parameters makes the address, the query, the headers and the cookies.
func (c *call) parameters(path string, base loginwatch.Template, item *source.Node) {
	inPath := map[string]loginwatch.Template{}
	for _, p := range c.merged(item) {
		name, where := p.Get("name").String(), p.Get("in").String()
		value, known := c.given(p)
		switch where {
		case "path":
			inPath[name] = c.single(p, name, value, known)
			if style := p.Get("style").String(); style == "label" || style == "matrix" {
				c.remark(p, "the style %s is not taken over", style)
			}
		case "query":
			c.exchange.Request.Query = append(c.exchange.Request.Query, c.query(p, name, value, known)...)
		case "header":
			// OpenAPI 3.1, 4.8.12.2: what these say stands elsewhere in the document.
			if !strings.EqualFold(name, "Accept") && !strings.EqualFold(name, "Content-Type") {
				c.exchange.Request.Headers = append(c.exchange.Request.Headers,
					importer.Field{Name: name, Value: c.single(p, name, value, known), Optional: !p.Get("required").True()})
			}
		case "cookie":
			c.cookies = append(c.cookies, importer.Field{Name: name, Value: c.single(p, name, value, known), Optional: !p.Get("required").True()})
		default:
			c.fail(p, `a parameter is in "path", "query", "header" or "cookie"`)
		}
	}
	path, query, _ := strings.Cut(path, "?") // some documents tell operations apart by it
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(pair, "="); name != "" {
			c.exchange.Request.Query = append(c.exchange.Request.Query, importer.Field{Name: importer.Decoded(name), Value: importer.Plain(importer.Decoded(value))})
		}
	}
	c.exchange.Request.URL = importer.Joined(base, c.path(path, inPath))
}

// merged are the parameters of the path with those of the operation, which replace
// others of their name and place.
func (c *call) merged(item *source.Node) []*source.Node {
	var all []*source.Node
	at := map[[2]string]int{}
	for _, list := range []*source.Node{item.Get("parameters"), c.operation.Get("parameters")} {
		for _, n := range items(list) {
			p := c.resolve(n)
			if p == nil {
				return nil
			}
			if p.Get("name").String() == "" {
				c.fail(p, "the parameter has no name")
				return nil
			}
			c.spend(n, sizeOfField)
			key := [2]string{p.Get("in").String(), p.Get("name").Text}
			if i, twice := at[key]; twice {
				all[i] = p
				continue
			}
			at[key] = len(all)
			all = append(all, p)
		}
	}
	return all
}

// given is the value that the document has for a parameter.
func (c *call) given(p *source.Node) (value *source.Node, known bool) {
	schema := p.Get("schema")
	if content := members(p.Get("content")); len(content) > 0 {
		p, schema = content[0].Value, content[0].Value.Get("schema")
	}
	if value = p.Get("example"); value != nil {
		return value, true
	}
	for _, example := range members(p.Get("examples")) {
		if value = c.resolve(example.Value).Get("value"); value != nil {
			return value, true
		}
	}
	if value = c.says(schema); value != nil {
		return value, true
	}
	return nil, false
}

// single is a parameter as one text (style simple, or form for a cookie).
func (c *call) single(p *source.Node, name string, value *source.Node, known bool) loginwatch.Template {
	if ours, ok := c.template(p, c.secret(p.Get("schema"))); ok {
		return ours
	}
	if !known {
		return c.variable(name, "", c.secret(p.Get("schema")))
	}
	switch {
	case len(members(p.Get("content"))) > 0 && value.Kind != source.String:
		return importer.Plain(string(value.JSON()))
	case value.Kind == source.List || value.Kind == source.Mapping:
		return importer.Plain(strings.Join(flat(value), ","))
	}
	return importer.Plain(value.String())
}

// flat gives the parts of a list or mapping in the order in which styles without explode
// write them (OpenAPI 3.1, 4.8.12.4).
func flat(n *source.Node) []string {
	var parts []string
	for _, item := range n.Items {
		parts = append(parts, source.Text(item))
	}
	for _, m := range n.Members {
		parts = append(parts, m.Name, source.Text(m.Value))
	}
	return parts
}

// query is a parameter of the query by its style (OpenAPI 3.1, 4.8.12.3).
func (c *call) query(p *source.Node, name string, value *source.Node, known bool) []importer.Field {
	optional := !p.Get("required").True()
	one := func(name, text string) importer.Field {
		return importer.Field{Name: name, Value: importer.Plain(text), Optional: optional}
	}
	style := p.Get("style").String()
	explode := p.Get("explode").True() || p.Get("explode") == nil && (style == "" || style == "form")
	nested := value.Is(source.List) || value.Is(source.Mapping)
	if !known || !nested || len(members(p.Get("content"))) > 0 {
		return []importer.Field{{Name: name, Value: c.single(p, name, value, known), Optional: optional}}
	}
	var fields []importer.Field
	switch {
	case style == "deepObject":
		for _, m := range value.Members {
			fields = append(fields, one(name+"["+m.Name+"]", source.Text(m.Value)))
		}
	case explode:
		for _, item := range value.Items {
			fields = append(fields, one(name, source.Text(item)))
		}
		for _, m := range value.Members {
			fields = append(fields, one(m.Name, source.Text(m.Value)))
		}
	default:
		between := map[string]string{"spaceDelimited": " ", "pipeDelimited": "|"}[style]
		if between == "" {
			between = ","
		}
		fields = append(fields, one(name, strings.Join(flat(value), between)))
	}
	return fields
}

// path puts values or variables where a path has {name}.
func (c *call) path(path string, values map[string]loginwatch.Template) loginwatch.Template {
	t := loginwatch.Template{Texts: []string{""}}
	for path != "" {
		before, rest, found := strings.Cut(path, "{")
		name, after, ended := strings.Cut(rest, "}")
		if !found || !ended {
			before, after = path, ""
		}
		t = importer.Joined(t, importer.Plain(importer.Encoded(before)))
		if path = after; !found || !ended {
			continue
		}
		value, described := values[name]
		if !described {
			value = c.variable(name, "", false)
		}
		t = importer.Joined(t, importer.Mapped(value, url.PathEscape))
	}
	return t
}

// finish puts the cookies together, as one header has them (RFC 6265, 5.4).
func (c *call) finish() {
	if len(c.cookies) == 0 {
		return
	}
	header := importer.Field{Name: "Cookie", Optional: true}
	var parts []loginwatch.Template
	for i, cookie := range c.cookies {
		name := cookie.Name + "="
		if i > 0 {
			name = "; " + name
		}
		parts = append(parts, importer.Plain(name), cookie.Value)
		header.Optional = header.Optional && cookie.Optional
	}
	header.Value = importer.Joined(parts...)
	c.exchange.Request.Headers = append(c.exchange.Request.Headers, header)
}
