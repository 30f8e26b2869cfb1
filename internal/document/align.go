package document

import "slices"

// unmatched stands for a word that has no counterpart.
const unmatched = -1

// maxCells bounds the work on what has nothing of its own to hold on to, in pairs of
// words; beyond it words count as different.
const maxCells = 1 << 23

// aligner finds which words of one text are which of another.
type aligner struct {
	a, b  []int32 // words as numbers
	match []int   // for each of a its counterpart in b
	cells int
}

// align gives for each word of a its counterpart in b, in rising order. Runs of words
// that each text has once are held on to first, long ones before short ones; what lies
// between them is compared word by word. The work is bounded, whatever the texts are.
func align(a, b []word) []int {
	numbers := map[string]int32{}
	number := func(ws []word) []int32 {
		out := make([]int32, len(ws))
		for i, w := range ws {
			n, known := numbers[w.key]
			if !known {
				n = int32(len(numbers)) // a text has far fewer words
				numbers[w.key] = n
			}
			out[i] = n
		}
		return out
	}
	al := &aligner{a: number(a), b: number(b), match: make([]int, len(a)), cells: maxCells}
	for i := range al.match {
		al.match[i] = unmatched
	}
	al.gap(span{0, len(a)}, span{0, len(b)}, []int{12, 6, 3, 2, 1})
	return al.match
}

// span is a range of words: its first one, and the one after its last.
type span struct{ from, to int }

func (s span) len() int { return s.to - s.from }

func (al *aligner) gap(a, b span, sizes []int) {
	for a.len() > 0 && b.len() > 0 && al.a[a.from] == al.b[b.from] {
		al.match[a.from] = b.from
		a.from++
		b.from++
	}
	for a.len() > 0 && b.len() > 0 && al.a[a.to-1] == al.b[b.to-1] {
		a.to--
		b.to--
		al.match[a.to] = b.to
	}
	if a.len() == 0 || b.len() == 0 {
		return
	}
	if len(sizes) == 0 {
		al.table(a, b)
		return
	}
	n, rest := sizes[0], sizes[1:]
	for _, k := range al.anchors(a, b, n) {
		if k[0] < a.from || k[1] < b.from { // it overlaps the one before, to which it belongs
			if k[0]-a.from == k[1]-b.from && k[0]+n > a.from {
				for ; a.from < k[0]+n; a.from, b.from = a.from+1, b.from+1 {
					al.match[a.from] = b.from
				}
			}
			continue
		}
		al.gap(span{a.from, k[0]}, span{b.from, k[1]}, rest)
		for i := range n {
			al.match[k[0]+i] = k[1] + i
		}
		a.from, b.from = k[0]+n, k[1]+n
	}
	al.gap(a, b, rest)
}

// anchors gives where runs of n words stand that both have once, as many as rise
// in both.
func (al *aligner) anchors(a, b span, n int) [][2]int {
	const several = -2
	place := func(ws []int32, s span) map[uint64]int {
		at := map[uint64]int{}
		for i := s.from; i+n <= s.to; i++ {
			h := hash(ws[i : i+n])
			if _, seen := at[h]; seen {
				at[h] = several
			} else {
				at[h] = i
			}
		}
		return at
	}
	inA, inB := place(al.a, a), place(al.b, b)
	var pairs [][2]int
	for h, i := range inA {
		if j, found := inB[h]; found && i != several && j != several && slices.Equal(al.a[i:i+n], al.b[j:j+n]) {
			pairs = append(pairs, [2]int{i, j})
		}
	}
	slices.SortFunc(pairs, func(x, y [2]int) int { return x[0] - y[0] })
	return rising(pairs)
}

func hash(ws []int32) uint64 { // FNV-1a; what collides is compared
	h := uint64(14695981039346656037)
	for _, w := range ws {
		h = (h ^ uint64(uint32(w))) * 1099511628211
	}
	return h
}

// rising gives the longest run of pairs that rises in the second number, too.
func rising(pairs [][2]int) [][2]int {
	var tails []int // for each length the pair that ends such a run lowest
	before := make([]int, len(pairs))
	for i, p := range pairs {
		n, _ := slices.BinarySearchFunc(tails, p[1], func(t, v int) int { return pairs[t][1] - v })
		before[i] = -1
		if n > 0 {
			before[i] = tails[n-1]
		}
		if n == len(tails) {
			tails = append(tails, i)
		} else {
			tails[n] = i
		}
	}
	if len(tails) == 0 {
		return nil
	}
	run := make([][2]int, len(tails))
	for n, i := len(tails)-1, tails[len(tails)-1]; n >= 0; n, i = n-1, before[i] {
		run[n] = pairs[i]
	}
	return run
}

// table finds the longest common run of words, by the table that everybody knows.
func (al *aligner) table(a, b span) {
	if al.cells -= a.len() * b.len(); al.cells < 0 {
		return
	}
	width := b.len() + 1
	best := make([]int32, (a.len()+1)*width)
	for i := a.len() - 1; i >= 0; i-- {
		for j := b.len() - 1; j >= 0; j-- {
			if al.a[a.from+i] == al.b[b.from+j] {
				best[i*width+j] = best[(i+1)*width+j+1] + 1
			} else {
				best[i*width+j] = max(best[(i+1)*width+j], best[i*width+j+1])
			}
		}
	}
	for i, j := 0, 0; i < a.len() && j < b.len(); {
		switch {
		case al.a[a.from+i] == al.b[b.from+j]:
			al.match[a.from+i] = b.from + j
			i, j = i+1, j+1
		case best[(i+1)*width+j] >= best[i*width+j+1]:
			i++
		default:
			j++
		}
	}
}
