package evidence

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// A hostile answer has places beyond number, and nobody reads them.
const (
	mostTraits = 400 // of one message
	mostDeep   = 16  // of a document
	mostItems  = 64  // entries of an array that are looked at

	usualTraits = 20

	// longestValue is far above any token; of a longer text its length alone is told.
	longestValue = 16 << 10
)

// fingerprintLength is that of the fingerprints of sessions, in hexadecimal digits. The
// digest of a token is of the same key and begins alike.
const fingerprintLength = 12

// Input is one exchange and what is known of it.
type Input struct {
	Case     *loginwatch.Case
	Target   *loginwatch.Target
	Exchange *loginwatch.Exchange
	Sent     http.Header  // of the request, for which of the optional headers, and which cookies, went
	Size     int          // of the request's body, in bytes
	Answer   *wire.Answer // nil when none was read
	// Values are the secrets before the answer came, by name; one that the answer
	// holds is told by that name.
	Values map[string]string
	// Secrets gives all that no name may hold, in any form. It is asked only when a
	// name came that no document has.
	Secrets func() []string
	Key     []byte // of the fingerprints; none are made without one
	// Looked spares looks into certificates that were made before; nil remembers none.
	Looked *Looked
}

// Of makes the evidence of an exchange.
func Of(in Input) *loginwatch.Evidence {
	x := in.Exchange
	e := &loginwatch.Evidence{
		Method: x.Method, Status: x.Status, Proto: x.Proto, AnswerBytes: len(x.Body),
		Remote: x.Remote, Resolved: x.Resolved, Tried: x.Tried, Proxy: x.Proxy, TLS: x.TLS, Certificates: x.Certificates,
	}
	e.URL, e.Request, e.RequestBytes = in.request()
	secrets := make([]secret, 0, len(in.Values))
	for name, value := range in.Values {
		secrets = append(secrets, secret{name, value})
	}
	slices.SortFunc(secrets, func(a, b secret) int { return strings.Compare(a.name, b.name) })
	if x.Headed() {
		a := &answer{Input: in, secrets: secrets, list: list{all: make([]loginwatch.Trait, 0, usualTraits)}}
		a.names.answer = a
		e.Answer = a.traits()
	}
	in.withhold(e.Certificates)
	return e
}

// list gathers traits. Those of many entries become one where they are alike.
type list struct {
	all   []loginwatch.Trait
	known map[string]int // of places below a star, with their types
}

func (l *list) full() bool { return len(l.all) >= mostTraits }

func (l *list) add(t loginwatch.Trait) {
	if !l.full() {
		l.all = append(l.all, t)
	}
}

// adder adds what there is one of, or one of many.
func (l *list) adder(many bool) func(loginwatch.Trait) {
	if many {
		return l.addAny
	}
	return l.add
}

// addAny adds one of any number of entries.
func (l *list) addAny(t loginwatch.Trait) {
	key := t.Place + "\x00" + t.Type
	i, again := l.known[key]
	if !again {
		if l.known == nil {
			l.known = map[string]int{}
		}
		l.known[key] = len(l.all)
		l.add(t)
		return
	}
	if i >= len(l.all) {
		return
	}
	one := &l.all[i]
	if one.Format != t.Format {
		one.Format = ""
	}
	one.Length = max(one.Length, t.Length)
	if one.Digest != t.Digest {
		one.Digest = ""
	}
}

// value describes a text that the other side sent: of one of our own secrets it tells
// the name alone, neither length nor fingerprint.
func (a *answer) value(text string) (format string, length int, digest string) {
	if ours := ours(text, a.secrets); ours != "" {
		return ours, 0, ""
	}
	if len(text) > longestValue {
		return "", utf8.RuneCountInString(text), ""
	}
	format, isMinted := look(text)
	if plain := undone(format, text); plain != "" {
		if ours := ours(plain, a.secrets); ours != "" {
			return "holds " + strings.TrimPrefix(ours, "holds "), 0, ""
		}
	}
	if isMinted {
		digest = a.fingerprint(text)
	}
	return format, utf8.RuneCountInString(text), digest
}

// undone is a text without what makes it fit for an address or a header; "" where it
// has nothing of that.
func undone(format, text string) string {
	var plain []byte
	switch {
	case strings.IndexByte(text, '%') >= 0:
		unescaped, err := url.PathUnescape(text)
		if err != nil {
			return ""
		}
		return unescaped
	case format == formatHex:
		plain, _ = hex.DecodeString(text)
	case strings.IndexByte(text, ' ') < 0:
		alphabet := base64.RawStdEncoding
		if strings.ContainsAny(text, "-_") {
			alphabet = base64.RawURLEncoding
		}
		plain, _ = alphabet.DecodeString(strings.TrimRight(text, "="))
	}
	return string(plain)
}

// ours says which of our secrets a value is, or holds; "" for none. The first name
// counts, so that every run says the same.
func ours(text string, secrets []secret) (says string) {
	for _, s := range secrets {
		switch {
		case text == s.value:
			return "${" + s.name + "}"
		case says == "" && len(s.value) >= telling && strings.Contains(text, s.value):
			says = "holds ${" + s.name + "}"
		}
	}
	return says
}

// secret is one of ours, by its name.
type secret struct{ name, value string }

// fingerprint is keyed, so that nobody can try values out against it.
func (a *answer) fingerprint(text string) string {
	if len(a.Key) == 0 {
		return ""
	}
	if a.mac == nil {
		a.mac = hmac.New(sha256.New, a.Key)
	}
	a.mac.Reset()
	a.mac.Write([]byte(text))
	return hex.EncodeToString(a.mac.Sum(nil))[:fingerprintLength]
}
