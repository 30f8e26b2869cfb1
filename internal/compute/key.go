package compute

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"

	"github.com/lestrrat-go/jwx/v3/jwk"
)

// Bounds of a key that a vendor may have sent: what is within them is used in
// little time.
const (
	longestKey  = 16 << 10
	mostRSABits = 8192
)

// key reads a key of two halves, or one half: PEM (PKCS #1, PKCS #8, SEC 1, SPKI
// or a certificate), a JWK (RFC 7517), or the base64 of a DER. It gives a key of
// the standard library's, or the bytes of a symmetric JWK.
func (c *call) key() (any, error) {
	text := strings.TrimSpace(c.option("key"))
	if len(text) > longestKey {
		return nil, c.wrong("key", "is longer than 16 KiB")
	}
	var key any
	switch {
	case strings.HasPrefix(text, "{"):
		key = fromJWK(text)
	case strings.HasPrefix(text, "-----BEGIN"):
		for block, rest := pem.Decode([]byte(text)); block != nil && key == nil; block, rest = pem.Decode(rest) {
			if strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") || block.Type == "ENCRYPTED PRIVATE KEY" {
				return nil, c.wrong("key", "is encrypted with a passphrase")
			}
			key = fromDER(block.Bytes) // of several, since OpenSSL puts a curve in front of its key
		}
	default:
		if der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), "")); err == nil {
			key = fromDER(der)
		}
	}
	if key == nil {
		return nil, c.wrong("key", "can't be read: it is no PEM, JWK or base64 of a DER of a key that is known")
	}
	if public, ok := publicHalf(key).(*rsa.PublicKey); ok && public.N.BitLen() > mostRSABits {
		return nil, c.wrong("key", "is an RSA key of more than 8192 bits")
	}
	if !ofOnePair(key) {
		return nil, c.wrong("key", "has two halves that do not belong together")
	}
	return key, nil
}

// ofOnePair tells whether the halves of a key belong together, which a JWK writes apart
// from each other: the signatures of one whose halves do not are nobody's.
func ofOnePair(key any) bool {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		return len(k.Primes) < 2 || k.Validate() == nil
	case *ecdsa.PrivateKey:
		secret, err := k.Bytes()
		if err != nil {
			return false
		}
		whole, err := ecdsa.ParseRawPrivateKey(k.Curve, secret)
		return err == nil && whole.PublicKey.Equal(&k.PublicKey)
	}
	return true // of Ed25519 the library holds it
}

// HasPrivateHalf tells whether a key can decrypt what was encrypted for it.
func HasPrivateHalf(key string) bool {
	c := &call{Call: Call{Options: map[string]string{"key": key}}}
	read, err := c.key()
	_, isRSA := read.(*rsa.PrivateKey)
	return err == nil && isRSA
}

// fromJWK gives nil for what is none. A set of keys is none.
func fromJWK(text string) any {
	read, err := jwk.ParseKey([]byte(text))
	if err != nil {
		return nil
	}
	var key any
	if jwk.Export(read, &key) != nil {
		return nil
	}
	return key
}

// fromDER tries the forms, since the words around a PEM are often of another one.
func fromDER(der []byte) any {
	for _, read := range []func([]byte) (any, error){
		x509.ParsePKCS8PrivateKey,
		func(b []byte) (any, error) { return x509.ParsePKCS1PrivateKey(b) },
		func(b []byte) (any, error) { return x509.ParseECPrivateKey(b) },
		x509.ParsePKIXPublicKey,
		func(b []byte) (any, error) { return x509.ParsePKCS1PublicKey(b) },
	} {
		if key, err := read(der); err == nil {
			return key
		}
	}
	if certificate, err := x509.ParseCertificate(der); err == nil {
		return certificate.PublicKey
	}
	return nil
}

// publicHalf gives what others know of a key; a key of one half is its own.
func publicHalf(key any) any {
	if private, ok := key.(interface{ Public() crypto.PublicKey }); ok {
		return private.Public()
	}
	return key
}

// secretKey gives the bytes that a symmetric algorithm uses: those of a JWK of
// the kind oct, or what is written. A key of two halves is refused: who verifies
// with its public half would take anybody's signature.
func (c *call) secretKey() ([]byte, error) {
	text := strings.TrimSpace(c.option("key"))
	switch {
	case strings.HasPrefix(text, "-----BEGIN"):
		return nil, c.wrong("key", "is of two halves, but "+c.option("algorithm")+" takes a secret")
	case strings.HasPrefix(text, "{") && strings.Contains(text, `"kty"`):
		key, err := c.key()
		if err != nil {
			return nil, err
		}
		secret, ok := key.([]byte)
		if !ok {
			return nil, c.wrong("key", "is of two halves, but "+c.option("algorithm")+" takes a secret")
		}
		return bytes.Clone(secret), nil
	}
	return c.bytes("key")
}

// apart makes a call of a key that stands beside the functions.
func apart(text, algorithm string) *call {
	return &call{Call: Call{Function: "keys", Options: map[string]string{"key": text, "algorithm": algorithm, "key_encoding": "text"}}}
}

// PublicKey reads what somebody's signatures are verified with: the public half of
// a key, of which only that half may be there. The errors of all three are
// [*Error]s.
func PublicKey(text string) (crypto.PublicKey, error) {
	c := apart(text, "")
	key, err := c.key()
	if err != nil {
		return nil, err
	}
	if _, symmetric := key.([]byte); symmetric {
		return nil, c.wrong("key", "is a secret, and not of two halves")
	}
	return publicHalf(key), nil
}

// PrivateKey reads a key that signs.
func PrivateKey(text string) (crypto.Signer, error) {
	c := apart(text, "")
	key, err := c.key()
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, c.wrong("key", "is public, and only a private one signs")
	}
	return signer, nil
}

// SharedKey reads the secret with which the algorithm both signs and verifies.
func SharedKey(text, algorithm string) ([]byte, error) { return apart(text, algorithm).secretKey() }
