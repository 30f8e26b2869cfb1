package pack

import (
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/compute"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

// computed reads the values that functions make of others. In its inputs alone
// the parts of the request may stand.
func (b *builder) computed() {
	for _, e := range b.file.Computed {
		b.name("computed value", e.Key, e.Span)
		if first, found := b.file.Secrets.Get(e.Key); found {
			b.problem(e.Span, "computed value %q has the name of the secret in line %d", e.Key, first.Pos.Line)
		}
		if first, found := b.file.Variables.Get(e.Key); found {
			b.problem(e.Span, "computed value %q has the name of the variable in line %d", e.Key, first.Pos.Line)
		}
		b.c.Computed = append(b.c.Computed, b.oneComputed(e.Key, e.Value))
	}
	circular := b.circles()
	for i, v := range b.c.Computed {
		if !slices.ContainsFunc(b.c.Closure([]string{v.Name}), func(name string) bool { return circular[name] }) {
			b.tryOut(v, b.file.Computed[i].Value)
		}
	}
}

func (b *builder) oneComputed(name string, f computedFile) *loginwatch.Computed {
	v := &loginwatch.Computed{
		Name: name, Function: f.Function.Value, Options: map[string]string{}, Once: f.Once, Pos: f.Pos,
		Cite: b.cite(f.citation, f.span),
	}
	for _, input := range f.Of {
		v.Of = append(v.Of, input.Value)
		for _, name := range loginwatch.Placeholders(input.Value) {
			if !slices.Contains(loginwatch.RequestParts, name) {
				b.named(name, input.Span)
			}
		}
		b.braces(input)
	}
	for _, e := range f.Options {
		v.Options[e.Key] = e.Value.Value
		b.template(text{Value: e.Value.Value, Span: e.Value.Span})
	}
	v.Claims, v.Header = b.members("claims", f.Claims), b.members("header", f.Header)
	return v
}

// members reads a mapping of a token.
func (b *builder) members(what string, v *strictyaml.Value) map[string]any {
	if v == nil {
		return nil
	}
	for _, t := range v.Texts() {
		b.template(t.Text)
	}
	m, ok := v.Any.(map[string]any)
	if !ok {
		b.problem(v.Span, "%s must be a mapping", what)
	}
	return m
}

// circles reports computed values that are made of themselves, and gives them.
func (b *builder) circles() map[string]bool {
	circular := map[string]bool{}
	for i, v := range b.c.Computed {
		if slices.Contains(b.c.Closure(v.Names()), v.Name) {
			circular[v.Name] = true
			b.problem(b.file.Computed[i].Span, "computed value %q is made of itself", v.Name)
		}
	}
	return circular
}

// demoTime is when a demo value is computed: any instant will do.
var demoTime = time.Unix(1<<30, 0)

// tryOut holds a value to its function, and computes it of the demo values, of
// which the simulator has to make it too. What it is made of comes first.
func (b *builder) tryOut(v *loginwatch.Computed, f computedFile) {
	if _, done := b.computedDemo[v.Name]; done {
		return
	}
	b.computedDemo[v.Name] = ""
	for _, name := range v.Names() {
		i := slices.IndexFunc(b.c.Computed, func(other *loginwatch.Computed) bool { return other.Name == name })
		if i >= 0 {
			b.tryOut(b.c.Computed[i], b.file.Computed[i].Value)
		}
	}
	call := compute.CallOf(v)
	if f.Function.Value == "" {
		return // reported as missing
	}
	if err := compute.Check(call); err != nil {
		b.problem(f.blames(err), "%v", err)
		return
	}
	call = call.Expand(func(text string) string { return loginwatch.ExpandPlaceholders(text, b.demo) })
	value, err := compute.Do(call, compute.Env{Now: demoTime, Rand: rand.Reader, Method: "POST", Target: "/", Body: []byte("body")})
	if err != nil {
		b.problem(f.blames(err), "no value can be computed of the demo values: %v", err)
		return
	}
	b.computedDemo[v.Name] = value
}

// blames gives the place of what an error is about.
func (f computedFile) blames(err error) span {
	var wrong *compute.Error
	if !errors.As(err, &wrong) {
		return f.Function.Span
	}
	for _, e := range f.Options {
		if e.Key == wrong.Part {
			return e.Value.Span
		}
	}
	switch {
	case wrong.Part == compute.PartOf && wrong.Index >= 0 && wrong.Index < len(f.Of):
		return f.Of[wrong.Index].Span
	case wrong.Part == "claims" && f.Claims != nil:
		return f.Claims.Span
	case wrong.Part == "header" && f.Header != nil:
		return f.Header.Span
	}
	return f.Function.Span
}

// requestParts reports parts of the request in the values that make them.
func (b *builder) requestParts(k *loginwatch.Case, at span) {
	request := k.Request()
	report := func(where string, templates []string, parts ...string) {
		for _, t := range templates {
			made := b.c.MadeOf(t)
			for _, part := range parts {
				if slices.Contains(made, part) {
					b.problem(at, "a value in the %s is made of ${%s}, which there is only afterwards", where, part)
				}
			}
		}
	}
	report("body", request.Texts(), loginwatch.RequestBody, loginwatch.RequestTarget)
	query := []string{request.Path}
	for _, p := range request.Query {
		query = append(query, p.Value)
	}
	report("path or query", query, loginwatch.RequestTarget)
}
