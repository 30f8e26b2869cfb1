package pack

import (
	"cmp"
	"slices"
	"strings"
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
	if readable := t.Form != loginwatch.TokenOpaque && t.Form != loginwatch.TokenUnstated; !readable && (len(f.Algorithms)+len(f.Matches)+len(f.Claims) > 0 || f.Keys != nil) {
		b.problem(f.Form.Span, "algorithms, matches, keys and claims go with form: %s, whose header and claims can be read", loginwatch.TokenJWT)
	}
	if t.Outcome = op.Outcome(f.Outcome.Value); t.Outcome == nil && f.Outcome.Value != "" {
		b.problem(f.Outcome.Span, "unknown outcome %q%s", f.Outcome.Value, strictyaml.Hint(f.Outcome.Value, outcomeIDs(op)))
	}
	if f.At.Value != "" {
		b.tokenAt(t, f.At)
	}
	if f.Issued != nil {
		t.Issued = loginwatch.Place(f.Issued.Value)
		b.tokenPlace(t.Outcome, *f.Issued)
	}
	t.Lifetime = b.lifetime(t.Outcome, f.Lifetime)
	b.asOf(t)
	for _, m := range f.Matches {
		b.tokenPlace(t.Outcome, m.At)
		if _, ok := tree.SplitPointer(m.Claim.Value); !ok {
			b.problem(m.Claim.Span, "%q is no JSON Pointer: it must begin with a slash", m.Claim.Value)
		}
		t.Matches = append(t.Matches, loginwatch.ClaimMatch{
			At: loginwatch.Place(m.At.Value), Claim: m.Claim.Value, Join: m.Join, Cite: b.cite(m.citation, m.span), Pos: m.Pos,
		})
	}
	t.Keys = b.keys(t, f)
	for _, e := range f.Claims {
		t.Claims = append(t.Claims, b.claim(t, e.Key, e.Value))
	}
	return t
}

// tokenAt reports a place where no token can stand, or where it would be shown.
func (b *builder) tokenAt(t *loginwatch.Token, at text) {
	switch {
	case t.Outcome != nil:
		if mistake := secretIn(t.Outcome, t.At); mistake != "" {
			b.problem(at.Span, "%s", mistake)
		}
	case !isPlace(t.At):
		b.problem(at.Span, noPlace, t.At, loginwatch.PlaceText)
	}
}

// tokenPlace reports a place that the token's outcome can't have. Without an
// outcome there is a problem already.
func (b *builder) tokenPlace(o *loginwatch.Outcome, at text) (field loginwatch.SchemaField, known bool) {
	if o == nil || at.Width == 0 {
		return field, false
	}
	field, known, mistake := inOutcome(o, loginwatch.Place(at.Value))
	if mistake != "" {
		b.problem(at.Span, "%s", mistake)
	}
	return field, known
}

// asOf asks for the instant at which an example that carries times was true.
func (b *builder) asOf(t *loginwatch.Token) {
	o := t.Outcome
	if o == nil || o.Example == nil && len(o.Headers)+len(o.Cookies) == 0 || !o.AsOf.IsZero() || slices.Contains(o.Placeholders, t.At) && t.Form != loginwatch.TokenJWT {
		return
	}
	if t.Form == loginwatch.TokenJWT || t.Issued != "" || t.Lifetime != nil && t.Lifetime.Until != "" {
		b.problem(b.places[o].key, "outcome %q needs as_of: an instant at which the token of its example was valid", o.ID)
	}
}

func (b *builder) lifetime(o *loginwatch.Outcome, f *lifetimeFile) *loginwatch.Lifetime {
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
	case f.At == nil && f.Until == nil && f.Documented == nil:
		b.problem(f.span, "lifetime says nothing: add at or until, documented or both")
	case f.At != nil && f.Until != nil:
		b.problem(f.Until.Span, "both at and until: at is the time that is left, until the instant at which it is over")
	case f.At == nil && f.Unit != nil:
		b.problem(f.Unit.Span, "unit is that of the field at: documented is in seconds always")
	case f.Until == nil && f.Written != nil:
		b.problem(f.Written.Span, "written is how the field until says an instant")
	}
	if f.At != nil {
		b.timeLeft(l, o, f)
	}
	if f.Until != nil {
		b.until(l, o, f)
	}
	return l
}

// timeLeft reads where an answer says how long its token lives. A cookie says it of
// itself (RFC 6265, 5.3).
func (b *builder) timeLeft(l *loginwatch.Lifetime, o *loginwatch.Outcome, f *lifetimeFile) {
	l.At = loginwatch.Place(f.At.Value)
	field, ok := b.tokenPlace(o, *f.At)
	if _, cookie := l.At.Cookie(); cookie {
		l.Unit = time.Second
		if f.Unit != nil {
			b.problem(f.Unit.Span, "a cookie's Max-Age or Expires needs no unit")
		}
		return
	}
	if f.Unit == nil {
		b.problem(f.At.Span, "missing key \"unit\": ms, s, m or h")
		return
	}
	l.Unit = units[f.Unit.Value]
	b.oneOf(*f.Unit, "unit", []string{"ms", "s", "m", "h"})
	if ok && o.Body == loginwatch.BodyJSON && l.At.InDocument() && (field.Format != "" || !mayBeNumber(field.Type)) {
		b.problem(f.At.Span, "%s is no number (%s), so it is no time that is left: for an instant there is until", f.At.Value, cmp.Or(field.Format, field.Type))
	}
}

// mayBeNumber tells whether a documented type can be a number, or digits in text.
func mayBeNumber(documented string) bool {
	return slices.ContainsFunc(strings.Split(documented, "|"), func(t string) bool { return t == "integer" || t == "number" || t == "string" || t == "" })
}

func (b *builder) until(l *loginwatch.Lifetime, o *loginwatch.Outcome, f *lifetimeFile) {
	l.Until = loginwatch.Place(f.Until.Value)
	b.tokenPlace(o, *f.Until)
	if _, cookie := l.Until.Cookie(); cookie {
		b.problem(f.Until.Span, "of a cookie, at is its own lifetime, by Max-Age or Expires")
		return
	}
	if f.Written == nil {
		b.problem(f.Until.Span, "missing key \"written\": %s", strings.Join(instants(), ", "))
		return
	}
	l.Written = loginwatch.Instant(f.Written.Value)
	b.oneOf(*f.Written, "way to write an instant", instants())
}

func instants() []string {
	names := make([]string, len(loginwatch.Instants))
	for i, k := range loginwatch.Instants {
		names[i] = string(k)
	}
	return names
}

func outcomeIDs(op *loginwatch.Operation) []string {
	ids := make([]string, len(op.Outcomes))
	for i, o := range op.Outcomes {
		ids[i] = o.ID
	}
	return ids
}
