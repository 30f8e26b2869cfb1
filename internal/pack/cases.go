package pack

import (
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

// wordUndocumented in "expect" accepts an answer that the document does not
// describe.
const wordUndocumented = "undocumented"

func (b *builder) cases() {
	for _, e := range b.file.Cases {
		b.id("case", e.Key, e.Span)
		b.c.Cases = append(b.c.Cases, b.oneCase(e.Key, e.Value))
	}
	for i, e := range b.file.Cases {
		if e.Value.AlternativeTo != nil {
			b.alternative(b.c.Cases[i], *e.Value.AlternativeTo)
		}
		b.after(b.c.Cases[i], e.Value.After)
	}
	for i, e := range b.file.Operations {
		op := b.c.Operations[i]
		b.verified(op, e.Value.Token)
		op.Control = b.control(op, e.Value.Control)
		op.Revokes, op.Spends = b.ended(op, e.Value.Revokes, true), b.ended(op, e.Value.Spends, false)
	}
}

// ended reads what is dead once an operation has succeeded: it has to be in its
// request, or nobody could tell what ends.
func (b *builder) ended(op *loginwatch.Operation, names []text, cookies bool) []string {
	var all []string
	for _, t := range names {
		if t.Value == "" {
			continue
		}
		all = append(all, t.Value)
		if name, isCookie := loginwatch.Place(t.Value).Cookie(); isCookie && cookies {
			if !slices.ContainsFunc(op.Request.Cookies, func(c loginwatch.RequestCookie) bool { return c.Name == name }) {
				b.problem(t.Span, "the request of operation %q has no cookie %q", op.ID, name)
			}
			continue
		}
		sent := slices.ContainsFunc(b.c.Cases, func(k *loginwatch.Case) bool {
			return k.Operation == op && slices.Contains(b.c.Closure(k.Request().Names(true)), t.Value)
		})
		if _, secret := b.file.Secrets.Get(t.Value); !secret {
			b.problem(t.Span, "%q is no secret%s", t.Value, strictyaml.Hint(t.Value, b.file.Secrets.Keys()))
		} else if !sent {
			b.problem(t.Span, "no request of operation %q sends %q", op.ID, t.Value)
		}
	}
	return all
}

// after reads what has to have happened before a case. What itself stands after
// something would make a run whose length nobody sees.
func (b *builder) after(k *loginwatch.Case, names []text) {
	for _, t := range names {
		if t.Value == "" {
			continue
		}
		other := b.c.Case(t.Value)
		switch {
		case other == nil:
			b.problem(t.Span, "unknown case %q%s", t.Value, strictyaml.Hint(t.Value, b.file.Cases.Keys()))
			continue
		case other == k:
			b.problem(t.Span, "case %q stands after itself", k.ID)
			continue
		case other.Operation == k.Operation && k.SendsCredential() && other.SendsCredential():
			b.problem(t.Span, "a run of %q would send the operation %q twice with the credential", k.ID, k.Operation.ID)
			continue
		}
		if f, _ := b.file.Cases.Get(t.Value); len(f.After) > 0 {
			b.problem(t.Span, "case %q stands after another one itself: name both here", other.ID)
			continue
		}
		k.After = append(k.After, other)
	}
}

func (b *builder) oneCase(id string, f caseFile) *loginwatch.Case {
	k := &loginwatch.Case{
		ID: id, Title: f.Title, Headers: b.headers(f.Headers), Query: b.params(f.Query), Cite: b.cite(f.citation, f.span), Pos: f.Pos,
	}
	if f.Risk != nil {
		k.Risk = f.Risk.Value
		b.oneOf(*f.Risk, "risk", []string{loginwatch.RiskLockOut})
	}
	if f.AlternativeTo != nil {
		k.AlternativeTo = f.AlternativeTo.Value
	}
	if f.Body != nil {
		k.Body = f.Body.Any
		for _, t := range f.Body.Texts() {
			b.template(t.Text)
		}
	}
	b.bodyFile(k, f)
	if f.Raw != nil {
		k.Raw = f.Raw.Value
	}
	if k.Operation = b.c.Operation(f.Operation.Value); k.Operation == nil {
		if f.Operation.Value != "" {
			b.problem(f.Operation.Span, "unknown operation %q%s", f.Operation.Value, strictyaml.Hint(f.Operation.Value, b.file.Operations.Keys()))
		}
		return k
	}
	b.expect(k, f)
	b.withoutHeaders(k, f)
	b.caseBody(k, f)
	b.requestParts(k, f.span)
	k.Needs = b.needs(k)
	return k
}

func (b *builder) expect(k *loginwatch.Case, f caseFile) {
	if f.Expect != nil && len(f.Expect) == 0 {
		b.problem(f.span, "case %q expects nothing: name an outcome, or %s", k.ID, wordUndocumented)
	}
	for i, t := range f.Expect {
		o := k.Operation.Outcome(t.Value)
		switch {
		case t.Value == "": // reported as no string
		case slices.ContainsFunc(f.Expect[:i], func(before text) bool { return before.Value == t.Value }):
			b.problem(t.Span, "%q is expected twice", t.Value)
		case t.Value == wordUndocumented:
			k.Undocumented = true
		case o == nil:
			known := append(outcomeIDs(k.Operation), wordUndocumented)
			b.problem(t.Span, "operation %q has no outcome %q%s", k.Operation.ID, t.Value, strictyaml.Hint(t.Value, known))
		default:
			k.Expect = append(k.Expect, o)
		}
	}
}

func (b *builder) withoutHeaders(k *loginwatch.Case, f caseFile) {
	var names []string
	for _, h := range k.Operation.Request.Headers {
		names = append(names, h.Name)
	}
	if k.Operation.Request.Format().MediaType() != "" {
		names = append(names, "Content-Type") // sent with every body, though nobody names it
	}
	for _, t := range f.WithoutHeaders {
		k.WithoutHeaders = append(k.WithoutHeaders, t.Value)
		if t.Value != "" && !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, t.Value) }) {
			b.problem(t.Span, "operation %q has no header %q%s", k.Operation.ID, t.Value, strictyaml.Hint(t.Value, names))
		}
	}
}

// needs gives the secrets without which a case can't be sent or its token not be
// verified, in the contract's order.
func (b *builder) needs(k *loginwatch.Case) []string {
	wanted := k.Request().Names(false)
	if t := k.Token(); t != nil {
		wanted = append(wanted, t.Names()...)
	}
	names := b.c.Closure(wanted)
	return slices.DeleteFunc(b.file.Secrets.Keys(), func(name string) bool { return !slices.Contains(names, name) })
}

func (b *builder) alternative(k *loginwatch.Case, t text) {
	if t.Value == "" {
		return
	}
	other := b.c.Case(t.Value)
	switch {
	case other == nil:
		b.problem(t.Span, "unknown case %q%s", t.Value, strictyaml.Hint(t.Value, b.file.Cases.Keys()))
	case other == k:
		b.problem(t.Span, "case %q is an alternative to itself", k.ID)
	case other.AlternativeTo != "":
		b.problem(t.Span, "case %q is an alternative itself", other.ID)
	case k.Operation != nil && other.Operation != nil && endpoint(other.Operation) != endpoint(k.Operation):
		// Operations of one address may be forms of one request: a client shows its secret in a header or in the body.
		b.problem(t.Span, "case %q calls %s, not %s", other.ID, endpoint(other.Operation), endpoint(k.Operation))
	}
}

func endpoint(o *loginwatch.Operation) string { return o.Request.Method + " " + o.Request.Path }
