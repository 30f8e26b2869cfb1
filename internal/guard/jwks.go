package guard

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// Bounds of a JWKS. No login announces more keys than a few. An RSA key of 8192 bits
// is the longest that anybody uses; with an exponent of 3 bytes (65537 is usual) it
// verifies within 4 ms, with a longer one it would not.
const (
	jwksKeys    = 32
	jwkName     = 256      // characters of kid, alg and the like
	jwkModulus  = 8192 / 8 // bytes of n
	jwkExponent = 3        // bytes of e
	jwkWeak     = 2048     // RFC 7518, 3.3: that many bits or more
)

// coordinates are the bytes of one, by curve.
var coordinates = map[string]int{"P-256": 32, "P-384": 48, "P-521": 66, "Ed25519": 32}

// JWK is one public key of a JWKS (RFC 7517) with its numbers decoded. Whether
// they make a key is not looked at here.
type JWK struct {
	Pointer                          string // to it in the document
	Kid, Type, Curve, Use, Algorithm string // "" when absent
	Operations                       []string
	N, E, X, Y                       []byte
}

// KeyFault is what is wrong with a JWKS, and where. Nothing in it is the vendor's
// text.
type KeyFault struct {
	Pointer, Documented, Got string
}

// private are the members of a key that nobody but its owner may see (RFC 7518, 6).
var private = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}

// JWKS reads the keys that a decoded document announces, and everything that is
// wrong with them. A key with a fault that makes it useless is left out; one of an
// unknown type is left out without a word (RFC 7517, 5).
func JWKS(doc any) (keys []JWK, faults []KeyFault) {
	object, _ := doc.(map[string]any)
	list, ok := object["keys"].([]any)
	if !ok {
		return nil, []KeyFault{{"/keys", "an array of keys (RFC 7517, 5.1)", "none"}}
	}
	if len(list) > jwksKeys {
		faults = append(faults, KeyFault{"/keys", fmt.Sprintf("at most %d keys", jwksKeys), fmt.Sprintf("%d of them", len(list))})
		list = list[:jwksKeys]
	}
	for i, v := range list {
		r := keyReader{at: fmt.Sprintf("/keys/%d", i)}
		if key, ok := r.read(v); ok {
			if twin(keys, key) {
				r.fault("/kid", "a kid of its own (RFC 7517, 4.5)", "that of a key before it")
			}
			keys = append(keys, key)
		}
		faults = append(faults, r.faults...)
	}
	return keys, faults
}

// twin tells whether another key of the same type has the key's name: only
// equivalent keys of different types may share one.
func twin(keys []JWK, key JWK) bool {
	return key.Kid != "" && slices.ContainsFunc(keys, func(k JWK) bool { return k.Kid == key.Kid && k.Type == key.Type })
}

// keyReader reads one key.
type keyReader struct {
	at     string
	object map[string]any
	faults []KeyFault
	failed bool
}

func (r *keyReader) fault(member, documented, got string) {
	r.faults = append(r.faults, KeyFault{r.at + member, documented, got})
}

// useless reports what keeps the key from being used.
func (r *keyReader) useless(member, documented, got string) {
	r.fault(member, documented, got)
	r.failed = true
}

func (r *keyReader) read(v any) (key JWK, ok bool) {
	if r.object, ok = v.(map[string]any); !ok {
		r.fault("", "an object (RFC 7517, 4)", "something else")
		return key, false
	}
	for _, name := range private {
		if _, given := r.object[name]; given {
			r.fault("/"+name, "public keys alone (RFC 7517, 8.1.1)", "a private member")
		}
	}
	key = JWK{
		Pointer: r.at, Kid: r.name("kid"), Type: r.name("kty"), Curve: r.name("crv"), Use: r.name("use"), Algorithm: r.name("alg"), Operations: r.operations(),
	}
	switch key.Type {
	case "":
		if !r.failed {
			r.useless("/kty", "a key type (RFC 7517, 4.1)", "none")
		}
	case "RSA":
		key.N, key.E = r.number("n", jwkModulus), r.number("e", jwkExponent)
		if n := new(big.Int).SetBytes(key.N).BitLen(); n > 0 && n < jwkWeak {
			r.fault("/n", fmt.Sprintf("%d bits or more (RFC 7518, 3.3)", jwkWeak), fmt.Sprintf("%d", n))
			r.failed = r.failed || n < jwkWeak/2 // crypto/rsa refuses those
		}
	case "EC", "OKP":
		size, known := coordinates[key.Curve]
		if !known {
			return key, false
		}
		key.X = r.coordinate("x", size)
		if key.Type == "EC" {
			key.Y = r.coordinate("y", size)
		}
	default: // also oct: what it has to hide was said
		return key, false
	}
	return key, !r.failed
}

// name reads a member that is a short text.
func (r *keyReader) name(member string) string {
	v, given := r.object[member]
	text, ok := v.(string)
	switch {
	case !given:
	case !ok:
		r.useless("/"+member, "a string (RFC 7517, 4)", typeOf(v))
	case len(text) > jwkName:
		r.useless("/"+member, fmt.Sprintf("at most %d characters", jwkName), "more of them")
		return ""
	}
	return text
}

func (r *keyReader) operations() (all []string) {
	v, given := r.object["key_ops"]
	list, ok := v.([]any)
	if given && !ok {
		r.useless("/key_ops", "an array of strings (RFC 7517, 4.3)", typeOf(v))
	}
	for _, item := range list {
		text, ok := item.(string)
		if !ok {
			r.useless("/key_ops", "an array of strings (RFC 7517, 4.3)", "an array with something else")
			return all
		}
		all = append(all, text)
	}
	return all
}

// coordinate reads a member of as many bytes as the curve has (RFC 7518, 6.2.1.2;
// RFC 8037, 2).
func (r *keyReader) coordinate(member string, size int) []byte {
	raw := r.bytes(member, size)
	if len(raw) != size && !r.failed {
		r.useless("/"+member, fmt.Sprintf("%d bytes", size), fmt.Sprintf("%d", len(raw)))
	}
	return raw
}

// number reads a member that is a number (RFC 7518, 2), without its leading zeros.
func (r *keyReader) number(member string, longest int) []byte {
	raw := bytes.TrimLeft(r.bytes(member, longest+1), "\x00") // some write a sign's zero in front
	switch {
	case r.failed:
		return nil
	case len(raw) == 0:
		r.useless("/"+member, "a number above 0", "zero")
	case len(raw) > longest:
		r.useless("/"+member, fmt.Sprintf("at most %d bits", longest*8), "more of them")
	}
	return raw
}

// bytes reads a member in base64url (RFC 7518, 2).
func (r *keyReader) bytes(member string, longest int) []byte {
	const documented = "base64url without padding (RFC 7518, 6)"
	v, given := r.object[member]
	text, isText := v.(string)
	switch {
	case !given:
		r.useless("/"+member, documented, "none")
		return nil
	case !isText:
		r.useless("/"+member, documented, typeOf(v))
		return nil
	case base64.RawURLEncoding.DecodedLen(len(text)) > longest:
		r.useless("/"+member, fmt.Sprintf("at most %d bits", longest*8), "more of them")
		return nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || text == "" || strings.ContainsAny(text, "\r\n") { // which the decoder passes over
		r.useless("/"+member, documented, "other text")
		return nil
	}
	return raw
}

func typeOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case []any:
		return "an array"
	case map[string]any:
		return "an object"
	}
	return "a string"
}
