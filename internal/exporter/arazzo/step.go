package arazzo

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/exporter"
	"github.com/loginwatch/loginwatch/internal/exporter/openapi"
)

// workflow is one that is being written.
type workflow struct {
	*writer
	inputs map[string]bool   // names that whoever runs it gives
	from   map[string]string // names to the expressions of the steps that give them
}

// step writes what a probe's step sends and expects; why says what Arazzo can't.
func (f *workflow) step(s *loginwatch.Step) (m exporter.Map, why string) {
	k := s.Case
	request := k.Request()
	if why := unsayable(f.contract, k, request); why != "" {
		return nil, why
	}
	outputs := exporter.Map{}
	for _, c := range s.Capture { // before anything is noted of a step that may be left out
		expression := output(k, c.At)
		if expression == "" {
			return nil, "what it gives stands in " + placeWords(k, c.At)
		}
		outputs.Set(c.Name, expression)
	}
	e := openapi.EndpointOf(f.endpoints, k.Operation)
	m = exporter.Map{{Key: "stepId", Value: k.ID}}
	m.Add("description", sentence(k.Title))
	m.Set("operationId", e.ID)
	m.Add("parameters", f.parameters(e, k, request))
	m.Add("requestBody", f.body(k, request))
	m.Add("successCriteria", criteria(k))
	for _, c := range s.Capture {
		f.from[c.Name] = "$steps." + k.ID + ".outputs." + c.Name
	}
	m.Add("outputs", outputs)
	return m, ""
}

// unsayable says what a case needs that Arazzo has not; "" for nothing.
func unsayable(c *loginwatch.Contract, k *loginwatch.Case, r loginwatch.CaseRequest) string {
	for _, name := range r.Names(false) {
		if v := c.ComputedValue(name); v != nil {
			return name + " is computed"
		}
	}
	switch {
	case len(r.Cookies) > 0:
		return "it carries a cookie that an answer has set"
	case r.Format == loginwatch.BodyMultipart && r.Body != nil:
		return "its body is multipart form data"
	case r.Format == loginwatch.BodyXML && len(r.Names(false)) > 0:
		return "a value in its XML would not be escaped"
	case r.Body != nil && slices.ContainsFunc(k.WithoutHeaders, func(h string) bool { return strings.EqualFold(h, "Content-Type") }):
		return "its body is sent without a Content-Type"
	case r.Raw != "":
		return "its body is not what its media type says"
	}
	for _, text := range r.Texts() {
		if strings.Contains(text, "{$") || strings.HasPrefix(text, "$") && !strings.HasPrefix(text, "${") {
			return "a text in its body would be read as an expression"
		}
	}
	return ""
}

func header(r loginwatch.CaseRequest, name string) string {
	for _, h := range r.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// text writes a template: a name alone is the expression itself, one between texts stands
// in braces (Arazzo 1.0.1, 4.7).
func (f *workflow) text(template string) string {
	t := loginwatch.ParseTemplate(template)
	if len(t.Names) == 1 && t.Texts[0] == "" && t.Texts[1] == "" {
		return f.expression(t.Names[0])
	}
	return loginwatch.ExpandPlaceholders(template, func(name string) string { return "{" + f.expression(name) + "}" })
}

func (f *workflow) expression(name string) string {
	if from, captured := f.from[name]; captured {
		return from
	}
	f.inputs[name] = true
	return "$inputs." + name
}

// parameters gives all that the request has beside its body. A header that may be left out
// is, where somebody would have to give its value.
func (f *workflow) parameters(e *openapi.Endpoint, k *loginwatch.Case, r loginwatch.CaseRequest) (all []any) {
	add := func(in, name, value string) {
		all = append(all, exporter.Map{{Key: "name", Value: name}, {Key: "in", Value: in}, {Key: "value", Value: f.text(value)}})
	}
	names, placeholders := e.PathParameters(k.Operation)
	for i, name := range names {
		add("path", name, "${"+placeholders[i]+"}")
	}
	for _, q := range r.Query {
		add("query", q.Name, q.Value)
	}
	for _, h := range r.Headers {
		ofBody := strings.EqualFold(h.Name, "Content-Type") && r.Body != nil
		if ofBody || h.Optional && len(loginwatch.Placeholders(h.Value)) > 0 {
			continue
		}
		add("header", h.Name, h.Value)
	}
	return all
}

func (f *workflow) body(k *loginwatch.Case, r loginwatch.CaseRequest) exporter.Map {
	if r.Body == nil {
		return nil
	}
	payload := loginwatch.ReplaceTexts(r.Body, func(text string) any { return f.text(text) })
	media := header(r, "Content-Type")
	if media == "" {
		media = openapi.MediaType(k.Operation)
	}
	return exporter.Map{
		{Key: "contentType", Value: media},
		{Key: "payload", Value: exporter.Sorted(payload)},
	}
}

// output is the expression of a place in the answer to a case; "" where there is none.
func output(k *loginwatch.Case, at loginwatch.Place) string {
	if name, isHeader := at.Header(); isHeader {
		return "$response.header." + name
	}
	if at == loginwatch.PlaceText {
		return "$response.body"
	}
	if at.InDocument() && inJSON(k) {
		if at == "" {
			return "$response.body"
		}
		return "$response.body#" + at.String()
	}
	return ""
}

func inJSON(k *loginwatch.Case) bool {
	for _, o := range k.Expect {
		if o.Means == loginwatch.OK {
			return o.Body == loginwatch.BodyJSON
		}
	}
	return false
}

// placeWords says where a place is that Arazzo can't name.
func placeWords(k *loginwatch.Case, at loginwatch.Place) string {
	if _, isCookie := at.Cookie(); isCookie {
		return "a cookie"
	}
	if len(k.Expect) > 0 {
		return k.Expect[0].Body.Words()
	}
	return at.String()
}

// criterion compares a place of the answer; nil where Arazzo can't.
func criterion(o *loginwatch.Outcome, f loginwatch.Field) exporter.Map {
	place := "$response.body#" + f.At.String()
	if name, isHeader := f.At.Header(); isHeader {
		place = "$response.header." + name
	} else if !f.At.InDocument() || o.Body != loginwatch.BodyJSON {
		return nil
	}
	if f.Test == loginwatch.TestEquals && strings.ContainsAny(place, " \t()<>=!&|'\"") {
		return nil // a condition would end within the place
	}
	switch f.Test {
	case loginwatch.TestEquals:
		return exporter.Map{{Key: "condition", Value: place + " == " + literal(o, f)}}
	case loginwatch.TestPrefix:
		return exporter.Map{
			{Key: "context", Value: place},
			{Key: "condition", Value: "^" + regexp.QuoteMeta(f.Value)},
			{Key: "type", Value: "regex"},
		}
	}
	return nil
}

// literal writes a value as conditions have it: of the type that the example shows.
func literal(o *loginwatch.Outcome, f loginwatch.Field) string {
	if f.At.InDocument() && o.Example != nil {
		if value, found := openapi.ExampleAt(o, f.At.String()); found {
			switch v := value.(type) {
			case json.Number, bool:
				return fmt.Sprint(v)
			case nil:
				return "null"
			}
		}
	}
	return "'" + strings.ReplaceAll(f.Value, "'", "''") + "'"
}
