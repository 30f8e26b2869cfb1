package postman

import (
	"encoding/json"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/collection"
	"github.com/loginwatch/loginwatch/internal/importer/source"
)

// call is one request while its exchange is made.
type call struct {
	*reader
	exchange *importer.Exchange
}

// address reads a text, or the parts that Postman has cut it into.
func (c *call) address(n *source.Node) {
	var pathVariables *source.Node
	raw := n.String()
	if n.Is(source.Mapping) {
		pathVariables = n.Get("variable")
		if raw = n.Get("raw").String(); len(items(n.Get("host"))) > 0 || n.Get("host").String() != "" {
			raw = put(n)
		}
	}
	raw, _, _ = strings.Cut(raw, "#")
	address, query, _ := strings.Cut(raw, "?")
	if address == "" {
		c.fail(n, "the request has no address")
		return
	}
	if !strings.Contains(address, "://") && !strings.HasPrefix(address, "{{") {
		c.remark(n, "the address says neither http nor https: Postman takes http")
		address = "http://" + address
	}
	given := map[string]string{}
	for _, v := range items(pathVariables) {
		if !v.Get("disabled").True() {
			given[key(v)] = source.Text(v.Get("value"))
			c.madeUp(v, given[key(v)])
		}
	}
	c.madeUp(n, address)
	c.exchange.Request.URL = collection.Address(address, given)
	list := n.Get("query")
	if list == nil {
		c.exchange.Request.Query = collection.Pairs(query)
		c.madeUp(n, query)
	}
	for _, p := range items(list) {
		if value := source.Text(p.Get("value")); !p.Get("disabled").True() && p.Get("key") != nil {
			c.madeUp(p, value)
			c.exchange.Request.Query = append(c.exchange.Request.Query, collection.Typed(p.Get("key").String(), value))
		}
	}
}

// put puts the parts of an address together, without its query.
func put(n *source.Node) string {
	var b strings.Builder
	if protocol := n.Get("protocol").String(); protocol != "" {
		b.WriteString(strings.TrimSuffix(protocol, "://") + "://")
	}
	b.WriteString(between(n.Get("host"), "."))
	if port := n.Get("port").String(); port != "" {
		b.WriteString(":" + port)
	}
	if path := between(n.Get("path"), "/"); path != "" {
		b.WriteString("/" + strings.TrimPrefix(path, "/"))
	}
	return b.String()
}

// between joins a list of texts, or of parts that have a value; a text is as it is.
func between(n *source.Node, mark string) string {
	if n.Is(source.String) {
		return n.Text
	}
	parts := make([]string, len(items(n)))
	for i, item := range items(n) {
		if parts[i] = item.String(); item.Is(source.Mapping) {
			parts[i] = item.Get("value").String()
		}
	}
	return strings.Join(parts, mark)
}

// headers are a list, or the text that format 2.0 may have.
func (c *call) headers(n *source.Node) {
	add := func(at *source.Node, name string, value loginwatch.Template) {
		c.exchange.Request.Headers = append(c.exchange.Request.Headers, importer.Field{Name: name, Value: value})
	}
	if n.Is(source.String) {
		for line := range strings.SplitSeq(n.Text, "\n") {
			if name, value, found := strings.Cut(line, ":"); found {
				add(n, strings.TrimSpace(name), c.templateOf(n, strings.TrimSpace(value)))
			}
		}
		return
	}
	for _, h := range items(n) {
		if name := h.Get("key").String(); name != "" && !h.Get("disabled").True() {
			add(h, name, c.template(h.Get("value")))
		}
	}
}

// languages are the media types that Postman sends a raw text as.
var languages = map[string]string{
	"json": "application/json", "xml": "application/xml", "html": "text/html", "javascript": "application/javascript", "text": "text/plain",
}

func (c *call) body(n *source.Node) {
	if n == nil || n.Kind == source.Null || n.Get("disabled").True() {
		return
	}
	b := &importer.Body{}
	switch mode := n.Get("mode").String(); mode {
	case "raw":
		if n.Get("raw").String() == "" {
			return
		}
		b.Text = c.template(n.Get("raw"))
		if b.ContentType = languages[n.Get("options").Get("raw").Get("language").String()]; b.ContentType == "" {
			b.ContentType = languages["text"]
		}
	case "urlencoded", "formdata":
		b.ContentType = "application/x-www-form-urlencoded"
		if mode == "formdata" {
			b.ContentType = "multipart/form-data"
		}
		b.Fields = c.fields(n.Get(mode))
	case "graphql":
		b.ContentType = "application/json"
		query := n.Get(mode)
		variables := source.Text(query.Get("variables"))
		c.madeUp(query, variables)
		b.Text = collection.GraphQL(query.Get("query").String(), query.Get("operationName").String(), variables)
	case "file":
		c.remark(n, "a file is sent here, which no pack has: it is left out")
		return
	case "", "none":
		return
	default:
		c.remark(n, "a body of this mode is left out")
		return
	}
	b.ContentType = collection.ContentType(&c.exchange.Request, b.ContentType)
	c.exchange.Request.Body = b
}

func (c *call) fields(n *source.Node) []importer.Field {
	fields := []importer.Field{}
	if n.Is(source.String) { // format 2.0
		fields = collection.Pairs(n.Text)
	}
	for _, f := range items(n) {
		switch {
		case f.Get("disabled").True() || f.Get("key").String() == "":
		case f.Get("type").String() == "file":
			c.remark(f, "a file is sent here, which no pack has: it is left out")
		default:
			fields = append(fields, importer.Field{Name: f.Get("key").Text, Value: c.template(f.Get("value"))})
		}
	}
	return fields
}

// answer is a response that was saved with the request.
func (c *call) answer(n *source.Node) {
	if !n.Is(source.Mapping) {
		return
	}
	a := importer.Answer{Name: n.Get("name").String(), At: n.Place(), Body: []byte(n.Get("body").String())}
	if n.Get("body").String() == "" {
		a.Body = nil
	}
	if code := n.Get("code"); code.Is(source.Number) {
		if err := json.Unmarshal([]byte(code.Text), &a.Status); err != nil || a.Status < 100 || a.Status > 599 {
			c.remark(code, "this is no status of HTTP: the answer is left out")
			return
		}
	}
	for _, h := range items(n.Get("header")) {
		name, value := h.Get("key").String(), h.Get("value").String()
		switch {
		case name == "":
		case strings.EqualFold(name, "Content-Type"):
			a.ContentType = value
		default:
			a.Headers = append(a.Headers, importer.AnswerHeader{Name: name, Value: value})
		}
	}
	c.exchange.Answers = append(c.exchange.Answers, a)
}
