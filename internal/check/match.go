package check

import (
	"bytes"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/token"
	"github.com/loginwatch/loginwatch/internal/tree"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// match finds the documented outcome that the answer is: by status, content
// type and discriminator, in the contract's order. The defect is the ruling
// that lets the outcome come with this status, if it needed one.
func (j *judge) match() (*loginwatch.Outcome, *loginwatch.Defect) {
	for _, o := range j.op.Outcomes {
		lenient := (*loginwatch.Defect)(nil)
		if !slices.Contains(o.Statuses, j.x.Status) {
			if lenient = j.statusRuling(o); lenient == nil {
				continue
			}
		}
		if !j.fits(o) {
			continue
		}
		if j.swallows(o) {
			continue // another outcome may come with this very status
		}
		j.shape = nil
		return o, lenient
	}
	return j.byShape(), nil
}

// swallows tells whether a success that nothing but its status selects would
// take a body that is none of its own: without the token, and either of another
// outcome's shape or where no success is due.
func (j *judge) swallows(o *loginwatch.Outcome) bool {
	t := j.op.Token
	if o.Means != loginwatch.OK || !o.Structured() || len(o.Where) > 0 {
		return false
	}
	if t != nil && t.Outcome == o {
		v, _ := j.lookup(o, j.relocated(o), t.At)
		if _, usable := token.Usable(v); usable {
			return false
		}
	}
	if s := j.measure(o); s == nil || len(s.others) == 0 {
		return false
	}
	if j.shape = j.closest(func(other *loginwatch.Outcome) bool { return other != o }); j.shape != nil {
		return true
	}
	return !expected(j.Case, o) && t != nil && t.Outcome == o
}

// byShape gives the outcome whose shape the body has, when it is that one's in
// every field and no other's: one that differs in its discriminator is not
// documented, and a shape that several errors share tells none of them.
func (j *judge) byShape() *loginwatch.Outcome {
	if j.shape == nil || !j.shape.exact() || len(j.shape.shared) > 0 {
		return nil
	}
	return j.shape.outcome
}

// fits tells whether content type, body and discriminator are the outcome's.
func (j *judge) fits(o *loginwatch.Outcome) bool {
	switch {
	case !j.contentTypeFits(o):
		return false
	case o.Body == loginwatch.BodyNone && j.answer.Shape != wire.Empty, o.Structured() && !j.readAs(o):
		return false
	case o.Body == loginwatch.BodyText && !bytes.Contains(bytes.ToLower(j.answer.Body), []byte(strings.ToLower(o.Contains))):
		return false
	}
	return len(j.whereMisses(o, j.answer.Doc)) == 0
}

// readAs tells whether the body could be read in the outcome's format.
func (j *judge) readAs(o *loginwatch.Outcome) bool {
	return j.answer.Refusal == nil && j.answer.Format == o.Body
}

func (j *judge) contentTypeFits(o *loginwatch.Outcome) bool {
	return len(o.ContentTypes) == 0 || wire.TakesType(o, j.answer.MediaType)
}

// whereMisses gives the discriminator's fields that the answer does not have.
func (j *judge) whereMisses(o *loginwatch.Outcome, doc any) []loginwatch.Field {
	var misses []loginwatch.Field
	for _, w := range o.Where {
		if !j.passes(o, w, doc) {
			misses = append(misses, w)
		}
	}
	return misses
}

// shape is how far a body is from an outcome's, whatever the status.
type shape struct {
	outcome *loginwatch.Outcome
	differs []string // pointers of discriminators with another value, or without one
	others  []string // pointers of everything else that the schema refuses
	shared  []string // ids of all outcomes that only their status would tell from this one
}

// exact tells whether the body is the outcome's in every field.
func (s *shape) exact() bool { return len(s.differs)+len(s.others) == 0 }

// measure holds the body against an outcome's schema and discriminator. What a
// ruling tolerates is no difference. nil when there is nothing to hold.
func (j *judge) measure(o *loginwatch.Outcome) *shape {
	if !o.Structured() || !j.readAs(o) || len(j.answer.Body) > largeBody {
		return nil
	}
	doc := j.relocated(o)
	violations, err := o.Schema.Validate(doc)
	if err != nil {
		return nil // who judges by it says so
	}
	s := &shape{outcome: o}
	discriminator := map[string]bool{}
	for _, w := range o.Where {
		discriminator[w.At.String()] = true
	}
	for _, w := range j.whereMisses(o, doc) {
		s.differs = append(s.differs, w.At.String())
	}
	for _, v := range violations {
		switch {
		case j.ruling(o, v.Pointer, doc) != nil, slices.Contains(s.differs, v.Pointer):
		case discriminator[v.Pointer]:
			s.differs = append(s.differs, v.Pointer)
		default:
			s.others = append(s.others, v.Pointer)
		}
	}
	return s
}

// closest gives the outcome whose shape the body has, up to the values of its
// discriminator; nil when there is none. A body that names no field of the
// outcome has nobody's shape.
func (j *judge) closest(candidate func(*loginwatch.Outcome) bool) *shape {
	var best *shape
	object, _ := j.answer.Doc.(map[string]any)
	for _, o := range j.op.Outcomes {
		if !candidate(o) || !o.Structured() || !j.contentTypeFits(o) || !namesAny(o.Schema, object) {
			continue
		}
		s := j.measure(o)
		if s == nil || len(s.others) > 0 {
			continue
		}
		switch {
		case best == nil || len(s.differs) < len(best.differs):
			best = s
		case s.exact() && len(o.Where) == 0 && len(best.outcome.Where) == 0:
			if len(best.shared) == 0 {
				best.shared = []string{best.outcome.ID}
			}
			best.shared = append(best.shared, o.ID)
		}
	}
	return best
}

// namesAny tells whether the object has a member that the schema names.
func namesAny(s loginwatch.Schema, object map[string]any) bool {
	return someMember(s, object, func(string, any) bool { return true })
}

// someMember tells whether one of the object's members that the schema names, by
// whichever way, is as it should be. An answer may have many, a schema has few.
func someMember(s loginwatch.Schema, object map[string]any, is func(name string, v any) bool) bool {
	names, others := s.Members()
	if slices.ContainsFunc(names, func(name string) bool {
		v, found := object[name]
		return found && is(name, v)
	}) {
		return true
	}
	if !others {
		return false
	}
	for name, v := range object {
		if _, ok := s.At(tree.JoinPointer("", name)); ok && is(name, v) {
			return true
		}
	}
	return false
}

func expected(k *loginwatch.Case, o *loginwatch.Outcome) bool { return slices.Contains(k.Expect, o) }

// statusDue tells whether the status is one that the case expects.
func (j *judge) statusDue() bool {
	return slices.ContainsFunc(j.Case.Expect, func(o *loginwatch.Outcome) bool { return slices.Contains(o.Statuses, j.x.Status) })
}
