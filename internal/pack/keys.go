package pack

import (
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/compute"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
	"github.com/loginwatch/loginwatch/internal/token"
)

// keys reads whose keys verify a token. Which algorithms they are for has to be
// documented: otherwise a token would choose how it is verified (RFC 8725, 3.1).
func (b *builder) keys(t *loginwatch.Token, f *tokenFile) *loginwatch.KeySource {
	k := f.Keys
	if k == nil {
		return nil
	}
	source := &loginwatch.KeySource{Cite: b.cite(k.citation, k.span), Pos: k.Pos}
	shared := 0
	for _, alg := range t.Algorithms {
		if !slices.Contains(loginwatch.Verifiable, alg) {
			b.problem(k.span, "no signature of %q can be verified: one of %s", alg, strings.Join(loginwatch.Verifiable, ", "))
		}
		if slices.Contains(loginwatch.Shared, alg) {
			shared++
		}
	}
	switch {
	case len(t.Algorithms) == 0:
		b.problem(k.span, "keys need algorithms: a token must not choose how it is verified")
	case shared > 0 && shared < len(t.Algorithms):
		b.problem(k.span, "a key is a secret for both sides, as for %s, or has two halves: the algorithms are of both kinds", strings.Join(loginwatch.Shared, ", "))
	case shared > 0 && k.Pinned == nil:
		b.problem(k.span, "the secret of %s is announced nowhere: they have to be pinned", strings.Join(t.Algorithms, ", "))
	}
	switch {
	case (k.From == nil) == (k.Pinned == nil):
		b.problem(k.span, "keys are announced or pinned: either from a case, or pinned a secret")
	case k.Pinned != nil:
		source.Pinned = b.pinned(t, *k.Pinned)
	}
	return source
}

// pinned reads the secret that is a key. The simulator signs with its demo.
func (b *builder) pinned(of *loginwatch.Token, t text) string {
	b.template(t)
	template := loginwatch.ParseTemplate(t.Value)
	if len(template.Names) != 1 || template.Texts[0]+template.Texts[1] != "" {
		if t.Width > 0 {
			b.problem(t.Span, "pinned is a secret that is the key: ${name}")
		}
		return ""
	}
	name := template.Names[0]
	secret, found := b.file.Secrets.Get(name)
	switch {
	case !found:
		b.problem(t.Span, "pinned is a secret that is the key, and %q is none%s", name, strictyaml.Hint(name, b.file.Secrets.Keys()))
	case secret.Demo.Value == "" || len(of.Algorithms) == 0 || slices.Contains(loginwatch.Shared, of.Algorithms[0]): // reported, or any text
	default:
		key, err := compute.PrivateKey(secret.Demo.Value)
		if err != nil {
			b.problem(secret.Demo.Span, "the simulator signs with the demo of a pinned key, so that has to be a private one: %v", err)
		} else if !token.Pinned(key.Public()).Fits(of.Algorithms[:1]) {
			b.problem(secret.Demo.Span, "the simulator signs with the demo of a pinned key, and this one is of another kind than %s takes", of.Algorithms[0])
		}
	}
	return name
}

// claim reads a claim with a documented value.
func (b *builder) claim(t *loginwatch.Token, name string, f claimFile) loginwatch.TokenClaim {
	c := loginwatch.TokenClaim{Name: name, Cite: b.cite(f.citation, f.span), Pos: f.Pos}
	switch {
	case (f.Value == nil) == (f.HashOf == nil):
		b.problem(f.span, "claim %q needs either a value or hash_of, the place of the token whose hash it is", name)
	case f.HashOf != nil:
		c.HashOf = loginwatch.Place(f.HashOf.Value)
		b.tokenPlace(t.Outcome, *f.HashOf)
		if c.HashOf == t.At && t.At != "" {
			b.problem(f.HashOf.Span, "no token has its own hash in it")
		}
	default:
		c.Value = f.Value.Value
		if c.Value == "" && f.Value.Width > 0 {
			b.problem(f.Value.Span, "the value of claim %q is empty", name)
		}
		b.template(*f.Value)
	}
	return c
}

// verified reads what a token is verified with that stands further down, once it is
// read: the case that announces the keys, and what requests say.
func (b *builder) verified(op *loginwatch.Operation, f *tokenFile) {
	t := op.Token
	if t == nil {
		return
	}
	if f.Keys != nil && f.Keys.From != nil && t.Keys != nil {
		t.Keys.From = b.announcing(op, *f.Keys.From)
	}
	for _, e := range f.Claims {
		if e.Value.Value == nil {
			continue
		}
		for _, name := range b.c.MadeOf(e.Value.Value.Value) {
			b.saidAgain(op, name, e.Value.Value.Span)
		}
	}
}

// announcing finds the case whose answer has the keys.
func (b *builder) announcing(op *loginwatch.Operation, t text) *loginwatch.Case {
	k := b.c.Case(t.Value)
	switch {
	case t.Value == "": // reported
		return nil
	case k == nil:
		b.problem(t.Span, "unknown case %q%s", t.Value, strictyaml.Hint(t.Value, b.file.Cases.Keys()))
		return nil
	case k.Operation == nil:
		return nil
	case k.Operation == op:
		b.problem(t.Span, "case %q is of the operation itself: its keys have to be known before it", k.ID)
		return nil
	}
	i := slices.IndexFunc(k.Expect, func(o *loginwatch.Outcome) bool { return o.Means == loginwatch.OK && o.Body == loginwatch.BodyJSON })
	if i < 0 {
		b.problem(t.Span, "case %q expects no success in JSON, so it announces no keys", k.ID)
		return nil
	}
	if _, _, mistake := inOutcome(k.Expect[i], "/keys"); mistake != "" {
		b.problem(t.Span, "case %q announces no keys (RFC 7517, 5): %s", k.ID, mistake)
		return nil
	}
	return k
}

// saidAgain holds that what is computed can be compared with what a token says: it
// is made once, and by the request that the token answers.
func (b *builder) saidAgain(op *loginwatch.Operation, name string, at span) {
	v := b.c.ComputedValue(name)
	if v == nil {
		return
	}
	if !v.Once {
		b.problem(at, "${%s} is another one in every request: it has to be once: true", name)
		return
	}
	for _, k := range b.c.Cases {
		if k.Operation == op && k.Token() != nil && !slices.Contains(b.c.Closure(k.Request().Names(false)), name) {
			b.problem(at, "case %q does not send ${%s}, so no token can say it again", k.ID, name)
		}
	}
}
