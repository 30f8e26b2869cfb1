package strictyaml

import (
	"strings"
	"unicode"
)

// scalar reads a value that begins at start in the line before the next.
func (e *explainer) scalar(start int) {
	line := e.at - 1
	text := e.lines[line]
	e.before, e.first, e.last = closed, line, line
	switch c := text[start]; c {
	case '"', '\'':
		if end, ok := e.quoted(line, start); ok {
			e.after(end+1, "the closing quote: put all of the value in quotes, or leave them out", line, start)
		}
	case '{', '[':
		e.flow(line, start)
	case '@', '`', '%', ',', ']', '}':
		e.wrong(line, start, 1, "a value can't begin with %c: put it in quotes", c)
	default:
		e.before = plain
		for i := start; i < len(text); i++ {
			if text[i] == '#' && i > start && unicode.IsSpace(text[i-1]) {
				return
			}
			if text[i] == ':' && (i+1 == len(text) || unicode.IsSpace(text[i+1])) {
				e.wrong(line, i, 1, "a second colon in this line: if it belongs to the value, put that in quotes, else begin a new line")
				return
			}
		}
	}
}

// after holds that nothing stands behind a value but a comment. from is where the
// value begins.
func (e *explainer) after(start int, what string, from, column int) {
	line := e.at - 1
	text := e.lines[line]
	for start < len(text) && unicode.IsSpace(text[start]) {
		start++
	}
	switch {
	case e.odd != nil || start >= len(text) || text[start] == '#':
	case from != line && (e.lines[from][column] == '"' || e.lines[from][column] == '\''):
		e.wrong(from, column, 1, "this quote is not closed in its line")
	case text[start] == '}' || text[start] == ']':
		e.wrong(line, start, 1, "one %c too many", text[start])
	default:
		e.wrong(line, start, len(text)-start, "nothing but a comment may stand behind %s", what)
	}
}

// quoted reads a text in quotes to its end, perhaps some lines further down.
func (e *explainer) quoted(line, start int) (end int, ok bool) {
	quote := e.lines[line][start]
	for i, at := start+1, line; ; i, at = 0, at+1 {
		if at >= len(e.lines) {
			e.wrong(line, start, 1, "this quote is not closed")
			return 0, false
		}
		e.at = at + 1
		for text := e.lines[at]; i < len(text); i++ {
			switch {
			case text[i] == '\\' && quote == '"':
				n := escape(text[i+1:])
				if n == 0 {
					e.wrong(at, i, 2, "no escape of YAML begins like this: write \\\\ for a backslash, or the value in single quotes")
					return 0, false
				}
				i += n
			case text[i] == quote && quote == '\'' && i+1 < len(text) && text[i+1] == quote:
				i++
			case text[i] == quote:
				return i, true
			}
		}
	}
}

// escape tells how many characters belong to a backslash; 0 for none that YAML knows
// (YAML 1.2, 5.7).
func escape(rest []rune) int {
	if len(rest) == 0 {
		return 1 // of the line's end
	}
	digits := map[rune]int{'x': 2, 'u': 4, 'U': 8}[rest[0]]
	if digits == 0 {
		if strings.ContainsRune("0abt\tnvfre \"/\\N_LP", rest[0]) {
			return 1
		}
		return 0
	}
	if len(rest) <= digits || strings.Trim(string(rest[1:digits+1]), "0123456789abcdefABCDEF") != "" {
		return 0
	}
	return digits + 1
}

// bracket is an open one.
type bracket struct {
	line, column int
	close        rune
}

// flow reads a value in brackets to its end, perhaps some lines further down.
func (e *explainer) flow(line, start int) {
	var stack []bracket
	least := 0 // how deep the lines below have to be indented
	if len(e.levels) > 0 {
		least = e.top().column + 1
	}
	for at, i := line, start; at < len(e.lines); at, i = at+1, 0 {
		e.at = at + 1
		text := e.lines[at]
		if at > line {
			indent := len(text) - len([]rune(strings.TrimLeft(string(text), " \t")))
			if strings.TrimSpace(string(text)) != "" && indent < least {
				break
			}
		}
		for i < len(text) {
			next, over := e.flowItem(at, i, &stack)
			if e.odd != nil {
				return
			}
			if over {
				e.after(next, "the closing bracket", line, start)
				return
			}
			at, text, i = e.at-1, e.lines[e.at-1], next // a quote may have gone on
		}
	}
	last := stack[len(stack)-1]
	e.wrong(last.line, last.column, 1, "this %c is not closed: there is no %c for it in this line, or in lines that are indented deeper", e.lines[last.line][last.column], last.close)
}

// flowItem reads one part of a value in brackets; over tells that the value ends.
func (e *explainer) flowItem(line, i int, stack *[]bracket) (next int, over bool) {
	text := e.lines[line]
	switch c := text[i]; {
	case unicode.IsSpace(c) || c == ',' || c == ':':
		return i + 1, false
	case c == '#' && (i == 0 || unicode.IsSpace(text[i-1])):
		return len(text), false
	case c == '{' || c == '[':
		*stack = append(*stack, bracket{line, i, map[rune]rune{'{': '}', '[': ']'}[c]})
		return i + 1, false
	case c == '}' || c == ']':
		last := (*stack)[len(*stack)-1]
		if last.close != c {
			e.wrong(line, i, 1, "this %c closes nothing: %c is due before, for the %c in line %d", c, last.close, e.lines[last.line][last.column], last.line+1)
		}
		*stack = (*stack)[:len(*stack)-1]
		return i + 1, len(*stack) == 0
	case c == '"' || c == '\'':
		end, ok := e.quoted(line, i)
		if ok && e.at-1 > line && !ends(e.lines[e.at-1][end+1:]) {
			e.wrong(line, i, 1, "this quote is not closed in its line")
		}
		if ok && e.at-1 == line && !ends(text[end+1:]) {
			e.wrong(line, end+1, 1, "behind the closing quote a comma or the closing bracket is missing")
		}
		return end + 1, false
	case c == '@' || c == '`' || c == '%':
		e.wrong(line, i, 1, "a value can't begin with %c: put it in quotes", c)
		return i + 1, false
	}
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case c == ',' || c == '}' || c == ']' || c == ':' && (i+1 == len(text) || unicode.IsSpace(text[i+1])):
			return i, false
		case c == '{' || c == '[':
			e.wrong(line, i, 1, "inside of brackets a value with a %c has to stand in quotes", c)
			return i, false
		}
	}
	return i, false
}

// ends tells whether a value in brackets may be over in front of a text.
func ends(rest []rune) bool {
	bare := strings.TrimLeft(string(rest), " \t")
	return bare == "" || strings.ContainsAny(bare[:1], ",:}]#")
}
