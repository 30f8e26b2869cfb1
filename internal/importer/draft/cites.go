package draft

import (
	"strings"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/document"
)

// citations looks words up in the description, when that is the vendor's own. Of a
// recording no words can be cited: it is what somebody sent.
type citations struct{ text string }

func newCitations(text []byte) citations { return citations{document.Fold(string(text))} }

// find gives the first of some words that the description has.
func (c citations) find(candidates ...string) string {
	const longest, shortest = 80, 2 // a locator, as pack wants it
	for _, words := range candidates {
		folded := document.Fold(words)
		if n := utf8.RuneCountInString(words); n <= longest && len(folded) >= shortest && c.text != "" && !looksSecret(words) && words != loginwatch.Todo && strings.Contains(c.text, folded) {
			return words
		}
	}
	return loginwatch.Todo
}
