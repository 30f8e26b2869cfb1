package pack

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/token"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// exampleToken holds the token of an operation's example to what the contract says of it: what
// verify would refuse in an answer is a mistake here, as the simulator answers like the example.
func (b *builder) exampleToken(op *loginwatch.Operation) {
	t := op.Token
	if t == nil {
		return
	}
	o := t.Outcome
	if o == nil || len(b.allProblems()) > 0 {
		return // what is wrong otherwise explains it
	}
	var doc any
	if o.Example != nil && o.Body.Structured() {
		var refusal *guard.Refusal
		if doc, refusal = decodeExample(o); refusal != nil {
			return
		}
	}
	shown, found := exampleAt(o, doc, t.At)
	if _, isText := shown.(string); found && shown != nil && !isText {
		b.exampleProblem(o, t.At, shown, "the token at %s is no text here but of type %s, so verify would not look at it: write a text, here and in the schema, or leave out token", t.At, tree.TypeOf(shown))
		return
	}
	if slices.Contains(o.Placeholders, t.At) && t.Form != loginwatch.TokenJWT {
		shown = standIn(o, doc, t.At, shown)
	}
	findings, _ := token.Check(token.Input{
		Token: asPrinted(t), Now: o.AsOf,
		Lookup: func(at loginwatch.Place) (any, bool) {
			if at == t.At {
				return shown, found
			}
			return exampleAt(o, doc, at)
		},
		Cookie: func(name string) *http.Cookie { return documentedCookie(o, t, name) },
	})
	for _, f := range findings {
		if f.Class != loginwatch.Breaking || madeAnew(f.Kind) && b.ruled(op, f.Pointer) {
			continue
		}
		at := loginwatch.Place(f.Pointer)
		value, _ := exampleAt(o, doc, at)
		b.exampleProblem(o, at, value, "verify would refuse this example: %s: documented %s, got %s%s",
			strings.TrimSpace(string(f.Kind)+" "+f.Pointer), f.Documented, f.Got, instead(t, f.Kind, at))
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

// standIn is what answers have in the place of words such as "your token": a text of
// common tokens' length where the schema takes one, else one with the words' shape.
func standIn(o *loginwatch.Outcome, doc any, at loginwatch.Place, words any) any {
	text, isText := words.(string)
	if !isText || o.Schema == nil {
		return words
	}
	defer put(doc, at.String(), text)
	for _, token := range []string{"k3Vb9Qx7Lm2Rt5Wz8Yc4Hd6Jf1Ng0Ps2", shapeOf(text)} {
		violations, err := o.Schema.Validate(put(doc, at.String(), token))
		if err == nil && !slices.ContainsFunc(violations, func(v loginwatch.Violation) bool { return v.Pointer == at.String() }) {
			return token
		}
	}
	return words
}

// shapeOf is a text with other letters and digits, and with a letter for a blank.
func shapeOf(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == ' ', 'a' <= c && c <= 'z':
			return 'q'
		case 'A' <= c && c <= 'Z':
			return 'Q'
		case '0' <= c && c <= '9':
			return '7'
		}
		return c
	}, text)
}

// put sets a value that a decoded document has, and gives the document.
func put(doc any, pointer string, value any) any {
	last := strings.LastIndexByte(pointer, '/')
	if last < 0 {
		return value
	}
	around, _ := tree.Lookup(doc, pointer[:last])
	name, _ := tree.SplitPointer(pointer[last:])
	switch around := around.(type) {
	case map[string]any:
		around[name[0]] = value
	case []any:
		if i, err := strconv.Atoi(name[0]); err == nil && i >= 0 && i < len(around) {
			around[i] = value
		}
	}
	return doc
}

// madeAnew tells whether the simulator makes what a finding is about anew in every
// answer, so that an example may show a contradiction there that is ruled on.
func madeAnew(k loginwatch.Kind) bool {
	return k == loginwatch.KindTokenExpired || k == loginwatch.KindTokenMismatch
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
