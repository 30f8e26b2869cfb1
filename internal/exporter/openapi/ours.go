package openapi

import (
	"slices"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/exporter"
)

// operations says of each operation of an endpoint what a contract is made of again: its
// outcomes in the order in which they count, and what is sent with its placeholders. Of
// several that are joined each has its own parameters, by which they are told apart.
func (w *writer) operations(e *Endpoint) exporter.Map {
	m := exporter.Map{}
	for _, o := range e.Operations {
		said := exporter.Map{}
		request := (&loginwatch.Case{Operation: o}).Request()
		if i := slices.IndexFunc(w.contract.Cases, func(k *loginwatch.Case) bool { return k.Operation == o && k.SuccessDue() }); i >= 0 {
			request = w.contract.Cases[i].Request()
		}
		if len(e.Operations) > 1 {
			ownParameters(&said, request)
			if request.Body != nil {
				said.Set("content", MediaType(o))
			}
			if o.Request.Schema != nil {
				said.Set("schema", w.schemaRef(o.Request.Schema))
			}
		}
		if request.Body != nil {
			said.Set("body", exporter.Sorted(request.Body))
		}
		outcomes := exporter.Map{}
		for _, x := range o.Outcomes {
			statuses := make([]any, len(x.Statuses))
			for i, status := range x.Statuses {
				statuses[i] = status
			}
			outcomes.Set(x.ID, statuses)
		}
		said.Set("outcomes", outcomes)
		m.Set(o.ID, said)
	}
	return m
}

func ownParameters(m *exporter.Map, r loginwatch.CaseRequest) {
	m.Set("path", r.Path)
	query, headers := exporter.Map{}, exporter.Map{}
	for _, q := range r.Query {
		query.Set(q.Name, q.Value)
	}
	for _, h := range r.Headers {
		if !h.Optional {
			headers.Set(h.Name, h.Value)
		}
	}
	cookies := make([]string, len(r.Cookies))
	for i, c := range r.Cookies {
		cookies[i] = c.Name
	}
	m.Add("query", query)
	m.Add("headers", headers)
	m.Add("cookies", exporter.Texts(cookies...))
}
