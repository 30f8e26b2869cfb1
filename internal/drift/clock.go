package drift

import "time"

const (
	// behind is how far an answer may lie before others: runs end late, and replicas' clocks
	// differ.
	behind = 24 * time.Hour
	// sure is for how long it has to be so until the clock was wrong before, not now.
	sure = time.Hour
)

// earlier is a row of answers that lie before what was learned.
type earlier struct {
	from int64
	n    int
}

// trusts tells whether an answer can be learned from, by when it came. A clock that is
// wrong for a moment is days ahead, or behind, of itself. What was learned while it was
// ahead is put right once it is sure to have been.
func (s *State) trusts(at int64) bool {
	newest := int64(0)
	for _, sh := range s.Shapes {
		newest = max(newest, sh.Seen)
	}
	if newest-at <= int64(behind/time.Second) {
		s.earlier = earlier{}
		return true
	}
	if s.earlier.n == 0 || at < s.earlier.from {
		s.earlier = earlier{from: at}
	}
	if s.earlier.n++; s.earlier.n < confirmed || at-s.earlier.from < int64(sure/time.Second) {
		return false
	}
	s.earlier = earlier{}
	s.correct(at)
	return true
}

// correct has nothing lie after now.
func (s *State) correct(at int64) {
	for _, sh := range s.Shapes {
		sh.Seen = min(sh.Seen, at)
		for _, n := range sh.Places {
			n.In.correct(at)
			n.Open.correct(at)
			n.MissAt = min(n.MissAt, at)
			for _, v := range n.Values {
				if v.Last = min(v.Last, at); v.Spell != nil {
					v.Spell.At, v.Spell.Last = min(v.Spell.At, at), min(v.Spell.Last, at)
				}
			}
		}
	}
	now := time.Unix(at, 0).UTC()
	for _, c := range s.Changes {
		for _, t := range []*time.Time{&c.First, &c.Last, &c.Looked, &c.Accepted} {
			if t.After(now) {
				*t = now
			}
		}
	}
}

func (c *count) correct(at int64) { c.Since, c.Day = min(c.Since, at), min(c.Day, at/86400) }
