package pact

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// neutral gives values to stand for a secret, the plainest first: its name,
// then a text of the form that the example shows, and for those of which a part
// is always the same, such as a prefix, the example with other digits. None is
// the example.
func neutral(name, example string) []string {
	values := []string{"example-" + name}
	for _, letters := range []bool{true, false} {
		form := strings.Map(func(r rune) rune {
			switch {
			case r >= '0' && r <= '9':
				return '1'
			case letters && r >= 'a' && r <= 'z':
				return 'a'
			case letters && r >= 'A' && r <= 'Z':
				return 'A'
			}
			return r
		}, example)
		if form != example && form != "" {
			values = append(values, form)
		}
	}
	return values
}

// neutralValue is neutral for a field of an answer, of any JSON type.
func neutralValue(pointer string, example any) []any {
	tokens, _ := tree.SplitPointer(pointer)
	name := "value"
	if len(tokens) > 0 {
		name = tokens[len(tokens)-1]
	}
	var values []any
	switch v := example.(type) {
	case string:
		for _, text := range neutral(name, v) {
			values = append(values, text)
		}
	case json.Number:
		values = append(values, json.Number("1"))
		for _, text := range neutral(name, v.String())[1:] {
			values = append(values, json.Number(text))
		}
	default:
		values = append(values, v) // true, false and null tell nothing
	}
	return values
}

// ends is when the tokens of the pacts end: a client that reads a token's time
// has to take one out of a pact for as long as pacts are used. RFC 7519 gives
// such times in seconds.
var (
	begins = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	ends   = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
)

// neutralJWT is a token of the documented form that nobody issued: the claims
// that the contract names, and a signature that is none. body is the example,
// whose fields the claims have to repeat.
func neutralJWT(t *loginwatch.Token, body any) (string, error) {
	algorithm := "HS256"
	if len(t.Algorithms) > 0 {
		algorithm = t.Algorithms[0]
	}
	claims := map[string]any{"iat": begins.Unix(), "exp": ends.Unix()}
	for _, m := range t.Matches {
		v, _ := tree.Lookup(body, m.At.String())
		if m.Claim == "/exp" {
			continue // it is the token that says when it ends
		}
		if !setClaim(claims, m, v) {
			return "", fmt.Errorf("%s: no token can be made whose claim %s says the same", m.At, m.Claim)
		}
	}
	header, err := json.Marshal(map[string]any{"alg": algorithm, "typ": "JWT"})
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	return encode(header) + "." + encode(payload) + "." + encode([]byte("signed by nobody")), nil
}

// setClaim writes a value where a claim's pointer leads; where it has a "*", as
// many items as the value has parts.
func setClaim(claims map[string]any, m loginwatch.ClaimMatch, v any) bool {
	tokens, ok := tree.SplitPointer(m.Claim)
	if !ok || len(tokens) == 0 {
		return false
	}
	at := claims
	for i, token := range tokens[:len(tokens)-1] {
		if tokens[i+1] == "*" {
			text, isText := v.(string)
			if !isText {
				return false
			}
			at[token] = items(strings.Split(text, m.Join), tokens[i+2:])
			return true
		}
		inner, isObject := at[token].(map[string]any)
		if !isObject {
			inner = map[string]any{}
			at[token] = inner
		}
		at = inner
	}
	at[tokens[len(tokens)-1]] = v
	return true
}

// items wraps each part into as many objects as the rest of a pointer names.
func items(parts, path []string) []any {
	var all []any
	for _, part := range parts {
		var v any = part
		for i := len(path) - 1; i >= 0; i-- {
			v = map[string]any{path[i]: v}
		}
		all = append(all, v)
	}
	return all
}

// likeNumber writes a number with the JSON type of an example.
func likeNumber(example any, n int64) any {
	if _, isText := example.(string); isText {
		return strconv.FormatInt(n, 10)
	}
	return json.Number(strconv.FormatInt(n, 10))
}
