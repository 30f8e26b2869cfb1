package drift

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch/internal/persist"
)

// Encode writes a state down. Of one that is too large what matters least goes for good:
// what is not kept would all be learned anew.
func (s *State) Encode() ([]byte, error) {
	for step := 0; ; step++ {
		text, err := persist.Encode(s)
		if err != nil {
			return nil, fmt.Errorf("what answers look like: %w", err)
		}
		if len(text) <= mostWritten {
			return text, nil
		}
		if len(s.Shapes)+len(s.Changes) == 0 { // what is left is a newer version's
			return nil, fmt.Errorf("what answers look like: %d bytes are more than %d", len(text), mostWritten)
		}
		s.shed(step)
	}
}

// shed makes a state smaller: first by what came seldom, then by
// answers that no document has, then by half of what matters least, as often as it takes.
func (s *State) shed(step int) {
	switch step {
	case 0:
		s.thin(undocumented)
	case 1:
		s.thin(func(string) bool { return true })
	case 2:
		maps.DeleteFunc(s.Shapes, func(name string, _ *shape) bool { return undocumented(name) })
	default:
		if text, err := persist.Encode(s.Changes); err != nil || len(text) > mostWritten/2 {
			newest := int64(0)
			for _, sh := range s.Shapes {
				newest = max(newest, sh.Seen)
			}
			s.forget(time.Unix(newest, 0), len(s.Changes)/2)
			return
		}
		least := slices.SortedFunc(maps.Keys(s.Shapes), func(a, b string) int {
			return cmp.Or(cmp.Compare(s.Shapes[a].Answers, s.Shapes[b].Answers), cmp.Compare(a, b))
		})
		for _, name := range least[:(len(least)+1)/2] {
			delete(s.Shapes, name)
		}
	}
}

// thin drops the names of shapes that came seldom.
func (s *State) thin(of func(name string) bool) {
	for name, sh := range s.Shapes {
		if !of(name) {
			continue
		}
		for _, place := range sh.spare(sight{}) {
			delete(sh.Places, place)
		}
	}
}
