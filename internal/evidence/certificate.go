package evidence

import (
	"crypto/sha256"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/loginwatch/loginwatch"
)

// mostLooked is how many looks are remembered.
const mostLooked = 4096

// Looked remembers which secrets the names in certificates hold, and the pieces of those
// names: both are mostly those of the run before, and all forms of a secret take long to make. It is safe
// for concurrent use, and knows a secret by no more than a digest.
type Looked struct {
	mu     sync.Mutex
	holds  map[[sha256.Size]byte]bool
	pieces map[string]*pieces // by the text of certificates
	kept   int                // pieces in them
}

// withhold leaves out what a certificate tells where it holds a secret, in any form, or a
// piece of one. A short one is in many a name by chance, and what the address says as well is no piece.
func (in *Input) withhold(chain []loginwatch.Certificate) {
	if len(chain) == 0 || in.Secrets == nil {
		return
	}
	secrets := in.Secrets()
	var all strings.Builder // one look for the whole chain, which mostly tells nothing
	for _, c := range chain {
		all.WriteString(c.Subject + "\n" + c.Issuer + "\n")
	}
	tells := in.tellsPiece(all.String(), secrets)
	for i := range chain {
		for _, text := range []*string{&chain[i].Subject, &chain[i].Issuer} {
			if slices.ContainsFunc(secrets, func(s string) bool { return in.Looked.in(*text, s) }) || tells && in.tellsPiece(*text, secrets) {
				*text = "(withheld)"
			}
		}
	}
}

// tellsPiece tells whether a text holds a piece of a secret.
func (in *Input) tellsPiece(text string, secrets []string) bool {
	all := in.Looked.piecesOf(in.beyondAddress(text))
	return slices.ContainsFunc(secrets, all.holdOne)
}

// beyondAddress is a text without the name of the target's host and of its domains, which
// everybody may know: an account is often called after them.
func (in *Input) beyondAddress(text string) string {
	if in.Target == nil || in.Target.BaseURL == nil {
		return text
	}
	for host := "." + strings.ToLower(in.Target.BaseURL.Hostname()); len(host) > 1; {
		text = strings.ReplaceAll(text, host, " ")
		host = host[1:]
		next := strings.IndexByte(host, '.')
		if next < 0 {
			break // the top level stands for nobody only with its dot
		}
		text, host = strings.ReplaceAll(text, host, " "), host[next:]
	}
	return text
}

// in tells whether a text holds a secret. No form of one has fewer letters and digits
// than it has itself, but for the edges that base64 gives to what stands beside it.
func (l *Looked) in(text, secret string) bool {
	const edges = 8
	if len(secret) < telling || inNames(secret, len(text)+edges) > len(text)+edges {
		return false
	}
	if l == nil {
		return loginwatch.NewRedactor([]string{secret}).Holds(text)
	}
	sum := sha256.Sum256([]byte(text + "\x00" + secret))
	l.mu.Lock()
	holds, known := l.holds[sum]
	l.mu.Unlock()
	if known {
		return holds
	}
	holds = loginwatch.NewRedactor([]string{secret}).Holds(text)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.holds == nil || len(l.holds) >= mostLooked {
		l.holds = map[[sha256.Size]byte]bool{}
	}
	l.holds[sum] = holds
	return holds
}

// inNames counts letters and digits, up to one more than a number.
func inNames(text string, most int) (n int) {
	strings.IndexFunc(text, func(r rune) bool {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
		return n > most
	})
	return n
}
