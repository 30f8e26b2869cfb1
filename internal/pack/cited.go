package pack

import (
	"cmp"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/document"
)

// Cited is a document of a contract and all that rests on it.
type Cited struct {
	Vendor     string
	Document   loginwatch.Document
	Statements []document.Statement // by file, then line
}

// Cited gives the documents that the contracts of these vendors cite, or those of all
// contracts when none is named, in the order of the contracts and in theirs.
func (c *Catalog) Cited(vendors ...string) []Cited {
	var all []Cited
	for _, contract := range c.Contracts {
		if len(vendors) > 0 && !slices.Contains(vendors, contract.Vendor) {
			continue
		}
		at := slices.IndexFunc(c.built, func(b *builder) bool { return b.c == contract })
		for i, d := range contract.Documents {
			all = append(all, Cited{contract.Vendor, d, c.built[at].statements(i)})
		}
	}
	return all
}

// Todo gives the statements whose words nobody has looked up yet, by file, then line.
func (c *Catalog) Todo() []document.Statement {
	var open []document.Statement
	for _, cited := range c.Cited() {
		for _, s := range cited.Statements {
			if s.Words == loginwatch.Todo {
				open = append(open, s)
			}
		}
	}
	slices.SortStableFunc(open, func(a, b document.Statement) int {
		return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line))
	})
	return open
}

// statements gives what rests on the document of this index: what cites its words, and
// the bodies that the main one may print.
func (b *builder) statements(index int) []document.Statement {
	var all []document.Statement
	add := func(s document.Statement, at span, lines []string) {
		s.Pos = at.Pos
		if n := at.Pos.Line; n >= 1 && n <= len(lines) {
			s.Source = strings.TrimSpace(lines[n-1])
		}
		all = append(all, s)
	}
	for _, c := range b.cites {
		switch {
		case c.of != index:
		case c.lines != nil:
			add(document.Statement{What: c.what, Words: c.words}, c.span, c.lines)
		default:
			add(document.Statement{What: statementOf(b.doc.Path(c.span.Pos)), Words: c.words}, c.span, b.lines())
		}
	}
	for _, op := range b.c.Operations {
		for _, o := range op.Outcomes {
			if o.Example != nil && b.documentOf(o.Cite) == index {
				at := span{Pos: o.Example.Pos}
				add(document.Statement{What: strings.Join(b.doc.Path(at.Pos), "."), Body: o.Example.Body}, at, b.lines())
			}
		}
	}
	for i, n := range b.c.Negatives {
		if at := b.file.Negatives[i].Value.File.Span; b.documentOf(n.Cite) == index {
			add(document.Statement{What: strings.Join(b.doc.Path(at.Pos), "."), Body: n.Body}, at, b.lines())
		}
	}
	return all
}

// statementOf names the statement that a source belongs to, without the key of the
// source itself.
func statementOf(keys []string) string {
	if n := len(keys); n > 1 {
		keys = keys[:n-1]
	}
	return strings.Join(keys, ".")
}

// documentOf is the index of the document that a source cites.
func (b *builder) documentOf(c loginwatch.Cite) int {
	return slices.IndexFunc(b.c.Documents, func(d loginwatch.Document) bool { return d.Shown() == c.Document })
}
