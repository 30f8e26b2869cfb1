package pack

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/document"
)

// NotLookedUp counts the citations of a public page, which nobody keeps.
type NotLookedUp struct {
	Document  string // as shown
	Citations int
}

// CheckCitations holds every citation to its document: the words must occur in
// it (letter case, white space and the sorts of quotation marks and dashes aside), and the file must be the
// one that was read. documents holds the files by name. What cites public pages
// is counted, by page. When dirs are given, only the packs of those sources are
// checked.
func CheckCitations(c *Catalog, documents fs.FS, dirs ...string) ([]NotLookedUp, loginwatch.Problems) {
	var problems loginwatch.Problems
	pages := map[string]int{}
	for _, b := range c.built {
		if len(dirs) > 0 && !slices.Contains(dirs, b.source.Dir) {
			continue
		}
		for i, d := range b.file.Document {
			if d.File != nil {
				problems = append(problems, b.checkCitations(i, documents)...)
				continue
			}
			for _, cite := range b.cites {
				if cite.of == i && cite.words != loginwatch.Todo {
					pages[b.c.Documents[i].Shown()]++
				}
			}
		}
	}
	problems.Sort()
	var unread []NotLookedUp
	for _, title := range slices.Sorted(maps.Keys(pages)) {
		unread = append(unread, NotLookedUp{title, pages[title]})
	}
	return unread, problems
}

// checkCitations looks up what cites the document of this index, which is a file.
func (b *builder) checkCitations(index int, documents fs.FS) loginwatch.Problems {
	d := b.file.Document[index]
	if d.File.Value == "" || d.SHA256 == nil {
		return nil // reported by Load
	}
	var problems loginwatch.Problems
	data, err := fs.ReadFile(documents, d.File.Value)
	if err != nil {
		return append(problems, problemAt(b.lines(), d.File.Span, "document %q is not in the folder of documents", d.File.Value))
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != d.SHA256.Value {
		problems = append(problems, problemAt(b.lines(), d.SHA256.Span, "document %q has another sha256: it is not the text that was read", d.File.Value))
	}
	words := document.Fold(string(data))
	for _, c := range b.cites {
		if c.of != index || c.words == loginwatch.Todo || strings.Contains(words, document.Fold(c.words)) {
			continue
		}
		lines := c.lines
		if lines == nil {
			lines = b.lines()
		}
		problems = append(problems, problemAt(lines, c.span, "these words are not in document %q", d.File.Value))
	}
	return problems
}

func (b *builder) lines() []string { return b.doc.Lines() }

func problemAt(lines []string, at span, format string, args ...any) loginwatch.Problem {
	p := loginwatch.Problem{Pos: at.Pos, Width: at.Width, Message: fmt.Sprintf(format, args...)}
	if n := at.Pos.Line; n >= 1 && n <= len(lines) {
		p.Source = lines[n-1]
	}
	return p
}
