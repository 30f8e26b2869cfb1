package sim

import (
	"crypto"
	"crypto/hmac"
	_ "crypto/sha256" // SHA-256 for HS256
	_ "crypto/sha512" // SHA-384 and SHA-512 for HS384 and HS512
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// jwt is an example token, taken apart so that tokens like it can be issued.
type jwt struct {
	header       []byte // JSON text
	claims       []byte // JSON text
	headerLeaves []leaf
	claimLeaves  []leaf
	algorithm    string
	signature    int // bytes
	times        map[string]int64
}

// parseJWT takes a token apart; ok is false when the text is no JWT.
func parseJWT(text string) (token *jwt, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil, false
	}
	var raw [3][]byte
	for i, p := range parts {
		b, err := base64.RawURLEncoding.DecodeString(p)
		if err != nil {
			return nil, false
		}
		raw[i] = b
	}
	t := &jwt{header: raw[0], claims: raw[1], signature: len(raw[2]), times: map[string]int64{}}
	var head struct {
		Algorithm string `json:"alg"`
	}
	var claims map[string]any
	if json.Unmarshal(t.header, &head) != nil || json.Unmarshal(t.claims, &claims) != nil || claims == nil {
		return nil, false
	}
	t.algorithm = head.Algorithm
	var err error
	if t.headerLeaves, err = jsonLeaves(t.header); err != nil {
		return nil, false
	}
	if t.claimLeaves, err = jsonLeaves(t.claims); err != nil {
		return nil, false
	}
	for _, l := range t.claimLeaves {
		if n, isNumber := l.value.(json.Number); isNumber {
			if seconds, err := n.Float64(); err == nil && seconds > 0 && seconds < maxSeconds {
				t.times[l.pointer] = int64(seconds)
			}
		}
	}
	return t, true
}

// lifetime is exp - iat of the example; ok is false when it lacks either.
func (t *jwt) lifetime() (time.Duration, bool) {
	exp, hasExp := t.times["/exp"]
	iat, hasIat := t.times["/iat"]
	if !hasExp || !hasIat || exp <= iat {
		return 0, false
	}
	return time.Duration(exp-iat) * time.Second, true
}

// issue makes a token like the example: the same header and claims, the times
// shifted so that it is issued at g.issued and lives for g.lifetime, and a new
// id where it has one. Nobody holds the key, and each token has its own.
func (t *jwt) issue(g *grant, random *randomness) (token string, claims any, err error) {
	header := t.header
	if g.unsigned {
		header = t.withoutAlgorithm()
	}
	text, err := t.freshClaims(g, g.unsigned, random)
	if err != nil {
		return "", nil, err
	}
	if claims, err = decode(text); err != nil {
		return "", nil, err
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode(header) + "." + encode(text)
	if g.unsigned {
		return signed + ".", claims, nil
	}
	signature, err := t.sign(signed, random)
	if err != nil {
		return "", nil, err
	}
	return signed + "." + encode(signature), claims, nil
}

func (t *jwt) withoutAlgorithm() []byte {
	for _, l := range t.headerLeaves {
		if l.pointer == "/alg" {
			return apply(t.header, []patch{{l.start, l.end, `"none"`}})
		}
	}
	return t.header
}

// freshClaims gives the claims of a new token. One without an id is given it where
// nothing else tells it from the next token of the same second: revoking the one
// would end the other.
func (t *jwt) freshClaims(g *grant, identified bool, random *randomness) ([]byte, error) {
	issued := g.issued.Unix()
	seconds := int64(g.lifetime / time.Second)
	was := issued // without iat and exp nothing tells when the example was made
	if iat, ok := t.times["/iat"]; ok {
		was = iat
	} else if exp, ok := t.times["/exp"]; ok {
		was = exp - seconds
	}
	var patches []patch
	for _, l := range t.claimLeaves {
		value, isTime := t.times[l.pointer]
		switch {
		case isTime && l.pointer == "/exp":
			value = issued + seconds
		case isTime && l.pointer == "/iat":
			value = issued
		case isTime && (l.pointer == "/nbf" || l.pointer == "/auth_time"):
			value += issued - was
		case strings.EqualFold(l.pointer, "/jti"):
			text, err := freshValue(l.value, random)
			if err != nil {
				return nil, err
			}
			if text != "" {
				patches = append(patches, patch{l.start, l.end, text})
			}
			continue
		default:
			continue
		}
		patches = append(patches, patch{l.start, l.end, strconv.FormatInt(value, 10)})
	}
	text := apply(t.claims, patches)
	if !identified || slices.ContainsFunc(t.claimLeaves, func(l leaf) bool { return strings.EqualFold(l.pointer, "/jti") }) {
		return text, nil
	}
	return withID(text, random)
}

func withID(claims []byte, random *randomness) ([]byte, error) {
	doc, err := decode(claims)
	if err != nil {
		return nil, err
	}
	id, err := random.bytes(16)
	if err != nil {
		return nil, err
	}
	object, _ := doc.(map[string]any) // that of an example is one, see [parseJWT]
	object["jti"] = hex.EncodeToString(id)
	return json.Marshal(object)
}

// sign makes a signature of the header's algorithm. Without its private key
// an asymmetric one can't be made: random bytes of its length stand for it.
func (t *jwt) sign(text string, random *randomness) ([]byte, error) {
	hash := map[string]crypto.Hash{"HS256": crypto.SHA256, "HS384": crypto.SHA384, "HS512": crypto.SHA512}[t.algorithm]
	if hash == 0 {
		return random.bytes(max(t.signature, 1))
	}
	key, err := random.bytes(hash.Size())
	if err != nil {
		return nil, err
	}
	mac := hmac.New(hash.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil), nil
}

// freshValue is a new scalar of the same shape as JSON text; "" means that the
// example's own value has to stay.
func freshValue(like any, random *randomness) (string, error) {
	switch like := like.(type) {
	case string:
		if _, isTime := timeFormOf(like); isTime || like == "" {
			return "", nil
		}
		s, err := random.structured(like)
		return quote(s), err
	case json.Number:
		if strings.Trim(like.String(), digits) != "" {
			return "", nil // a sign, a fraction or an exponent: no identifier
		}
		return random.text(like.String())
	}
	return "", nil
}
