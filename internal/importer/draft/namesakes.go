package draft

import (
	"slices"

	"github.com/loginwatch/loginwatch/internal/importer"
)

// handed are parts of names of what a server gives to be sent back in the next step, and
// nobody knows beforehand.
var handed = []string{"session", "nonce", "challenge", "transaction", "csrf", "xsrf", "ticket", "flow", "interaction", "statetoken", "mfatoken"}

// namesakes links calls of a description, which has no values that could: what a call has
// to send under such a name it has from the call that answers with a field of that name.
func namesakes(rec *importer.Recording) *importer.Recording {
	copied := *rec
	copied.Exchanges = slices.Clone(rec.Exchanges)
	for i := range copied.Exchanges {
		e := &copied.Exchanges[i]
		e.Kept = slices.Clone(e.Kept)
		sent := namesIn(e.Request)
		for _, v := range valuesOf(e) {
			name := importer.Name(v.name)
			if !hasPart(name, handed) || isNeutral(name) || slices.Contains(sent, name) || slices.ContainsFunc(e.Kept, func(k importer.Kept) bool { return k.Variable == name }) {
				continue
			}
			if slices.ContainsFunc(rec.Exchanges, func(o importer.Exchange) bool {
				return slices.Contains(namesIn(o.Request), name) && hostOf(o.Request.URL) == hostOf(e.Request.URL)
			}) {
				e.Kept = append(e.Kept, importer.Kept{Variable: name, From: v.at})
			}
		}
	}
	return &copied
}

// keepers are calls that a description lists after the login and that keep something for
// others: it lists them in no order.
func keepers(later []*call) (kept []*call) {
	for _, c := range later {
		if len(c.first().Kept) > 0 && slices.ContainsFunc(c.first().Answers, func(a importer.Answer) bool { return a.Schema != nil }) {
			kept = append(kept, c)
		}
	}
	return kept
}
