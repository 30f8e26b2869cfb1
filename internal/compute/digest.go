package compute

import (
	"cmp"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// proof is everything that the response of Digest is made of (RFC 7616).
type proof struct {
	user, password string
	method, target string
	body           []byte

	realm, nonce, opaque string
	hasOpaque            bool
	algorithm            string   // as the challenge writes it; "" for none
	offered              []string // of qualities; none where the server speaks RFC 2069
	qop                  string   // auth, auth-int, or "" for none
	userhash             bool
	nc, cnonce           string
}

// digestHash gives the hash of an algorithm of Digest (RFC 7616, section 6.1),
// nil for one that is not known. Names are in any letter case.
func digestHash(algorithm string) (h func() hash.Hash, session bool) {
	name, session := strings.CutSuffix(strings.ToLower(algorithm), "-sess")
	switch name {
	case "md5", "":
		return func() hash.Hash { return newHash("md5") }, session
	case "sha-256":
		return func() hash.Hash { return newHash("sha256") }, session
	case "sha-512-256":
		return sha512.New512_256, session
	}
	return nil, false
}

// hashed is H of RFC 7616, section 3.4.1: of its parts with colons between.
func (p *proof) hashed(parts ...string) string {
	h, _ := digestHash(p.algorithm)
	return hex.EncodeToString(sum(h(), strings.Join(parts, ":")))
}

// response follows RFC 7616, sections 3.4.1 to 3.4.3.
func (p *proof) response() string {
	secret := p.hashed(p.user, p.realm, p.password)
	if _, session := digestHash(p.algorithm); session {
		secret = p.hashed(secret, p.nonce, p.cnonce)
	}
	request := p.hashed(p.method, p.target)
	if p.qop == "auth-int" {
		request = p.hashed(p.method, p.target, p.hashed(string(p.body)))
	}
	if p.qop == "" {
		return p.hashed(secret, p.nonce, request)
	}
	return p.hashed(secret, p.nonce, p.nc, p.cnonce, p.qop, request)
}

// qualities are the ones that can be given, the better known first.
var qualities = []string{"auth", "auth-int"}

// answerable gives the first challenge that can be answered (RFC 7616, section
// 3.7), or why there is none.
func (c *call) answerable() (*proof, error) {
	const name = "challenge"
	all, problem := parseChallenges(c.option(name))
	if problem != "" {
		return nil, c.wrong(name, problem)
	}
	problem = "asks for no Digest"
	for _, one := range all {
		if one.scheme != "digest" {
			continue
		}
		p, why := answer(one.parameters)
		if why == "" {
			p.user, p.password = c.Of[0], c.Of[1]
			p.method, p.target, p.body = c.env.Method, c.env.Target, c.env.Body
			return p, nil
		}
		problem = why
	}
	return nil, c.wrong(name, problem)
}

func answer(parameters map[string]string) (*proof, string) {
	p := &proof{
		realm: parameters["realm"], nonce: parameters["nonce"], algorithm: parameters["algorithm"],
		userhash: strings.EqualFold(parameters["userhash"], "true"),
	}
	p.opaque, p.hasOpaque = parameters["opaque"]
	if p.nonce == "" {
		return nil, "has no nonce"
	}
	if h, _ := digestHash(p.algorithm); h == nil {
		return nil, "asks for an algorithm of Digest other than MD5, SHA-256 and SHA-512-256"
	}
	list, asked := parameters["qop"]
	if !asked {
		return p, ""
	}
	for _, q := range qualities {
		if slices.ContainsFunc(strings.Split(list, ","), func(o string) bool { return strings.EqualFold(strings.Trim(o, " \t"), q) }) {
			p.offered = append(p.offered, q)
		}
	}
	if len(p.offered) == 0 {
		return nil, "asks for a quality of protection other than auth and auth-int"
	}
	p.qop = p.offered[0]
	return p, ""
}

const cnonceBytes = 18 // 24 characters

func digest(c *call) (string, error) {
	for i, text := range c.Of {
		if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
			return "", c.wrongInput(i, "is not UTF-8, or has a control character, which Digest can't carry (RFC 7616, section 4)")
		}
	}
	if strings.Contains(c.Of[0], ":") {
		return "", c.wrongInput(0, "has a colon, at which Digest would end it (RFC 7616, section 3.4.2)")
	}
	if c.env.Method == "" || c.env.Target == "" {
		return "", c.wrong("", "is for a request, and there is none")
	}
	p, err := c.answerable()
	if err != nil {
		return "", err
	}
	random, err := c.draw(cnonceBytes)
	if err != nil {
		return "", err
	}
	p.nc, p.cnonce = "00000001", write("base64url", random) // a challenge is answered once
	return p.credentials(), nil
}

// credentials follow RFC 7616, section 3.4: what has to be quoted is, and what
// must not be is not.
func (p *proof) credentials() string {
	parts := []string{p.username(), "realm=" + quoted(p.realm), "nonce=" + quoted(p.nonce), "uri=" + quoted(p.target)}
	if p.algorithm != "" {
		parts = append(parts, "algorithm="+p.algorithm)
	}
	if _, session := digestHash(p.algorithm); session || p.qop != "" {
		parts = append(parts, "cnonce="+quoted(p.cnonce))
	}
	if p.qop != "" {
		parts = append(parts, "qop="+p.qop, "nc="+p.nc)
	}
	parts = append(parts, "response="+quoted(p.response()))
	if p.hasOpaque {
		parts = append(parts, "opaque="+quoted(p.opaque))
	}
	if p.userhash {
		parts = append(parts, "userhash=true")
	}
	return "Digest " + strings.Join(parts, ", ")
}

// username is written as an extended value when a quoted string can't hold it
// (RFC 7616, section 3.4; RFC 8187, section 3.2).
func (p *proof) username() string {
	switch {
	case p.userhash:
		return "username=" + quoted(p.hashed(p.user, p.realm))
	case strings.ContainsFunc(p.user, func(r rune) bool { return r >= utf8.RuneSelf }):
		return "username*=UTF-8''" + strings.ReplaceAll(url.QueryEscape(p.user), "+", "%20")
	}
	return "username=" + quoted(p.user)
}

// acceptsDigest makes the proof again from what a client chose: its nonce, and
// one of the qualities. Whether a nonce was used before is the caller's to know.
func acceptsDigest(c *call, value string) bool {
	p, err := c.answerable()
	if err != nil {
		return false
	}
	sent, problem := parseChallenges(value)
	if problem != "" || len(sent) != 1 || sent[0].scheme != "digest" {
		return false
	}
	got := sent[0].parameters
	opaque, hasOpaque := got["opaque"]
	if got["realm"] != p.realm || got["nonce"] != p.nonce || opaque != p.opaque || hasOpaque != p.hasOpaque ||
		got["uri"] != c.env.Target || !p.isUser(got) || !p.isAlgorithm(got) || !p.choose(got) {
		return false
	}
	return same(p.response(), strings.ToLower(got["response"]))
}

// isAlgorithm takes a client that leaves out MD5, which is meant then.
func (p *proof) isAlgorithm(got map[string]string) bool {
	meant := func(algorithm string) string { return strings.ToLower(cmp.Or(algorithm, "MD5")) }
	return meant(got["algorithm"]) == meant(p.algorithm)
}

// choose takes over what a client has the choice of.
func (p *proof) choose(got map[string]string) bool {
	p.qop, p.nc, p.cnonce = got["qop"], got["nc"], got["cnonce"]
	if len(p.offered) == 0 {
		return p.qop == ""
	}
	count, err := hex.DecodeString(p.nc)
	return slices.Contains(p.offered, p.qop) && p.cnonce != "" && len(count) == 4 && err == nil
}

// isUser compares the name in whichever way the client wrote it.
func (p *proof) isUser(got map[string]string) bool {
	name, plain := got["username"]
	extended, other := got["username*"]
	if plain == other {
		return false
	}
	if strings.EqualFold(got["userhash"], "true") {
		return p.userhash && plain && name == p.hashed(p.user, p.realm)
	}
	if other {
		charset, rest, _ := strings.Cut(extended, "'")
		_, encoded, _ := strings.Cut(rest, "'")
		decoded, err := url.PathUnescape(encoded)
		return strings.EqualFold(charset, "UTF-8") && err == nil && decoded == p.user
	}
	return name == p.user
}
