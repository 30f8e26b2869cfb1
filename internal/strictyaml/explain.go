package strictyaml

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// oddity is what a person has to change so that a file is YAML. It holds no word of
// the file, as that may be a secret.
type oddity struct {
	line, column, width int
	message             string
	since               int // the line from which a parser may complain
}

const indentedByTab = "a tab indents this line: YAML takes blanks alone"

// explain finds the first thing in a file that a person would call its mistake. It is
// asked when the parser has refused the file: the parser says what it met, often
// further down, and in its own words.
func explain(lines []string) (found *oddity) {
	e := &explainer{}
	for _, l := range lines {
		e.lines = append(e.lines, []rune(l))
	}
	for e.at < len(e.lines) && e.odd == nil {
		e.line()
	}
	return e.odd
}

// level is a column at which keys or hyphens stand below each other.
type level struct {
	column int
	dash   bool
	line   int // of its first
}

// before says what stands in front of a line.
type before int

const (
	nothing before = iota
	open           // a key without a value, or a hyphen
	plain          // a value that may go on in the next line
	closed         // a value that is over
)

type explainer struct {
	lines  [][]rune
	at     int // the line, from 0
	levels []level
	before before
	first  int // line in which what is before begins, from 0
	last   int // line in which it ends so far
	odd    *oddity
}

func (e *explainer) wrong(line, column, width int, format string, args ...any) {
	if e.odd == nil {
		e.odd = &oddity{line + 1, column + 1, max(width, 1), fmt.Sprintf(format, args...), line + 1}
	}
}

// line reads the lines of one key or item.
func (e *explainer) line() {
	text := e.lines[e.at]
	start := 0
	for start < len(text) && text[start] == ' ' {
		start++
	}
	here := e.at
	switch rest := strings.TrimSpace(string(text[start:])); {
	case rest == "" || rest[0] == '#' || start == 0 && (rest == "---" || rest == "..."):
		e.at++
		return
	case text[start] == '\t':
		e.wrong(here, start, 1, indentedByTab)
		return
	case unicode.IsSpace(text[start]) || unicode.Is(unicode.Cf, text[start]):
		e.wrong(here, start, 1, "this line begins with a character that looks like a blank and is none (U+%04X)", text[start])
		return
	}
	for start < len(text) && text[start] == '-' && (start+1 == len(text) || text[start+1] == ' ') {
		e.align(here, start, true)
		e.before, e.first, e.last = open, here, here
		for start++; start < len(text) && text[start] == ' '; {
			start++
		}
	}
	if e.odd != nil {
		return
	}
	e.at++
	if start >= len(text) || text[start] == '#' {
		return
	}
	if colon, isKey := e.key(start); isKey {
		if text[start] == '-' && slices.ContainsFunc(e.levels, func(l level) bool { return l.dash && l.column == start }) {
			e.wrong(here, start, 1, "a blank is missing behind this hyphen")
		}
		e.align(here, start, false)
		e.value(start, colon+1)
		return
	}
	e.noKey(start)
}

// key finds the colon behind a key that begins at start.
func (e *explainer) key(start int) (colon int, isKey bool) {
	text := e.lines[e.at-1]
	i := start
	switch text[start] {
	case '{', '[':
		return 0, false
	case '"', '\'':
		end := closing(text, start)
		if end < 0 {
			return 0, false
		}
		for i = end + 1; i < len(text) && text[i] == ' '; {
			i++
		}
		return i, i < len(text) && text[i] == ':'
	}
	for ; i < len(text); i++ {
		switch {
		case text[i] == '#' && i > start && text[i-1] == ' ':
			return 0, false
		case text[i] == ':' && (i+1 == len(text) || unicode.IsSpace(text[i+1])):
			return i, true
		case (text[i] == '{' || text[i] == '[') && i > start && text[i-1] == ' ':
			e.wrong(e.at-1, i, 1, "a colon is missing in front of this %c", text[i])
			return 0, false
		}
	}
	return 0, false
}

// closing finds the quote that ends the one at start, in the same line; -1 for none.
func closing(text []rune, start int) int {
	quote := text[start]
	for i := start + 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quote == '"':
			i++
		case text[i] == quote && quote == '\'' && i+1 < len(text) && text[i+1] == quote:
			i++
		case text[i] == quote:
			return i
		}
	}
	return -1
}

// align finds the level of a key or a hyphen.
func (e *explainer) align(line, column int, dash bool) {
	deeper := -1
	for len(e.levels) > 0 && e.top().column > column {
		deeper = e.top().column
		e.levels = e.levels[:len(e.levels)-1]
	}
	if n := len(e.levels); n > 1 && !dash && e.top().column == column && e.top().dash && e.levels[n-2].column == column {
		e.levels = e.levels[:n-1] // the key after a list that is not indented
	}
	here := level{column, dash, line}
	switch {
	case len(e.levels) == 0:
		if deeper >= 0 {
			e.misaligned(line, column, deeper, -1)
		}
		e.levels = append(e.levels, here)
	case e.top().column == column && e.top().dash == dash:
	case e.top().column == column && dash && e.before == open:
		e.levels = append(e.levels, here)
	case e.top().column == column && dash:
		e.wrong(line, column, 1, "this hyphen stands among keys, which begin in line %d: indent the list below its key", e.top().line+1)
	case e.top().column == column:
		e.wrong(line, column, 1, "this line stands in a list, which begins in line %d: write a hyphen, or indent it like the keys that it belongs to", e.top().line+1)
	case deeper >= 0:
		e.misaligned(line, column, deeper, e.top().column)
	case e.before == plain || e.before == closed:
		e.wrong(line, column, 1, "this line is indented deeper than line %d, which has a value already: indent both alike", e.last+1)
		e.odd.since = e.first + 1
	default:
		e.levels = append(e.levels, here)
	}
}

func (e *explainer) top() level { return e.levels[len(e.levels)-1] }

func (e *explainer) misaligned(line, column, deeper, less int) {
	others := blanks(deeper)
	if less >= 0 {
		others = fmt.Sprintf("%d or %s", less, others)
	}
	e.wrong(line, column, 1, "this line is indented by %s, and those above that it may belong to by %s", blanks(column), others)
}

func blanks(n int) string {
	if n == 1 {
		return "1 blank"
	}
	return fmt.Sprintf("%d blanks", n)
}

// noKey reads a line that is no key: a value, the rest of one, or a mistake.
func (e *explainer) noKey(start int) {
	line := e.at - 1
	text := e.lines[line]
	inside := len(e.levels) == 0 || start > e.top().column
	switch {
	case e.odd != nil:
	case inside && e.before == open:
		e.scalar(start)
	case inside && e.before == plain:
		e.last = line // it goes on
	case text[start] == '-':
		e.wrong(line, start, 1, "a blank is missing behind this hyphen")
	case text[start] == '{' || text[start] == '[' || text[start] == '"' || text[start] == '\'':
		e.wrong(line, start, 1, "a value stands here, and a key is due: write key: value")
	default:
		for i := start; i < len(text) && text[i] != ' '; i++ {
			if text[i] == ':' {
				e.wrong(line, i, 1, "a blank is missing behind this colon")
				return
			}
		}
		e.wrong(line, start, len(text)-start, "a colon is missing behind the key of this line")
	}
}

var blockHeader = regexp.MustCompile(`^[|>][-+0-9]{0,2}[ \t]*( #.*)?$`)

// value reads what stands behind a colon.
func (e *explainer) value(key, start int) {
	line := e.at - 1
	text := e.lines[line]
	for start < len(text) && unicode.IsSpace(text[start]) {
		start++
	}
	e.first, e.last = line, line
	switch {
	case e.odd != nil:
	case start == len(text) || text[start] == '#':
		e.before = open
	case text[start] == '|' || text[start] == '>':
		if !blockHeader.MatchString(string(text[start:])) {
			e.wrong(line, start+1, len(text)-start-1, "behind %c nothing may stand: the text begins in the next line, indented", text[start])
			return
		}
		e.block(key, line, start)
	default:
		e.scalar(start)
	}
}

// block skips the lines of a text that stands below its key.
func (e *explainer) block(key, line, header int) {
	for ; e.at < len(e.lines); e.at++ {
		text := e.lines[e.at]
		indent := len(text) - len([]rune(strings.TrimLeft(string(text), " ")))
		if strings.TrimSpace(string(text)) != "" && indent <= key {
			break
		}
	}
	if e.at == line+1 && e.at < len(e.lines) {
		e.wrong(line, header, 1, "the text below this %c has to be indented deeper than its key", e.lines[line][header])
	}
	e.before = closed
}
