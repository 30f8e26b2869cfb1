package document

import (
	"errors"
	"fmt"
)

// Status says what came of one document. The list is closed.
type Status string

// The statuses.
const (
	Unchanged   Status = "unchanged"    // all that is cited stands
	Differs     Status = "changed"      // something cited moved, changed or is gone
	Unread      Status = "unread"       // there is a newer copy, and it can't be read
	NotCompared Status = "not-compared" // there is no newer copy
)

// Result is what came of one document of one contract.
type Result struct {
	Vendor   string
	Document string // as findings show it
	Name     string // of its source in the contract; may be empty
	Status   Status
	Reason   string // of Unread and NotCompared
	From     string // the newer copy: a file, or an address
	Against  Basis
	Note     string // about the text that it was held against
	Comparison
}

// Basis is what a newer copy was held against. The list is closed.
type Basis string

// The bases.
const (
	TextThatWasRead Basis = "text"      // with all that stands around what is cited
	CitationsAlone  Basis = "citations" // nobody has the text
)

// leastTelling is the number of statements none of which stands in a page that is
// another one.
const leastTelling = 3

// Hold compares a newer copy with the text that was read, or with the citations alone
// where old is nil. A copy in which nothing stands is another page, such as a login or
// a notice that it moved, and not one of which all is gone.
func (r *Result) Hold(old, recent *Text, statements []Statement) {
	if old != nil {
		r.Against, r.Comparison = TextThatWasRead, Compare(old, recent, statements)
	} else {
		r.Against, r.Comparison = CitationsAlone, Look(recent, statements)
	}
	lost := map[string]bool{}
	for _, c := range r.Changes {
		for _, s := range c.Statements {
			lost[s.Pos.String()] = lost[s.Pos.String()] || c.Kind == Gone
		}
	}
	gone := 0
	for _, g := range lost {
		if g {
			gone++
		}
	}
	switch {
	case r.Stands == 0 && len(lost) >= leastTelling && gone*2 > len(lost):
		r.Cannot(errors.New("nothing that is cited stands in it: it may be another page, such as a login or a notice that it moved"))
	case len(r.Changes) > 0:
		r.Status = Differs
	default:
		r.Status = Unchanged
	}
}

// Cannot says why a newer copy can't be read.
func (r *Result) Cannot(err error) {
	r.Status, r.Reason, r.Comparison = Unread, err.Error(), Comparison{}
}

// Report is what came of all documents.
type Report []Result

// Count counts the documents of a status.
func (r Report) Count(s Status) int {
	n := 0
	for _, d := range r {
		if d.Status == s {
			n++
		}
	}
	return n
}

// Changed counts the statements of the contracts that rest on something that changed.
func (r Report) Changed() int {
	n := 0
	for _, d := range r {
		at := map[string]bool{}
		for _, c := range d.Changes {
			for _, s := range c.Statements {
				at[s.Pos.String()] = true
			}
		}
		n += len(at)
	}
	return n
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
