package compute

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
)

// newHash gives one of the hashes. Documents ask for broken ones as well.
func newHash(name string) hash.Hash {
	switch name {
	case "md5":
		return md5.New()
	case "sha1":
		return sha1.New()
	case "sha384":
		return sha512.New384()
	case "sha512":
		return sha512.New()
	}
	return sha256.New()
}

func sum(h hash.Hash, text string) []byte {
	h.Write([]byte(text)) // never fails (hash.Hash)
	return h.Sum(nil)
}

func hashFunction(name, of string) function {
	return function{
		Function: Function{Name: name, Doc: "The hash of the inputs by " + of + ".", Min: 1, Max: -1, Options: []Option{join, encode}},
		do:       func(c *call) (string, error) { return write(c.option("encode"), sum(newHash(name), c.joined())), nil },
	}
}

func hmacOf(c *call) (string, error) {
	key, err := c.bytes("key")
	if err != nil {
		return "", err
	}
	keyed := hmac.New(func() hash.Hash { return newHash(c.option("hash")) }, key)
	return write(c.option("encode"), sum(keyed, c.joined())), nil
}
