package drift

import (
	"math"
	"strings"
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

// evict makes room: a name that came once or twice, and not now, was none.
func (sh *shape) evict(now sight) bool {
	oldest, last := "", int64(math.MaxInt64)
	for place, n := range sh.Places {
		if len(now.values[place]) > 0 {
			continue
		}
		present, seen := 0, int64(0)
		for v, of := range n.Values {
			if v != absent {
				present += of.N
				seen = max(seen, of.Last)
				if of.Spell != nil {
					present += of.Spell.N
				}
			}
		}
		if place != "" && present <= 2 && seen < last {
			oldest, last = place, seen
		}
	}
	if oldest == "" {
		return false
	}
	delete(sh.Places, oldest)
	return true
}
