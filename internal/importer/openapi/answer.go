package openapi

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/source"
)

// response makes the answers of one status: one for each example of each media type.
func (c *call) response(status string, n *source.Node) {
	n = c.resolve(n)
	if n == nil {
		return
	}
	code, ok := c.status(status)
	if !ok {
		c.fail(n, `a response is that of a status, a range such as 4XX, or "default"`)
		return
	}
	c.spend(n, sizeOfAnswer)
	plain := importer.Answer{At: n.Place(), Status: code, Headers: c.headers(n.Get("headers")), Text: n.Get("description").String()}
	c.links(code, n.Get("links"))
	bare := c.bare(plain, n)
	content := members(n.Get("content"))
	if len(content) == 0 && !bare {
		c.exchange.Answers = append(c.exchange.Answers, plain)
	}
	for _, m := range content {
		if m.Name == "*/*" && len(members(m.Value)) == 0 && bare {
			continue // as our own export says that a body is not described
		}
		a := plain
		if a.ContentType = m.Name; strings.Contains(m.Name, "*") {
			a.ContentType = "" // a range promises no type
		}
		c.media(a, m.Name, m.Value)
	}
}

// status is the code of a key below responses. A range is taken for its first code that
// no other key has.
func (c *call) status(text string) (code int, ok bool) {
	if text == "default" {
		return 0, true
	}
	if len(text) != 3 || text[0] < '1' || text[0] > '5' {
		return 0, false
	}
	if class := strings.ToUpper(text); class[1:] == "XX" {
		responses := c.operation.Get("responses")
		code = int(text[0]-'0') * 100
		for responses.Get(strconv.Itoa(code)) != nil {
			code++
		}
		c.remark(responses.Get(text), "a range of statuses is taken as %d", code)
		return code, true
	}
	code, err := strconv.Atoi(text)
	return code, err == nil
}

func (c *call) headers(n *source.Node) []importer.AnswerHeader {
	var all []importer.AnswerHeader
	for _, m := range members(n) {
		c.spend(m.Value, sizeOfField)
		if strings.EqualFold(m.Name, "Content-Type") { // OpenAPI 3.1, 4.8.17.1
			continue
		}
		header := c.resolve(m.Value)
		value, known := c.given(header)
		text := ""
		if known {
			text = source.Text(value)
		}
		all = append(all, importer.AnswerHeader{Name: m.Name, Value: text})
	}
	return all
}

// media makes the answers of one media type.
func (c *call) media(a importer.Answer, mediaType string, n *source.Node) {
	if a.Schema = c.mediaSchema(mediaType, n, false); c.fault != nil {
		return
	}
	add := func(name string, at, value *source.Node) {
		c.spend(at, sizeOfAnswer)
		one := a
		one.Name, one.At = name, at.Place()
		one.Body = c.text(mediaType, value)
		c.outcome(&one, at)
		c.exchange.Answers = append(c.exchange.Answers, one)
	}
	before := len(c.exchange.Answers)
	for _, m := range members(n.Get("examples")) {
		example := c.resolve(m.Value)
		if example.Get("externalValue") != nil {
			c.remark(example, "an example at an address is not opened")
		}
		add(m.Name, example, example.Get("value"))
	}
	switch example := n.Get("example"); {
	case len(c.exchange.Answers) > before:
	case example != nil:
		add("", example, example)
	default:
		// The schema's own examples and defaults, when they make a whole one.
		if kindOf(mediaType) == loginwatch.BodyJSON {
			a.Body = c.sample(n.Get("schema"))
		} else if value := c.says(n.Get("schema")); value != nil {
			a.Body = c.text(mediaType, value)
		}
		c.exchange.Answers = append(c.exchange.Answers, a)
	}
}

// text is an example as it would be sent. One that the document writes as a text may
// hold the JSON that it stands for.
func (c *call) text(mediaType string, value *source.Node) []byte {
	if value == nil {
		return nil
	}
	text := value.JSON()
	c.spend(value, len(text))
	switch {
	case kindOf(mediaType) == loginwatch.BodyJSON:
		if value.Kind == source.String && jsonText(value.Text) {
			return []byte(value.Text)
		}
		return text
	case value.Kind == source.List || value.Kind == source.Mapping:
		c.remark(value, "this example is no text, and its media type is not JSON")
		return nil
	}
	return []byte(value.String())
}

// jsonText tells whether a text is an object or a list of JSON.
func jsonText(text string) bool {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
		return false
	}
	_, err := source.JSON([]byte(text))
	return err == nil
}

// jsonType has json as a word of its subtype, as in application/x-amz-json-1.1.
var jsonType = regexp.MustCompile(`^[^/]+/([^/]*[^a-z/])?json([-.][0-9.]+)?$`)

// kindOf tells how bodies of a media type are written.
func kindOf(mediaType string) loginwatch.BodyFormat {
	name, _, _ := strings.Cut(strings.ToLower(mediaType), ";")
	switch name = strings.TrimSpace(name); {
	case name == "*/*" || name == "application/*" || jsonType.MatchString(name):
		return loginwatch.BodyJSON
	case name == "application/x-www-form-urlencoded":
		return loginwatch.BodyForm
	case name == "multipart/form-data":
		return loginwatch.BodyMultipart
	case name == "application/xml" || name == "text/xml" || strings.HasSuffix(name, "+xml"):
		return loginwatch.BodyXML
	case strings.HasPrefix(name, "text/"):
		return loginwatch.BodyText
	}
	return loginwatch.BodyUnspecified
}

// links are values that the document takes out of an answer for other calls (OpenAPI
// 3.1, 4.8.20).
func (c *call) links(status int, n *source.Node) {
	if status < 200 || status > 299 {
		return
	}
	for _, m := range members(n) {
		for _, p := range members(c.resolve(m.Value).Get("parameters")) {
			expression, from := p.Value.String(), ""
			if pointer, ok := strings.CutPrefix(expression, "$response.body#"); ok {
				from = pointer
			} else if name, ok := strings.CutPrefix(expression, "$response.header."); ok {
				from = string(loginwatch.HeaderPlace(name))
			}
			_, name, qualified := strings.Cut(p.Name, ".") // such as header.Authorization
			if !qualified {
				name = p.Name
			}
			c.keep(importer.Kept{Variable: importer.Name(name), From: from})
		}
	}
}

const mostKept = 50 // of one answer

func (c *call) keep(k importer.Kept) {
	if k.Variable == "" || k.From == "" || len(c.exchange.Kept) == mostKept {
		return
	}
	for _, other := range c.exchange.Kept {
		if other.Variable == k.Variable {
			return
		}
	}
	c.exchange.Kept = append(c.exchange.Kept, k)
}
