package drift

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// room tells whether there is room for one more shape. Answers that no document has may be
// another one each time: of more than a few the one goes that came least.
func (s *State) room(name string) bool {
	if !undocumented(name) {
		return len(s.Shapes) < mostShapes
	}
	least, others := "", 0
	for other, sh := range s.Shapes {
		if !undocumented(other) {
			continue
		}
		others++
		if l := s.Shapes[least]; l == nil || sh.Answers < l.Answers || sh.Answers == l.Answers && sh.Seen < l.Seen {
			least = other
		}
	}
	if others >= mostUndocumented {
		delete(s.Shapes, least)
	}
	return len(s.Shapes) < mostShapes
}

// undocumented tells whether a shape is of answers that no document has.
func undocumented(name string) bool {
	parts := strings.SplitN(name, "/", 3)
	return len(parts) == 3 && strings.HasPrefix(parts[2], noOutcome+",")
}

// spares are the places of a shape that can go where there are too many, in their order.
// They are looked for once in an answer: each of its names may be new.
type spares struct {
	of   *shape
	now  sight
	all  []string
	done bool
}

// evict makes room for a place.
func (s *spares) evict() bool {
	if !s.done {
		s.all, s.done = s.of.spare(s.now), true
	}
	if len(s.all) == 0 {
		return false
	}
	delete(s.of.Places, s.all[0])
	s.all = s.all[1:]
	return true
}

// rare is of how many answers something has to be in, at most, to be none that is missed:
// it came once or twice, or in one of so many.
const rare = 20

// spare gives what came seldom, or no more for a week, and not now: that seen longest ago first.
func (sh *shape) spare(now sight) (all []string) {
	type candidate struct {
		place string
		seen  int64
	}
	var found []candidate
	for place, n := range sh.Places {
		if place == "" || len(now.values[place]) > 0 {
			continue
		}
		present, seen := n.In.N, n.MissAt
		if none := n.Values.of(absent); none != nil {
			if present -= none.N; none.Spell != nil {
				present -= none.Spell.N
			}
		}
		if n.Miss == 0 { // nobody could see whether it is there
			for _, of := range n.Values {
				seen = max(seen, of.Last)
			}
		}
		gone := n.Miss > apartAnswers && sh.Seen-n.MissAt >= int64(over/time.Second) // of what is missed it is told by then
		if gone || present <= 2 || present*rare < n.In.N {
			found = append(found, candidate{place, seen})
		}
	}
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.seen, b.seen), strings.Compare(a.place, b.place))
	})
	for _, c := range found {
		all = append(all, c.place)
	}
	return all
}
