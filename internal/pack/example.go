package pack

import (
	"bytes"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// checkExample holds a documented body to its own outcome.
func (b *builder) checkExample(o *loginwatch.Outcome, f outcomeFile) {
	if o.Example == nil || o.ContentType == "" {
		return
	}
	at := b.places[o].example
	if !isJSONType(o.ContentType) {
		if !containsFold(o.Example.Body, o.Contains) {
			b.problem(at, "example %q does not contain the text that its outcome must contain", o.Example.File)
		}
		return
	}
	doc, refusal := guard.Decode(o.Example.Body, guard.Defaults())
	if refusal != nil {
		b.problem(at, "example %q is not clean JSON: %s", o.Example.File, refusal)
		return
	}
	if o.Schema != nil {
		for _, v := range b.violations(o.Schema, doc, at) {
			b.problem(at, "example %q breaks its schema at %s: documented %s, got %s", o.Example.File, pointerName(v.Pointer), v.Documented, v.Got)
		}
	}
	for i, w := range o.Where {
		if o.Schema != nil {
			if _, known := o.Schema.At(w.At.Pointer()); !known {
				continue // reported by wherePointers
			}
		}
		if !has(doc, w) {
			b.problem(b.places[o].where[i], "example %q does not have this value at %s", o.Example.File, pointerName(w.At.Pointer()))
		}
	}
	for _, p := range f.Placeholders {
		if _, found := tree.Lookup(doc, p.Value); !found {
			b.problem(p.Span, "example %q has nothing at %s", o.Example.File, pointerName(p.Value))
		}
	}
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

// has tells whether a discriminator's scalar stands in the document.
func has(doc any, w loginwatch.Field) bool {
	got, found := tree.Lookup(doc, w.At.Pointer())
	text, scalar := tree.ScalarText(got)
	return found && scalar && text == w.Value
}

// wherePointers reports discriminators that the schema does not know.
func (b *builder) wherePointers(o *loginwatch.Outcome) {
	for i, w := range o.Where {
		b.inSchema(o.Schema, w.At.Pointer(), b.places[o].where[i])
	}
}

// inSchema reports a pointer that is malformed or names no field of the schema.
// Without a schema there is a problem already.
func (b *builder) inSchema(s *loginwatch.SchemaRef, pointer string, at span) (loginwatch.SchemaField, bool) {
	if _, ok := tree.SplitPointer(pointer); !ok {
		b.problem(at, "%q is no JSON Pointer: it must begin with a slash", pointer)
		return loginwatch.SchemaField{}, false
	}
	if s == nil {
		return loginwatch.SchemaField{}, false
	}
	field, ok := s.At(pointer)
	if !ok {
		b.problem(at, "%s is not in schema %q", pointerName(pointer), s.Name)
	}
	return field, ok
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
				b.problem(places.example, "the example of outcome %q is taken for outcome %q, which comes first", later.ID, first.ID)
				return
			}
		}
	}
}

// covers tells whether every answer of later, status aside, fits first as well.
func covers(first, later *loginwatch.Outcome) bool {
	switch {
	case first.Unspecified:
		return true
	case later.Unspecified || !takesType(first.ContentType, later.ContentType):
		return false
	case !containsFold([]byte(later.Contains), first.Contains):
		return false
	}
	return !slices.ContainsFunc(first.Where, func(w loginwatch.Field) bool {
		return !slices.ContainsFunc(later.Where, func(l loginwatch.Field) bool { return l.At == w.At && l.Value == w.Value })
	})
}

// takesType tells whether an outcome of the first media type is chosen for an
// answer of the other. One of plain JSON takes the whole family: a consumer that
// reads JSON reads "application/problem+json" as well.
func takesType(first, later string) bool {
	return first == later || first == jsonType && strings.HasPrefix(later, "application/") && isJSONType(later)
}

func sameStatuses(a, b *loginwatch.Outcome) bool {
	return len(a.Statuses) == len(b.Statuses) && !slices.ContainsFunc(a.Statuses, func(s int) bool { return !slices.Contains(b.Statuses, s) })
}

// takes tells whether the example of later fits first.
func takes(first, later *loginwatch.Outcome) bool {
	if later.Example == nil || !takesType(first.ContentType, later.ContentType) {
		return false
	}
	if !isJSONType(first.ContentType) {
		return containsFold(later.Example.Body, first.Contains)
	}
	doc, refusal := guard.Decode(later.Example.Body, guard.Defaults())
	return refusal == nil && !slices.ContainsFunc(first.Where, func(w loginwatch.Field) bool { return !has(doc, w) })
}
