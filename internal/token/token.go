// Package token reads the token of an answer and how long it lives, as
// tolerantly as it can, and makes a finding of every oddity: libraries either
// refuse an odd token without saying why, or read it as if nothing were wrong.
//
// It verifies a signature only where the contract says whose keys do; it keeps no
// token; and no finding carries a token, a claim or any other value: only
// types, lengths and durations.
package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
)

// leeway is by how much two clocks, or two roundings of one instant, may
// differ: what most JWT libraries suggest.
const leeway = 60 * time.Second

// Input is one answer's token, and what the document says about it.
type Input struct {
	Token    *loginwatch.Token
	Lookup   func(loginwatch.Place) (any, bool) // in the decoded body, numbers as json.Number; the caller resolves relocated fields
	Cookie   func(name string) *http.Cookie     // that the answer sets; nil for none, and where no lifetime is a cookie's own
	Now      time.Time                          // our clock when the answer came
	Server   time.Time                          // the vendor's clock, by the answer's Date; zero when absent
	Previous string                             // digest of the token of the run before; "" when unknown
	Key      []byte                             // of the digest, local to the store; without one there is no digest
	Keys     *Keys                              // those that the run was given; nil for none
	Sent     func(name string) bool             // tells whether the request said the value of that name; nil where all were
	Values   map[string]string                  // of the documented claims that have placeholders, by name of the claim
}

// Check gives every difference between the token and what is documented, and
// what was learnt of it. Where the vendor's clock differs from ours one of the
// two is wrong and nobody knows which, so a token is called expired, or not yet
// valid, only when it is by both; the difference is a matter of its own ([Skew]).
//
// The caller fills in the fingerprint of each finding. What the schema
// says of a field (its type, its absence) is not said again here.
func Check(in Input) ([]loginwatch.Finding, loginwatch.TokenFacts) {
	r := reader{Input: in, early: in.Now, late: in.Now, alone: in.Server.IsZero()}
	switch skew := in.Server.Sub(in.Now); {
	case in.Server.IsZero():
	case skew.Abs() <= skewLimit:
		r.early, r.late = in.Server, in.Server // whole seconds and the way here, not another clock
	case skew < 0:
		r.early = in.Server
	default:
		r.late = in.Server
	}
	if l := in.Token.Lifetime; l != nil {
		r.facts.Documented = l.Documented
	}
	text, ok := r.present()
	if !ok {
		return r.findings, r.facts
	}
	r.facts.Present = true
	r.identify(text)
	body, fromBody := r.bodyLifetime()
	var c claims
	if r.clean(text) {
		c = r.claims(text, fromBody || r.hasUntil())
	}
	r.doubt(c)
	r.lifetime(body, fromBody, c)
	if c.all != nil {
		for _, m := range in.Token.Matches {
			r.match(m, c.all)
		}
		for _, claim := range in.Token.Claims {
			r.documentedClaim(claim, c.header, c.all)
		}
	}
	return r.findings, r.facts
}

// doubt drops a vendor's clock that is behind ours when the token was issued
// after it: then it is not the clock that the token was issued by, but a Date
// that some cache or proxy made.
func (r *reader) doubt(c claims) {
	issued := c.iat
	if t, ok := r.issued(); ok {
		issued = t
	}
	if !issued.IsZero() && r.Server.Before(r.Now) && issued.Sub(r.early) > leeway {
		r.early, r.alone = r.late, true
	}
}

// reader is the work on one token.
type reader struct {
	Input
	// The same instant by the slower and by the faster of the two clocks; equal
	// unless one of them is wrong.
	early, late time.Time
	alone       bool // there is no other clock than ours

	findings []loginwatch.Finding
	facts    loginwatch.TokenFacts
}

// statement is the part of the contract that a finding is about.
type statement struct {
	pos  loginwatch.Pos
	cite loginwatch.Cite
}

func (r *reader) aboutToken() statement { return statement{r.Token.Pos, r.Token.Cite} }

// aboutLifetime is the statement about the lifetime, or the token's when there
// is none.
func (r *reader) aboutLifetime() statement {
	if l := r.Token.Lifetime; l != nil {
		return statement{l.Pos, l.Cite}
	}
	return r.aboutToken()
}

// difference is a finding without its place in the contract.
type difference struct {
	class           loginwatch.Class
	kind            loginwatch.Kind
	at              loginwatch.Place
	documented, got string
}

func (r *reader) report(s statement, d difference) {
	r.findings = append(r.findings, loginwatch.Finding{
		Class: d.class, Kind: d.kind, Pointer: d.at.String(), Documented: d.documented, Got: d.got,
		Contract: s.pos.FileLine(), Document: s.cite.Document, Quote: s.cite.Quote(),
	})
}

// breaks reports a difference of the token itself.
func (r *reader) breaks(kind loginwatch.Kind, documented, got string) {
	r.report(r.aboutToken(), difference{loginwatch.Breaking, kind, r.Token.At, documented, got})
}

// wordless is how much of each end of a text is looked at for anything but white space.
const wordless = 4 << 10

// Usable gives the text of a value that can be a token: a string that says
// something. The words of programs for nothing are none, nor is white space or
// what can't be seen; and what is no string at all nobody can send back as it came.
func Usable(v any) (text string, ok bool) {
	text, _ = v.(string)
	begin, end := text, ""
	if len(text) > 2*wordless { // what is so long is no word, and its ends show whether it is anything
		begin, end = text[:wordless], text[len(text)-wordless:]
	}
	said := strings.TrimFunc(begin+end, func(c rune) bool { return unseen(c) || strings.ContainsRune("-*_\"'()<>[]{}", c) })
	switch strings.ToLower(said) {
	case "", "null", "undefined", "none", "nil", "nan", "n/a", "false", "true", "0", "0.0", "1", "object object":
		return "", false
	}
	return text, true
}

// unseen tells whether nothing is shown for a character: white space, marks and
// controls, and letters of no width or no ink (U+2800, U+3164).
func unseen(c rune) bool {
	return c == '\u2800' || unicode.IsSpace(c) || unicode.In(c, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// present gives the token. A token of another type than string is not present,
// and the schema says so.
func (r *reader) present() (text string, ok bool) {
	v, found := r.Lookup(r.Token.At)
	got := "absent"
	if found {
		if text, ok = Usable(v); ok {
			return text, ok
		}
		switch v := v.(type) {
		case nil:
			got = "null"
		case string:
			got = "an empty string"
			if v != "" {
				got = "a string that stands for nothing"
			}
		default:
			return "", false
		}
	}
	r.breaks(loginwatch.KindTokenMissing, "a token", got)
	return "", false
}

// identify sets the digest and says when the token is the one of the run
// before. That is no breach: two logins within one second may rightly give one
// JWT, as all that differs in it are whole seconds.
func (r *reader) identify(text string) {
	if len(r.Key) == 0 {
		return // a digest without a key could be tried out from outside
	}
	mac := hmac.New(sha256.New, r.Key)
	mac.Write([]byte(text))
	r.facts.Digest = hex.EncodeToString(mac.Sum(nil))
	if r.facts.Digest == r.Previous {
		// No document says so, so none is quoted.
		r.report(statement{pos: r.Token.Pos}, difference{
			loginwatch.Tolerated, loginwatch.KindTokenReused, r.Token.At, "nothing about it (each login mostly gives its own)", "the token of the run before",
		})
	}
}

// clean reports characters that no form of token has. A consumer that sends
// the token back in a header would send something else, or nothing.
func (r *reader) clean(text string) bool {
	for i, c := range text {
		what := ""
		switch {
		case c > ' ' && c < unicode.MaxASCII: // the last is a control character
			continue
		case unicode.IsSpace(c):
			what = "white space"
		case unicode.IsControl(c):
			what = "a control character"
		case unicode.Is(unicode.Cf, c): // zero-width space, byte order mark, …
			what = "an invisible character"
		default:
			continue
		}
		where := "inside"
		if i == 0 || strings.TrimSpace(text[i:]) == "" {
			where = "around"
		}
		r.breaks(loginwatch.KindTokenForm, "a token without white space or control characters",
			fmt.Sprintf("%s %s a string of %d characters", what, where, utf8.RuneCountInString(text)))
		return false
	}
	return true
}

// typeName is the JSON type of a decoded value.
func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case string:
		return "a string"
	case []any:
		return "an array"
	}
	return "an object"
}
