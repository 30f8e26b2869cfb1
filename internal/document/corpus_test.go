package document_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/document"
	"github.com/loginwatch/loginwatch/internal/pack"
)

// sample is one document of the corpus.
type sample struct {
	name       string
	made       bool
	text       string
	statements []document.Statement
	places     [][][]int // of each statement's words in the text
}

func (s sample) located() sample {
	for _, st := range s.statements {
		s.places = append(s.places, where(s.text, st.Words))
	}
	return s
}

// corpus gives the vendors' documents, where they are beside the checkout, and for every
// contract, of ours and of the packs, a page that has each of its citations in a
// sentence, a row or a line of its own.
func corpus(t *testing.T) (read, made []sample) {
	t.Helper()
	sources := []pack.Source{{FS: loginwatch.Embedded}}
	packs := filepath.Join("..", "..", "packs")
	folders, err := os.ReadDir(packs)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		sources = append(sources, pack.Source{Dir: filepath.Join(packs, f.Name()), FS: os.DirFS(filepath.Join(packs, f.Name()))})
	}
	catalog, problems := pack.Load(pack.Options{}, sources...)
	if problems != nil {
		t.Fatal(problems)
	}
	texts, set := os.LookupEnv("LOGINWATCH_DOCUMENTS")
	if !set {
		texts = filepath.Join("..", "..", "..", "shared", "vendor-docs")
	}
	for _, c := range catalog.Cited() {
		name := c.Vendor + " " + c.Document.Shown()
		made = append(made, sample{name: name, made: true, text: invented(c.Statements), statements: c.Statements})
		if c.Document.File == "" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(texts, c.Document.File))
		switch {
		case err == nil:
			read = append(read, sample{name: name, text: string(data), statements: c.Statements})
		case set || !errors.Is(err, fs.ErrNotExist):
			t.Fatal(err)
		}
	}
	t.Logf("%d documents as read, %d made", len(read), len(made))
	return read, made
}

// fillers are words that no citation has, for what stands around one.
var fillers = strings.Fields("mauve walrus trombone gazebo pickle lantern harbour meadow copper violin pebble saddle walnut ribbon thimble marmot orchard kettle bramble cinder puffin")

// invented is a page that has every citation once, more or less.
func invented(statements []document.Statement) string {
	var b strings.Builder
	b.WriteString("A made page\n\nAn owl and a badger met near the old mill and spoke at length of weather.\n\nNobody wrote down what else they said there that evening.\n\n")
	seen := map[string]bool{}
	for i, s := range statements {
		if s.Words == "" || seen[document.Fold(s.Words)] {
			continue
		}
		seen[document.Fold(s.Words)] = true
		w := func(n int) string { return fillers[(i*7+n*3)%len(fillers)] }
		switch i % 3 {
		case 0:
			fmt.Fprintf(&b, "%s %s %s %s.\n\n", w(0), w(1), s.Words, w(2))
		case 1:
			fmt.Fprintf(&b, "%s %s %s\n", s.Words, w(3), w(4))
		default:
			fmt.Fprintf(&b, "\n%s\n\n", s.Words)
		}
		fmt.Fprintf(&b, "\nParagraph %s%d of %s %s.\n\n", w(5), i, w(6), w(7))
	}
	b.WriteString("Much later a heron came by and stood in shallow water without a sound.\n\nIt left when rain began, and so did everybody else.\n")
	return b.String()
}

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

func read(t *testing.T, s document.Source) *document.Text {
	t.Helper()
	text, err := document.Read(s)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestCosmeticEdits: what no reader sees is silent, in every document and for each kind.
func TestCosmeticEdits(t *testing.T) {
	fromVendors, made := corpus(t)
	compared, loud := 0, 0
	for _, s := range slices.Concat(fromVendors, made) {
		old := document.Plain(s.text)
		for _, c := range cosmetic {
			recent := read(t, c.edit(s.text))
			for basis, got := range map[string]document.Comparison{"text": document.Compare(old, recent, s.statements), "citations": document.Look(recent, s.statements)} {
				compared++
				if len(got.Changes) == 0 && got.Stands > 0 {
					continue
				}
				loud++
				for _, change := range got.Changes {
					t.Errorf("%s, %s, by %s: %s: %s", s.name, c.name, basis, change.Kind, change.Shown())
				}
			}
		}
	}
	t.Logf("%d kinds of cosmetic edits over %d documents: %d comparisons, %d not silent", len(cosmetic), len(fromVendors)+len(made), compared, loud)
	if compared < 1000 {
		t.Errorf("only %d comparisons", compared)
	}
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

// where finds words in a text as they are written, by an expression and so not as the
// package does: as whole words where there are such.
func where(text, words string) [][]int {
	fields := strings.Fields(words)
	for i := range fields {
		fields[i] = regexp.QuoteMeta(fields[i])
	}
	pattern := strings.Join(fields, `\s+`)
	found := regexp.MustCompile(`(?i)`+pattern).FindAllStringIndex(text, -1)
	whole := slices.DeleteFunc(slices.Clone(found), func(at []int) bool {
		before, _ := utf8.DecodeLastRuneInString(text[:at[0]])
		first, _ := utf8.DecodeRuneInString(text[at[0]:])
		last, _ := utf8.DecodeLastRuneInString(text[:at[1]])
		after, _ := utf8.DecodeRuneInString(text[at[1]:])
		return letter(before) && letter(first) || letter(last) && letter(after)
	})
	if len(whole) > 0 {
		found = whole
	}
	return found
}

func letter(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// figures count what the real edits showed.
type figures struct{ edits, missed, alarms, moved, moves int }

// TestRealEdits: an edit of cited words tells all that rests on them, and nothing that
// stands in another line.
func TestRealEdits(t *testing.T) {
	fromVendors, made := corpus(t)
	total := map[string]*figures{}
	for _, r := range real {
		total[r.name] = &figures{}
	}
	for _, s := range slices.Concat(fromVendors, made) {
		s = s.located()
		old := document.Plain(s.text)
		for i, st := range s.statements {
			if st.Words == "" {
				continue
			}
			places := s.places[i]
			for _, p := range places[:min(len(places), 3)] {
				for k, r := range real {
					if s.made && (i+k)%3 > 0 {
						continue // there are many of them
					}
					edited, at := r.edit(s.text, p[0], p[1])
					if edited != s.text && len(places) <= 8 {
						judge(t, s, old, r.name, edited, at, total[r.name])
					}
				}
			}
		}
	}
	all := figures{}
	for _, r := range real {
		f := total[r.name]
		t.Logf("%-26s %5d edits, %d missed, %d false alarms", r.name, f.edits, f.missed, f.alarms)
		all.edits, all.missed, all.alarms = all.edits+f.edits, all.missed+f.missed, all.alarms+f.alarms
		all.moves, all.moved = all.moves+f.moves, all.moved+f.moved
	}
	t.Logf("%-26s %5d edits, %d missed, %d false alarms", "all", all.edits, all.missed, all.alarms)
	if all.edits < 3000 {
		t.Errorf("only %d edits", all.edits)
	}
}

func judge(t *testing.T, s sample, old *document.Text, kind, edited string, at [2]int, f *figures) {
	t.Helper()
	f.edits++
	got := document.Compare(old, document.Plain(edited), s.statements)
	told := map[string]bool{}
	for _, c := range got.Changes {
		for _, st := range c.Statements {
			told[st.Pos.String()] = true
		}
	}
	begin, end := line(s.text, at[0], at[1])
	for i, st := range s.statements {
		if st.Words == "" || len(s.places[i]) > 8 {
			continue // samples have lines of their own, and what stands everywhere points nowhere
		}
		must, may := false, false
		for _, p := range s.places[i] {
			must = must || p[0] < at[1] && at[0] < p[1]
			may = may || p[0] < end+200 && begin-200 < p[1] && onLines(s.text, p, at)
		}
		if must && !told[st.Pos.String()] {
			f.missed++
			t.Errorf("%s, %s: missed %s “%s”: %q is now %q\n%s", s.name, kind, st.Pos.FileLine(), st.Words, s.text[at[0]:at[1]], around(edited, at[0]), changes(got))
		}
		if told[st.Pos.String()] && !must && !may {
			f.alarms++
			t.Errorf("%s, %s: false alarm %s “%s”: %q is now %q\n%s", s.name, kind, st.Pos.FileLine(), st.Words, s.text[at[0]:at[1]], around(edited, at[0]), changes(got))
		}
	}
}

// onLines tells whether a place has a line in common with another.
func onLines(text string, a []int, b [2]int) bool {
	begin := strings.LastIndexByte(text[:a[0]], '\n') + 1
	end := len(text)
	if i := strings.IndexByte(text[a[1]:], '\n'); i >= 0 {
		end = a[1] + i
	}
	return begin < b[1] && b[0] <= end
}

func around(text string, at int) string {
	return strings.TrimFunc(text[max(0, min(len(text), at-20)):min(len(text), at+40)], unicode.IsSpace)
}

func changes(c document.Comparison) string {
	var b strings.Builder
	for _, change := range c.Changes {
		fmt.Fprintf(&b, "  %s: %s\n", change.Kind, change.Shown())
		for _, s := range change.Statements {
			fmt.Fprintf(&b, "      %s %s\n", s.Pos.FileLine(), s.Words)
		}
	}
	return b.String()
}
