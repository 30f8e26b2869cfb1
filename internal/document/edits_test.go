//go:build !race

package document_test

import (
	"encoding/binary"
	"fmt"
	"html"
	"regexp"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"

	"github.com/loginwatch/loginwatch/internal/document"
)

// cosmetic are edits that no reader sees, or that are of no statement.
var cosmetic = []struct {
	name string
	edit func(text string) document.Source
}{
	{"two spaces", plain(func(s string) string { return strings.ReplaceAll(s, " ", "  ") })},
	{"tabs", plain(func(s string) string { return strings.ReplaceAll(s, " ", "\t") })},
	{"no-break spaces", plain(func(s string) string { return strings.ReplaceAll(s, " ", "\u00a0") })},
	{"line breaks of Windows", plain(func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") })},
	{"blanks at ends", plain(func(s string) string { return strings.ReplaceAll(s, "\n", "  \n") })},
	{"blank lines", plain(func(s string) string { return strings.ReplaceAll(s, "\n", "\n\n\n") })},
	{"pages", plain(func(s string) string { return strings.ReplaceAll(s, "\n\n", "\n\f\n") })},
	{"wrapped lines", plain(wrap)},
	{"indented", plain(func(s string) string { return strings.ReplaceAll(s, "\n", "\n    ") })},
	{"double quotation marks", plain(func(s string) string { return strings.ReplaceAll(s, `"`, "”") })},
	{"single quotation marks", plain(func(s string) string { return strings.ReplaceAll(s, "'", "’") })},
	{"dashes", plain(func(s string) string { return strings.ReplaceAll(s, "-", "‑") })},
	{"soft hyphens", plain(func(s string) string { return regexp.MustCompile(`(\pL\pL)(\pL)`).ReplaceAllString(s, "$1\u00ad$2") })},
	{"zero-width characters", plain(func(s string) string { return strings.ReplaceAll(s, " ", " \u200b\u2060") })},
	{"marks of direction", plain(func(s string) string { return "\u200e" + strings.ReplaceAll(s, "\n", "\u200f\n\u202a") })},
	{"a byte order mark", plain(func(s string) string { return "\ufeff" + s })},
	{"letters taken apart", plain(norm.NFD.String)},
	{"ligatures", plain(func(s string) string { return strings.NewReplacer("fi", "ﬁ", "fl", "ﬂ").Replace(s) })},
	{"capitals at the start of lines", plain(func(s string) string {
		return regexp.MustCompile(`(?m)^\p{Ll}\p{Ll}+( |$)`).ReplaceAllStringFunc(s, func(w string) string { return strings.ToUpper(w[:1]) + w[1:] })
	})},
	{"points at the ends of lines", plain(func(s string) string { return regexp.MustCompile(`(?m)(\pL)$`).ReplaceAllString(s, "$1.") })},
	{"bullets", plain(func(s string) string { return regexp.MustCompile(`(?m)^(\pL)`).ReplaceAllString(s, "• $1") })},
	{"another paragraph first and last", plain(func(s string) string { return "Zebras graze quietly.\n\n" + s + "\n\nQuiet zebras must not vex.\n" })},
	{"UTF-16", func(s string) document.Source {
		data := []byte{0xff, 0xfe}
		for _, u := range utf16.Encode([]rune(s)) {
			data = binary.LittleEndian.AppendUint16(data, u)
		}
		return document.Source{Data: data}
	}},
	{"windows-1252", func(s string) document.Source {
		text := html.EscapeString(strings.ReplaceAll(s, "'", "’"))
		data, err := encoding.HTMLEscapeUnsupported(charmap.Windows1252.NewEncoder()).String(text)
		if err != nil {
			panic(err)
		}
		return document.Source{Data: []byte("<meta charset=windows-1252><pre>" + data), Name: "page.html"}
	}},
	{"HTML of paragraphs", page(func(line string) string { return "<p>" + html.EscapeString(line) + "</p>" })},
	{"HTML of rows", page(func(line string) string { return "<table><tr><td>" + html.EscapeString(line) + "</td></tr></table>" })},
	{"HTML with bold words", page(func(line string) string {
		words := strings.Fields(html.EscapeString(line))
		for i := range words {
			if i%2 == 0 {
				words[i] = "<b><span class=x>" + words[i] + "</span></b>"
			}
		}
		return "<div>" + strings.Join(words, " ") + "</div>"
	})},
	{"HTML with entities", page(func(line string) string {
		var b strings.Builder
		for _, r := range line {
			fmt.Fprintf(&b, "&#x%x;", r)
		}
		return "<li>" + b.String()
	})},
	{"HTML with comments", page(func(line string) string {
		return "<section>" + strings.ReplaceAll(html.EscapeString(line), " ", "<!-- must not --> ") + "</section>"
	})},
	{"HTML with scripts and navigation", page(func(line string) string {
		return "<script>var must = 'not';</script><style>p{}</style><nav><a>Login must not</a></nav><p>" + html.EscapeString(line)
	})},
	{"HTML as it was typed", func(s string) document.Source {
		return document.Source{Data: []byte("<!doctype html><pre>\n" + html.EscapeString(s) + "</pre>")}
	}},
	{"Markdown", func(s string) document.Source {
		s = regexp.MustCompile(`(?m)^[ \t]+`).ReplaceAllString(s, "") // not code
		escaped := regexp.MustCompile("[-\\\\`*_{}\\[\\]()#+.!|<>~&:@/\"'=]").ReplaceAllString(s, `\$0`)
		return document.Source{Data: []byte(strings.ReplaceAll(strings.ReplaceAll(escaped, "\t", " "), "\n", "\n\n")), Name: "page.md"}
	}},
}

func plain(edit func(string) string) func(string) document.Source {
	return func(s string) document.Source { return document.Source{Data: []byte(edit(s))} }
}

func page(line func(string) string) func(string) document.Source {
	return func(s string) document.Source {
		var b strings.Builder
		b.WriteString("<!DOCTYPE html><html><head><title>Login must not</title></head><body>")
		for l := range strings.Lines(s) {
			if l = strings.TrimSpace(l); l != "" {
				b.WriteString(line(l) + "\n")
			}
		}
		return document.Source{Data: []byte(b.String())}
	}
}

// wrap breaks lines at 60 characters.
func wrap(s string) string {
	var b strings.Builder
	width := 0
	for _, w := range regexp.MustCompile(`\s+|\S+`).FindAllString(s, -1) {
		switch {
		case strings.Contains(w, "\n"):
			width = 0
		case w == " " && width > 60:
			w, width = "\n", 0
		default:
			width += len(w)
		}
		b.WriteString(w)
	}
	return b.String()
}

// real are edits that change what a statement rests on; from and to are the place of its
// words. One that does not apply gives the text as it is.
var real = []struct {
	name string
	edit func(text string, from, to int) (edited string, at [2]int)
}{
	{"another number", within(`\d+`, func(m string) string { return "7" + m })},
	{"another status", within(`\b[2-5]\d\d\b`, func(m string) string { return "418" })},
	{"a renamed field", within(`\b[A-Za-z]{4,}\b`, func(m string) string { return m + "_x" })},
	{"another word", within(`\b[A-Za-z]{3,}\b`, func(string) string { return "entirely" })},
	{"a negation", within(`\b(is|are|must|will|may|can|to|for|of|the)\b`, func(m string) string { return m + " not" })},
	{"another unit", within(`(?i)\b(seconds?|minutes?|hours?|days?)\b`, func(string) string { return "fortnights" })},
	{"a type", within(`(?i)\b(string|integer|number|boolean|object|array)\b`, func(string) string { return "tuple" })},
	{"letter case of a name", within(`\b[a-z]+[A-Z][A-Za-z]*\b`, strings.ToLower)},
	{"nothing left of the line", func(text string, from, to int) (string, [2]int) {
		begin, end := line(text, from, to)
		return text[:begin] + text[end:], [2]int{begin, end}
	}},
	{"the line elsewhere", func(text string, from, to int) (string, [2]int) {
		begin, end := line(text, from, to)
		if begin > len(text)-end {
			return text[begin:end] + "\n" + text[:begin] + text[end:], [2]int{begin, end}
		}
		return text[:begin] + text[end:] + "\n" + text[begin:end] + "\n", [2]int{begin, end}
	}},
}

// within changes the first match inside the words.
func within(pattern string, change func(string) string) func(string, int, int) (string, [2]int) {
	p := regexp.MustCompile(pattern)
	return func(text string, from, to int) (string, [2]int) {
		m := p.FindStringIndex(text[from:to])
		if m == nil {
			return text, [2]int{}
		}
		begin, end := from+m[0], from+m[1]
		return text[:begin] + change(text[begin:end]) + text[end:], [2]int{begin, end}
	}
}

// line gives the lines that words stand in, or the words where those are very long.
func line(text string, from, to int) (begin, end int) {
	begin = strings.LastIndexByte(text[:from], '\n') + 1
	end = len(text)
	if i := strings.IndexByte(text[to:], '\n'); i >= 0 {
		end = to + i
	}
	if end-begin > 300 {
		return from, to
	}
	return begin, end
}
