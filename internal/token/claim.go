package token

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/loginwatch/loginwatch"
)

// documentedClaim holds a claim against the value that is documented for it.
func (r *reader) documentedClaim(c loginwatch.TokenClaim, header, all map[string]any) {
	want, documented := r.Values[c.Name], "claim "+c.Name+" "+c.Value
	if len(loginwatch.Placeholders(c.Value)) == 0 {
		want = c.Value
	}
	if c.HashOf != "" {
		alg, _ := header["alg"].(string)
		of, ok := r.Lookup(c.HashOf)
		text, isText := of.(string)
		if !ok || !isText || !slices.Contains(registered, alg) {
			return // reported: by the schema, or as the algorithm
		}
		want, documented = leftHalf(alg, text), "claim "+c.Name+", of "+string(c.HashOf)+" (OpenID Connect Core, 3.1.3.6)"
	}
	got := ""
	switch v := all[c.Name].(type) {
	case nil:
		got = "no such claim"
	case []any:
		if !slices.ContainsFunc(v, func(item any) bool { return scalar(item) == want }) {
			got = "an array without it"
		}
	case map[string]any:
		got = typeName(v)
	default:
		if scalar(v) != want {
			got = "another value"
		}
	}
	if got != "" {
		r.report(statement{c.Pos, c.Cite}, difference{loginwatch.Breaking, loginwatch.KindTokenClaim, r.Token.At, documented, got})
		if got != "no such claim" { // whatever its value should be
			r.restsOn(loginwatch.Placeholders(c.Value)...)
		}
	}
}

// leftHalf is what shows in one token that another one came with it.
func leftHalf(alg, text string) string {
	h := hashOf(alg).New()
	h.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:h.Size()/2])
}

// scalar writes a value as contracts do; "", which no contract documents, for what
// is none.
func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}
