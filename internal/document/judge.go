package document

import (
	"cmp"
	"slices"
)

// verdict is what became of one passage.
type verdict struct {
	passage passage
	kind    Kind
	is      span // where it stands now; empty when it is gone
	hunks   []int
}

// judge says what became of a passage that differs.
func (c *comparing) judge(p passage, touched []int) verdict {
	if at, ok := c.elsewhereSame(p.all); ok {
		return verdict{kind: Moved, is: at}
	}
	kept, first, last := 0, unmatched, unmatched
	for i := p.all.from; i < p.all.to; i++ {
		if j := c.to[i]; j != unmatched {
			kept++
			if first == unmatched {
				first = j
			}
			last = j
		}
	}
	is := span{max(first, 0), last + 1}
	for _, n := range touched {
		if h := c.hunks[n].is; h.len() > 0 && h.len() <= p.all.len()*2+reach {
			if kept == 0 && is.len() <= 0 {
				is = h
			}
			is = span{min(is.from, h.from), max(is.to, h.to)}
		}
	}
	if kept*5 >= p.all.len()*2 && kept > 0 {
		return verdict{kind: Changed, is: is}
	}
	for _, n := range touched {
		h := c.hunks[n]
		if h.is.len() > 0 && h.was.len() <= p.all.len()*2 && h.is.len() <= h.was.len()*2 {
			return verdict{kind: Changed, is: is}
		}
	}
	if at, ok := c.recent.nearest(c.old.words[p.all.from:p.all.to], c.back); ok {
		return verdict{kind: Changed, is: at}
	}
	return verdict{kind: Gone}
}

// elsewhereSame finds a passage, word by word, where nothing of the old text stands.
func (c *comparing) elsewhereSame(s span) (at span, ok bool) {
	const least, tries = 2, 2000
	ws := c.old.words[s.from:s.to]
	if len(ws) < least {
		return at, false
	}
	rare := 0
	for i, w := range ws {
		if len(c.places[w.key]) < len(c.places[ws[rare].key]) {
			rare = i
		}
	}
	best := 0
	for n, j := range c.places[ws[rare].key] {
		begin := j - rare
		if n > tries || begin < 0 || begin+len(ws) > len(c.recent.words) || !sameWords(ws, c.recent.words[begin:begin+len(ws)]) {
			continue
		}
		free := 0
		for k := range ws {
			if c.back[begin+k] == unmatched {
				free++
			}
		}
		if free*2 >= len(ws) && free > best {
			best, at, ok = free, span{begin, begin + len(ws)}, true
		}
	}
	return at, ok
}

// nearest finds the words that have most in common with others, in any order, which has
// to be three words and most of them; taken, if any, says which of them are the counterparts
// of something else.
func (t *Text) nearest(ws []word, taken []int) (at span, ok bool) {
	const least = 3
	if len(ws) < least {
		return at, false
	}
	want := map[string]int{}
	for _, w := range ws {
		want[w.key]++
	}
	left := func(j int) string {
		if taken != nil && taken[j] != unmatched {
			return ""
		}
		return t.words[j].key
	}
	common, best := 0, 0
	for j := range t.words {
		if k := left(j); k != "" {
			if want[k] > 0 {
				common++
			}
			want[k]--
		}
		if begin := j - len(ws); begin >= 0 {
			if k := left(begin); k != "" {
				if want[k]++; want[k] > 0 {
					common--
				}
			}
		}
		if common > best {
			best, at = common, span{max(0, j-len(ws)+1), j + 1}
		}
	}
	if ok = best >= least && best*5 >= len(ws)*3; ok {
		at = t.begun(ws, at)
	}
	return at, ok
}

// begun moves a window to where it should begin by the first word that both have, and
// ends it with the last one: some words may have come in between.
func (t *Text) begun(ws []word, at span) span {
	for n, w := range ws {
		for j := at.from; j < at.to; j++ {
			if t.words[j].key == w.key {
				return t.ended(ws, span{max(0, j-n), min(len(t.words), max(0, j-n)+len(ws))})
			}
		}
	}
	return at
}

func (t *Text) ended(ws []word, at span) span {
	const further = 4
	missing := map[string]int{}
	for _, w := range ws {
		missing[w.key]++
	}
	for j := at.from; j < at.to; j++ {
		missing[t.words[j].key]--
	}
	for j := at.to; j < min(len(t.words), at.to+further); j++ {
		if missing[t.words[j].key] > 0 && t.words[j].unit == t.words[at.to-1].unit {
			return span{at.from, j + 1}
		}
	}
	return at
}

// grouped puts together what rests on the same difference.
func (c *comparing) grouped(found []verdict, statements []Statement) []Change {
	type group struct {
		kind  Kind
		was   span
		is    span
		hunks map[int]bool
		who   []int
	}
	var groups []*group
	for _, v := range found {
		var g *group
		for _, other := range groups {
			if other.kind == v.kind && slices.ContainsFunc(v.hunks, func(h int) bool { return other.hunks[h] }) {
				g = other
				break
			}
		}
		if g == nil {
			g = &group{kind: v.kind, was: v.passage.all, is: v.is, hunks: map[int]bool{}}
			groups = append(groups, g)
		}
		g.was = span{min(g.was.from, v.passage.all.from), max(g.was.to, v.passage.all.to)}
		g.is = span{min(g.is.from, v.is.from), max(g.is.to, v.is.to)}
		for _, h := range v.hunks {
			g.hunks[h] = true
		}
		if !slices.Contains(g.who, v.passage.statement) {
			g.who = append(g.who, v.passage.statement)
		}
	}
	slices.SortStableFunc(groups, func(a, b *group) int { return cmp.Compare(a.was.from, b.was.from) })
	changes := make([]Change, len(groups))
	for i, g := range groups {
		changes[i] = Change{Kind: g.kind, Was: c.old.place(g.was.from), Is: c.recent.place(g.is.from), Pieces: c.pieces(g.kind, g.was, g.is)}
		if g.kind == Gone {
			changes[i].Is = Place{}
		}
		for _, n := range g.who {
			changes[i].Statements = append(changes[i].Statements, statements[n])
		}
		slices.SortStableFunc(changes[i].Statements, func(a, b Statement) int {
			return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column))
		})
	}
	return changes
}
