package compute

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"strings"
)

var paddings = []string{"oaep-sha256", "oaep-sha1", "pkcs1"}

// oaep gives the hash of a padding, nil for the older one, which has none (RFC
// 8017, sections 7.1 and 7.2).
func (c *call) oaep() hash.Hash {
	switch c.option("padding") {
	case "oaep-sha256":
		return sha256.New()
	case "oaep-sha1":
		return sha1.New()
	}
	return nil
}

// rsaKey gives both halves when the key has them, else the public one alone.
func (c *call) rsaKey() (public *rsa.PublicKey, private *rsa.PrivateKey, err error) {
	key, err := c.key()
	if err != nil {
		return nil, nil, err
	}
	private, _ = key.(*rsa.PrivateKey)
	public, ok := publicHalf(key).(*rsa.PublicKey)
	if !ok {
		return nil, nil, c.wrong("key", "is no RSA key")
	}
	return public, private, nil
}

func rsaEncrypt(c *call) (string, error) {
	public, _, err := c.rsaKey()
	if err != nil {
		return "", err
	}
	room := public.Size() - 11 // RFC 8017, section 7.2.1
	if h := c.oaep(); h != nil {
		room = public.Size() - 2*h.Size() - 2 // section 7.1.1
	}
	if len(c.Of[0]) > room {
		return "", c.wrongInput(0, "is longer than the key can encrypt")
	}
	var sealed []byte
	if h := c.oaep(); h != nil {
		sealed, err = rsa.EncryptOAEP(h, rand.Reader, public, []byte(c.Of[0]), nil)
	} else {
		//lint:ignore SA1019 documented logins ask for the older padding
		sealed, err = rsa.EncryptPKCS1v15(rand.Reader, public, []byte(c.Of[0])) //nolint:staticcheck // SA1019: documented logins ask for it
	}
	if err != nil {
		return "", c.wrong("key", "is none that RSA can use safely")
	}
	return write(c.option("encode"), sealed), nil
}

// acceptsRSA decrypts with the private half, if the key has it. With the public
// one alone nobody can tell what is inside: then it takes whatever is written as
// the contract says and as long as the key.
func acceptsRSA(c *call, value string) bool {
	public, private, err := c.rsaKey()
	if err != nil {
		return false
	}
	sealed, ok := read(c.option("encode"), value)
	if !ok || write(c.option("encode"), sealed) != value || len(sealed) != public.Size() {
		return false
	}
	if private == nil {
		return true
	}
	var text []byte
	if h := c.oaep(); h != nil {
		text, err = rsa.DecryptOAEP(h, nil, private, sealed, nil)
	} else {
		//lint:ignore SA1019 a simulator reads what such a login is sent
		text, err = rsa.DecryptPKCS1v15(nil, private, sealed) //nolint:staticcheck // SA1019: a simulator reads what such a login is sent
	}
	return err == nil && same(string(text), c.Of[0])
}

// aesParts gives the cipher and the initialisation vector; nil when the contract
// names none.
func (c *call) aesParts() (block cipher.Block, iv []byte, err error) {
	key, err := c.bytes("key")
	if err != nil {
		return nil, nil, err
	}
	if block, err = aes.NewCipher(key); err != nil {
		return nil, nil, c.wrong("key", "is not 16, 24 or 32 bytes long")
	}
	if !c.is("iv") {
		return block, nil, nil
	}
	iv, err = c.bytes("iv")
	if err != nil {
		return nil, nil, err
	}
	if c.option("mode") == "cbc" && len(iv) != aes.BlockSize {
		return nil, nil, c.wrong("iv", "is not 16 bytes long")
	}
	return block, iv, nil
}

// gcmNonce is the usual length of what GCM is given as a nonce (SP 800-38D,
// section 8.2).
const gcmNonce = 12

func (c *call) ivLength() int {
	if c.option("mode") == "cbc" {
		return aes.BlockSize
	}
	return gcmNonce
}

func aesEncrypt(c *call) (string, error) {
	block, iv, err := c.aesParts()
	if err != nil {
		return "", err
	}
	var front []byte
	if iv == nil {
		if iv, err = c.draw(c.ivLength()); err != nil {
			return "", err
		}
		front = iv
	}
	sealed, ok := c.seal(block, iv)
	if !ok {
		return "", c.wrong("iv", "is of a length that GCM can't use")
	}
	return write(c.option("encode"), append(front, sealed...)), nil
}

// seal encrypts the input: CBC with the padding of PKCS #7 (RFC 5652, section
// 6.3), or GCM with its tag at the end.
func (c *call) seal(block cipher.Block, iv []byte) (sealed []byte, ok bool) {
	text := []byte(c.Of[0])
	if c.option("mode") == "cbc" {
		missing := aes.BlockSize - len(text)%aes.BlockSize
		text = append(text, strings.Repeat(string(rune(missing)), missing)...)
		cipher.NewCBCEncrypter(block, iv).CryptBlocks(text, text)
		return text, true
	}
	gcm, err := cipher.NewGCMWithNonceSize(block, len(iv))
	if err != nil {
		return nil, false
	}
	return gcm.Seal(nil, iv, text, nil), true
}

// acceptsAES encrypts once more, with the vector that stands in front when the
// contract names none.
func acceptsAES(c *call, value string) bool {
	block, iv, err := c.aesParts()
	if err != nil {
		return false
	}
	var front []byte
	if iv == nil {
		got, ok := read(c.option("encode"), value)
		if !ok || len(got) < c.ivLength() {
			return false
		}
		iv, front = got[:c.ivLength()], got[:c.ivLength():c.ivLength()]
	}
	sealed, ok := c.seal(block, iv)
	return ok && same(write(c.option("encode"), append(front, sealed...)), value)
}

// codeChallenge is the one method of RFC 7636 that hides the verifier.
func codeChallenge(c *call) (string, error) {
	const unreserved = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
	verifier := c.Of[0]
	if len(verifier) < 43 || len(verifier) > 128 || strings.Trim(verifier, unreserved) != "" {
		return "", c.wrongInput(0, "is no verifier: 43 to 128 letters, digits and -._~ (RFC 7636, section 4.1)")
	}
	return base64.RawURLEncoding.EncodeToString(sum(sha256.New(), verifier)), nil
}
