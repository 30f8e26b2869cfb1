package page

import (
	"io"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Markdown writes the page in the Markdown that GitHub and GitLab show (CommonMark with
// tables), without any HTML.
func (p *Page) Markdown(w io.Writer) error {
	var b strings.Builder
	for i, block := range p.blocks {
		if i > 0 {
			b.WriteByte('\n')
		}
		switch block.Kind {
		case heading:
			b.WriteString(strings.Repeat("#", block.Level) + " " + markdown(block.Text, false) + "\n")
		case paragraph:
			b.WriteString(unlike(markdown(block.Text, false)) + "\n")
		case list:
			for _, item := range block.Items {
				b.WriteString("- " + unlike(markdown(item, false)) + "\n")
			}
		case table:
			markdownTable(&b, block)
		case listing:
			fence := strings.Repeat("`", max(3, longest(block.Code)+1))
			b.WriteString(fence + "\n" + block.Code + "\n" + fence + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func markdownTable(b *strings.Builder, t block) {
	row := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	head, rule := make([]string, len(t.Head)), make([]string, len(t.Head))
	for i, h := range t.Head {
		head[i], rule[i] = markdown(say(h), true), "---"
	}
	row(head)
	row(rule)
	for _, r := range t.Rows {
		cells := make([]string, len(r))
		for i, cell := range r {
			cells[i] = markdown(cell, true)
		}
		row(cells)
	}
}

// markdown writes a line. In a cell of a table a pipe would end that.
func markdown(t text, cell bool) string {
	var b strings.Builder
	for _, p := range t {
		switch {
		case p.Text == "":
		case p.Style == code && (!cell || !strings.Contains(p.Text, `\|`)): // no two parsers agree on that in a cell
			b.WriteString(codeSpan(p.Text, cell))
		case p.Style == strong:
			b.WriteString("**" + escape(p.Text) + "**")
		case p.Link != "":
			b.WriteString("[" + escape(p.Text) + "](<" + strings.ReplaceAll(p.Link, "&", "&amp;") + ">)")
		default:
			b.WriteString(escape(p.Text))
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// codeSpan is a text between backticks, in more backticks than are in it (CommonMark, 6.1). What escapes a
// pipe in a cell is taken away before the span is read (GFM, 4.10).
func codeSpan(s string, cell bool) string {
	if cell {
		s = strings.ReplaceAll(s, "|", `\|`)
	}
	ticks := strings.Repeat("`", longest(s)+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return ticks + s + ticks
}

// longest is the length of the longest row of backticks.
func longest(s string) int {
	most, row := 0, 0
	for _, r := range s {
		if row++; r != '`' {
			row = 0
		}
		most = max(most, row)
	}
	return most
}

// escape takes their meaning from all characters that have one in Markdown: nothing in the
// text makes a link, an element, an entity or another cell. Those that have a meaning only
// where a line begins are left to [unlike].
func escape(s string) string {
	var b strings.Builder
	before := ' '
	for i, r := range s {
		after, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
		switch {
		case r == '|':
			b.WriteString("&#124;") // whatever stands before it
		case r == '_' && inWord(before) && inWord(after):
			b.WriteRune(r) // no emphasis begins or ends there (CommonMark, 6.2)
		case strings.ContainsRune("\\`*_[]<>&~$@#", r), r == ':' && after == '/', r == '.' && (before == 'w' || before == 'W'): // addresses (GFM, 6.9)
			b.WriteString(`\` + string(r))
		default:
			b.WriteRune(r)
		}
		before = r
	}
	return b.String()
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// blockStart is what begins a list, a rule or the line below a heading; what begins anything
// else has a meaning elsewhere, too.
var blockStart = regexp.MustCompile(`^([-+=]|[0-9]{1,9}[.)])`)

// unlike keeps the begin of a line from beginning something else than a paragraph.
func unlike(s string) string {
	at := blockStart.FindStringIndex(s)
	if at == nil {
		return s
	}
	return s[:at[1]-1] + `\` + s[at[1]-1:]
}
