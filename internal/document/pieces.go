package document

// Op says of which text words are. The list is closed.
type Op string

// The ops.
const (
	Same   Op = "same"
	Before Op = "was"
	Now    Op = "is"
	Left   Op = "left-out" // words that both have, too many to show
)

// Piece is some words of a change, as they are written.
type Piece struct {
	Op   Op
	Text string
}

const (
	near      = 6   // words that are shown before and after what differs
	maxPiece  = 240 // characters of one piece
	maxPieces = 24
)

// pieces shows what differs between two passages, with some words around it.
func (c *comparing) pieces(kind Kind, was, is span) []Piece {
	if kind != Changed {
		op := Same
		if kind == Gone {
			op = Before
		}
		return []Piece{{op, shorten(c.old.show(was), maxPiece)}}
	}
	return differences(c.old, c.recent, was, is)
}

func differences(old, recent *Text, was, is span) []Piece {
	a, b := old.words[was.from:was.to], recent.words[is.from:max(is.from, is.to)]
	to := align(a, b)
	var out []Piece
	add := func(op Op, text string) {
		if text != "" && len(out) < maxPieces {
			out = append(out, Piece{op, shorten(text, maxPiece)})
		}
	}
	for i, j := 0, 0; i < len(a) || j < len(b); {
		end := i
		for end < len(a) && to[end] == j+end-i && alikeWritten(a[end], b[j+end-i]) {
			end++
		}
		for end > i && end < len(a) && a[end].joint != "" { // a name is shown as a whole
			end--
		}
		if end > i {
			same(old, span{was.from + i, was.from + end}, i == 0, end == len(a) && j+end-i == len(b), add)
			i, j = end, j+end-i
			continue
		}
		del, ins := i, j
		for del < len(a) && ins < len(b) && to[del] == ins && (!alikeWritten(a[del], b[ins]) || joins(a, del+1) || joins(b, ins+1)) {
			del, ins = del+1, ins+1
		}
		for del < len(a) && to[del] == unmatched {
			del++
		}
		until := len(b)
		if del < len(a) {
			until = to[del]
		}
		ins = max(ins, until)
		add(Before, old.show(span{was.from + i, was.from + del}))
		add(Now, recent.show(span{is.from + j, is.from + ins}))
		i, j = del, ins
	}
	return out
}

// joins tells whether a word is part of the name that the word before it is part of.
func joins(ws []word, at int) bool { return at < len(ws) && ws[at].joint != "" }

func alikeWritten(a, b word) bool {
	return a.joint == b.joint && (a.text == b.text || !a.exact && !b.exact)
}

// same shows words that did not change: the nearest to what did.
func same(old *Text, s span, first, last bool, add func(Op, string)) {
	keepBefore, keepAfter := near, near // after the difference before it, and before the next one
	if first {
		keepBefore = 0
	}
	if last {
		keepAfter = 0
	}
	if s.len() <= keepBefore+keepAfter+1 {
		add(Same, old.show(s))
		return
	}
	add(Same, old.show(span{s.from, s.from + keepBefore}))
	add(Left, "…")
	add(Same, old.show(span{s.to - keepAfter, s.to}))
}
