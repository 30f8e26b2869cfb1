package document

import (
	"cmp"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// Statement is a line of a contract that rests on a document: on words of it, or on a
// sample that it prints.
type Statement struct {
	What   string // which statement, for example “operations.login.token.lifetime”
	Words  string // that are cited; empty for a sample
	Body   []byte // of a sample
	Pos    loginwatch.Pos
	Source string // the line of the file that Pos names
}

const (
	// reach is how far a statement's words reach beyond what is cited, where no end of
	// a sentence and no other citation comes before: a text without marks is one sentence.
	reach = 15
	// maxPlaces is in how many places words may stand and still point at one of them.
	maxPlaces = 8
	// leastSample is the number of words that make a sample one that can be found.
	leastSample = 4
)

// passage is what a statement rests on in one place of a text.
type passage struct {
	statement int
	cited     span // the words of the citation, or the sample
	all       span // with what belongs to them
}

// passages finds what statements rest on. Words that stand in more places than can
// point at one give none, and neither does a sample that is not printed.
func (t *Text) passages(statements []Statement) []passage {
	var found []passage
	for i, s := range statements {
		if s.Words == "" {
			if at, ok := t.sample(s.Body); ok {
				found = append(found, passage{i, at, at})
			}
			continue
		}
		at := t.locate(s.Words)
		if len(at) > maxPlaces {
			continue
		}
		for _, c := range at {
			found = append(found, passage{statement: i, cited: c})
		}
	}
	slices.SortStableFunc(found, func(a, b passage) int {
		return cmp.Or(a.cited.from-b.cited.from, a.cited.to-b.cited.to, a.statement-b.statement)
	})
	for i, p := range found {
		if statements[p.statement].Words != "" {
			found[i].all = t.around(p.cited, found, statements)
		}
	}
	return found
}

// around gives what belongs to cited words: the sentence, row or line, up to what
// another statement cites.
func (t *Text) around(cited span, all []passage, statements []Statement) span {
	first, last := t.units[t.words[cited.from].unit], t.units[t.words[cited.to-1].unit]
	s := span{max(first.first, cited.from-reach), min(last.end, cited.to+reach)}
	for _, p := range all {
		if statements[p.statement].Words == "" {
			continue
		}
		if p.cited.to <= cited.from {
			s.from = max(s.from, p.cited.to)
		}
		if p.cited.from >= cited.to {
			s.to = min(s.to, p.cited.from)
		}
	}
	return t.insideBraces(cited, s)
}

// insideBraces ends what belongs to cited words where a sample ends that began before
// them, and begins it after one that ended before them.
func (t *Text) insideBraces(cited, s span) span {
	for i := cited.from - 1; i >= s.from; i-- {
		if t.words[i].key == "}" {
			s.from = i + 1
		}
	}
	depth := 0
	for i := cited.from; i < s.to; i++ {
		switch t.words[i].key {
		case "{":
			depth++
		case "}":
			if depth--; depth < 0 && i >= cited.to {
				s.to = i
			}
		}
	}
	return s
}

// locate finds words as vet does, whatever stands before and after them; but where they
// stand as whole words somewhere, only there. What runs together or apart elsewhere, as
// the cells of a table do, is found as well.
func (t *Text) locate(words string) []span {
	want := Fold(words)
	if want == "" {
		return nil
	}
	var whole, inside []span
	for from := 0; len(whole) <= maxPlaces && len(inside) <= maxPlaces*maxPlaces; {
		at := strings.Index(t.folded[from:], want)
		if at < 0 {
			break
		}
		begin, end := from+at, from+at+len(want)
		s := span{wordAt(t.words, begin), wordAt(t.words, end-1)}
		if s.to < len(t.words) && t.words[s.to].start < end {
			s.to++
		}
		if s.len() > 0 {
			inside = append(inside, s)
			if t.words[s.from].start >= begin && t.words[s.to-1].end <= end {
				whole = append(whole, s)
			}
		}
		from = end
	}
	if len(whole) > 0 {
		return whole
	}
	if len(inside) > 0 {
		return inside
	}
	return t.loosely(want)
}

// loosely finds the same letters and digits in a row, wherever words begin and end
// between, but not a part of a word.
func (t *Text) loosely(want string) []span {
	var letters strings.Builder
	for _, w := range words(want, 0, 0) {
		letters.WriteString(strings.Trim(w.key, `"`))
	}
	sought := letters.String()
	if sought == "" {
		return nil
	}
	var found []span
	for i := range t.words {
		rest := sought
		for j := i; j < len(t.words); j++ {
			after, begins := strings.CutPrefix(rest, strings.Trim(t.words[j].key, `"`))
			if !begins {
				break
			}
			if rest = after; rest == "" {
				found = append(found, span{i, j + 1})
				break
			}
		}
		if len(found) > maxPlaces {
			break
		}
	}
	return found
}

// sample finds a printed body.
func (t *Text) sample(body []byte) (at span, ok bool) {
	want := words(oneSpace(clean(string(body))), 0, 0)
	if len(want) < leastSample {
		return at, false
	}
	for i := 0; i+len(want) <= len(t.words); i++ {
		if sameWords(t.words[i:i+len(want)], want) {
			return span{i, i + len(want)}, true
		}
	}
	return at, false
}

func sameWords(a, b []word) bool {
	return slices.EqualFunc(a, b, func(x, y word) bool { return x.key == y.key })
}

// show gives words as they are written, with the marks at their ends.
func (t *Text) show(s span) string {
	if s.len() <= 0 {
		return ""
	}
	from, to := t.words[s.from].start, t.words[s.to-1].end
	if s.from == 0 {
		from = 0
	} else {
		_, opening := t.between(s.from)
		from -= len(opening)
	}
	closing, _ := t.between(s.to)
	return t.plain[from : to+len(closing)]
}

// between gives the marks before a word that belong to the word before it, and those that
// belong to the word itself.
func (t *Text) between(at int) (closing, opening string) {
	before, end := t.words[at-1], len(t.plain)
	if at < len(t.words) {
		end = t.words[at].start
	}
	marks := t.plain[before.end:end]
	if i := strings.IndexByte(marks, ' '); i >= 0 {
		return marks[:i], marks[strings.LastIndexByte(marks, ' ')+1:]
	}
	least := 0
	if strings.HasPrefix(marks, `"`) && strings.HasSuffix(t.plain[:before.start], `"`) {
		least = 1 // it ends what the one before the word began
	}
	closing = marks[:least] + strings.TrimRight(marks[least:], `"'(`)
	return closing, marks[len(closing):]
}

// Place is where words stand.
type Place struct {
	Section string // the heading above them; empty where there is none
	Line    int    // of a plain text; 0 for others
}

func (t *Text) place(at int) Place {
	if at < 0 || at >= len(t.words) {
		return Place{}
	}
	u := t.units[t.words[at].unit]
	return Place{u.section, u.line}
}
