package evidence

import (
	"crypto/sha256"
	"strings"
	"sync"
	"unicode"

	"github.com/loginwatch/loginwatch"
)

// mostLooked is how many looks are remembered.
const mostLooked = 4096

// Looked remembers which secrets the names in certificates hold: both are mostly those of
// the run before, and all forms of a secret take long to make. It is safe for concurrent
// use, and knows neither by more than a digest of both.
type Looked struct {
	mu    sync.Mutex
	holds map[[sha256.Size]byte]bool
}

// withhold leaves out what a certificate tells where it holds a secret, in any form. A short
// one is in many a name by chance.
func (in *Input) withhold(chain []loginwatch.Certificate) {
	if len(chain) == 0 || in.Secrets == nil {
		return
	}
	secrets := in.Secrets()
	for i := range chain {
		for _, text := range []*string{&chain[i].Subject, &chain[i].Issuer} {
			for _, s := range secrets {
				if in.Looked.in(*text, s) {
					*text = "(withheld)"
					break
				}
			}
		}
	}
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
