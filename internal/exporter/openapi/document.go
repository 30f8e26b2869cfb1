package openapi

import (
	"fmt"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/exporter"
)

// Simulator is where a contract's simulator listens unless somebody chooses another place.
const Simulator = "http://127.0.0.1:9714/"

// writer collects the parts of one document.
type writer struct {
	contract *loginwatch.Contract
	probes   []*loginwatch.Probe // of the contract
	demo     exporter.Demo
	schemas  exporter.Map
	schemes  exporter.Map
}

// Document writes a contract. Its probes tell what a login gives to the calls after it.
func Document(c *loginwatch.Contract, probes []*loginwatch.Probe) exporter.Map {
	w := &writer{contract: c, probes: probes, demo: exporter.NewDemo(c)}
	paths := exporter.Map{}
	for _, e := range Endpoints(c) {
		item, _ := paths.Get(e.Path).(exporter.Map)
		item.Set(e.Method, w.operation(e))
		paths.Set(e.Path, item)
	}
	components := exporter.Map{}
	components.Add("schemas", w.schemas)
	components.Add("securitySchemes", w.schemes)
	m := exporter.Map{
		{Key: "openapi", Value: "3.1.1"},
		{Key: "info", Value: info(c)},
	}
	m.Add("externalDocs", externalDocs(c))
	m.Set("servers", servers(c))
	m.Set("paths", paths)
	m.Add("components", components)
	return m
}

// info says whose the API is, and how far the document can be trusted.
func info(c *loginwatch.Contract) exporter.Map {
	var lines []string
	for _, d := range c.Documents {
		line := d.Title
		if d.Address != "" {
			line += ", " + d.Address
		}
		lines = append(lines, fmt.Sprintf("- %s, read %s", line, d.Read))
	}
	says := "Written by loginwatch from its contract for " + c.Vendor + ", which cites:\n\n" + strings.Join(lines, "\n") + "\n"
	if len(c.Defects) > 0 {
		says += "\nWhere the document contradicts itself:\n\n"
	}
	for _, d := range c.Defects {
		var at []string
		for _, s := range d.At {
			at = append(at, statement(s))
		}
		where := strings.Join(at, ", ")
		if where != "" {
			where += ": "
		}
		says += fmt.Sprintf("- %s%s; elsewhere: %s. Ruling: %s.\n", where, d.Document, d.Sample, d.Ruling)
	}
	return exporter.Map{
		{Key: "title", Value: c.Title},
		{Key: "version", Value: Version(c)},
		{Key: "description", Value: says},
		{Key: "x-loginwatch-vendor", Value: c.Vendor},
	}
}

// Version is that of all that is written of a contract: the day on which the last of its
// documents was read.
func Version(c *loginwatch.Contract) string {
	version := ""
	for _, d := range c.Documents {
		version = max(version, d.Read)
	}
	return version
}

func statement(s loginwatch.Statement) string {
	at := s.Operation + "." + s.Outcome
	if s.At.InDocument() {
		return at + string(s.At)
	}
	return at + "@" + string(s.At)
}

func externalDocs(c *loginwatch.Contract) exporter.Map {
	for _, d := range c.Documents {
		if d.Address != "" {
			return exporter.Map{{Key: "description", Value: d.Title}, {Key: "url", Value: d.Address}}
		}
	}
	return nil
}

// servers are the documented targets. Where none is, whoever runs the API says where, and
// until then it is the simulator.
func servers(c *loginwatch.Contract) []any {
	var all []any
	for _, t := range c.Targets {
		all = append(all, exporter.Map{
			{Key: "url", Value: strings.TrimSuffix(t.URL, "/")},
			{Key: "description", Value: strings.TrimSpace(t.Name + ". " + source(t.Cite))},
			{Key: "x-loginwatch-target", Value: t.Name},
		})
	}
	if len(all) > 0 {
		return all
	}
	return []any{exporter.Map{
		{Key: "url", Value: "{base_url}"},
		{Key: "description", Value: "The document names no address."},
		{Key: "variables", Value: exporter.Map{{Key: "base_url", Value: exporter.Map{
			{Key: "default", Value: Simulator + c.Vendor},
			{Key: "description", Value: "Where it is installed; by default where loginwatch simulate has it."},
		}}}},
	}}
}

// operation writes an endpoint.
func (w *writer) operation(e *Endpoint) exporter.Map {
	m := exporter.Map{
		{Key: "operationId", Value: e.ID},
		{Key: "summary", Value: summary(e)},
	}
	m.Add("description", w.describe(e))
	m.Set("x-loginwatch-operations", w.operations(e))
	parameters := w.parameters(e)
	m.Set("security", w.secure(e, parameters))
	var plain []any
	headers := exporter.Map{}
	for _, p := range parameters {
		switch {
		case unsaid(p):
			headers.Set(p.name, oneOrList(p.values))
		case w.scheme(p) == nil:
			plain = append(plain, w.parameter(p, e))
		}
	}
	m.Add("x-loginwatch-headers", headers)
	m.Add("parameters", plain)
	if body := w.body(e); body != nil {
		m.Set("requestBody", body)
	}
	m.Set("responses", w.responses(e))
	return m
}

// summary is the operation's name as a person says it.
func summary(e *Endpoint) string {
	var names []string
	for _, o := range e.Operations {
		names = append(names, strings.ReplaceAll(o.ID, "-", " "))
	}
	return exporter.Capitalized(strings.Join(names, ", "))
}

func (w *writer) describe(e *Endpoint) string {
	var lines []string
	for _, o := range e.Operations {
		var says []string
		if s := source(o.Cite); s != "" {
			says = append(says, s)
		}
		if l := o.Limit; l != nil {
			says = append(says, fmt.Sprintf("At most %d requests in %s. %s", l.Requests, loginwatch.Span(l.Per), source(l.Cite)))
		}
		if t := o.Token; t != nil {
			says = append(says, describeToken(t))
		}
		line := strings.Join(says, " ")
		if len(e.Operations) > 1 {
			line = "- " + o.ID + ": " + line
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	text := strings.Join(lines, "\n")
	if len(e.Operations) > 1 {
		text = "OpenAPI has one operation for a path and method; here these are joined, each of which the document describes apart:\n\n" + text + "\n"
	}
	return text
}

func describeToken(t *loginwatch.Token) string {
	form := map[loginwatch.TokenForm]string{loginwatch.TokenOpaque: "an opaque token", loginwatch.TokenJWT: "a JWT"}[t.Form]
	if form == "" {
		form = "a token"
	}
	says := fmt.Sprintf("It gives %s at %s.", form, placeWords(t.At))
	if l := t.Lifetime; l != nil && l.Documented > 0 {
		says += fmt.Sprintf(" Documented lifetime: %s.", loginwatch.Span(l.Documented))
	}
	return says
}

func placeWords(p loginwatch.Place) string {
	if p == "" {
		return "the whole body"
	}
	return p.String()
}

// schemaRef refers to a schema among the components, and puts it there.
func (w *writer) schemaRef(s *loginwatch.SchemaRef) exporter.Map {
	name := componentName(s.Name)
	ref := "#/components/schemas/" + name
	if w.schemas.Get(name) == nil {
		if root, err := exporter.Ordered(s.JSON); err == nil { // vet has read it
			w.schemas.Set(name, converter{ref}.schema(root))
		}
	}
	return exporter.Map{{Key: "$ref", Value: ref}}
}
