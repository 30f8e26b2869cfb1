package sim

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/loginwatch/loginwatch"
)

// which is the key that a token is signed with.
type which string

// Its values.
const (
	ownKey     which = ""
	otherKey   which = "other"   // under the announced name
	rotatedKey which = "rotated" // under a name that is not announced
)

// issue makes the answer's token. One whose signature or claims are documented says
// what the document promises of it; any other is like the example.
func (a *answer) issue(g *grant, r *rendered) (err error) {
	if a.signer == nil && len(a.of.Claims) == 0 {
		g.token, g.claims, err = a.token.issue(g, a.random)
		return err
	}
	text, err := a.token.freshClaims(g, g.unsigned || a.signer != nil, a.random)
	if err != nil {
		return err
	}
	header, claims, err := a.token.documents(text)
	if err != nil {
		return err
	}
	a.sayHeader(header, g)
	for _, c := range a.of.Claims {
		want, known := g.says[c.Name]
		if c.HashOf != "" {
			want, known = leftHalf(fmt.Sprint(header["alg"]), r.at(a, c.HashOf)), true
		}
		if known {
			claims[c.Name] = inPlaceOf(claims[c.Name], want)
		}
	}
	g.claims = any(claims)
	signed, err := joined(header, claims)
	if err != nil {
		return err
	}
	signature, err := a.sign(signed, g)
	if err != nil {
		return err
	}
	g.token = signed + "." + base64.RawURLEncoding.EncodeToString(signature)
	return nil
}

// documents gives header and claims as objects, which they are in an example.
func (t *jwt) documents(claims []byte) (header, all map[string]any, err error) {
	var objects [2]map[string]any
	for i, text := range [][]byte{t.header, claims} {
		doc, err := decode(text)
		if err != nil {
			return nil, nil, err
		}
		objects[i], _ = doc.(map[string]any)
	}
	return objects[0], objects[1], nil
}

func (a *answer) sayHeader(header map[string]any, g *grant) {
	if s := a.signer; s != nil {
		header["alg"] = s.algorithm
		delete(header, "kid")
		if s.kid != "" {
			header["kid"] = s.kid
		}
		if g.key == rotatedKey {
			header["kid"] = "simulator-next"
		}
	}
	if g.unsigned {
		header["alg"] = "none"
	}
}

func joined(header, claims map[string]any) (string, error) {
	var parts [2]string
	for i, part := range []map[string]any{header, claims} {
		text, err := json.Marshal(part)
		if err != nil {
			return "", err
		}
		parts[i] = base64.RawURLEncoding.EncodeToString(text)
	}
	return parts[0] + "." + parts[1], nil
}

// sign signs what a token says. While an answer is only tried out, nobody looks at
// the signature, and keys take time to make.
func (a *answer) sign(text string, g *grant) ([]byte, error) {
	switch {
	case g.unsigned:
		return nil, nil
	case a.signer == nil:
		return a.token.sign(text, a.random)
	case g.trial:
		return a.random.bytes(max(a.token.signature, 1))
	}
	key := a.signer.key
	if g.key != ownKey {
		key = a.signer.other
	}
	k, err := key()
	if err != nil {
		return nil, err
	}
	return sign(k, a.signer.algorithm, text)
}

// inPlaceOf writes a value as the example does: as one of several where that is an
// array, and as a number where it is one.
func inPlaceOf(example any, want string) any {
	switch example.(type) {
	case []any:
		return []any{want}
	case json.Number:
		return json.Number(want)
	}
	return want
}

// leftHalf is the half of a token's hash that another token says (OpenID Connect
// Core, 3.1.3.6).
func leftHalf(algorithm, text string) string {
	hash := hashes[algorithm[max(0, len(algorithm)-3):]]
	if hash == 0 {
		hash = hashes["512"] // of EdDSA (RFC 8032, 5.1)
	}
	h := hash.New()
	h.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:h.Size()/2])
}

// at gives the value that the answer has at a place beside its token, which is made
// before it then.
func (r *rendered) at(a *answer, place loginwatch.Place) string {
	if text, early := r.early[place.String()]; early {
		return unquote(text)
	}
	return fmt.Sprint(valueAt(a.found, place))
}

// makeEarly makes the values that the token says a hash of.
func (a *answer) makeEarly(g *grant, r *rendered) error {
	for _, s := range slices.Concat(a.slots, a.around) {
		if s.token || len(s.fillers) == 0 || !slices.ContainsFunc(a.of.Claims, func(c loginwatch.TokenClaim) bool { return c.HashOf.String() == s.pointer && c.HashOf != "" }) {
			continue
		}
		text, err := s.fillers[0](g)
		if err != nil {
			return err
		}
		if text != "" {
			if r.early == nil {
				r.early = map[string]string{}
			}
			r.early[s.pointer] = text
		}
	}
	return nil
}

// announce puts the simulator's keys in the place of the example's.
func (a *answer) announce(body []byte, trial bool) ([]byte, error) {
	if trial {
		return body, nil // keys take time to make
	}
	doc, err := decode(body)
	if err != nil {
		return nil, err
	}
	object, ok := doc.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("outcome %q: no object announces keys", a.outcome.ID)
	}
	keys := make([]any, len(a.announces))
	for i, s := range a.announces {
		if keys[i], err = s.announcement(); err != nil {
			return nil, err
		}
	}
	object["keys"] = keys
	return json.Marshal(object)
}
