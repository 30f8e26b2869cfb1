// Package strictyaml reads YAML that a person wrote into Go structs and finds
// every mistake in one reading, each with its place in the file: unknown and
// duplicate keys, missing ones, values of another type.
//
// It never guesses: there are no anchors, aliases, merge keys, tags or several
// documents, a number is not taken for a string, and no message repeats a value,
// because values of an operator's file can be secrets.
package strictyaml

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
)

// Document is one parsed file and the problems found in it so far. It is not
// safe for concurrent use.
type Document struct {
	file     string
	lines    []string // as excerpts may show them
	runes    [][]rune // of lines that are being blanked
	root     *node
	conceal  func(path []string) bool
	most     int // bytes
	problems loginwatch.Problems
	dropped  []*node // values that no path leads to
	deep     *loginwatch.Pos
}

// Option changes how a document is read.
type Option func(*Document)

// Conceal blanks values in the excerpts of problems: every scalar for whose path
// (the keys that lead to it; items of a list add none) secret returns true, and
// all comments. When the file can't be parsed, paths are unknown and a line is
// blanked but for the key that it begins with.
func Conceal(secret func(path []string) bool) Option {
	return func(d *Document) { d.conceal = secret }
}

// AtMost bounds the file's size, in bytes; without it, a MiB is the bound.
func AtMost(bytes int) Option {
	return func(d *Document) { d.most = bytes }
}

// Parse reads the syntax of exactly one YAML document. The document is nil when
// there are problems. file is the name that positions carry.
func Parse(file string, data []byte, options ...Option) (*Document, loginwatch.Problems) {
	d := &Document{file: file, most: maxBytes}
	for _, o := range options {
		o(d)
	}
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(string(data), "\ufeff"))
	d.lines = strings.Split(text, "\n")
	if !d.readable(text) {
		return nil, d.Problems()
	}
	body := d.parse(text)
	if len(d.problems) > 0 {
		return nil, d.Problems()
	}
	if d.root = d.convert(body, 0); d.deep != nil {
		d.problems = nil // what the lost part holds can't be blanked
		d.syntaxProblem(*d.deep, 1, fmt.Sprintf("nested deeper than %d levels", maxDepth))
		return nil, d.Problems()
	}
	if d.conceal != nil {
		d.blank(text)
	}
	d.root.forget()
	for _, n := range d.dropped {
		n.forget()
	}
	return d, nil
}

// readable refuses what the parser need not see.
func (d *Document) readable(text string) bool {
	switch {
	case len(text) > d.most:
		d.Problemf(loginwatch.Pos{File: d.file}, 0, "the file is larger than %d KiB", d.most>>10)
	case !utf8.ValidString(text):
		for i, line := range d.lines {
			if !utf8.ValidString(line) {
				d.lines[i] = strings.ToValidUTF8(line, "\ufffd")
				at := strings.IndexRune(d.lines[i], '\ufffd')
				column := utf8.RuneCountInString(d.lines[i][:at]) + 1
				d.syntaxProblem(d.at(i+1, column), 1, "not UTF-8: save the file in this encoding")
				break
			}
		}
	case strings.TrimSpace(text) == "":
		d.Problemf(loginwatch.Pos{File: d.file}, 0, "the file is empty")
	default:
		return d.printable() && d.narrow()
	}
	return false
}

// mostWork bounds the squares of how many keys the mappings of a file have: go-yaml takes
// as long for one. 40,000 keys beside each other are some seconds.
const mostWork = 40_000 * 40_000

// narrow refuses mappings that the parser would be at for minutes.
func (d *Document) narrow() bool {
	type open struct{ indent, keys int }
	var all []open
	work := 0
	for i, line := range d.lines {
		text := strings.TrimLeft(line, " ")
		if !strings.Contains(text, ": ") && !strings.Contains(text, ":\t") && !strings.HasSuffix(text, ":") {
			continue
		}
		indent := len(line) - len(text)
		for len(all) > 0 && all[len(all)-1].indent > indent {
			all = all[:len(all)-1]
		}
		if len(all) == 0 || all[len(all)-1].indent < indent {
			all = append(all, open{indent: indent})
		}
		last := &all[len(all)-1]
		last.keys++
		if work += 2*last.keys - 1; work > mostWork {
			d.syntaxProblem(d.at(i+1, indent+1), 1, "more keys beside each other than can be read as YAML")
			return false
		}
	}
	return true
}

// printable refuses control characters, which YAML has none of (YAML 1.2, 5.1) and
// which go-yaml takes as they come.
func (d *Document) printable() bool {
	for i, line := range d.lines {
		for column, c := range []rune(line) {
			if c < ' ' && c != '\t' || c == 0x7f {
				d.syntaxProblem(d.at(i+1, column+1), 1, fmt.Sprintf("a control character (U+%04X), which no YAML has", c))
				return false
			}
		}
	}
	return true
}

func (d *Document) at(line, column int) loginwatch.Pos {
	return loginwatch.Pos{File: d.file, Line: line, Column: column}
}

// Problemf adds a problem that the caller found. width is the number of
// characters that the caret underlines.
func (d *Document) Problemf(pos loginwatch.Pos, width int, format string, args ...any) {
	d.problems = append(d.problems, loginwatch.Problem{Pos: pos, Message: fmt.Sprintf(format, args...), Width: width})
}

// Include adds problems of another file, which this one names.
func (d *Document) Include(problems loginwatch.Problems) {
	d.problems = append(d.problems, problems...)
}

// Problems gives everything found so far, in the order of the file; nil when
// there is nothing.
func (d *Document) Problems() loginwatch.Problems {
	if len(d.problems) == 0 {
		return nil
	}
	d.problems.Sort()
	for i, p := range d.problems {
		// Not before now: only now is it sure that the lines are blanked.
		if p.Source == "" && p.Pos.File == d.file && p.Pos.Line >= 1 && p.Pos.Line <= len(d.lines) {
			d.problems[i].Source = d.lines[p.Pos.Line-1]
		}
	}
	return d.problems
}

// Fresh gives the document without problems and values, for what is found out
// later: problems that are added to it have their excerpts, and the file is not
// read again.
func (d *Document) Fresh() *Document {
	return &Document{file: d.file, lines: d.lines, conceal: d.conceal}
}

// Lines gives the lines of the file as excerpts show them.
func (d *Document) Lines() []string { return d.lines }

// Path gives the keys that lead to the value that begins at a place; items of a list
// are numbered from 0. It is nil where no value begins.
func (d *Document) Path(at loginwatch.Pos) []string {
	return pathTo(d.root, at)
}

func pathTo(n *node, at loginwatch.Pos) []string {
	if n == nil {
		return nil
	}
	step := func(key string, child *node) []string {
		if child.pos == at && child.pairs == nil {
			return []string{key}
		}
		if below := pathTo(child, at); below != nil {
			return append([]string{key}, below...)
		}
		return nil
	}
	for _, p := range n.pairs {
		if found := step(p.key, p.value); found != nil {
			return found
		}
	}
	for i, item := range n.items {
		if found := step(strconv.Itoa(i), item); found != nil {
			return found
		}
	}
	return nil
}
