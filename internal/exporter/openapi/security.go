package openapi

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/exporter"
)

// scheme gives the security scheme that a parameter is in OpenAPI; nil when it is plain.
// A scheme is what a login gave to the calls after it, and all that stands in the header
// Authorization, of which OpenAPI ignores a parameter. What a login itself takes is plain.
func (w *writer) scheme(p *parameter) exporter.Map {
	authorization := p.in == inHeader && strings.EqualFold(p.name, "Authorization")
	if !authorization && !w.carriesToken(p) {
		return nil
	}
	m := exporter.Map{}
	switch function := w.function(p); {
	case authorization && all(p.values, func(v string) bool { return strings.HasPrefix(v, "Bearer ") }):
		m = exporter.Map{{Key: "type", Value: "http"}, {Key: "scheme", Value: "bearer"}}
	case authorization && (function == "basic" || function == "digest"):
		m = exporter.Map{{Key: "type", Value: "http"}, {Key: "scheme", Value: function}}
	default:
		m = exporter.Map{{Key: "type", Value: "apiKey"}, {Key: "in", Value: p.in}, {Key: "name", Value: p.name}}
	}
	if p.in == inCookie {
		m.Add("description", "A cookie that an answer of "+w.setters(p.name)+" sets.")
		return m
	}
	m.Add("description", strings.TrimSpace(w.describeValues(p)+" "+sources(p.cites)))
	m.Set("x-loginwatch-value", oneOrList(p.values))
	return m
}

func all(values []string, is func(string) bool) bool {
	return len(values) > 0 && !slices.ContainsFunc(values, func(v string) bool { return !is(v) })
}

// function names the one that computes the parameter as a whole; "" for none.
func (w *writer) function(p *parameter) string {
	for _, value := range p.values {
		if t := loginwatch.ParseTemplate(value); len(t.Names) == 1 && value == "${"+t.Names[0]+"}" {
			if v := w.contract.ComputedValue(t.Names[0]); v != nil {
				return v.Function
			}
		}
	}
	return ""
}

// carriesToken tells whether a parameter is what a login gave, wherever it stands.
func (w *writer) carriesToken(p *parameter) bool {
	switch p.in {
	case inPath:
		return false
	case inCookie:
		return w.givenBySubject(func(s *loginwatch.Step) bool {
			return slices.ContainsFunc(s.Case.Expect, func(o *loginwatch.Outcome) bool { return o.Cookie(p.name) != nil })
		})
	}
	return all(p.values, func(value string) bool {
		names := loginwatch.Placeholders(value)
		return slices.ContainsFunc(names, func(name string) bool {
			return w.givenBySubject(func(s *loginwatch.Step) bool { return s.Captures(name) })
		})
	})
}

// givenBySubject tells whether a step of a probe gives something that is its subject or
// follows it.
func (w *writer) givenBySubject(gives func(*loginwatch.Step) bool) bool {
	return slices.ContainsFunc(w.probes, func(p *loginwatch.Probe) bool {
		return slices.ContainsFunc(p.Steps, func(s loginwatch.Step) bool {
			return s.Role != loginwatch.RoleSetup && gives(&s)
		})
	})
}

// setters names the operations that set a cookie.
func (w *writer) setters(cookie string) string {
	var ids []string
	for _, o := range w.contract.Operations {
		if slices.ContainsFunc(o.Outcomes, func(x *loginwatch.Outcome) bool { return x.Cookie(cookie) != nil }) {
			ids = append(ids, o.ID)
		}
	}
	return strings.Join(ids, " or ")
}

// secure says by which schemes an endpoint is called, and adds those that are new. Where
// its operations differ, each has its own.
func (w *writer) secure(e *Endpoint, parameters []*parameter) []any {
	alternatives := []any{}
	add := func(requirement exporter.Map) {
		same := func(other any) bool { return slices.Equal(keys(other.(exporter.Map)), keys(requirement)) }
		if !slices.ContainsFunc(alternatives, same) {
			alternatives = append(alternatives, requirement)
		}
	}
	for _, o := range e.Operations {
		whole, least := exporter.Map{}, exporter.Map{}
		for _, p := range parameters {
			scheme := w.scheme(p)
			if scheme == nil || !slices.Contains(p.users, o) {
				continue
			}
			name := w.schemeName(p, scheme)
			whole.Set(name, []any{})
			if !w.optional(o, p) {
				least.Set(name, []any{})
			}
		}
		add(whole)
		add(least)
	}
	if len(alternatives) == 1 && len(keys(alternatives[0].(exporter.Map))) == 0 {
		return []any{} // nothing is asked for
	}
	return alternatives
}

// optional tells whether an operation does without a parameter.
func (w *writer) optional(o *loginwatch.Operation, p *parameter) bool {
	if p.in != inHeader {
		return false
	}
	i := slices.IndexFunc(o.Request.Headers, func(h loginwatch.Header) bool { return strings.EqualFold(h.Name, p.name) })
	return i < 0 || w.mayLack(o, o.Request.Headers[i])
}

func keys(m exporter.Map) []string {
	names := make([]string, len(m))
	for i, member := range m {
		names[i] = member.Key
	}
	return names
}

// schemeName is that under which a scheme stands among the components: what its value is
// made of, or its own name.
func (w *writer) schemeName(p *parameter, scheme exporter.Map) string {
	base := p.name
	if names := loginwatch.Placeholders(strings.Join(p.values, "")); len(names) > 0 {
		base = strings.Join(names, "_")
	}
	base = componentName(base)
	for i := 1; ; i++ {
		name := base
		if i > 1 {
			name += "_" + strconv.Itoa(i)
		}
		switch known := w.schemes.Get(name).(type) {
		case nil:
			w.schemes.Set(name, scheme)
			return name
		case exporter.Map:
			if sameScheme(known, scheme) {
				return name
			}
		}
	}
}

// sameScheme tells whether two schemes are one, whoever's words describe them.
func sameScheme(a, b exporter.Map) bool {
	for _, key := range []string{"type", "scheme", "in", "name", "x-loginwatch-value"} {
		if !reflect.DeepEqual(a.Get(key), b.Get(key)) {
			return false
		}
	}
	return true
}
