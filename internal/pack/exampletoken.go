package pack

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/token"
)

// exampleToken holds the token of an operation's example to what the contract says of it: what
// verify would refuse in an answer is a mistake here, or wants a ruling.
func (b *builder) exampleToken(op *loginwatch.Operation) {
	t := op.Token
	if t == nil {
		return
	}
	o := t.Outcome
	if o == nil || slices.Contains(o.Placeholders, t.At) || len(b.allProblems()) > 0 {
		return // what is wrong otherwise explains it
	}
	var doc any
	if o.Example != nil && o.Body.Structured() {
		var refusal *guard.Refusal
		if doc, refusal = decodeExample(o); refusal != nil {
			return
		}
	}
	findings, _ := token.Check(token.Input{
		Token: asPrinted(t), Now: o.AsOf,
		Lookup: func(at loginwatch.Place) (any, bool) { return exampleAt(o, doc, at) },
		Cookie: func(name string) *http.Cookie { return documentedCookie(o, t, name) },
	})
	for _, f := range findings {
		if f.Class == loginwatch.Breaking && !b.ruled(op, f.Pointer) {
			b.problem(b.places[o].shown(), "verify would refuse this example: %s: documented %s, got %s",
				strings.TrimSpace(string(f.Kind)+" "+f.Pointer), f.Documented, f.Got)
		}
	}
}

// asPrinted is what the contract says of a token of which nobody has the vendor's key,
// or knows what request it answers: a document prints it.
func asPrinted(t *loginwatch.Token) *loginwatch.Token {
	printed := *t
	printed.Keys = nil
	printed.Claims = slices.DeleteFunc(slices.Clone(t.Claims), func(c loginwatch.TokenClaim) bool {
		return len(loginwatch.Placeholders(c.Value)) > 0 || slices.Contains(t.Outcome.Placeholders, c.HashOf) && c.HashOf != ""
	})
	return &printed
}

// documentedCookie is the cookie as the simulator sets it.
func documentedCookie(o *loginwatch.Outcome, t *loginwatch.Token, name string) *http.Cookie {
	c := o.Cookie(name)
	if c == nil {
		return nil
	}
	return &http.Cookie{Name: name, Value: c.Example, MaxAge: int(t.Lifetime.Documented / time.Second)}
}

// ruled tells whether a defect rules on a place of the token's outcome: then the
// example shows the very contradiction.
func (b *builder) ruled(op *loginwatch.Operation, pointer string) bool {
	return slices.ContainsFunc(b.c.Defects, func(d *loginwatch.Defect) bool {
		return slices.ContainsFunc(d.At, func(s loginwatch.Statement) bool {
			return s.Operation == op.ID && (s.Outcome == op.Token.Outcome.ID || s.Outcome == partAll) && s.At != "" && s.At.String() == pointer
		})
	})
}
