package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"math/big"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
)

// Keys are those that a token can be verified with. They are public, or shared
// with the operator, and hold nothing that the vendor wrote but names of keys.
type Keys struct {
	announced []announced
	pinned    bool // by the operator, so that no token has to name one
}

// announced is one key. What its owner wants it to be used for is in the embedded
// JWK.
type announced struct {
	guard.JWK
	key any // *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey, or []byte of a shared secret
}

// Pinned are keys of one: a public key of the standard library's, or the bytes of a
// shared secret.
func Pinned(key any) *Keys { return &Keys{[]announced{{key: key}}, true} }

// Announced reads a JWKS that a vendor sent, and everything that is wrong with it:
// that breaks whoever looks for a key in it. Findings stand at the place in that
// answer and are about the statement of the token whose keys they are.
func Announced(t *loginwatch.Token, doc any) (*Keys, []loginwatch.Finding) {
	raw, faults := guard.JWKS(doc)
	keys := &Keys{}
	for _, k := range raw {
		if key := publicKey(k); key != nil {
			keys.announced = append(keys.announced, announced{k, key})
			continue
		}
		faults = append(faults, guard.KeyFault{Pointer: k.Pointer, Documented: "a key (RFC 7517, 4)", Got: "numbers that make none"})
	}
	if len(faults) == 0 && !keys.Fits(t.Algorithms) {
		faults = append(faults, guard.KeyFault{Pointer: "/keys", Documented: "a key for " + "alg " + strings.Join(t.Algorithms, " or "), Got: "none"})
	}
	findings := make([]loginwatch.Finding, len(faults))
	for i, f := range faults {
		findings[i] = loginwatch.Finding{
			Class: loginwatch.Breaking, Kind: loginwatch.KindTokenKey, Pointer: f.Pointer, Documented: f.Documented, Got: f.Got,
			Contract: t.Keys.Pos.FileLine(), Document: t.Keys.Cite.Document, Quote: t.Keys.Cite.Quote(),
		}
	}
	return keys, findings
}

// publicKey makes a key of its numbers; nil when they make none.
func publicKey(k guard.JWK) any {
	switch k.Type {
	case "RSA":
		n, e := new(big.Int).SetBytes(k.N), new(big.Int).SetBytes(k.E).Int64()
		if n.Bit(0) == 0 || e < 3 || e&1 == 0 {
			return nil
		}
		return &rsa.PublicKey{N: n, E: int(e)}
	case "EC":
		curve := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}[k.Curve]
		if curve == nil {
			return nil
		}
		key, err := ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, k.X, k.Y)) // SEC 1, 2.3.3
		if err != nil {
			return nil
		}
		return key
	case "OKP":
		if k.Curve != "Ed25519" || len(k.X) != ed25519.PublicKeySize {
			return nil
		}
		return ed25519.PublicKey(k.X)
	}
	return nil
}

// signs tells whether the key's owner says that it signs (RFC 7517, 4.2 and 4.3).
func (k announced) signs() bool {
	return (k.Use == "" || k.Use == "sig") && (len(k.Operations) == 0 || slices.Contains(k.Operations, "verify"))
}

// fits tells whether a token of that algorithm may be verified with the key.
func (k announced) fits(alg string) bool {
	return k.signs() && (k.Algorithm == "" || k.Algorithm == alg) && takes(alg, k.key)
}

func (k announced) forAny(algorithms []string) bool { return slices.ContainsFunc(algorithms, k.fits) }

// filter gives the keys for which the test is true.
func (k *Keys) filter(test func(announced) bool) (found []announced) {
	for _, key := range k.announced {
		if test(key) {
			found = append(found, key)
		}
	}
	return found
}

// Fits tells whether the keys can verify a token of one of the algorithms.
func (k *Keys) Fits(algorithms []string) bool {
	return slices.ContainsFunc(k.announced, func(key announced) bool { return key.forAny(algorithms) })
}
