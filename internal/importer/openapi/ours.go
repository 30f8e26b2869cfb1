package openapi

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/source"
)

// What our own export says on top of OpenAPI, by which a document that it wrote gives
// every outcome back.

// bare adds the outcomes of an answer that have no example; false where it has none.
func (c *call) bare(a importer.Answer, n *source.Node) bool {
	outcomes := items(n.Get("x-loginwatch-outcomes"))
	for _, outcome := range outcomes {
		c.spend(outcome, sizeOfAnswer)
		one := a
		one.At = outcome.Place()
		c.outcome(&one, outcome)
		c.exchange.Answers = append(c.exchange.Answers, one)
	}
	return len(outcomes) > 0
}

// outcome takes over what an example says of an outcome.
func (c *call) outcome(a *importer.Answer, n *source.Node) {
	if name := n.Get("x-loginwatch-outcome").String(); name != "" {
		a.Name = name
		if operation := n.Get("x-loginwatch-operation").String(); operation != "" {
			a.Name = operation + "." + name
		}
	}
	a.Contains = n.Get("x-loginwatch-contains").String()
	for _, when := range items(n.Get("x-loginwatch-when")) {
		if condition := loginwatch.Condition(when.String()); slices.Contains(loginwatch.Conditions, condition) && !slices.Contains(a.When, condition) {
			a.When = append(a.When, condition)
		}
	}
	if means := loginwatch.Verdict(n.Get("x-loginwatch-means").String()); slices.Contains(loginwatch.Verdicts, means) {
		a.Means = means
	}
	for _, m := range members(n.Get("x-loginwatch-where")) {
		field := loginwatch.Field{At: loginwatch.Place(m.Name), Value: m.Value.String()}
		switch prefix, present := m.Value.Get("prefix"), m.Value.Get("present"); {
		case prefix != nil:
			field.Test, field.Value = loginwatch.TestPrefix, prefix.String()
		case present.True():
			field.Test, field.Value = loginwatch.TestPresent, ""
		case present != nil:
			field.Test, field.Value = loginwatch.TestAbsent, ""
		}
		a.Where = append(a.Where, field)
	}
}

// template is a value as our own contract writes it; false without one. Of several the
// first is that of the operation itself. Where operations were joined each has its own
// beside, which takes the place of this one.
func (r *reader) template(n *source.Node, secret bool) (t loginwatch.Template, ok bool) {
	value := firstOf(n.Get("x-loginwatch-value"))
	if !value.Is(source.String) {
		return t, false
	}
	t = loginwatch.ParseTemplate(value.Text)
	for _, name := range t.Names {
		r.variable(name, "", secret)
	}
	return t, true
}

func firstOf(n *source.Node) *source.Node {
	if all := items(n); len(all) > 0 {
		return all[0]
	}
	return n
}

// ourHeaders adds the headers that OpenAPI has another place for.
func (c *call) ourHeaders() {
	for _, m := range members(c.operation.Get("x-loginwatch-headers")) {
		c.exchange.Request.Headers = append(c.exchange.Request.Headers, importer.Field{Name: m.Name, Value: c.ownTemplate(firstOf(m.Value))})
	}
}

// ours gives the operations that our own export had joined to one, each as an exchange of
// its own; of any other document the exchange as it is.
func (c *call) ours(base loginwatch.Template) []importer.Exchange {
	said := members(c.operation.Get("x-loginwatch-operations"))
	if len(said) == 0 {
		return []importer.Exchange{*c.exchange}
	}
	own := map[string][]importer.Answer{} // by the names of operations
	for _, a := range c.exchange.Answers {
		operation, outcome, joined := strings.Cut(a.Name, ".")
		switch {
		case len(said) == 1:
			a.Name = strings.TrimPrefix(a.Name, said[0].Name+".")
			own[said[0].Name] = append(own[said[0].Name], a)
		case joined && c.operation.Get("x-loginwatch-operations").Get(operation) != nil:
			a.Name = outcome
			own[operation] = append(own[operation], a)
		default:
			c.remarks.Addf(a.At, "an answer that is of none of the joined operations is left out")
		}
	}
	var all []importer.Exchange
	for _, m := range said {
		c.spend(m.Value, sizeOfExchange)
		e := importer.Exchange{Name: m.Name, Operation: m.Name, At: c.exchange.At, Request: c.exchange.Request, Kept: c.exchange.Kept}
		if e.Answers = own[m.Name]; len(said) > 1 {
			one := &call{reader: c.reader, exchange: &e, operation: c.operation}
			one.ownRequest(m.Value, base)
		} else if e.Request.Body != nil {
			c.ownBody(e.Request.Body, m.Value)
		}
		for _, a := range e.Answers {
			c.spend(m.Value, sizeOfAnswer+len(a.Body)+len(a.Schema))
		}
		inOrder(e.Answers, m.Value.Get("outcomes"))
		all = append(all, e)
	}
	return all
}

// inOrder sorts answers as their outcomes are asked, each by the order of its statuses. A
// document has them by status.
func inOrder(answers []importer.Answer, outcomes *source.Node) {
	type key struct{ name, status string }
	at, last := map[key]int{}, 0
	for _, m := range members(outcomes) {
		for _, status := range items(m.Value) {
			if k := (key{m.Name, status.Text}); at[k] == 0 {
				last++
				at[k] = last
			}
		}
	}
	place := func(a importer.Answer) int {
		if place := at[key{a.Name, strconv.Itoa(a.Status)}]; place > 0 {
			return place
		}
		return last + 1
	}
	slices.SortStableFunc(answers, func(a, b importer.Answer) int { return cmp.Compare(place(a), place(b)) })
}

// ownRequest is what one of several operations sends.
func (c *call) ownRequest(n *source.Node, base loginwatch.Template) {
	own := importer.Request{Method: c.exchange.Request.Method, URL: importer.Joined(base, c.ownTemplate(n.Get("path")))}
	own.Query, own.Headers = c.ownFields(n.Get("query")), c.ownFields(n.Get("headers"))
	for _, name := range items(n.Get("cookies")) {
		c.cookies = append(c.cookies, importer.Field{Name: name.String(), Value: importer.Plain("")})
	}
	if kind := n.Get("content").String(); kind != "" {
		own.Body = &importer.Body{ContentType: kind, Schema: c.mediaSchema(kind, n, true)}
		c.ownBody(own.Body, n)
	}
	c.exchange.Request = own
	c.finish()
}

// ownBody is a body with its placeholders, where the example of it has demo values.
func (c *call) ownBody(b *importer.Body, n *source.Node) {
	body := n.Get("body")
	if body == nil {
		return
	}
	switch kindOf(b.ContentType) {
	case loginwatch.BodyForm, loginwatch.BodyMultipart:
		b.Fields = c.ownFields(body)
	default:
		if text := body.JSON(); body.Is(source.Mapping) || body.Is(source.List) { // whatever type it is sent as
			c.spend(body, len(text))
			b.Text = c.parsed(string(text))
			return
		}
		b.Text = c.parsed(string(c.text(b.ContentType, body)))
	}
}

func (c *call) ownFields(n *source.Node) (fields []importer.Field) {
	for _, m := range members(n) {
		c.spend(m.Value, sizeOfField)
		values := []*source.Node{m.Value}
		if m.Value.Is(source.List) {
			values = m.Value.Items
		}
		for _, value := range values {
			fields = append(fields, importer.Field{Name: m.Name, Value: c.ownTemplate(value)})
		}
	}
	return fields
}

func (c *call) ownTemplate(n *source.Node) loginwatch.Template { return c.parsed(source.Text(n)) }

func (c *call) parsed(text string) loginwatch.Template {
	t := loginwatch.ParseTemplate(text)
	for _, name := range t.Names {
		c.variable(name, "", false)
	}
	return t
}
