package compute

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jws"

	"github.com/loginwatch/loginwatch"
)

var algorithms = []string{"HS256", "RS256", "ES256", "PS256"}

// numericDates are the claims that are numbers of seconds (RFC 7519, section
// 4.1). Placeholders give texts, so these are made numbers.
var numericDates = []string{"exp", "iat", "nbf"}

// ownHeader is what the function sets in a token's header itself, or what would
// change how the token is written (RFC 7797) or ask for what nobody does.
var ownHeader = []string{"alg", "b64", "crit"}

func checkJWT(c *call) error {
	for _, name := range ownHeader {
		if _, named := c.Header[name]; named {
			return c.wrong("header", "can't have "+name)
		}
	}
	for _, name := range numericDates {
		switch value := c.Claims[name].(type) {
		case nil, int, int64, uint64, float64, json.Number:
		case string:
			if len(loginwatch.Placeholders(value)) == 0 && !isSeconds(value) {
				return c.wrong("claims", name+" is no number of seconds")
			}
		default:
			return c.wrong("claims", name+" is no number of seconds")
		}
	}
	if c.option("key_encoding") != "text" && c.option("algorithm") != "HS256" {
		return c.wrong("key_encoding", "is of HS256 alone")
	}
	written, err := marshal(c.Header)
	if err != nil || len(loginwatch.Placeholders(string(written))) > 0 {
		return nil // what stands there is known when it is sent
	}
	_, err = c.headers()
	return err
}

func isSeconds(text string) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	return err == nil && strconv.FormatInt(n, 10) == text
}

// claims gives what is signed.
func (c *call) claims() (map[string]any, error) {
	claims := maps.Clone(c.Claims)
	if claims == nil {
		claims = map[string]any{}
	}
	for _, name := range numericDates {
		text, ok := claims[name].(string)
		if !ok {
			continue
		}
		if !isSeconds(text) {
			return nil, c.wrong("claims", name+" is no number of seconds")
		}
		claims[name] = json.Number(text)
	}
	return claims, nil
}

func jwt(c *call) (string, error) {
	claims, err := c.claims()
	if err != nil {
		return "", err
	}
	payload, err := marshal(claims)
	if err != nil {
		return "", c.wrong("claims", "can't be written as JSON")
	}
	headers, err := c.headers()
	if err != nil {
		return "", err
	}
	key, err := c.signingKey()
	if err != nil {
		return "", err
	}
	token, err := jws.Sign(payload, jws.WithKey(c.signature(), key, jws.WithProtectedHeaders(headers)), jws.WithStrictECDSA(true))
	if err != nil {
		return "", c.wrong("key", "can't sign by "+c.option("algorithm"))
	}
	return string(token), nil
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // a token is no page
	err := encoder.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// headers gives the contract's, and the type where it names none. The library
// adds the algorithm.
func (c *call) headers() (jws.Headers, error) {
	all := map[string]any{"typ": "JWT"}
	maps.Copy(all, c.Header)
	headers := jws.NewHeaders()
	for name, value := range all {
		if err := headers.Set(name, value); err != nil { // the error may name the value
			return nil, c.wrong("header", "can't have a value of that kind for "+name)
		}
	}
	return headers, nil
}

func (c *call) signature() jwa.SignatureAlgorithm {
	switch c.option("algorithm") {
	case "RS256":
		return jwa.RS256()
	case "PS256":
		return jwa.PS256()
	case "ES256":
		return jwa.ES256()
	}
	return jwa.HS256()
}

// signingKey gives the half of the key that signs.
func (c *call) signingKey() (any, error) {
	key, err := c.fittingKey()
	if err != nil {
		return nil, err
	}
	if _, signs := key.(crypto.Signer); !signs && c.option("algorithm") != "HS256" {
		return nil, c.wrong("key", "is public, and only a private one signs")
	}
	return key, nil
}

// fittingKey holds that a key is of the kind that the algorithm takes (RFC 7518,
// section 3.1): one of another kind would be used in a way that it is not made for.
func (c *call) fittingKey() (any, error) {
	algorithm := c.option("algorithm")
	if algorithm == "HS256" {
		return c.secretKey()
	}
	key, err := c.key()
	if err != nil {
		return nil, err
	}
	fits := false
	switch k := publicHalf(key).(type) {
	case *rsa.PublicKey:
		fits = algorithm != "ES256"
	case *ecdsa.PublicKey:
		fits = algorithm == "ES256" && k.Curve == elliptic.P256()
	}
	if !fits {
		return nil, c.wrong("key", "is of another kind than "+algorithm+" takes")
	}
	return key, nil
}

// acceptsJWT verifies the signature by the call's own key, be it the public half
// alone, and compares the claims, which have to be the same but for times, which may be as far apart as
// clocks are. Of the header it compares what the contract names.
func acceptsJWT(c *call, value string) bool {
	header, got, ok := ReadToken(value)
	if !ok {
		return false
	}
	key, err := c.fittingKey()
	if err != nil {
		return false
	}
	if _, err := jws.Verify([]byte(value), jws.WithKey(c.signature(), publicHalf(key)), jws.WithAlgorithmMatch(true)); err != nil {
		return false
	}
	claims, err := c.claims()
	if err != nil {
		return false
	}
	want, ok := normal(claims)
	if !ok || len(want) != len(got) {
		return false
	}
	for name, value := range want {
		if !sameClaim(name, value, got[name]) {
			return false
		}
	}
	named, ok := normal(c.Header)
	for name, value := range named {
		ok = ok && reflect.DeepEqual(value, header[name])
	}
	return ok
}

func sameClaim(name string, want, got any) bool {
	a, isNumber := want.(float64)
	b, ok := got.(float64)
	if isNumber && ok && slices.Contains(numericDates, name) {
		return math.Abs(a-b) <= leeway.Seconds()
	}
	return reflect.DeepEqual(want, got)
}

// normal gives members as JSON reads them.
func normal(members map[string]any) (read map[string]any, ok bool) {
	text, err := marshal(members)
	return read, err == nil && json.Unmarshal(text, &read) == nil
}

// longestToken is more than a header or a body holds of one.
const longestToken = 64 << 10

// ReadToken takes a compact token apart (RFC 7515, section 7.1) and verifies
// nothing, so that a server learns what a client chose: a claim may be a random
// value, or the time.
func ReadToken(value string) (header, claims map[string]any, ok bool) {
	parts := strings.Split(value, ".")
	if len(parts) != 3 || len(value) > longestToken {
		return nil, nil, false
	}
	if _, ok := strictly(base64.RawURLEncoding, parts[2]); !ok {
		return nil, nil, false
	}
	for i, into := range []*map[string]any{&header, &claims} {
		text, ok := strictly(base64.RawURLEncoding, parts[i])
		if !ok || json.Unmarshal([]byte(text), into) != nil || *into == nil {
			return nil, nil, false
		}
	}
	return header, claims, true
}
