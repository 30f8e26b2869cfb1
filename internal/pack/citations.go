package pack

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// CheckCitations holds every citation to the vendor's document: the words must
// occur in it (letter case and the amount of white space aside), and the file
// must be the one that was read. documents holds the files by name. When dirs
// are given, only the packs of those sources are checked.
func CheckCitations(c *Catalog, documents fs.FS, dirs ...string) loginwatch.Problems {
	var problems loginwatch.Problems
	for _, b := range c.built {
		if len(dirs) > 0 && !slices.Contains(dirs, b.source.Dir) {
			continue
		}
		problems = append(problems, b.checkCitations(documents)...)
	}
	problems.Sort()
	return problems
}

func (b *builder) checkCitations(documents fs.FS) loginwatch.Problems {
	d := b.file.Document
	if d.File.Value == "" {
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
	words := normalise(string(data))
	for _, c := range b.cites {
		if strings.Contains(words, normalise(c.words)) {
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

// normalise lowers letter case and makes one space of all white space, no-break
// spaces included.
func normalise(s string) string {
	return strings.Join(strings.Fields(strings.ToLower(s)), " ")
}

func (b *builder) lines() []string { return b.doc.Lines() }

func problemAt(lines []string, at span, format string, args ...any) loginwatch.Problem {
	p := loginwatch.Problem{Pos: at.Pos, Width: at.Width, Message: fmt.Sprintf(format, args...)}
	if n := at.Pos.Line; n >= 1 && n <= len(lines) {
		p.Source = lines[n-1]
	}
	return p
}
