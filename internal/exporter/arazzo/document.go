// Package arazzo writes the probes and the safe cases of a contract as workflows of Arazzo
// 1.0, over the OpenAPI document of the same contract.
//
// Arazzo sends what it is given: it computes nothing, keeps no cookies and escapes nothing.
// A case that needs such a thing is left out, and said to be.
package arazzo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/exporter"
	"github.com/loginwatch/loginwatch/internal/exporter/openapi"
	"github.com/loginwatch/loginwatch/internal/flow"
)

// LeftOut is a case that Arazzo can't say.
type LeftOut struct {
	Case string
	Why  string
}

func (l LeftOut) String() string { return l.Case + ": " + l.Why }

// writer knows what all workflows of one document share.
type writer struct {
	contract  *loginwatch.Contract
	probes    []*loginwatch.Probe
	endpoints []*openapi.Endpoint
	leftOut   []LeftOut
}

// Document writes a workflow for each probe and each safe case. source is the address of
// the OpenAPI document, as the reader of this one finds it. The document is nil when there
// is nothing that Arazzo can say.
func Document(c *loginwatch.Contract, probes []*loginwatch.Probe, source string) (exporter.Map, []LeftOut) {
	w := &writer{contract: c, probes: probes, endpoints: openapi.Endpoints(c)}
	var workflows []any
	for _, p := range probes {
		says := "The probe " + p.Name + ", which loginwatch runs on a schedule."
		workflows = w.add(workflows, "probe-"+p.Name, says, p, nil)
	}
	for _, k := range c.Cases {
		if !k.OnlyWhenNamed() {
			workflows = w.add(workflows, "case-"+k.ID, sentence(k.Title), flow.ForCase(k, c, probes, time.Second), k)
		}
	}
	if len(workflows) == 0 {
		return nil, w.leftOut
	}
	says := "Written by loginwatch from its contract for " + c.Vendor + ".\n"
	if len(w.leftOut) > 0 {
		says += "\nArazzo has no words for some of its cases, and so they are not here:\n\n"
	}
	for _, l := range w.leftOut {
		says += "- " + l.String() + "\n"
	}
	return exporter.Map{
		{Key: "arazzo", Value: "1.0.1"},
		{Key: "info", Value: exporter.Map{
			{Key: "title", Value: c.Title},
			{Key: "version", Value: openapi.Version(c)},
			{Key: "description", Value: says},
		}},
		{Key: "sourceDescriptions", Value: []any{exporter.Map{
			{Key: "name", Value: c.Vendor},
			{Key: "url", Value: source},
			{Key: "type", Value: "openapi"},
		}}},
		{Key: "workflows", Value: workflows},
	}, w.leftOut
}

// sentence is a title, which begins as it does within a sentence, as one of its own.
func sentence(title string) string { return exporter.Capitalized(exporter.Sentence(title)) }

// add writes a workflow, unless what it is about can't be said: the case, or a login that
// everything after it needs.
func (w *writer) add(workflows []any, id, says string, p *loginwatch.Probe, about *loginwatch.Case) []any {
	f := &workflow{writer: w, inputs: map[string]bool{}, from: map[string]string{}}
	var steps []any
	for i, s := range p.Steps {
		if slices.ContainsFunc(p.Steps[:i], func(before loginwatch.Step) bool { return before.Case == s.Case }) {
			continue // a cleanup of what the case itself has closed
		}
		step, why := f.step(&s)
		if why != "" {
			w.leave(s.Case, why)
			if s.Role != loginwatch.RoleSubject && s.Case != about {
				continue
			}
			if about != nil && s.Case != about {
				w.leave(about, "it follows "+s.Case.ID+", which is left out")
			}
			return workflows
		}
		steps = append(steps, step)
	}
	m := exporter.Map{{Key: "workflowId", Value: id}}
	m.Add("summary", says)
	m.Add("inputs", f.inputSchema())
	m.Set("steps", steps)
	return append(workflows, m)
}

// leave notes once that a case is left out.
func (w *writer) leave(k *loginwatch.Case, why string) {
	if l := (LeftOut{k.ID, why}); !slices.Contains(w.leftOut, l) {
		w.leftOut = append(w.leftOut, l)
	}
}

// inputSchema describes what whoever runs a workflow gives to it. A demo value is shown and
// never used by itself; what has a default in the contract has it here.
func (f *workflow) inputSchema() exporter.Map {
	properties := exporter.Map{}
	var required []string
	for _, s := range f.contract.Secrets {
		if f.inputs[s.Name] {
			required = append(required, s.Name)
			properties.Set(s.Name, exporter.Map{
				{Key: "type", Value: "string"},
				{Key: "format", Value: "password"}, // which tools don't show
				{Key: "examples", Value: exporter.Texts(s.Demo)},
			})
		}
	}
	for _, v := range f.contract.Variables {
		if f.inputs[v.Name] {
			properties.Set(v.Name, exporter.Map{{Key: "type", Value: "string"}, {Key: "default", Value: v.Default}})
		}
	}
	if len(properties) == 0 {
		return nil
	}
	m := exporter.Map{{Key: "type", Value: "object"}}
	m.Add("required", exporter.Texts(required...))
	m.Set("properties", properties)
	return m
}

// criteria say by what an answer is known to be one that is expected.
func criteria(k *loginwatch.Case) []any {
	if k.Undocumented {
		return nil // anything is
	}
	var statuses []string
	for _, o := range k.Expect {
		for _, status := range o.Statuses {
			if said := fmt.Sprintf("$statusCode == %d", status); !slices.Contains(statuses, said) {
				statuses = append(statuses, said)
			}
		}
	}
	all := []any{exporter.Map{{Key: "condition", Value: strings.Join(statuses, " || ")}}}
	if len(k.Expect) > 1 {
		return all
	}
	for _, field := range k.Expect[0].Where {
		if c := criterion(k.Expect[0], field); c != nil {
			all = append(all, c)
		}
	}
	return all
}
