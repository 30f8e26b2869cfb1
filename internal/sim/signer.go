package sim

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"sync"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/compute"
)

// signer signs the tokens of an operation by its first documented algorithm, with a
// key that is made when one is first asked for, or with the demo of a pinned one.
type signer struct {
	algorithm string
	from      *loginwatch.Case    // whose answer announces the key; nil when it is pinned
	kid       string              // "" where the vendor's keys have none
	like      map[string]any      // a key of the document's example
	key       func() (any, error) // crypto.Signer, or []byte of a shared secret
	other     func() (any, error) // of FaultOtherKey and FaultRotatedKey
}

// newSigners gives those of a contract, by token. Tokens of one source and algorithm
// have one key.
func newSigners(c *loginwatch.Contract, credentials map[string]string) (map[*loginwatch.Token]*signer, error) {
	all := map[*loginwatch.Token]*signer{}
	var made []*signer
	for _, o := range c.Operations {
		t := o.Token
		if t == nil || t.Keys == nil {
			continue
		}
		for _, s := range made {
			if t.Keys.From != nil && s.from == t.Keys.From && s.algorithm == t.Algorithms[0] {
				all[t] = s
			}
		}
		if all[t] != nil {
			continue
		}
		fresh := func() (any, error) { return newKey(t.Algorithms[0]) }
		s := &signer{algorithm: t.Algorithms[0], from: t.Keys.From, key: sync.OnceValues(fresh), other: sync.OnceValues(fresh)}
		if s.from != nil {
			s.likeExample(fmt.Sprintf("simulator-%d", len(made)+1))
		}
		if t.Keys.Pinned != "" {
			key, err := pinnedKey(credentials[t.Keys.Pinned], s.algorithm)
			if err != nil {
				return nil, fmt.Errorf("operation %q: secret %q signs no token: %w", o.ID, t.Keys.Pinned, err)
			}
			s.key = func() (any, error) { return key, nil }
		}
		all[t], made = s, append(made, s)
	}
	return all, nil
}

// likeExample finds the key of the example that the announced one is to look like:
// one of the same kind, or any.
func (s *signer) likeExample(kid string) {
	kind := map[string]string{"E": "EC", "R": "RSA", "P": "RSA"}[s.algorithm[:1]]
	if s.algorithm == "EdDSA" {
		kind = "OKP"
	}
	for _, o := range s.from.Expect {
		if o.Example == nil {
			continue
		}
		doc, _ := decode(o.Example.Body)
		for _, v := range everywhere(doc, "/keys/*") {
			key, ok := v.(map[string]any)
			if ok && (s.like == nil || key["kty"] == kind && s.like["kty"] != kind) {
				s.like = key
			}
		}
	}
	if s.like == nil {
		s.like = map[string]any{"kid": "", "use": "", "alg": ""}
	}
	if _, named := s.like["kid"]; named {
		s.kid = kid
	}
	for _, member := range []string{"n", "e", "crv", "x", "y"} {
		if s.like["kty"] != kind {
			delete(s.like, member)
		}
	}
}

func shared(algorithm string) bool { return strings.HasPrefix(algorithm, "HS") }

func pinnedKey(text, algorithm string) (any, error) {
	if shared(algorithm) {
		return compute.SharedKey(text, algorithm)
	}
	key, err := compute.PrivateKey(text)
	if err != nil {
		return nil, err
	}
	if _, err := sign(key, algorithm, ""); err != nil {
		return nil, err
	}
	return key, nil
}

// newKey makes a key of the kind that an algorithm takes (RFC 7518, 3.1).
func newKey(algorithm string) (any, error) {
	switch {
	case shared(algorithm):
		secret := make([]byte, 64)
		_, err := rand.Read(secret)
		return secret, err
	case algorithm == "EdDSA":
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	case strings.HasPrefix(algorithm, "ES"):
		curve := map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()}[algorithm]
		return ecdsa.GenerateKey(curve, rand.Reader)
	}
	return rsa.GenerateKey(rand.Reader, 2048)
}

// hashes are those of the algorithms, by their ends.
var hashes = map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}

// sign makes a signature as RFC 7518, 3, has it.
func sign(key any, algorithm, text string) ([]byte, error) {
	hash := hashes[algorithm[2:]]
	var digest []byte
	if hash != 0 {
		h := hash.New()
		h.Write([]byte(text))
		digest = h.Sum(nil)
	}
	switch key := key.(type) {
	case []byte:
		mac := hmac.New(hash.New, key)
		mac.Write([]byte(text))
		return mac.Sum(nil), nil
	case *rsa.PrivateKey:
		switch algorithm[:2] {
		case "RS":
			return rsa.SignPKCS1v15(rand.Reader, key, hash, digest)
		case "PS":
			return rsa.SignPSS(rand.Reader, key, hash, digest, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		}
	case *ecdsa.PrivateKey:
		if !strings.HasPrefix(algorithm, "ES") {
			break
		}
		r, s, err := ecdsa.Sign(rand.Reader, key, digest)
		if err != nil {
			return nil, err
		}
		size := (key.Curve.Params().BitSize + 7) / 8
		return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...), nil
	case ed25519.PrivateKey:
		if algorithm == "EdDSA" {
			return ed25519.Sign(key, []byte(text)), nil
		}
	}
	return nil, errors.New("the key is of another kind than " + algorithm + " takes")
}

// announcement is the key as a JWKS has it (RFC 7517).
func (s *signer) announcement() (map[string]any, error) {
	key, err := s.key()
	if err != nil {
		return nil, err
	}
	encode := base64.RawURLEncoding.EncodeToString
	members := maps.Clone(s.like)
	for name, v := range map[string]any{"kid": s.kid, "use": "sig", "alg": s.algorithm} {
		if _, documented := members[name]; documented {
			members[name] = v
		}
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		members["kty"], members["n"], members["e"] = "RSA", encode(key.N.Bytes()), encode(big.NewInt(int64(key.E)).Bytes())
	case *ecdsa.PrivateKey:
		point, err := key.PublicKey.Bytes()
		if err != nil {
			return nil, err
		}
		x, y := point[1:1+len(point)/2], point[1+len(point)/2:] // SEC 1, 2.3.3
		members["kty"], members["crv"], members["x"], members["y"] = "EC", key.Curve.Params().Name, encode(x), encode(y)
	case ed25519.PrivateKey:
		members["kty"], members["crv"], members["x"] = "OKP", "Ed25519", encode(key.Public().(ed25519.PublicKey))
	}
	return members, nil
}

// announcing gives the signers whose keys an outcome has.
func announcing(o *loginwatch.Operation, x *loginwatch.Outcome, signers map[*loginwatch.Token]*signer) (all []*signer) {
	if x.Means != loginwatch.OK {
		return nil
	}
	for _, s := range signers {
		if s.from != nil && s.from.Operation == o && slices.Contains(s.from.Expect, x) && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b *signer) int { return strings.Compare(a.kid, b.kid) })
	return all
}
