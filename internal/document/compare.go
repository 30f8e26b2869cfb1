package document

// Kind says what became of what a statement rests on. The list is closed.
type Kind string

// The kinds, without that of what stands as it stood, of which nothing is said.
const (
	Moved   Kind = "moved"   // the same words stand elsewhere
	Changed Kind = "changed" // they, or words of their sentence, row or sample, differ
	Gone    Kind = "gone"    // nothing like them is there
)

// Change is one difference, and all that rests on what differs.
type Change struct {
	Kind       Kind
	Was, Is    Place
	Pieces     []Piece
	Statements []Statement
}

// Comparison is what came of comparing.
type Comparison struct {
	Changes   []Change // in the order of the cited text
	Stands    int      // statements on which nothing changed
	Unheld    int      // statements whose words the cited text doesn't have, or has in many places and the newer one nowhere: nothing is known of them
	Elsewhere int      // words that changed where nothing is cited
}

// Statements counts those that were held against the newer text; a sample that is not
// printed in it word by word is none.
func (c Comparison) Statements() int {
	changed := map[string]bool{}
	for _, change := range c.Changes {
		for _, s := range change.Statements {
			changed[s.Pos.String()] = true
		}
	}
	return c.Stands + len(changed) + c.Unheld
}

// Compare holds a newer text against the cited one.
func Compare(old, recent *Text, statements []Statement) Comparison {
	c := newComparing(old, recent)
	held := make([]bool, len(statements))
	var found []verdict
	for _, p := range old.passages(statements) {
		held[p.statement] = true
		touched := c.touched(p)
		if len(touched) == 0 {
			continue
		}
		v := c.judge(p, touched)
		v.passage, v.hunks = p, touched
		found = append(found, v)
	}
	result := Comparison{Changes: c.grouped(found, statements), Elsewhere: c.elsewhere(found)}
	changed := map[int]bool{}
	for _, v := range found {
		changed[v.passage.statement] = true
	}
	for i, s := range statements {
		switch {
		case changed[i]:
		case held[i]:
			result.Stands++
		case s.Words != "" && len(old.locate(s.Words)) > 0 && len(recent.locate(s.Words)) > 0:
			result.Stands++ // in many places, before and now
		case s.Words != "":
			result.Unheld++
		}
	}
	return result
}

// Look holds a text against citations alone, where nobody has the text that was read:
// words that are there stand, and others have changed where something like them is.
func Look(recent *Text, statements []Statement) Comparison {
	var c Comparison
	for _, s := range statements {
		if s.Words == "" {
			continue // whether it was printed, nobody knows
		}
		if len(recent.locate(s.Words)) > 0 {
			c.Stands++
			continue
		}
		cited := &writer{}
		cited.add(s.Words, 0, true)
		t := cited.text()
		change := Change{Kind: Gone, Statements: []Statement{s}, Pieces: []Piece{{Before, s.Words}}}
		if at, ok := recent.nearest(t.words, nil); ok {
			change.Kind, change.Is = Changed, recent.place(at.from)
			change.Pieces = differences(t, recent, span{0, len(t.words)}, at)
		}
		c.Changes = append(c.Changes, change)
	}
	return c
}
