//go:build !race

package document_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

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
