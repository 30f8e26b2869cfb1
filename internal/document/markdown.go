package document

import (
	"fmt"
	"html"
	"regexp"
	"strings"
)

// What Markdown is made of, as far as the words are concerned (CommonMark 0.31, and the
// tables of GitHub). Parsers of the whole of it take time that grows with the square of
// a hostile page: 64 KiB of list in list held one for nine seconds.
var (
	fence      = regexp.MustCompile("^\\s*(?:```+|~~~+)")
	atx        = regexp.MustCompile(`^ {0,3}#{1,6}(?:\s+|$)`)
	setext     = regexp.MustCompile(`^ {0,3}(?:=+|-+)\s*$`)
	markers    = regexp.MustCompile(`^\s*(?:(?:[>*+-]|\d{1,9}[.)])(?:\s+|$))+`)
	quoteMarks = regexp.MustCompile(`^\s*>+\s*`)
	tableRule  = regexp.MustCompile(`^[\s|:-]*-[\s|:-]*$`)
	reference  = regexp.MustCompile(`^ {0,3}\[[^\]]+\]:\s+\S+`)
	indented   = regexp.MustCompile(`^(?: {4}|\t)`)
	verbatim   = regexp.MustCompile("`+[^`]+`+|\\\\[!-/:-@\\[-`{-~]")
	link       = regexp.MustCompile(`!?\[([^\[\]]*)\](?:\([^()\s]*(?:\s+"[^"]*")?\)|\[[^\[\]]*\])`)
	autolink   = regexp.MustCompile(`<((?:https?://|mailto:)[^\s<>]+)>`)
	starred    = regexp.MustCompile(`\*+([^*\s](?:[^*]*[^*\s])?)\*+`)
	underlined = regexp.MustCompile(`(^|[\s(])_+([^_\s](?:[^_]*[^_\s])?)_+($|[\s).,;:!?])`)
)

// Markdown reads the words of a page in Markdown, through the page of HTML that has the
// same ones.
func Markdown(data []byte) (*Text, error) {
	var m markdown
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(data)), "\n")
	for i, l := range lines {
		next := ""
		if i+1 < len(lines) {
			next = lines[i+1]
		}
		m.line(l, next)
	}
	return HTML([]byte(m.page.String()))
}

// markdown is a page on its way to HTML.
type markdown struct {
	page   strings.Builder
	fenced bool
	listed bool // what is indented goes on with an item of a list
	blank  bool // the line before was
}

func (m *markdown) line(l, next string) {
	wasBlank := m.blank
	m.blank = strings.TrimSpace(l) == ""
	switch {
	case fence.MatchString(l):
		m.fenced = !m.fenced
		m.put("<p>", "")
	case m.fenced:
		m.put("<pre>", html.EscapeString(l), "</pre>")
	case m.blank:
		m.put("<p>", "")
	case reference.MatchString(l), tableRule.MatchString(l):
	case atx.MatchString(l):
		m.listed = false
		m.put("<h2>", inline(strings.TrimRight(atx.ReplaceAllString(l, ""), "# ")), "</h2>")
	case setext.MatchString(next) && next != "" && !strings.Contains(l, "|") && !markers.MatchString(l):
		m.put("<h2>", inline(l), "</h2>")
	case strings.Count(l, "|") > 1 || strings.Contains(l, " | "):
		m.put("<table><tr><td>", strings.ReplaceAll(inline(l), "|", " "), "</table>")
	case indented.MatchString(l) && !m.listed && wasBlank:
		m.blank = true // the next line of the sample comes after one of it
		m.put("<pre>", html.EscapeString(l), "</pre>")
	case markers.MatchString(l), quoteMarks.MatchString(l):
		m.listed = true
		l = quoteMarks.ReplaceAllString(markers.ReplaceAllString(l, ""), "")
		m.put("<p>", inline(l))
	default:
		m.listed = m.listed && (indented.MatchString(l) || !wasBlank)
		m.put(inline(l))
	}
}

func (m *markdown) put(parts ...string) {
	for _, p := range parts {
		m.page.WriteString(p)
	}
	m.page.WriteByte('\n')
}

// inline gives the words of a line as HTML has them: those of links without their
// addresses, code as it is. HTML in it stays HTML.
func inline(l string) string {
	l = verbatim.ReplaceAllStringFunc(l, func(s string) string {
		if s[0] == '\\' {
			return fmt.Sprintf("&#%d;", s[1])
		}
		return escapeMarks(strings.Trim(s, "`"))
	})
	l = link.ReplaceAllString(l, "$1")
	l = starred.ReplaceAllString(autolink.ReplaceAllString(l, "$1"), "$1")
	return underlined.ReplaceAllString(l, "$1$2$3")
}

// escapeMarks keeps code from being taken for markup.
func escapeMarks(code string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "[", "&#91;", "]", "&#93;", "_", "&#95;", "|", "&#124;", "*", "&#42;").Replace(code)
}
