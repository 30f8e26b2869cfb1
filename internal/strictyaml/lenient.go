package strictyaml

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"
)

// lenient finds what go-yaml reads and YAML does not have, or the mistake further up
// that made it look like that.
func (d *Document) lenient(t *token.Token, flow int) *oddity {
	here := oddity{line: t.Position.Line, column: t.Position.Column, width: 1, message: "a blank is missing behind this colon"}
	if column := d.tabbed(t, flow); column > 0 {
		return &oddity{line: here.line, column: column, width: 1, message: indentedByTab}
	}
	if i := swallowed(t); i >= 0 {
		here.column += i
		here.message = "a colon inside of a value: a comma or a new line is missing before it, or the value has to stand in quotes"
	} else if !glued(t, flow) {
		return nil
	}
	if odd := explain(d.lines); odd != nil && odd.line <= here.line {
		return odd
	}
	return &here
}

// tabbed gives the column of a tab in front of a key or hyphen; 0 for none.
func (d *Document) tabbed(t *token.Token, flow int) int {
	first := t
	if t.Type == token.MappingValueType {
		first = t.Prev
	}
	if flow > 0 || first == nil || t.Type != token.MappingValueType && t.Type != token.SequenceEntryType {
		return 0
	}
	firstOfLine := first.Prev == nil || first.Prev.Position.Line < first.Position.Line
	if !firstOfLine || first.Position.Line != t.Position.Line || first.Position.Line > len(d.lines) {
		return 0
	}
	text := d.lines[first.Position.Line-1]
	indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
	tab := strings.IndexByte(indent, '\t')
	if tab < 0 || first.Position.Column > len(indent)+1 {
		return 0
	}
	return tab + 1
}

// blockHeaderOf gives the | or > of a text that stands below it; nil for any other
// token. A comment may stand between.
func blockHeaderOf(t *token.Token) *token.Token {
	header := t.Prev
	if t.Type == token.CommentType {
		return nil
	}
	if header != nil && header.Type == token.CommentType {
		header = header.Prev
	}
	if header != nil && (header.Type == token.LiteralType || header.Type == token.FoldedType) {
		return header
	}
	return nil
}

// glued tells whether a colon in brackets has no blank behind it: YAML takes key and
// value for one word then, and go-yaml does not.
func glued(t *token.Token, flow int) bool {
	if t.Type != token.MappingValueType || flow == 0 || t.Prev == nil || t.Next == nil || t.Prev.Indicator == token.QuotedScalarIndicator {
		return false
	}
	value := []token.Type{token.StringType, token.IntegerType, token.FloatType, token.BoolType, token.NullType, token.SingleQuoteType, token.DoubleQuoteType}
	return t.Next.Position.Line == t.Position.Line && t.Next.Position.Column == t.Position.Column+1 && slices.Contains(value, t.Next.Type)
}

// swallowed finds a colon and a blank inside of a value without quotes, which go-yaml
// takes for a part of it; -1 for none.
func swallowed(t *token.Token) int {
	if t.Type != token.StringType || blockHeaderOf(t) != nil {
		return -1
	}
	before, _, found := strings.Cut(t.Value, ": ")
	if !found || strings.Contains(before, "\n") {
		return -1
	}
	return utf8.RuneCountInString(before)
}
