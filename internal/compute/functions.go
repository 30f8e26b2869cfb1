package compute

//go:generate go test -count=1 -run TestPage . -update

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Function is one line of the table.
type Function struct {
	Name     string
	Doc      string // one sentence
	Min, Max int    // number of inputs; Max is -1 where there is no limit
	Claims   bool   // whether it takes claims and a header
	Drawn    bool   // its values are made of nothing but chance: each is a secret, and nobody makes it again
	Options  []Option
}

// Option says how a function is applied.
type Option struct {
	Name     string
	Doc      string   // a part of a sentence
	Values   []string // what it can be; none where it is free, and may have placeholders unless it is a number or a duration
	Default  string   // "" for none
	Required bool

	valid func(value string) (problem string) // of a value that must be written in the contract itself
}

// Written tells whether the option's value has to be written in the contract
// itself, without a placeholder.
func (o Option) Written() bool { return len(o.Values) > 0 || o.valid != nil }

// function is a line with what it does.
type function struct {
	Function
	check   func(c *call) error // what options ask of each other; nil for nothing
	do      func(c *call) (string, error)
	inputs  func(c *call, value string) ([]string, bool) // nil where nothing undoes it
	accepts func(c *call, value string) bool             // nil where do always gives the same
	step    func(c *call) time.Duration                  // of a one-time code; nil where values may come again
}

// Functions gives the closed table, in the order in which it is documented.
func Functions() []Function {
	all := make([]Function, len(functions))
	for i, f := range functions {
		all[i] = f.Function
		all[i].Options = slices.Clone(f.Options)
	}
	return all
}

func names() []string {
	all := make([]string, len(functions))
	for i, f := range functions {
		all[i] = f.Name
	}
	return all
}

// takes says how many inputs there are.
func (f Function) takes() string {
	switch {
	case f.Max < 0:
		return "one or more"
	case f.Max == 0:
		return "none"
	}
	return strconv.Itoa(f.Max)
}

func (f function) optionNames() string {
	if len(f.Options) == 0 {
		return "it has none"
	}
	all := make([]string, len(f.Options))
	for i, o := range f.Options {
		all[i] = o.Name
	}
	return "it has " + strings.Join(all, ", ")
}

// Options that several functions share.
var (
	encodings = []string{"hex", "hex-upper", "base64", "base64url"}
	hashes    = []string{"md5", "sha1", "sha256", "sha384", "sha512"}

	join        = Option{Name: "join", Doc: "what stands between the inputs; nothing by default"}
	encode      = Option{Name: "encode", Doc: "how the bytes are written; base64url is without padding", Values: encodings, Default: "hex"}
	sealedAs    = Option{Name: "encode", Doc: encode.Doc, Values: encodings, Default: "base64"}
	keyEncoding = Option{Name: "key_encoding", Doc: "how the key is written", Values: inputEncodings, Default: "text"}
)

// inputEncodings are how bytes stand in a text that a function is given.
var inputEncodings = []string{"text", "hex", "base64", "base64url"}

// functions is never changed.
var functions = []function{
	{
		Function: Function{Name: "base64", Doc: "The input in base64 (RFC 4648).", Min: 1, Max: 1, Options: []Option{
			{Name: "variant", Doc: "the alphabet, and whether it is padded", Values: []string{"std", "url", "raw-url"}, Default: "std"},
		}},
		do: base64Encode, inputs: base64Decode,
	},
	{
		Function: Function{Name: "hex", Doc: "The input's bytes as lower-case hexadecimal digits.", Min: 1, Max: 1},
		do:       hexEncode, inputs: hexDecode,
	},
	{
		Function: Function{Name: "url", Doc: "The input percent-encoded (RFC 3986): all but letters, digits and -._~.", Min: 1, Max: 1, Options: []Option{
			{Name: "variant", Doc: "form writes a blank as +", Values: []string{"component", "form"}, Default: "component"},
		}},
		do: urlEncode, inputs: urlDecode,
	},
	{
		Function: Function{Name: "url-decode", Doc: "The input without its percent-encoding, as a script reads a cookie that it repeats in a header.", Min: 1, Max: 1, Options: []Option{
			{Name: "variant", Doc: "form reads a + as a blank", Values: []string{"component", "form"}, Default: "component"},
		}},
		do: urlDecoded,
	},
	{
		Function: Function{Name: "join", Doc: "The inputs one after the other.", Min: 1, Max: -1, Options: []Option{join}},
		do:       func(c *call) (string, error) { return c.joined(), nil }, inputs: split,
	},
	{
		Function: Function{Name: "now", Doc: "The time of the request, in UTC.", Options: []Option{
			{Name: "format", Doc: "iso8601-basic is 20060102T150405Z, date 20060102", Values: timeFormats, Default: "unix"},
			{Name: "plus", Doc: "a duration to add, such as 5m or -30s", valid: validDuration},
		}},
		do: now, accepts: nearNow,
	},
	{
		Function: Function{Name: "random", Doc: "Something that nobody can guess; with `once: true` the same in a whole run.", Drawn: true, Options: []Option{
			{Name: "format", Doc: "uuid is of version 4 (RFC 9562)", Values: randomFormats, Default: "hex"},
			{Name: "bytes", Doc: "how many, for hex, base64 and base64url: 1 to 1024, 16 by default", valid: numberFrom(1, 1024)},
			{Name: "length", Doc: "how many digits: 1 to 64, 16 by default", valid: numberFrom(1, 64)},
		}},
		check: checkRandom, do: random, accepts: isRandom,
	},
	hashFunction("sha256", "SHA-256 (FIPS 180-4)"),
	hashFunction("sha512", "SHA-512 (FIPS 180-4)"),
	hashFunction("sha1", "SHA-1 (FIPS 180-4)"),
	hashFunction("md5", "MD5 (RFC 1321)"),
	{
		Function: Function{Name: "hmac", Doc: "The keyed hash of the inputs (RFC 2104).", Min: 1, Max: -1, Options: []Option{
			{Name: "hash", Doc: "the hash", Values: hashes, Required: true},
			{Name: "key", Doc: "the key", Required: true}, keyEncoding, join, encode,
		}},
		do: hmacOf,
	},
	{
		Function: Function{Name: "basic", Doc: "The whole value of an Authorization header for a user name and a password (RFC 7617): “Basic …”, in UTF-8.", Min: 2, Max: 2},
		do:       basic, inputs: basicInputs, accepts: acceptsBasic,
	},
	{
		Function: Function{Name: "digest", Doc: "The whole value of an Authorization header for a user name and a password (RFC 7616), by MD5, SHA-256 or SHA-512-256.", Min: 2, Max: 2, Options: []Option{
			{Name: "challenge", Doc: "the value of WWW-Authenticate that a step before captured", Required: true},
		}},
		do: digest, accepts: acceptsDigest,
	},
	{
		Function: Function{Name: "totp", Doc: "The one-time code of the moment (RFC 6238) for a seed in base32, in any letter case and with blanks.", Min: 1, Max: 1, Options: []Option{
			{Name: "digits", Doc: "how long it is", Values: []string{"6", "8"}, Default: "6"},
			{Name: "period", Doc: "of one code, in seconds: 1 to 3600, 30 by default", valid: numberFrom(1, 3600)},
			{Name: "hash", Doc: "the hash", Values: []string{"sha1", "sha256", "sha512"}, Default: "sha1"},
		}},
		do: totpCode, accepts: acceptsTOTP, step: (*call).totpStep,
	},
	{
		Function: Function{Name: "jwt", Doc: "A signed token of `claims:` (RFC 7519), with `header:` beside its algorithm; exp, iat and nbf are numbers.", Claims: true, Options: []Option{
			{Name: "algorithm", Doc: "how it is signed (RFC 7518, section 3.1)", Values: algorithms, Required: true},
			{Name: "key", Doc: "a private key as PEM or JWK; for HS256 the secret", Required: true}, keyEncoding,
		}},
		check: checkJWT, do: jwt, accepts: acceptsJWT,
	},
	{
		Function: Function{Name: "rsa-encrypt", Doc: "The input encrypted for the owner of an RSA key (RFC 8017).", Min: 1, Max: 1, Options: []Option{
			{Name: "padding", Doc: "what is put around the input", Values: paddings, Required: true},
			{Name: "key", Doc: "the public key as PEM, a certificate, a JWK, or a DER in base64", Required: true}, sealedAs,
		}},
		do: rsaEncrypt, accepts: acceptsRSA,
	},
	{
		Function: Function{Name: "aes-encrypt", Doc: "The input encrypted by AES (FIPS 197): CBC with the padding of PKCS #7, or GCM with its tag at the end.", Min: 1, Max: 1, Options: []Option{
			{Name: "mode", Doc: "how blocks are chained", Values: []string{"cbc", "gcm"}, Required: true},
			{Name: "key", Doc: "of 16, 24 or 32 bytes", Required: true}, keyEncoding,
			{Name: "iv", Doc: "the initialisation vector; a random one stands in front of the result by default"},
			{Name: "iv_encoding", Doc: "how it is written", Values: inputEncodings, Default: "text"}, sealedAs,
		}},
		do: aesEncrypt, accepts: acceptsAES,
	},
	{
		Function: Function{Name: "code-challenge", Doc: "What shows a verifier without telling it (PKCE with S256, RFC 7636).", Min: 1, Max: 1},
		do:       codeChallenge,
	},
}
