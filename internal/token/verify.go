package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	_ "crypto/sha256" // SHA-256 of RFC 7518
	_ "crypto/sha512" // SHA-384 and SHA-512
	"encoding/base64"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// tried is how many bits of keys of one name, or without any, are tried: they take
// time, and the vendor says how many there are. A curve counts as much as an RSA key
// that takes its time.
const (
	tried       = 8192
	bitsOfCurve = 2048
)

// attempts gives the keys that are tried, the first always.
func attempts(candidates []announced) []announced {
	total := 0
	for i, k := range candidates {
		bits := bitsOfCurve
		if key, ok := k.key.(*rsa.PublicKey); ok {
			bits = key.N.BitLen()
		}
		if total += bits; i > 0 && total > tried {
			return candidates[:i]
		}
	}
	return candidates
}

// verify holds the signature against the keys. The algorithm is a documented one,
// so that nobody can choose one that takes a public key for a secret (RFC 8725, 2.1).
func (r *reader) verify(text string, header map[string]any) {
	if _, critical := header["crit"]; critical {
		r.breaks(loginwatch.KindTokenForm, "no crit, whose extensions a consumer would have to know (RFC 7515, 4.1.11)", "crit")
	}
	alg, _ := header["alg"].(string)
	candidates := r.candidates(header, alg)
	if len(candidates) == 0 {
		return
	}
	signed, signature := text[:strings.LastIndexByte(text, '.')], text[strings.LastIndexByte(text, '.')+1:]
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		return // reported
	}
	for _, k := range attempts(candidates) {
		if verifies(alg, k.key, []byte(signed), raw) {
			r.unused(k)
			return
		}
	}
	r.breaks(loginwatch.KindTokenSignature, "a signature of alg "+alg+r.byPinned()+" (RFC 7515, 5.2)", "one that does not verify")
	r.restsOn(r.Token.Keys.Pinned)
}

// byPinned names the secret that is the key.
func (r *reader) byPinned() string {
	if name := r.Token.Keys.Pinned; name != "" {
		return " by ${" + name + "}"
	}
	return ""
}

// restsOn books that a breaking finding rests on values of these names: where one is
// ours alone, nobody knows which side is wrong.
func (r *reader) restsOn(names ...string) {
	if r.Sent != nil && slices.ContainsFunc(names, func(name string) bool { return name != "" && !r.Sent(name) }) {
		r.facts.ByOurValues++
	}
}

// candidates gives the keys with which the token should verify; none when that is
// reported.
func (r *reader) candidates(header map[string]any, alg string) []announced {
	v, named := header["kid"]
	kid, isText := v.(string)
	switch {
	case r.Keys == nil:
		r.aboutKey("a key to verify it with", "none: no answer of this run announced any")
		return nil
	case named && !isText:
		r.breaks(loginwatch.KindTokenForm, "kid a string (RFC 7515, 4.1.4)", "kid is "+typeName(v))
		return nil
	}
	list := r.Keys.announced
	choosy := slices.ContainsFunc(list, func(k announced) bool { return k.Kid != "" })
	if named && choosy {
		if list = r.Keys.filter(func(k announced) bool { return k.Kid == kid }); len(list) == 0 {
			r.aboutKey("signed by a key that is announced", "a kid that no announced key has")
			return nil
		}
	}
	fitting := slices.DeleteFunc(slices.Clone(list), func(k announced) bool { return !k.fits(alg) })
	switch {
	case len(fitting) > 1 && choosy && !named:
		r.aboutKey("a kid, as several keys are announced (OpenID Connect Core, 10.1)", "no kid")
		return nil
	case len(fitting) > 0:
		return fitting
	case slices.ContainsFunc(list, func(k announced) bool { return takes(alg, k.key) }):
		r.aboutKey("signed by a key that is announced for it", "a key that is announced for something else")
	default:
		r.breaks(loginwatch.KindTokenSignature, "a key of the kind that alg "+alg+" takes (RFC 7518, 3.1)"+r.byPinned(), "a key of another kind")
		r.restsOn(r.Token.Keys.Pinned)
	}
	return nil
}

// unused tells of keys that could sign such tokens and did not sign this one: a
// change of keys is ahead, or just behind.
func (r *reader) unused(signer announced) {
	others := r.Keys.filter(func(k announced) bool { return k.Pointer != signer.Pointer && k.forAny(r.Token.Algorithms) })
	if n := len(others); n > 0 {
		r.report(statement{pos: r.Token.Keys.Pos}, difference{ // no document says it, so none is quoted
			loginwatch.Tolerated, loginwatch.KindTokenKey, r.Token.At, "nothing about it (who changes keys announces the next one before using it)",
			fmt.Sprintf("keys that are announced beside the one that signs: %d", n),
		})
	}
}

// aboutKey reports that the key is not the one to expect.
func (r *reader) aboutKey(documented, got string) {
	r.report(statement{r.Token.Keys.Pos, r.Token.Keys.Cite}, difference{loginwatch.Breaking, loginwatch.KindTokenKey, r.Token.At, documented, got})
}

// hashes are those of the algorithms (RFC 7518, 3.1). EdDSA has its own inside, and
// of Ed25519 that is SHA-512 (RFC 8032, 5.1).
func hashOf(alg string) crypto.Hash {
	switch {
	case alg == "EdDSA", strings.HasSuffix(alg, "512"):
		return crypto.SHA512
	case strings.HasSuffix(alg, "384"):
		return crypto.SHA384
	}
	return crypto.SHA256
}

// curveOf is the one that goes with an algorithm (RFC 7518, 3.4).
func curveOf(alg string) elliptic.Curve {
	switch alg {
	case "ES256":
		return elliptic.P256()
	case "ES384":
		return elliptic.P384()
	}
	return elliptic.P521()
}

// takes tells whether an algorithm is for keys of that kind. A public key is never
// the secret of HS256 and its like.
func takes(alg string, key any) bool {
	if !slices.Contains(loginwatch.Verifiable, alg) {
		return false
	}
	switch key := key.(type) {
	case *rsa.PublicKey:
		return alg[1:2] == "S" && (alg[0] == 'R' || alg[0] == 'P')
	case *ecdsa.PublicKey:
		return strings.HasPrefix(alg, "ES") && key.Curve == curveOf(alg)
	case ed25519.PublicKey:
		return alg == "EdDSA"
	case []byte:
		return slices.Contains(loginwatch.Shared, alg)
	}
	return false
}

// verifies tells whether the signature is right. The key is one that the algorithm
// takes.
func verifies(alg string, key any, signed, signature []byte) bool {
	hash := hashOf(alg)
	h := hash.New()
	h.Write(signed)
	digest := h.Sum(nil)
	switch key := key.(type) {
	case *rsa.PublicKey:
		if alg[0] == 'P' {
			return rsa.VerifyPSS(key, hash, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil // RFC 7518, 3.5
		}
		return rsa.VerifyPKCS1v15(key, hash, digest, signature) == nil
	case *ecdsa.PublicKey:
		size := (key.Curve.Params().BitSize + 7) / 8
		if len(signature) != 2*size { // RFC 7518, 3.4
			return false
		}
		return ecdsa.Verify(key, digest, new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:]))
	case ed25519.PublicKey:
		return ed25519.Verify(key, signed, signature)
	case []byte:
		mac := hmac.New(hash.New, key)
		mac.Write(signed)
		return hmac.Equal(mac.Sum(nil), signature)
	}
	return false
}
