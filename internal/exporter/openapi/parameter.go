package openapi

import (
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/exporter"
)

// The places of a parameter.
const (
	inPath   = "path"
	inQuery  = "query"
	inHeader = "header"
	inCookie = "cookie"
)

// parameter is one part of a request beside its body, as all operations of an endpoint
// have it.
type parameter struct {
	in, name string
	values   []string // templates, each once, in the order in which they are met
	users    []*loginwatch.Operation
	required int // how many operations can't do without it
	cites    []loginwatch.Cite
}

// parameters gives all of an endpoint, also those that OpenAPI says in another way.
func (w *writer) parameters(e *Endpoint) []*parameter {
	var all []*parameter
	of := func(in, name string) *parameter {
		for _, p := range all {
			if p.in == in && (p.name == name || in == inHeader && strings.EqualFold(p.name, name)) {
				return p
			}
		}
		p := &parameter{in: in, name: name}
		all = append(all, p)
		return p
	}
	for _, o := range e.Operations {
		names, placeholders := e.PathParameters(o)
		for i, name := range names {
			of(inPath, name).take(o, "${"+placeholders[i]+"}", true, loginwatch.Cite{})
		}
		for _, q := range o.Request.Query {
			of(inQuery, q.Name).take(o, q.Value, true, q.Cite)
		}
		for _, h := range o.Request.Headers {
			of(inHeader, h.Name).take(o, h.Value, !w.mayLack(o, h), h.Cite)
		}
		for _, cookie := range o.Request.Cookies {
			of(inCookie, cookie.Name).take(o, "", true, cookie.Cite)
		}
	}
	// What a case has of its own others do without.
	for _, k := range e.casesOf(w.contract) {
		if !k.SuccessDue() {
			continue
		}
		for _, q := range k.Query {
			of(inQuery, q.Name).take(k.Operation, q.Value, false, q.Cite)
		}
		for _, h := range k.Headers {
			of(inHeader, h.Name).take(k.Operation, h.Value, false, h.Cite)
		}
	}
	return all
}

// mayLack tells whether success is due without a header.
func (w *writer) mayLack(o *loginwatch.Operation, h loginwatch.Header) bool {
	return h.Optional || slices.ContainsFunc(w.contract.Cases, func(k *loginwatch.Case) bool {
		return k.Operation == o && k.SuccessDue() &&
			slices.ContainsFunc(k.WithoutHeaders, func(name string) bool { return strings.EqualFold(name, h.Name) })
	})
}

func (p *parameter) take(o *loginwatch.Operation, value string, required bool, cite loginwatch.Cite) {
	if !slices.Contains(p.values, value) {
		p.values = append(p.values, value)
	}
	if !slices.Contains(p.users, o) {
		p.users = append(p.users, o)
		if required {
			p.required++
		}
	}
	if source(cite) != "" && !slices.ContainsFunc(p.cites, func(c loginwatch.Cite) bool { return source(c) == source(cite) }) {
		p.cites = append(p.cites, cite)
	}
}

// object is the parameter as OpenAPI has it. Of several operations it is required where
// none does without.
func (w *writer) parameter(p *parameter, of *Endpoint) exporter.Map {
	m := exporter.Map{{Key: "name", Value: p.name}, {Key: "in", Value: p.in}}
	m.Add("description", w.describeParameter(p, of))
	m.Add("required", p.required == len(of.Operations))
	schema := exporter.Map{{Key: "type", Value: "string"}}
	templates := slices.DeleteFunc(slices.Clone(p.values), func(v string) bool { return v == "" })
	if !slices.ContainsFunc(p.values, func(v string) bool { return v == "" || len(loginwatch.Placeholders(v)) > 0 }) {
		schema.Set("enum", exporter.Texts(templates...))
		templates = nil
	}
	m.Set("schema", schema)
	for _, v := range p.values {
		if example, ok := w.demo.Text(v); ok && v != "" {
			m.Set("example", example)
			break
		}
	}
	if len(templates) > 0 {
		m.Set("x-loginwatch-value", oneOrList(templates))
	}
	return m
}

// oneOrList is a value by itself, and several as a list: the operation's own is the first.
func oneOrList(values []string) any {
	if len(values) == 1 {
		return values[0]
	}
	return exporter.Texts(values...)
}

// unsaid tells whether OpenAPI ignores a header's parameter (OpenAPI 3.1.1, 4.8.12).
func unsaid(p *parameter) bool {
	return p.in == inHeader && (strings.EqualFold(p.name, "Accept") || strings.EqualFold(p.name, "Content-Type"))
}
