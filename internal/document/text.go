package document

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is a document as it is compared. It is immutable.
type Text struct {
	words  []word
	units  []unit
	plain  string // as it is shown
	folded string // the same in lower case
	cased  bool   // it has capital letters: a text that lost them says nothing of case
}

// unit is what is read in one piece: a sentence, a row of a table, an item of a list, a
// line of a sample.
type unit struct {
	first, end int // words
	section    string
	heading    bool
	line       int // of a plain text, from 1; 0 for others
}

// Words counts what is compared.
func (t *Text) Words() int { return len(t.words) }

// writer puts a text together.
type writer struct {
	t       Text
	plain   strings.Builder
	section string
}

// add adds what is one unit, or several sentences.
func (w *writer) add(text string, line int, sample bool) {
	if sample {
		w.unit(text, line, false)
		return
	}
	for _, s := range sentences(text) {
		w.unit(s, line, false)
	}
}

// heading begins a section.
func (w *writer) heading(text string, line int) {
	w.section = strings.TrimRight(shorten(oneSpace(clean(text)), maxSection), "#¶ ")
	w.unit(text, line, true)
}

// maxSection bounds the name of a section, in characters.
const maxSection = 80

func shorten(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit-1]) + "…"
}

func (w *writer) unit(text string, line int, heading bool) {
	text = oneSpace(clean(text))
	if text == "" {
		return
	}
	if w.plain.Len() > 0 {
		w.plain.WriteByte(' ')
	}
	found := words(text, w.plain.Len(), len(w.t.units))
	w.plain.WriteString(text)
	u := unit{first: len(w.t.words), end: len(w.t.words) + len(found), section: w.section, heading: heading, line: line}
	w.t.units = append(w.t.units, u)
	w.t.words = append(w.t.words, found...)
}

func (w *writer) text() *Text {
	w.t.plain = w.plain.String()
	w.t.folded = lower(w.t.plain)
	w.t.cased = w.t.folded != w.t.plain
	return &w.t
}

// sentenceEnd is where a sentence may end; what comes next has to begin like one.
var sentenceEnd = regexp.MustCompile(`[.!?]["')\]]*\s+`)

func sentences(text string) []string {
	var found []string
	begin := 0
	for _, at := range sentenceEnd.FindAllStringIndex(text, -1) {
		next, _ := utf8.DecodeRuneInString(strings.TrimLeft(text[at[1]:], `"'([“‘`))
		if unicode.IsUpper(next) && !abbreviated(text[begin:at[0]]) {
			found = append(found, text[begin:at[1]])
			begin = at[1]
		}
	}
	return append(found, text[begin:])
}

// abbreviated tells whether the point after a text is none of a sentence: that of one
// letter, or of a common abbreviation.
func abbreviated(text string) bool {
	last := strings.ToLower(text[strings.LastIndexAny(text, " \t\n(")+1:])
	return utf8.RuneCountInString(last) == 1 || slices.Contains([]string{"e.g", "i.e", "vs", "no", "sec", "cf"}, last)
}

// Plain reads plain text. Its lines are units, but for those that only end because the
// next word had no room, as in an RFC.
func Plain(text string) *Text {
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\f", "\n", "\u2028", "\n").Replace(text), "\n")
	width := 0
	for _, l := range lines {
		if n := utf8.RuneCountInString(strings.TrimSpace(l)); n <= maxWrapped {
			width = max(width, indent(l)+n)
		}
	}
	var w writer
	var open []string
	begin := 0
	flush := func() {
		if len(open) > 0 {
			w.add(strings.Join(open, "\n"), begin+1, len(open) == 1 && !prose(open[0]))
		}
		open = nil
	}
	for i, l := range lines {
		if n := len(open); n > 0 && !(wrapped(open[n-1], l, width)) {
			flush()
		}
		if strings.TrimSpace(l) == "" {
			continue
		}
		if len(open) == 0 {
			begin = i
		}
		open = append(open, l)
	}
	flush()
	return w.text()
}

// maxWrapped is the longest line that somebody may have wrapped, in characters.
const maxWrapped = 120

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

// wrapped tells whether a line goes on in the next one: its first word had no room.
func wrapped(line, next string, width int) bool {
	fields := strings.Fields(next)
	if len(fields) == 0 || strings.TrimSpace(line) == "" || !prose(line) || !prose(next) {
		return false
	}
	return utf8.RuneCountInString(strings.TrimRight(line, " \t"))+1+utf8.RuneCountInString(fields[0]) > width
}

// prose tells whether a line may be part of a paragraph: it has some words and is no
// line of JSON, no row of a table and no item of a list.
func prose(line string) bool {
	line = strings.TrimSpace(line)
	if strings.ContainsAny(line, "\t|") || strings.ContainsAny(line[:min(1, len(line))], `{}[]"<-*+`) {
		return false
	}
	return len(strings.Fields(line)) > 3
}
