//go:build !race

package document_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch/internal/document"
)

// hostile are pages that were made to hurt whoever reads them.
var hostile = map[string]func(n int) document.Source{
	"elements in elements": of("p.html", "<div><b>", ""),
	"rows in rows":         of("p.html", "<table><tr><td>", "x"),
	"lists never closed":   of("p.html", "<ul><li>a", ""),
	"entities":             of("p.html", "&CounterClockwiseContourIntegral;&#x1F4A9;&amp;lt;", ""),
	"hidden, never closed": of("p.html", "<nav><svg>", "word"),
	"one tag":              of("p.html", `<a href="`, ""),
	"attributes":           of("p.html", ` a=b`, ""),
	"comments":             of("p.html", "<!--", ""),
	"samples":              of("p.html", "<pre>\n{\"a\":", ""),
	"one word":             of("p.txt", "a ", ""),
	"one long word":        of("p.txt", "a", ""),
	"two words":            of("p.txt", "a b a a b b ", ""),
	"braces":               of("p.txt", "{[", ""),
	"marks":                of("p.txt", `-.:"`, ""),
	"combining marks":      of("p.txt", "e\u0301\u0323\u0301", ""),
	"lines":                of("p.txt", "\n", "x"),
	"backslashes":          of("p.txt", `\`, "x"),
	"broken bytes":         of("p.txt", "\xff\xfe\x80", ""),
	"links in links":       of("p.md", "[", ""),
	"emphasis":             of("p.md", "*a **b _c __d ", ""),
	"quotes in quotes":     of("p.md", "> ", "x"),
	"lists in lists":       of("p.md", "- ", "x"),
	"links of images":      of("p.md", "![[]()", ""),
	"backquotes":           of("p.md", "`a``", ""),
	"tables":               of("p.md", "|-", "\n"),
	"references":           of("p.md", "[a]: b\n[a][", ""),
	"HTML in Markdown":     of("p.md", "<a <", ""),
	"autolinks":            of("p.md", "www.a.", ""),
}

func of(name, unit, end string) func(n int) document.Source {
	return func(n int) document.Source {
		return document.Source{Data: []byte(strings.Repeat(unit, n/len(unit)) + end), Name: name}
	}
}

// TestHostilePages: each is read and compared within the bounds that there are, or
// refused. What takes more than linear work would never end at this size.
func TestHostilePages(t *testing.T) {
	statements := []document.Statement{{Words: "a b a a"}, {Words: "x"}, {Body: []byte(`{"a": {"a": 1}}`)}}
	other := document.Plain(strings.Repeat("b a x a b a a b 1 {", 20_000))
	for name, page := range hostile {
		t.Run(name, func(t *testing.T) {
			text, err := document.Read(page(256 << 10))
			if err != nil {
				t.Log(err)
				return
			}
			for _, pair := range [][2]*document.Text{{text, text}, {other, text}, {text, other}} {
				document.Compare(pair[0], pair[1], statements)
			}
			if c := document.Compare(text, text, statements); len(c.Changes) > 0 {
				t.Errorf("differs from itself: %s", told(c))
			}
		})
	}
}

// TestUnreadable: what is no page of text is refused, and the reason repeats nothing of it.
func TestUnreadable(t *testing.T) {
	for _, c := range []struct {
		source document.Source
		want   string
	}{
		{document.Source{Data: []byte("%PDF-1.7\nmarked"), Name: "a.pdf"}, "it is neither HTML nor Markdown nor plain text: save it as text"},
		{document.Source{Data: []byte("PK\x03\x04marked"), Name: "a.docx"}, "it is neither HTML nor Markdown nor plain text: save it as text"},
		{document.Source{Data: []byte("marked"), Type: "image/png"}, "it is neither HTML nor Markdown nor plain text: save it as text"},
		{document.Source{Data: []byte("marked\x00marked"), Name: "a.txt"}, "it is no text: it has zero bytes"},
		{document.Source{Data: nil, Name: "a.txt"}, "it has no text"},
		{document.Source{Data: []byte("<html><!-- marked --></html>")}, "it has no text"},
		{document.Source{Data: []byte("<html><div id=app>Loading marked</div><script src=app.js></script></html>")}, "it has 2 words and scripts: only a browser makes a page of it; save what that shows"},
		{document.Source{Data: make([]byte, document.MaxBytes+1)}, "it is larger than 8 MiB"},
		{document.Source{Data: []byte("<p " + strings.Repeat("marked", 200_000)), Name: "a.html"}, "the page has a tag or a text of more than 1 MiB"},
	} {
		if _, err := document.Read(c.source); err == nil || err.Error() != c.want {
			t.Errorf("%.40q: %v, want %q", c.source.Data, err, c.want)
		}
	}
}

// TestEncodings: the same words in any encoding that browsers know.
func TestEncodings(t *testing.T) {
	for _, c := range []document.Source{
		{Data: []byte("Señor 5 €"), Name: "a.txt"},
		{Data: []byte("\ufeffSeñor 5 €"), Name: "a.txt"},
		{Data: []byte("Se\xf1or 5 \x80"), Name: "a.txt"},
		{Data: []byte("Se\xf1or 5 \x80"), Type: "text/plain; charset=windows-1252"},
		{Data: []byte("Se\xf1or 5 \xa4"), Type: "text/html; charset=iso-8859-15"},
		{Data: []byte("<meta charset=windows-1252>Se\xf1or 5 \x80"), Name: "a.html"},
		{Data: []byte("\xff\xfeS\x00e\x00\xf1\x00o\x00r\x00 \x005\x00 \x00\xac\x20"), Name: "a.txt"},
		{Data: []byte("\xfe\xff\x00S\x00e\x00\xf1\x00o\x00r\x00 \x005\x00 \x20\xac"), Type: "text/plain"},
	} {
		got := document.Look(read(t, c), []document.Statement{{Words: "señor 5 €"}})
		if got.Stands != 1 {
			t.Errorf("%q of %s%s: %s", c.Data, c.Name, c.Type, told(got))
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, page := range hostile {
		s := page(64)
		f.Add(s.Data, s.Name, "a b")
	}
	f.Add([]byte("<p>Every client must send <b>X-Client</b> for 30 minutes.</p>"), "p.html", "must send X-Client")
	f.Add([]byte("# Login\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"), "p.md", "1 2")
	f.Fuzz(func(t *testing.T, data []byte, name, words string) {
		text, err := document.Read(document.Source{Data: data, Name: name})
		if err != nil {
			return
		}
		statements := []document.Statement{{Words: words}, {Body: data}}
		if c := document.Compare(text, text, statements); len(c.Changes) > 0 {
			t.Errorf("differs from itself: %s", told(c))
		}
		other := document.Plain(words + fmt.Sprint(" must not ", len(data)))
		document.Compare(text, other, statements)
		document.Compare(other, text, statements)
		document.Look(text, statements)
	})
}
