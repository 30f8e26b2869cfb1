package openapi

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/exporter"
)

// source says where a statement comes from, as a sentence; "" when nothing does.
func source(c loginwatch.Cite) string {
	switch {
	case c.Words == loginwatch.Todo:
		return "Source: " + loginwatch.NotLookedUp + "."
	case c.Words != "":
		return fmt.Sprintf("Source: “%s”, %s.", c.Words, c.Document)
	case c.Evidence != "":
		return fmt.Sprintf("Not in the document; source: %s.", strings.TrimSuffix(c.Evidence, "."))
	}
	return ""
}

func sources(cites []loginwatch.Cite) string {
	var all []string
	for _, c := range cites {
		all = append(all, source(c))
	}
	return strings.Join(all, " ")
}

// cite adds where a statement comes from, as a contract says it.
func cite(m *exporter.Map, c loginwatch.Cite) {
	m.Add("x-loginwatch-cite", c.Words)
	m.Add("x-loginwatch-evidence", c.Evidence)
	if c.Words != "" {
		m.Add("x-loginwatch-document", c.Document)
	}
}

// describeValues says what a parameter is made of.
func (w *writer) describeValues(p *parameter) string {
	var all []string
	for _, value := range p.values {
		for _, name := range loginwatch.Placeholders(value) {
			said := w.describeName(name)
			if !slices.Contains(all, said) {
				all = append(all, said)
			}
		}
	}
	return strings.Join(all, " ")
}

// describeName says what a name of the contract stands for.
func (w *writer) describeName(name string) string {
	if v := w.contract.ComputedValue(name); v != nil {
		made := "of nothing"
		if names := v.Names(); len(names) > 0 {
			made = "of " + strings.Join(names, ", ")
		}
		return fmt.Sprintf("%s is computed %s by %s.", name, made, v.Function)
	}
	for _, v := range w.contract.Variables {
		if v.Name == name {
			return fmt.Sprintf("%s is set by whoever uses it; by default %q.", name, v.Default)
		}
	}
	if from := w.giver(name); from != "" {
		return fmt.Sprintf("%s is what the answer of %s gives.", name, from)
	}
	return name + " is a secret of whoever logs in."
}

// giver names the operation whose answer gives a secret, in a probe; "" for none.
func (w *writer) giver(name string) string {
	for _, p := range w.probes {
		for _, s := range p.Steps {
			if s.Captures(name) {
				return s.Case.Operation.ID
			}
		}
	}
	return ""
}

func (w *writer) describeParameter(p *parameter, of *Endpoint) string {
	says := w.describeValues(p)
	if p.in == inCookie {
		says = "An answer of " + w.setters(p.name) + " sets it."
	}
	if len(of.Operations) > 1 && len(p.users) < len(of.Operations) {
		ids := make([]string, len(p.users))
		for i, o := range p.users {
			ids[i] = o.ID
		}
		says += " Only of " + strings.Join(ids, ", ") + "."
	}
	return strings.TrimSpace(says + " " + sources(p.cites))
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// componentName makes a text one that components can have (OpenAPI 3.1.1, 4.8.7).
func componentName(text string) string { return notInName.ReplaceAllString(text, "-") }
