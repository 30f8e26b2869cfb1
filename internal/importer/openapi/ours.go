package openapi

import (
	"slices"

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
	if name := n.Get("x-loginwatch-outcome").String(); name != "" && a.Name == "" {
		a.Name = name
		if operation := n.Get("x-loginwatch-operation").String(); operation != "" {
			a.Name = operation + "." + name
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

// template is a value as our own contract writes it; false without one. Where operations
// were joined there are several, and none is that of all.
func (r *reader) template(n *source.Node, secret bool) (t loginwatch.Template, ok bool) {
	value := n.Get("x-loginwatch-value")
	if !value.Is(source.String) {
		return t, false
	}
	t = loginwatch.ParseTemplate(value.Text)
	for _, name := range t.Names {
		r.variable(name, "", secret)
	}
	return t, true
}

// headers that OpenAPI has another place for, and their values.
func (c *call) ourHeaders() {
	for _, m := range members(c.operation.Get("x-loginwatch-headers")) {
		value := loginwatch.ParseTemplate(m.Value.String())
		c.exchange.Request.Headers = append(c.exchange.Request.Headers, importer.Field{Name: m.Name, Value: value})
	}
}
