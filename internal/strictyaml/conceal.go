package strictyaml

import (
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// blank overwrites secret values and comments in the lines that excerpts show,
// keeping every other character in its column.
func (d *Document) blank(text string) {
	d.runes = make([][]rune, len(d.lines))
	for _, t := range lexer.Tokenize(text) {
		if t.Type == token.CommentType {
			d.blankFrom(t)
		}
	}
	d.blankNode(d.root, nil, d.conceal)
	for _, n := range d.dropped {
		d.blankNode(n, nil, func([]string) bool { return true })
	}
	d.lines = append([]string(nil), d.lines...)
	for i, runes := range d.runes {
		if runes != nil {
			d.lines[i] = string(runes)
		}
	}
	d.runes = nil
}

func (d *Document) blankNode(n *node, path []string, secret func([]string) bool) {
	for _, p := range n.pairs {
		d.blankNode(p.value, append(path[:len(path):len(path)], p.key), secret)
	}
	for _, item := range n.items {
		d.blankNode(item, path, secret)
	}
	if n.token != nil && n.kind != kindNull && secret(path) {
		d.blankFrom(n.token)
	}
}

// blankFrom overwrites everything from t to the token after it, since a plain
// or block scalar may go on over several lines.
func (d *Document) blankFrom(t *token.Token) {
	line, column := t.Position.Line-1, t.Position.Column-1
	if column < 0 { // a block scalar's text begins at column 0
		column = 0
	}
	endLine, endColumn := len(d.lines)-1, -1
	if t.Next != nil {
		endLine, endColumn = t.Next.Position.Line-1, t.Next.Position.Column-1
	}
	if header := blockHeaderOf(t); header != nil {
		// The position of a block scalar's text is its last line: go back to the first.
		line, column = header.Position.Line, 0
	}
	for i := max(line, 0); i <= endLine && i < len(d.lines); i++ {
		if d.runes[i] == nil { // once for a line, however many values it has
			d.runes[i] = []rune(d.lines[i])
		}
		runes := d.runes[i]
		from, to := 0, len(runes)
		if i == line {
			from = min(column, len(runes))
		}
		if i == endLine && endColumn >= 0 {
			to = min(endColumn, len(runes))
		}
		if from >= to {
			continue
		}
		for to > from && runes[to-1] == ' ' {
			to--
		}
		for j := from; j < to; j++ {
			runes[j] = '*'
		}
	}
}
