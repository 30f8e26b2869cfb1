package token

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
)

// claims are those of a JWT. A date is zero when the claim is absent or can't
// be read as RFC 7519 has it; all is nil when the token is no readable JWT.
type claims struct {
	header   map[string]any // of a documented JWT
	all      map[string]any
	exp, iat time.Time
}

// claims reads the token as its documented form asks. An opaque token is not
// looked into. A token of unstated form is read for its expiry where nothing
// beside it tells that, and nothing in it is held against anybody: it may be no JWT.
func (r *reader) claims(text string, told bool) claims {
	switch r.Token.Form {
	case loginwatch.TokenJWT:
		header, all, got := parse(text)
		if got != "" {
			r.breaks(loginwatch.KindTokenForm, "a signed JWT: three parts joined by dots (RFC 7515, 7.1)", got)
		}
		if header != nil && r.algorithm(header) && got == "" && r.Token.Keys != nil {
			r.verify(text, header)
		}
		if all == nil {
			return claims{}
		}
		c := r.dates(all)
		c.header = header
		return c
	case loginwatch.TokenUnstated:
		_, all, _ := parse(text)
		c := claims{all: all}
		if !told {
			c.exp, _ = date(all, "exp")
			c.iat, _ = date(all, "iat")
		}
		return c
	}
	return claims{}
}

// parse takes a JWS in compact serialization apart (RFC 7515, 7.1). got is the
// shape of the first thing wrong with it and "" when nothing is; what could be
// read is given in either case.
func parse(text string) (header, all map[string]any, got string) {
	switch n := strings.Count(text, ".") + 1; n {
	case 3:
	case 1:
		return nil, nil, "1 part instead of 3"
	default:
		return nil, nil, fmt.Sprintf("%d parts instead of 3", n)
	}
	first, rest, _ := strings.Cut(text, ".")
	second, signature, _ := strings.Cut(rest, ".")
	if header, got = object(first); got != "" {
		got = "a header that is " + got
	}
	all, wrong := object(second)
	if wrong != "" && got == "" {
		got = "a payload that is " + wrong
	}
	if got != "" {
		return header, all, got
	}
	if _, err := base64.RawURLEncoding.DecodeString(signature); err != nil {
		got = "a signature that is not base64url without padding"
	} else if signature == "" && !unsigned(header) {
		got = "no signature"
	}
	return header, all, got
}

// object decodes one part. Its JSON comes from outside as much as the body's,
// and the body's guard has not seen it.
func object(part string) (members map[string]any, got string) {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return nil, "not base64url without padding"
	}
	v, refusal := guard.Decode(raw, guard.Defaults())
	if refusal != nil {
		return nil, "no clean JSON (" + string(refusal.Cause) + ")"
	}
	members, ok := v.(map[string]any)
	if !ok {
		return nil, typeName(v) + " instead of an object"
	}
	return members, ""
}

func unsigned(header map[string]any) bool {
	alg, _ := header["alg"].(string)
	return strings.EqualFold(alg, "none")
}

// registered are the signature algorithms of RFC 7518, RFC 8037 and RFC 8812.
// Their names are public, so a finding may show one; any other is foreign text.
var registered = []string{
	"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512",
	"PS256", "PS384", "PS512", "EdDSA", "ES256K",
}

// algorithm holds the header against the documented algorithms. Without any
// documented, every algorithm is right but none: anybody can make such a token,
// in whatever case none is written, as lenient consumers read all of them.
func (r *reader) algorithm(header map[string]any) (ok bool) {
	documented := "a signature algorithm (RFC 7515, 4.1.1)"
	if len(r.Token.Algorithms) > 0 {
		documented = "alg " + strings.Join(r.Token.Algorithms, " or ")
	}
	v, found := header["alg"]
	alg, isString := v.(string)
	got := ""
	switch {
	case !found || v == "":
		got = "no alg"
	case !isString:
		got = "alg is " + typeName(v)
	case unsigned(header):
		got = "alg none"
	case len(r.Token.Algorithms) == 0 || slices.Contains(r.Token.Algorithms, alg):
		return true
	case slices.Contains(registered, alg):
		got = "alg " + alg
	default:
		got = "an alg that is not registered"
	}
	r.breaks(loginwatch.KindTokenAlgorithm, documented, got)
	return false
}

// dates reads the times of a JWT and reports those that are none, or that lie
// in the future and should not. A claim of the wrong form gives no time: what a
// consumer would make of it is anybody's guess.
func (r *reader) dates(all map[string]any) claims {
	read := func(claim, section string) time.Time {
		t, got := date(all, claim)
		_, found := all[claim]
		// RFC 7519 leaves every claim out at will. exp is missing only where
		// the document gives the lifetime no other source.
		due := claim == "exp" && r.Token.Lifetime != nil && r.Token.Lifetime.At == "" && r.Token.Lifetime.Until == ""
		if got != "" && (found || due) {
			r.breaks(loginwatch.KindTokenForm, claim+" in seconds since the epoch (RFC 7519, "+section+")", got)
		}
		return t
	}
	c := claims{all: all, exp: read("exp", "4.1.4"), iat: read("iat", "4.1.6")}
	if ahead := c.iat.Sub(r.late); ahead > leeway { // no iat is long past
		r.report(r.aboutToken(), difference{
			loginwatch.Tolerated, loginwatch.KindClockSkew, r.Token.At, "iat not in the future (RFC 7519, 4.1.6)", span(ahead) + " ahead",
		})
	}
	// A token that is not valid yet is as useless as an expired one: consumers
	// must refuse it (RFC 7519, 4.1.5).
	if ahead := read("nbf", "4.1.5").Sub(r.late); ahead > leeway {
		r.breaks(loginwatch.KindTokenLifetime, "nbf not in the future (RFC 7519, 4.1.5)", "valid only in "+span(ahead))
	}
	return c
}

const (
	// endOfTime is the last second of the year 9999, where RFC 3339 ends and
	// many date types with it.
	endOfTime = 253402300799
	// milliseconds is from where a NumericDate is taken for milliseconds. As
	// seconds it is the year 5138, as milliseconds March 1973: no token lives
	// past the one, and none was issued before the other.
	milliseconds = 1e11
)

// date reads a NumericDate: seconds since the epoch, fractions allowed
// (RFC 7519, 2). got is what the claim is instead, "" when it is one. A zero
// exp, which some issuers write for "never", is no date; a zero nbf or iat is
// the epoch, and harmless.
func date(all map[string]any, claim string) (t time.Time, got string) {
	v, found := all[claim]
	if !found {
		return time.Time{}, "no " + claim
	}
	n, ok := v.(json.Number)
	if !ok {
		return time.Time{}, typeName(v)
	}
	seconds, err := n.Float64()
	switch {
	case err != nil || seconds/1000 > endOfTime:
		return time.Time{}, "a date beyond the year 9999"
	case seconds < 0:
		return time.Time{}, "a negative number"
	case seconds == 0 && claim == "exp":
		return time.Time{}, "zero"
	case seconds >= milliseconds:
		return time.Time{}, "milliseconds"
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9)), ""
}
