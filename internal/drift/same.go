package drift

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// same tells whether two parts are the same difference, in whatever direction.
func (p Part) same(other Part) bool {
	equal := func(a, b string) bool {
		if a == b || p.Kind == Answered && status(a) == status(b) {
			return true
		}
		x, err := strconv.ParseInt(a, 10, 64)
		y, wrong := strconv.ParseInt(b, 10, 64)
		return p.Kind == Lifetime && err == nil && wrong == nil && alike(x, y)
	}
	if (p.Kind == Renamed) != (other.Kind == Renamed) {
		r, q := p, other
		if q.Kind == Renamed {
			r, q = q, r
		}
		return (q.Place == r.Place || q.Place == r.To) && (q.From == absent || q.To == absent)
	}
	return (p.Place == other.Place || p.Kind == Renamed) &&
		(equal(p.From, other.From) && equal(p.To, other.To) || equal(p.From, other.To) && equal(p.To, other.From))
}

// status is an answer without the names of its fields, of which some may be optional.
func status(answer string) string {
	answer, _, _ = strings.Cut(answer, ", with ")
	return answer
}

// amended tells whether what is an outcome by now came before as well, where no document
// had it: then it is the contract that has changed.
func (p Part) amended(before string) bool {
	_, was, _ := strings.Cut(status(before), ", HTTP ")
	outcome, is, _ := strings.Cut(status(p.To), ", HTTP ")
	return p.Kind == Answered && was == is && outcome != noOutcome && strings.HasPrefix(before, noOutcome+",")
}

// join finds what of a change is told already; all tells whether nothing is left of it.
func (s *State) join(c *Change) (all bool) {
	var of *Change
	c.Parts = slices.DeleteFunc(c.Parts, func(p Part) bool {
		if p.amended(p.From) {
			return true
		}
		for _, k := range s.Changes {
			same := func(q Part) bool {
				return p.same(q) || !k.Accepted.IsZero() && q.From == p.From && p.amended(q.To)
			}
			if k.covers(c) && slices.ContainsFunc(k.Parts, same) {
				k.touch(c)
				of = k
				return true
			}
		}
		return false
	})
	if len(c.Parts) == 0 {
		return true
	}
	if of == nil || rank(c.Class) < rank(of.Class) || len(of.Parts)+len(c.Parts) > mostParts {
		return false
	}
	of.Parts = append(of.Parts, c.Parts...)
	return true
}

// covers tells whether what is found now can be this change: in the same place whenever
// that was, and elsewhere at about the same time. One that was accepted is over.
func (c *Change) covers(found *Change) bool {
	if !c.Accepted.IsZero() && found.First.Sub(c.Accepted) > sameTime {
		return false
	}
	return slices.Contains(c.At, found.At[0]) || found.First.Before(c.Last.Add(sameTime)) && c.First.Before(found.Last.Add(sameTime))
}

func (c *Change) touch(found *Change) {
	if found.First.Before(c.First) && c.First.Sub(found.First) < sameTime {
		c.First = found.First
	}
	if found.Last.After(c.Last) {
		c.Last = found.Last
	}
	if !slices.Contains(c.At, found.At[0]) && len(c.At) < mostAt {
		c.At = append(c.At, found.At[0])
	}
}

// follow keeps in mind when a change was seen last.
func (s *State) follow(name string, o *Observation, seen sight) {
	for _, c := range s.Changes {
		if !slices.Contains(c.At, name) {
			continue
		}
		if o.At.After(c.Looked) {
			c.Looked = o.At.UTC()
		}
		if c.shows(o, seen) {
			c.Answers++
			if o.At.After(c.Last) {
				c.Last = o.At.UTC()
			}
		}
	}
}

// shows tells whether an answer has the first part of the change.
func (c *Change) shows(o *Observation, seen sight) bool {
	p := c.Parts[0]
	place := p.Place
	switch p.Kind {
	case Lifetime:
		to, err := strconv.ParseInt(p.To, 10, 64)
		is := int64(o.Lifetime / time.Second)
		from, wrong := strconv.ParseInt(p.From, 10, 64)
		return err == nil && wrong == nil && o.HasLifetime && (alike(to, is) || (is < to) == (to < from) && !alike(is, from))
	case Answered:
		place = placeAnswer
	case Issued:
		place = placeIssuer
	case Renamed:
		return len(seen.values[hidden(p.To)]) > 0
	case Reformed:
		place = hidden(place) + formatOf
	default:
		place = hidden(place)
	}
	if p.To == absent {
		return len(seen.values[place]) == 0 && seen.open[parentOf(place)]
	}
	return slices.Contains(seen.values[place], p.To)
}

// hidden is the place that is shown so.
func hidden(place string) string {
	if place == "body" {
		return body
	}
	return bodyPlace(place)
}
