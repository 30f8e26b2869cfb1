// Package route tells operations of one method and path apart by what their
// documented requests have. The simulator routes by it, and a contract is held to
// what it can tell: both say the same because both ask here.
package route

import (
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// Part is the part of a request that a mark stands in.
type Part string

// The parts.
const (
	Header Part = "header"
	Query  Part = "query"
	Body   Part = "body"
)

// Mark is something that a documented request has.
type Mark struct {
	Part Part
	Name string // of the header or parameter, or a pointer into the decoded body
	Text string // may hold placeholders
	any  bool   // it does: such a mark has to be there alone
}

// Takes tells whether a text at the mark's place is as documented.
func (m Mark) Takes(text string) bool {
	if m.Part == Header && !m.any {
		return SameHeader(m.Name, text, m.Text)
	}
	return m.any || text == m.Text
}

// mayBe tells whether a request that has the one mark may have the other by it.
func (m Mark) mayBe(other Mark) bool {
	return m.Part == other.Part && m.Name == other.Name && (m.any || other.Takes(m.Text))
}

// SameHeader tells whether a header says what is documented. Its letter case says
// nothing, and neither do the parameters of the body's type.
func SameHeader(name, value, want string) bool {
	if strings.EqualFold(name, "Content-Type") {
		return MediaType(value) == MediaType(want)
	}
	return strings.EqualFold(value, want)
}

// MediaType is a media type without its parameters, in lower case.
func MediaType(value string) string {
	if t, _, err := mime.ParseMediaType(value); err == nil {
		return t
	}
	return strings.ToLower(value)
}

// Ways gives the marks of each documented way to succeed with an operation. A header
// that may be left out, or that says what answer is wanted, tells nothing.
func Ways(c *loginwatch.Contract, o *loginwatch.Operation) [][]Mark {
	var ways [][]Mark
	for _, k := range c.Cases {
		if k.Operation != o || !k.SuccessDue() {
			continue
		}
		var marks []Mark
		note := func(part Part, name, text string) {
			marks = append(marks, Mark{part, name, text, len(loginwatch.Placeholders(text)) > 0})
		}
		request := k.Request()
		for _, h := range request.Headers {
			if !strings.EqualFold(h.Name, "Accept") && !h.Optional {
				note(Header, http.CanonicalHeaderKey(h.Name), h.Value)
			}
		}
		for _, p := range request.Query {
			note(Query, p.Name, p.Value)
		}
		for _, s := range Scalars(Template(k)) {
			note(Body, s.Pointer, s.Text)
		}
		ways = append(ways, marks)
	}
	return ways
}

// Likeness tells how much a request is of the operation with these ways: for a way
// that it shows all marks of, their number; else less than 0, the fewer constants it
// shows the less, and with as many of those the fewer marks.
func Likeness(ways [][]Mark, shows func(Mark) bool) int {
	best := -1 << 30
	for _, marks := range ways {
		shown, constants := 0, 0
		for _, m := range marks {
			if !shows(m) {
				continue
			}
			shown++
			if !m.any {
				constants++
			}
		}
		like := constants<<10 + shown - 1<<20
		if shown == len(marks) {
			like = len(marks)
		}
		best = max(best, like)
	}
	return best
}

// Apart tells whether every documented request of two operations is more like its
// own one, whatever stands for its placeholders.
func Apart(one, other [][]Mark) bool {
	return len(one) > 0 && len(other) > 0 && keeps(one, other) && keeps(other, one)
}

func keeps(own, other [][]Mark) bool {
	return !slices.ContainsFunc(own, func(way []Mark) bool {
		return Likeness(other, func(m Mark) bool {
			return slices.ContainsFunc(way, func(has Mark) bool { return has.mayBe(m) })
		}) >= len(way)
	})
}
