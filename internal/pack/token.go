package pack

import (
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
	"github.com/loginwatch/loginwatch/internal/tree"
)

var units = map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour}

func (b *builder) token(op *loginwatch.Operation, f *tokenFile) *loginwatch.Token {
	if f == nil {
		return nil
	}
	t := &loginwatch.Token{
		At: loginwatch.Place(f.At.Value), Form: loginwatch.TokenForm(f.Form.Value), Algorithms: f.Algorithms,
		Cite: b.cite(f.citation, f.span), Pos: f.Pos,
	}
	b.oneOf(f.Form, "form", []string{string(loginwatch.TokenOpaque), string(loginwatch.TokenJWT), string(loginwatch.TokenUnstated)})
	if readable := t.Form != loginwatch.TokenOpaque && t.Form != loginwatch.TokenUnstated; !readable && len(f.Algorithms)+len(f.Matches) > 0 {
		b.problem(f.Form.Span, "algorithms and matches go with form: %s, whose header and claims can be read", loginwatch.TokenJWT)
	}
	var schema *loginwatch.SchemaRef
	if t.Outcome = op.Outcome(f.Outcome.Value); t.Outcome != nil {
		schema = t.Outcome.Schema
	} else if f.Outcome.Value != "" {
		b.problem(f.Outcome.Span, "unknown outcome %q%s", f.Outcome.Value, strictyaml.Hint(f.Outcome.Value, outcomeIDs(op)))
	}
	if f.At.Value != "" {
		if field, ok := b.inSchema(schema, f.At.Value, f.At.Span); ok && !field.Secret {
			b.problem(f.At.Span, "the token at %s is not marked \"x-secret\": true in schema %q", f.At.Value, schema.Name)
		}
	}
	if f.Issued != nil {
		t.Issued = loginwatch.Place(f.Issued.Value)
		b.inSchema(schema, t.Issued.Pointer(), f.Issued.Span)
	}
	b.asOf(t)
	t.Lifetime = b.lifetime(schema, f.Lifetime)
	for _, m := range f.Matches {
		b.inSchema(schema, m.At.Value, m.At.Span)
		if _, ok := tree.SplitPointer(m.Claim.Value); !ok {
			b.problem(m.Claim.Span, "%q is no JSON Pointer: it must begin with a slash", m.Claim.Value)
		}
		t.Matches = append(t.Matches, loginwatch.ClaimMatch{
			At: loginwatch.Place(m.At.Value), Claim: m.Claim.Value, Join: m.Join, Cite: b.cite(m.citation, m.span), Pos: m.Pos,
		})
	}
	return t
}

// asOf asks for the instant at which an example that carries times was true.
func (b *builder) asOf(t *loginwatch.Token) {
	o := t.Outcome
	if o == nil || o.Example == nil || !o.AsOf.IsZero() || slices.Contains(o.Placeholders, t.At) {
		return
	}
	if t.Form == loginwatch.TokenJWT || t.Issued != "" {
		b.problem(b.places[o].key, "outcome %q needs as_of: an instant at which the token of its example was valid", o.ID)
	}
}

func (b *builder) lifetime(schema *loginwatch.SchemaRef, f *lifetimeFile) *loginwatch.Lifetime {
	if f == nil {
		return nil
	}
	l := &loginwatch.Lifetime{Fixed: f.Fixed, Cite: b.cite(f.citation, f.span), Pos: f.Pos}
	if f.Documented != nil {
		l.Documented = time.Duration(f.Documented.Value) * time.Second
		if f.Documented.Width > 0 && (f.Documented.Value < 1 || l.Documented/time.Second != time.Duration(f.Documented.Value)) {
			b.problem(f.Documented.Span, "documented is the lifetime in seconds, at least 1")
		}
	}
	switch {
	case f.At == nil && f.Documented == nil:
		b.problem(f.span, "lifetime says nothing: add at, documented or both")
	case f.At == nil && f.Unit != nil:
		b.problem(f.Unit.Span, "unit is that of the field at: documented is in seconds always")
	case f.At != nil && f.Unit == nil:
		b.problem(f.At.Span, "missing key \"unit\": ms, s, m or h")
	}
	if f.At != nil {
		l.At = loginwatch.Place(f.At.Value)
		b.inSchema(schema, l.At.Pointer(), f.At.Span)
	}
	if f.At != nil && f.Unit != nil {
		l.Unit = units[f.Unit.Value]
		b.oneOf(*f.Unit, "unit", []string{"ms", "s", "m", "h"})
	}
	return l
}

func outcomeIDs(op *loginwatch.Operation) []string {
	ids := make([]string, len(op.Outcomes))
	for i, o := range op.Outcomes {
		ids[i] = o.ID
	}
	return ids
}
