package loginwatch

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Pos is a place in a file that a person wrote. Line and Column count from 1;
// zero means unknown. Column counts characters, not bytes.
type Pos struct {
	File   string
	Line   int
	Column int
}

// String is FILE:LINE:COLUMN, leaving out what is unknown.
func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// FileLine is FILE:LINE, the form that reports use.
func (p Pos) FileLine() string { return Pos{File: p.File, Line: p.Line}.String() }

// Problem is one mistake in a file that a person wrote.
type Problem struct {
	Pos     Pos
	Message string
	Source  string // the line of the file that Pos names, without its line break; may be empty
	Width   int    // characters that the caret underlines; 0 counts as 1
}

// String is one line without the excerpt: FILE:LINE:COLUMN: MESSAGE.
func (p Problem) String() string { return p.Pos.String() + ": " + p.Message }

// Excerpt is the source line with carets under the place, or "" when the
// problem has no place.
func (p Problem) Excerpt() string {
	if p.Pos.Line == 0 || p.Pos.Column == 0 || p.Source == "" {
		return ""
	}
	gutter := fmt.Sprintf("%5d | ", p.Pos.Line)
	source := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || r == '\t' {
			return r
		}
		return '·' // a file that is no text must not speak to the terminal
	}, p.Source)
	before := []rune(source)
	before = before[:min(p.Pos.Column-1, len(before))]
	indent := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, string(before))
	return gutter + source + "\n" + strings.Repeat(" ", len(gutter)-2) + "| " + indent + strings.Repeat("^", max(p.Width, 1))
}

// Problems is every mistake found in one reading, as one error.
type Problems []Problem

// Error lists all problems, each with its excerpt.
func (ps Problems) Error() string {
	var b strings.Builder
	for i, p := range ps {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p.String())
		if e := p.Excerpt(); e != "" {
			b.WriteString("\n" + e)
		}
	}
	return b.String()
}

// Brief is all problems without the excerpts, which might hold what an operator
// wrote into a file by mistake; each has a line.
func (ps Problems) Brief() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Brief words any error for places that must not repeat lines of a file, such as
// logs: one that holds [Problems] by their Brief, another by its own text.
func Brief(err error) string {
	var problems Problems
	if errors.As(err, &problems) {
		return problems.Brief()
	}
	return err.Error()
}

// Sort orders problems by file, line, column and message.
func (ps Problems) Sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.Pos.File, b.Pos.File),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Column, b.Pos.Column),
			cmp.Compare(a.Message, b.Message),
		)
	})
}
