package document

import (
	"slices"
	"strings"
)

// comparing is one comparison on its way.
type comparing struct {
	old, recent *Text
	to, back    []int // counterparts of words, both ways
	hunks       []hunk
	places      map[string][]int // of words in the recent text, by key
}

func newComparing(old, recent *Text) *comparing {
	c := &comparing{old: old, recent: recent, to: align(old.words, recent.words), places: map[string][]int{}}
	c.back = make([]int, len(recent.words))
	for j := range c.back {
		c.back[j] = unmatched
	}
	for i, j := range c.to {
		if j != unmatched {
			c.back[j] = i
		}
	}
	slide(old, recent, c.to, c.back)
	slide(recent, old, c.back, c.to)
	c.hunks = c.find()
	for j, w := range recent.words {
		c.places[w.key] = append(c.places[w.key], j)
	}
	return c
}

// slide moves what is only in a to where units begin: of two rows that end alike the
// one that is gone is gone as a whole, and not from the middle of one to that of the other.
func slide(a, b *Text, to, back []int) {
	for from := 0; from < len(to); from++ {
		if to[from] != unmatched {
			continue
		}
		end := from
		for end < len(to) && to[end] == unmatched {
			end++
		}
		if before(to, from)+1 == after(to, end, len(b.words)) { // nothing came in its place
			shift(a, to, back, span{from, end})
		}
		from = end
	}
}

// shift moves a run without counterparts by as many words as make it begin and end with
// units, where the words that it passes over are the same at both ends.
func shift(t *Text, to, back []int, s span) {
	const most = 60
	if t.starts(s.from) && t.starts(s.to) {
		return
	}
	for n := 1; n <= most; n++ { // to the left
		i, j := s.from-n, s.to-n
		if i < 0 || to[i] == unmatched || t.words[i].key != t.words[j].key {
			break
		}
		if t.starts(i) && t.starts(j) {
			for k := range n {
				swap(to, back, s.from-1-k, s.to-1-k)
			}
			return
		}
	}
	for n := 1; n <= most; n++ { // to the right
		i, j := s.from+n, s.to+n
		if j > len(to) || to[j-1] == unmatched || t.words[i-1].key != t.words[j-1].key {
			break
		}
		if t.starts(i) && t.starts(j) {
			for k := range n {
				swap(to, back, s.to+k, s.from+k)
			}
			return
		}
	}
}

// swap gives the counterpart of one word to another.
func swap(to, back []int, from, until int) {
	to[until], to[from] = to[from], unmatched
	back[to[until]] = until
}

func (t *Text) starts(at int) bool {
	return at >= len(t.words) || at == t.units[t.words[at].unit].first
}

func before(to []int, at int) int {
	for at--; at >= 0; at-- {
		if to[at] != unmatched {
			return to[at]
		}
	}
	return -1
}

func after(to []int, at, end int) int {
	for ; at < len(to); at++ {
		if to[at] != unmatched {
			return to[at]
		}
	}
	return end
}

// hunk is a place in which the texts differ: words of the old one, and those that
// stand there now; one of the two may be empty.
type hunk struct{ was, is span }

// find lists what differs to a reader.
func (c *comparing) find() []hunk {
	var found []hunk
	i, j := 0, 0
	for i < len(c.to) || j < len(c.back) {
		if i < len(c.to) && c.to[i] == j {
			if !c.sameTo(i, j) {
				found = append(found, hunk{span{i, i + 1}, span{j, j + 1}})
			}
			i, j = i+1, j+1
			continue
		}
		h := hunk{span{i, i}, span{j, j}}
		for h.was.to < len(c.to) && c.to[h.was.to] == unmatched {
			h.was.to++
		}
		for h.is.to < len(c.back) && c.back[h.is.to] == unmatched {
			h.is.to++
		}
		if !c.cosmetic(h) {
			found = append(found, h)
		}
		i, j = h.was.to, h.is.to
	}
	return found
}

// sameTo tells whether two words of one key are the same to a reader: letter case
// counts in identifiers and in values of JSON, and so do the marks that make a name of words.
func (c *comparing) sameTo(i, j int) bool {
	a, b := c.old.words[i], c.recent.words[j]
	if a.joint != b.joint && a.joint != "" && b.joint != "" {
		return false
	}
	if a.text == b.text || !a.exact && !b.exact || !c.old.cased || !c.recent.cased {
		return true
	}
	heading := c.old.units[a.unit].heading || c.recent.units[b.unit].heading
	return heading || keyOf(a.text) != lower(a.text) // a number with commas
}

// cosmetic tells whether the same letters stand there, with other spaces between them.
func (c *comparing) cosmetic(h hunk) bool {
	if h.was.len() == 0 || h.is.len() == 0 {
		return false
	}
	letters := func(ws []word) (s string, plain bool) {
		var b strings.Builder
		plain = true
		for i, w := range ws {
			b.WriteString(w.key)
			plain = plain && (i == 0 || w.joint == "")
		}
		return b.String(), plain
	}
	was, plain := letters(c.old.words[h.was.from:h.was.to])
	is, alsoPlain := letters(c.recent.words[h.is.from:h.is.to])
	return was == is && plain && alsoPlain
}

// touched gives the differences that are ones of a passage: words of it that are no
// longer there, and others that came into it.
func (c *comparing) touched(p passage) []int {
	var found []int
	first, _ := slices.BinarySearchFunc(c.hunks, p.all.from, func(h hunk, from int) int { return h.was.to - from })
	for n := first; n < len(c.hunks) && c.hunks[n].was.from <= p.all.to; n++ {
		h := c.hunks[n]
		if h.was.len() > 0 {
			if h.was.from < p.all.to && h.was.to > p.all.from {
				found = append(found, n)
				continue
			}
			if h.is.len() == 0 {
				continue
			}
		}
		if c.cameInto(p.all, h) {
			found = append(found, n)
		}
	}
	return found
}

// cameInto tells whether new words belong to a passage: they stand inside it, or beside
// it in what is now the same sentence, row or line.
func (c *comparing) cameInto(s span, h hunk) bool {
	switch at := h.was.from; {
	case h.was.len() > 0 && at != s.to && h.was.to != s.from:
		return false
	case h.was.len() == 0 && at > s.from && at < s.to:
		return true
	case h.was.from == s.to && s.to > 0:
		last := c.to[s.to-1]
		return last != unmatched && h.was.len() == 0 && c.recent.words[last].unit == c.recent.words[h.is.from].unit
	case h.was.to == s.from && s.from < len(c.to):
		first := c.to[s.from]
		return first != unmatched && h.was.len() == 0 && c.recent.words[first].unit == c.recent.words[h.is.to-1].unit
	}
	return false
}

// elsewhere counts the words of differences that are none of a statement's, and not
// the new place of what moved.
func (c *comparing) elsewhere(found []verdict) int {
	told := map[int]bool{}
	for _, v := range found {
		for _, n := range v.hunks {
			told[n] = true
		}
		if v.kind != Moved {
			continue
		}
		for n, h := range c.hunks {
			if h.is.from < v.is.to && v.is.from < h.is.to {
				told[n] = true
			}
		}
	}
	words := 0
	for n, h := range c.hunks {
		if !told[n] {
			words += max(h.was.len(), h.is.len())
		}
	}
	return words
}
