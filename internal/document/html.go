package document

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxToken bounds one tag or one run of text, in bytes.
const maxToken = 1 << 20

// unseen are elements whose content is no part of what a page says.
var unseen = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Noscript: true, atom.Template: true, atom.Svg: true, atom.Math: true, atom.Nav: true,
	atom.Title: true, atom.Iframe: true, atom.Object: true, atom.Select: true, atom.Noembed: true, atom.Noframes: true,
}

// blocks are elements that begin and end a unit.
var blocks = map[atom.Atom]bool{
	atom.P: true, atom.Div: true, atom.Section: true, atom.Article: true, atom.Main: true, atom.Header: true, atom.Footer: true, atom.Aside: true,
	atom.Ul: true, atom.Ol: true, atom.Li: true, atom.Dl: true, atom.Dt: true, atom.Dd: true, atom.Table: true, atom.Thead: true, atom.Tbody: true,
	atom.Tfoot: true, atom.Caption: true, atom.Blockquote: true, atom.Br: true, atom.Hr: true, atom.Figure: true, atom.Figcaption: true, atom.Form: true,
	atom.Fieldset: true, atom.Legend: true, atom.Address: true, atom.Details: true, atom.Summary: true, atom.Body: true, atom.Head: true,
	atom.Textarea: true, atom.Button: true, atom.Center: true,
}

func heading(a atom.Atom) bool {
	return a == atom.H1 || a == atom.H2 || a == atom.H3 || a == atom.H4 || a == atom.H5 || a == atom.H6
}

// page reads one page of HTML as a stream: no tree is built, so no depth can hurt.
type page struct {
	w      writer
	now    strings.Builder // the unit that is being read
	inRow  bool
	inHead bool
	pre    int
	hidden atom.Atom // the element that hides what is in it; 0 for none
	depth  int       // of elements of that name
	skips  func(atom.Atom) bool
}

// HTML reads a page. An element that hides its content and is never closed hides
// nothing: browsers close it somewhere, and nobody knows where.
func HTML(data []byte) (*Text, error) {
	t, open, err := readHTML(data, func(a atom.Atom) bool { return unseen[a] })
	if err == nil && open {
		t, _, err = readHTML(data, func(a atom.Atom) bool { return a == atom.Script || a == atom.Style })
	}
	return t, err
}

func readHTML(data []byte, skips func(atom.Atom) bool) (t *Text, open bool, err error) {
	p := page{skips: skips}
	z := html.NewTokenizer(bytes.NewReader(data))
	z.SetMaxBuf(maxToken)
	for {
		switch z.Next() {
		case html.ErrorToken:
			if errors.Is(z.Err(), io.EOF) {
				p.flush()
				return p.w.text(), p.hidden != 0, nil
			}
			return nil, false, errors.New("the page has a tag or a text of more than 1 MiB")
		case html.TextToken:
			if p.hidden == 0 {
				p.text(string(z.Text()))
			}
		case html.StartTagToken:
			name, _ := z.TagName()
			p.start(atom.Lookup(name), false)
		case html.SelfClosingTagToken:
			name, _ := z.TagName()
			p.start(atom.Lookup(name), true)
		case html.EndTagToken:
			name, _ := z.TagName()
			p.end(atom.Lookup(name))
		}
	}
}

func (p *page) start(a atom.Atom, closed bool) {
	switch {
	case p.hidden != 0:
		if a == p.hidden && !closed {
			p.depth++
		}
	case p.skips(a):
		if !closed {
			p.hidden, p.depth = a, 1
		}
	case heading(a):
		p.flush()
		p.inRow, p.inHead = false, true
	case a == atom.Pre:
		p.flush()
		p.pre++
	case a == atom.Tr:
		p.flush()
		p.inRow = true
	case a == atom.Td, a == atom.Th:
		p.now.WriteByte(' ')
	case a == atom.Br && p.pre > 0:
		p.flush()
	case blocks[a]:
		p.boundary()
	}
}

func (p *page) end(a atom.Atom) {
	switch {
	case p.hidden != 0:
		if a == p.hidden {
			if p.depth--; p.depth == 0 {
				p.hidden = 0
			}
		}
	case heading(a):
		p.flush()
		p.inHead = false
	case a == atom.Pre:
		p.flush()
		p.pre = max(0, p.pre-1)
	case a == atom.Tr, a == atom.Table:
		p.flush()
		p.inRow = false
	case a == atom.Td, a == atom.Th:
		p.now.WriteByte(' ')
	case blocks[a]:
		p.boundary()
	}
}

// boundary ends a unit, but not inside a row, which is one, nor inside a heading.
func (p *page) boundary() {
	if p.inRow || p.inHead {
		p.now.WriteByte(' ')
		return
	}
	p.flush()
}

func (p *page) text(s string) {
	if p.pre == 0 {
		p.now.WriteString(s)
		return
	}
	for i, line := range strings.Split(s, "\n") {
		if i > 0 {
			p.flush()
		}
		p.now.WriteString(line)
	}
}

func (p *page) flush() {
	text := p.now.String()
	p.now.Reset()
	if p.inHead {
		p.w.heading(text, 0)
		return
	}
	p.w.add(text, 0, p.pre > 0 || p.inRow)
}
