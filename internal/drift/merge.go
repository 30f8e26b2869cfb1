package drift

import (
	"slices"
	"time"

	"github.com/loginwatch/loginwatch/internal/persist"
)

// merge takes over what another process has kept meanwhile, and gives the changes of ours
// that are new to it. A case is run by one process at a time, so of each shape the copy
// that has seen more is the one to go on with; changes are those of both.
func (s *State) merge(theirs *State) (fresh []*Change) {
	for name, sh := range theirs.Shapes {
		if ours := s.Shapes[name]; ours == nil || ours.Answers < sh.Answers {
			s.Shapes[name] = sh
		} else {
			ours.keep(sh)
		}
	}
	s.More = persist.Both(s.More, theirs.More)
	ours := s.Changes
	s.Changes = theirs.Changes
	for _, c := range ours {
		i := slices.IndexFunc(s.Changes, func(k *Change) bool { return k.ID == c.ID })
		switch {
		case i < 0:
			if !s.join(c) {
				s.Changes = append(s.Changes, c)
				fresh = append(fresh, c)
			}
		case s.Changes[i].Accepted.IsZero() || !c.Accepted.IsZero():
			s.Changes[i].renew(c)
		default: // accepted by somebody else, whose copies of the shapes may be gone
			s.Changes[i].renew(c)
			s.forgetOld(s.Changes[i])
		}
	}
	return fresh
}

// keep takes over what a newer version has written of the shape meanwhile.
func (sh *shape) keep(theirs *shape) {
	both := func(ours *persist.Members, theirs persist.Members) { *ours = persist.Both(*ours, theirs) }
	both(&sh.More, theirs.More)
	for place, n := range sh.Places {
		t := theirs.Places[place]
		if t == nil {
			continue
		}
		both(&n.More, t.More)
		both(&n.In.More, t.In.More)
		both(&n.Open.More, t.Open.More)
		for _, of := range n.Values {
			tv := t.Values.of(of.Name)
			if tv == nil {
				continue
			}
			both(&of.More, tv.More)
			if of.Spell != nil && tv.Spell != nil && of.Spell.At == tv.Spell.At {
				both(&of.Spell.More, tv.Spell.More)
				if of.Spell.Cited != nil && tv.Spell.Cited != nil {
					both(&of.Spell.Cited.More, tv.Spell.Cited.More)
				}
			}
		}
	}
}

// renew takes over what another copy of the change has seen.
func (c *Change) renew(other *Change) {
	c.Answers = max(c.Answers, other.Answers)
	for _, name := range other.At {
		if !slices.Contains(c.At, name) && len(c.At) < mostAt {
			c.At = append(c.At, name)
		}
	}
	for _, at := range []struct{ ours, theirs *time.Time }{{&c.Last, &other.Last}, {&c.Looked, &other.Looked}} {
		if at.theirs.After(*at.ours) {
			*at.ours = *at.theirs
		}
	}
}

// Change gives a change by its id; nil for none.
func (s *State) Change(id string) *Change {
	for _, c := range s.Changes {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// Accept takes a change for what is usual from now on: if it is undone, that is another
// one.
func (s *State) Accept(c *Change, at time.Time, note string) {
	if c.Accepted = at.UTC(); note != "" {
		c.Note = short(note)
	}
	s.forgetOld(c)
}

// forgetOld has the shapes not know what they looked like before a change.
func (s *State) forgetOld(c *Change) {
	for _, name := range c.At {
		sh := s.Shapes[name]
		if sh == nil {
			continue
		}
		for _, p := range c.Parts {
			sh.forgetOld(p)
		}
	}
}

func (sh *shape) forgetOld(p Part) {
	unknow := func(place string, gone func(string) bool) {
		n := sh.Places[place]
		if n == nil {
			return
		}
		for _, of := range n.Values {
			if gone(of.Name) && of.Known {
				*of.value = value{Last: of.Last, More: of.More}
			}
		}
		n.Worst = max(n.Worst, n.Miss)
	}
	is := func(value string) func(string) bool { return func(v string) bool { return v == value } }
	there := func(v string) bool { return v != absent }
	place := hidden(p.Place)
	switch p.Kind {
	case Renamed:
		unknow(place, there)
		unknow(hidden(p.To), is(absent))
	case Dropped:
		unknow(place, there)
	case Answered:
		unknow(placeAnswer, is(p.From))
	case Issued:
		unknow(placeIssuer, is(p.From))
	case Reformed:
		unknow(place+formatOf, is(p.From))
	case Lifetime:
		unknow(placeLifetime, is(p.From))
		sh.Levels = slices.DeleteFunc(sh.Levels, func(l int64) bool { return !sh.Falling && seconds(l) == p.From })
	default:
		unknow(place, is(p.From))
	}
}
