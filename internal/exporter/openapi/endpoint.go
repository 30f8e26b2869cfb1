package openapi

import (
	"regexp"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// Endpoint is what OpenAPI calls an operation: all operations of the contract with one
// path and method.
type Endpoint struct {
	ID         string // the operationId
	Path       string // with {name} for ${name}
	Method     string // as keys have it, such as post
	Operations []*loginwatch.Operation
}

// Endpoints gives what the operations of a contract are in OpenAPI, in their order.
func Endpoints(c *loginwatch.Contract) []*Endpoint {
	var all []*Endpoint
	for _, o := range c.Operations {
		shape := shapeOf(o.Request.Path)
		same := func(e *Endpoint) bool {
			return shapeOf(e.Operations[0].Request.Path) == shape && e.Method == strings.ToLower(o.Request.Method)
		}
		if i := slices.IndexFunc(all, same); i >= 0 {
			all[i].Operations = append(all[i].Operations, o)
			continue
		}
		all = append(all, &Endpoint{ID: o.ID, Path: pathOf(all, o), Method: strings.ToLower(o.Request.Method), Operations: []*loginwatch.Operation{o}})
	}
	return all
}

// EndpointOf finds that of an operation.
func EndpointOf(all []*Endpoint, o *loginwatch.Operation) *Endpoint {
	for _, e := range all {
		if slices.Contains(e.Operations, o) {
			return e
		}
	}
	return nil
}

// bracketed is a parameter of a path as OpenAPI writes it.
var bracketed = regexp.MustCompile(`\{[^}]*\}`)

// shapeOf is the path whatever its parameters are called: two that differ in that alone are
// the same to OpenAPI.
func shapeOf(path string) string {
	return loginwatch.ExpandPlaceholders(path, func(string) string { return "{}" })
}

// pathOf writes a path as OpenAPI does, with the names of an earlier one of its shape.
func pathOf(all []*Endpoint, o *loginwatch.Operation) string {
	path := loginwatch.ExpandPlaceholders(o.Request.Path, func(name string) string { return "{" + name + "}" })
	for _, e := range all {
		if bracketed.ReplaceAllString(e.Path, "{}") == shapeOf(o.Request.Path) {
			return e.Path
		}
	}
	return path
}

// PathParameters gives the names of the path's parameters, with the placeholder of the
// operation that stands in each.
func (e *Endpoint) PathParameters(o *loginwatch.Operation) (names, placeholders []string) {
	for _, name := range bracketed.FindAllString(e.Path, -1) {
		names = append(names, strings.Trim(name, "{}"))
	}
	return names, loginwatch.ParseTemplate(o.Request.Path).Names
}

// casesOf gives the cases of an endpoint that may be shown, those first that are promised
// success: tools take the first example.
func (e *Endpoint) casesOf(c *loginwatch.Contract) []*loginwatch.Case {
	var due, others []*loginwatch.Case
	for _, k := range c.Cases {
		switch {
		case !slices.Contains(e.Operations, k.Operation):
		case k.SuccessDue():
			due = append(due, k)
		default:
			others = append(others, k)
		}
	}
	return append(due, others...)
}
