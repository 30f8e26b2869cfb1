package page

import (
	"strconv"
	"strings"
	"unicode"
)

// clean makes every text of the page safe to show, before it is written in any form.
func (p *Page) clean() {
	for i := range p.blocks {
		b := &p.blocks[i]
		b.Text.clean()
		for _, item := range b.Items {
			item.clean()
		}
		for _, row := range b.Rows {
			for _, cell := range row {
				cell.clean()
			}
		}
		b.Code = listed(b.Code)
	}
	p.title = flat(p.title)
}

func (t text) clean() {
	for i := range t {
		switch p := &t[i]; p.Style {
		case code:
			p.Text = exact(p.Text)
		case strong:
			p.Text = strings.TrimSpace(flat(p.Text)) // or it would stand beside its blanks, and not stand out
		default:
			p.Text = flat(p.Text)
		}
	}
}

// shown is a character as it may stand on a page: one that is invisible, moves a cursor or
// turns the reading direction becomes a Go escape.
func shown(r rune) string {
	if unicode.IsPrint(r) {
		return string(r)
	}
	return strings.Trim(strconv.QuoteRune(r), "'")
}

func each(s string, with func(rune) string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		b.WriteString(with(r))
	}
	return b.String()
}

// flat is prose: any white space is a blank.
func flat(s string) string {
	return each(s, func(r rune) string {
		if unicode.IsSpace(r) {
			return " "
		}
		return shown(r)
	})
}

// exact is what machines read, as it is; in quotes where blanks would get lost.
func exact(s string) string {
	if strings.TrimSpace(s) != s || strings.Contains(s, "  ") {
		return strconv.Quote(s)
	}
	return each(s, shown)
}

// listed is what has lines.
func listed(s string) string {
	s = strings.TrimRight(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	return each(s, func(r rune) string {
		if r == '\n' || r == '\t' {
			return string(r)
		}
		return shown(r)
	})
}
