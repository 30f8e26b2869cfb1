package page

import (
	"strconv"
	"strings"
)

// Page is a page for people.
type Page struct {
	title  string
	blocks []block
}

// kind says what a block is. The list is closed.
type kind string

const (
	heading   kind = "heading"
	paragraph kind = "paragraph"
	list      kind = "list"
	table     kind = "table"
	listing   kind = "listing" // lines as they are
)

// block is one part of a page; its kind says which fields it has.
type block struct {
	Kind  kind
	Level int      // of a heading, from 1
	ID    string   // of a heading
	Text  text     // of a heading or paragraph
	Items []text   // of a list
	Head  []string // of a table
	Rows  [][]text // of a table
	Code  string   // of a listing
}

// text is a line of pieces.
type text []piece

// style says how a piece looks. The list is closed.
type style string

const (
	plain  style = ""
	code   style = "code"
	strong style = "strong"
	soft   style = "soft"   // less important; HTML alone shows it
	inward style = "inward" // no document says it; HTML alone shows it
)

// piece is a run of characters that look alike.
type piece struct {
	Style style
	Text  string
	Link  string // of plain text: an address, "" for none
}

// say is a plain text.
func say(s ...string) text { return text{{Text: strings.Join(s, "")}} }

// name is a text as machines know it.
func name(s string) text {
	if s == "" {
		return nil
	}
	return text{{Style: code, Text: s}}
}

// mark is a text that stands out.
func mark(s string) text { return text{{Style: strong, Text: s}} }

// line puts texts one after the other.
func line(all ...text) (whole text) {
	for _, t := range all {
		whole = append(whole, t...)
	}
	return whole
}

// joined puts what stands between two into all of them that are not empty.
func joined(between string, all ...text) (whole text) {
	for _, t := range all {
		if t.words() == "" {
			continue
		}
		if len(whole) > 0 {
			whole = append(whole, piece{Text: between})
		}
		whole = append(whole, t...)
	}
	return whole
}

// names puts commas between names.
func names[T ~string](all []T) text {
	texts := make([]text, len(all))
	for i, one := range all {
		texts[i] = name(string(one))
	}
	return joined(", ", texts...)
}

func (p *Page) heading(level int, t text) {
	p.blocks = append(p.blocks, block{Kind: heading, Level: level, Text: t, ID: "s" + strconv.Itoa(len(p.blocks))})
}

func (p *Page) say(t text) {
	if t.words() != "" {
		p.blocks = append(p.blocks, block{Kind: paragraph, Text: t})
	}
}

func (p *Page) list(items []text) {
	if len(items) > 0 {
		p.blocks = append(p.blocks, block{Kind: list, Items: items})
	}
}

// table leaves out columns in which nothing stands, and a table without a row.
func (p *Page) table(head []string, rows ...[]text) {
	var kept []int
	for i := range head {
		for _, row := range rows {
			if row[i].words() != "" {
				kept = append(kept, i)
				break
			}
		}
	}
	if len(kept) == 0 {
		return
	}
	b := block{Kind: table}
	for _, i := range kept {
		b.Head = append(b.Head, head[i])
	}
	for _, row := range rows {
		var cells []text
		for _, i := range kept {
			cells = append(cells, row[i])
		}
		b.Rows = append(b.Rows, cells)
	}
	p.blocks = append(p.blocks, b)
}

func (p *Page) listing(lines string) {
	p.blocks = append(p.blocks, block{Kind: listing, Code: lines})
}
