package pack

import (
	"bytes"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/tree"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// checkExample holds a documented answer to its own outcome.
func (b *builder) checkExample(o *loginwatch.Outcome, f outcomeFile) {
	at := b.places[o].example
	var doc any
	switch {
	case o.Example == nil && o.Schema != nil, o.Body == "":
		return // reported
	case o.Example == nil:
	case o.Body == loginwatch.BodyText:
		if !containsFold(o.Example.Body, o.Contains) {
			b.problem(at, "example %q does not contain the text that its outcome must contain", o.Example.File)
		}
	default:
		var refusal *guard.Refusal
		if doc, refusal = decodeExample(o); refusal != nil {
			b.problem(at, "example %q is not clean %s: %s", o.Example.File, o.Body.Words(), refusal)
			return
		}
		if o.Schema != nil {
			for _, v := range b.violations(o.Schema, doc, at) {
				b.problem(at, "example %q breaks its schema at %s: documented %s, got %s", o.Example.File, pointerName(v.Pointer), v.Documented, v.Got)
			}
		}
	}
	for i, w := range o.Where {
		if !b.has(o, doc, w) {
			b.problem(b.places[o].where[i], "the outcome's own example %s at %s", mismatch(w), pointerName(w.At.String()))
		}
	}
	for _, p := range f.Placeholders {
		if _, found := tree.Lookup(doc, p.Value); !found {
			b.problem(p.Span, "example %q has nothing at %s", o.Example.File, pointerName(p.Value))
		}
	}
}

// decodeExample decodes an example as an answer would be. Its file may end with a
// newline, which in a form would belong to the last value.
func decodeExample(o *loginwatch.Outcome) (any, *guard.Refusal) {
	return guard.DecodeAs(o.Body, bytes.TrimSpace(o.Example.Body))
}

// mismatch says how an example differs from a comparison.
func mismatch(w loginwatch.Field) string {
	switch w.Test {
	case loginwatch.TestPresent:
		return "has nothing"
	case loginwatch.TestAbsent:
		return "has something"
	case loginwatch.TestPrefix:
		return "does not have this prefix"
	}
	return "does not have this value"
}

// violations applies a schema; its failure is a problem, never a pass.
func (b *builder) violations(s *loginwatch.SchemaRef, doc any, at span) []loginwatch.Violation {
	v, err := s.Validate(doc)
	if err != nil {
		b.problem(at, "schema %q can't be applied: %v", s.Name, err)
	}
	return v
}

// pointerName names a pointer in messages, where an empty one is hard to see.
func pointerName(pointer string) string {
	if pointer == "" {
		return "its top level"
	}
	return pointer
}

func containsFold(body []byte, words string) bool {
	return bytes.Contains(bytes.ToLower(body), []byte(strings.ToLower(words)))
}

// has tells whether an outcome's example passes a comparison. One with a place
// that the outcome can't have is reported elsewhere.
func (b *builder) has(o *loginwatch.Outcome, doc any, w loginwatch.Field) bool {
	if w.At.InDocument() {
		if o.Schema == nil {
			return true
		}
		if _, known := o.Schema.At(w.At.String()); !known && w.Test != loginwatch.TestAbsent {
			return true
		}
	}
	v, found := exampleAt(o, doc, w.At)
	if !found && !w.At.InDocument() && w.Test != loginwatch.TestAbsent {
		return true
	}
	return wire.Passes(w, v, found)
}

// distinguish reports outcomes that can never be chosen, because one before
// them takes every answer that would fit.
func (b *builder) distinguish(op *loginwatch.Operation) {
	for i, later := range op.Outcomes {
		if !b.twin(later, op.Outcomes[:i]) {
			b.reachable(later, op.Outcomes[:i])
		}
	}
}

// twin reports an outcome that is chosen for exactly the answers of one before.
func (b *builder) twin(later *loginwatch.Outcome, before []*loginwatch.Outcome) bool {
	for _, first := range before {
		if covers(first, later) && covers(later, first) && sameStatuses(first, later) {
			b.problem(b.places[later].key, "nothing distinguishes outcome %q from outcome %q", later.ID, first.ID)
			return true
		}
	}
	return false
}

// reachable reports every status for which one of the outcomes before is chosen
// instead, always or for the documented example.
func (b *builder) reachable(later *loginwatch.Outcome, before []*loginwatch.Outcome) {
	places := b.places[later]
	for i, status := range later.Statuses {
		for _, first := range before {
			if !slices.Contains(first.Statuses, status) {
				continue
			}
			if covers(first, later) {
				b.problem(places.status[i], "outcome %q can't come with status %d: outcome %q before it takes every such answer", later.ID, status, first.ID)
				break
			}
			if takes(first, later) {
				b.problem(places.shown(), "the example of outcome %q is taken for outcome %q, which comes first", later.ID, first.ID)
				return
			}
		}
	}
}

// covers tells whether every answer of later, status aside, fits first as well.
func covers(first, later *loginwatch.Outcome) bool {
	switch {
	case first.Unspecified():
	case later.Body != first.Body || !takesTypes(first, later):
		return false
	case !containsFold([]byte(later.Contains), first.Contains):
		return false
	}
	return !slices.ContainsFunc(first.Where, func(w loginwatch.Field) bool {
		return !slices.ContainsFunc(later.Where, func(l loginwatch.Field) bool { return implies(l, w) })
	})
}

// implies tells whether what passes one comparison passes the other.
func implies(one, other loginwatch.Field) bool {
	switch {
	case one.At != other.At:
		return false
	case other.Test == loginwatch.TestPresent:
		return one.Test != loginwatch.TestAbsent
	case other.Test == loginwatch.TestPrefix:
		return (one.Test == loginwatch.TestPrefix || one.Test == loginwatch.TestEquals) && strings.HasPrefix(one.Value, other.Value)
	}
	return one.Test == other.Test && one.Value == other.Value
}

// takesTypes tells whether an outcome is chosen for every media type of another.
func takesTypes(first, later *loginwatch.Outcome) bool {
	return len(first.ContentTypes) == 0 || len(later.ContentTypes) > 0 && !slices.ContainsFunc(later.ContentTypes, func(t string) bool {
		return !wire.TakesType(first, t)
	})
}

func sameStatuses(a, b *loginwatch.Outcome) bool {
	return len(a.Statuses) == len(b.Statuses) && !slices.ContainsFunc(a.Statuses, func(s int) bool { return !slices.Contains(b.Statuses, s) })
}

// takes tells whether the example of later fits first.
func takes(first, later *loginwatch.Outcome) bool {
	var doc any
	switch {
	case first.Unspecified():
	case later.Body != first.Body || !takesTypes(first, later) || first.Body.Structured() && later.Example == nil:
		return false
	case later.Example == nil:
	case first.Body == loginwatch.BodyText:
		if !containsFold(later.Example.Body, first.Contains) {
			return false
		}
	default:
		var refusal *guard.Refusal
		if doc, refusal = decodeExample(later); refusal != nil {
			return false
		}
	}
	return !slices.ContainsFunc(first.Where, func(w loginwatch.Field) bool {
		v, found := exampleAt(later, doc, w.At)
		return !wire.Passes(w, v, found)
	})
}
