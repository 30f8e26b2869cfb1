package pack

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/document"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

var (
	sha256Hex = regexp.MustCompile(`^[0-9a-f]{64}$`)
	address   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:\S+$`) // a URI with its scheme (RFC 3986, section 3)
)

// documents reads what the contract cites.
func (b *builder) documents() {
	if b.file.Document != nil && len(b.file.Document) == 0 {
		b.problem(b.file.span, "document is an empty list: the contract cites at least one")
	}
	several := len(b.file.Document) > 1
	for i, d := range b.file.Document {
		doc := loginwatch.Document{
			Title: oneLine(d.Title.Value), File: value(d.File), Address: value(d.Address), Read: d.Read.Value,
			Extent: b.extent(d.Extent), SHA256: value(d.SHA256), Pos: d.Pos,
		}
		if d.Name != nil {
			doc.Name = d.Name.Value
			b.id("document", d.Name.Value, d.Name.Span)
		} else if several {
			b.problem(d.span, "missing key \"name\": with several documents each has one, for sources to say of which they are")
		}
		b.kept(d)
		b.distinct(i, doc)
		b.c.Documents = append(b.c.Documents, doc)
	}
}

// extent reads how much of a document was read.
func (b *builder) extent(t *text) loginwatch.Extent {
	e := loginwatch.Extent(value(t))
	if t != nil && t.Width > 0 && !slices.Contains(loginwatch.Extents(), e) {
		b.problem(t.Span, "extent must be whole, part or none, not %q", t.Value)
	}
	return e
}

// provenOn reads the servers that the contract was held against.
func (b *builder) provenOn() {
	for _, f := range b.file.ProvenOn {
		s := loginwatch.Server{Name: oneLine(f.Server.Value), Version: oneLine(f.Version.Value), Pos: f.Pos}
		if s.Name == "" && f.Server.Width > 0 {
			b.problem(f.Server.Span, "server is empty")
		}
		if s.Version == "" && f.Version.Width > 0 {
			b.problem(f.Version.Span, "version is empty")
		}
		if slices.ContainsFunc(b.c.ProvenOn, func(before loginwatch.Server) bool { return before.Name == s.Name && before.Version == s.Version }) {
			b.problem(f.span, "%s stands there twice", s)
		}
		b.c.ProvenOn = append(b.c.ProvenOn, s)
	}
}

// kept checks how a document can be found again: as the file that was read, or
// as a page.
func (b *builder) kept(d documentFile) {
	switch {
	case d.File == nil && d.SHA256 != nil:
		b.problem(d.SHA256.Span, "sha256 without file: it is the checksum of the file that was read")
	case d.File == nil && d.Address == nil:
		b.problem(d.span, "neither file nor address: a document is a file, with its sha256, or a public page, with its address")
	case d.File != nil && d.SHA256 == nil:
		b.problem(d.File.Span, "file without sha256: the checksum tells when it is no longer the text that was read")
	}
	if n := value(d.File); d.File != nil && (n == "" || n != path.Base(n) || !fs.ValidPath(n)) {
		b.problem(d.File.Span, "document file %q must be a file name without folders", n)
	}
	if d.Address != nil && !address.MatchString(d.Address.Value) {
		b.problem(d.Address.Span, "address must be an absolute URL")
	}
	if oneLine(d.Title.Value) == "" && d.Title.Width > 0 {
		b.problem(d.Title.Span, "title is empty")
	}
	if _, err := time.Parse(time.DateOnly, d.Read.Value); d.Read.Value != "" && err != nil {
		b.problem(d.Read.Span, "%q is no date such as 2026-01-31", d.Read.Value)
	}
	if d.SHA256 != nil && !sha256Hex.MatchString(d.SHA256.Value) {
		b.problem(d.SHA256.Span, "sha256 must be 64 lower-case hexadecimal digits")
	}
}

// distinct reports a document that a source, or a reader of a finding, could
// take for one before it.
func (b *builder) distinct(i int, doc loginwatch.Document) {
	f := b.file.Document[i]
	for _, before := range b.c.Documents {
		if doc.Name != "" && doc.Name == before.Name {
			b.problem(f.Name.Span, "document %q has the name of that in line %d", doc.Name, before.Pos.Line)
		}
		if shown := doc.Shown(); shown != "" && shown == before.Shown() {
			at := f.Title.Span
			if f.File != nil {
				at = f.File.Span
			}
			b.problem(at, "document %q would be shown like that in line %d", shown, before.Pos.Line)
		}
	}
}

// oneLine makes one space of all white space: a title is shown in one line, and
// YAML may hold it in several.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func value(t *text) string {
	if t == nil {
		return ""
	}
	return t.Value
}

// maxCite is the longest citation, in characters: it locates a passage and
// must not copy it.
const maxCite = 80

// cite reads where a statement comes from; at is the statement's own place.
func (b *builder) cite(c citation, at span) loginwatch.Cite {
	if c.In != nil && c.Cite == nil {
		b.problem(c.In.Span, "in without cite: it names the document that has the words of cite")
	}
	switch {
	case c.Cite == nil && c.Evidence == nil:
		b.problem(at, "no source: add cite, words that occur in the document, or evidence, another public source")
	case c.Cite != nil && c.Evidence != nil:
		b.problem(c.Evidence.Span, "both cite and evidence: evidence is for what the document does not say")
	case c.Evidence != nil:
		if c.Evidence.Value == "" && c.Evidence.Width > 0 {
			b.problem(c.Evidence.Span, "evidence is empty")
		}
		return loginwatch.Cite{Evidence: c.Evidence.Value, Document: b.c.MainDocument(), Pos: c.Evidence.Pos}
	default:
		if n := utf8.RuneCountInString(c.Cite.Value); n > maxCite {
			b.problem(c.Cite.Span, "cite has %d characters: a locator has at most %d, copy no passage", n, maxCite)
		} else if c.Cite.Width > 0 && document.Fold(c.Cite.Value) == "" {
			b.problem(c.Cite.Span, "cite is empty")
		}
		doc, known := b.document(value(c.In))
		if c.In != nil && (!known || c.In.Value == "") {
			b.problem(c.In.Span, "%s", b.unknownDocument(c.In.Value))
		}
		b.cites = append(b.cites, located{words: c.Cite.Value, of: doc, span: c.Cite.Span})
		return loginwatch.Cite{Words: c.Cite.Value, Document: b.shown(value(c.In)), Pos: c.Cite.Pos}
	}
	return loginwatch.Cite{}
}

// document finds a document by the name that a source gives; without one it is
// the first.
func (b *builder) document(name string) (index int, known bool) {
	for i, d := range b.c.Documents {
		if name == "" || d.Name == name {
			return i, true
		}
	}
	return -1, false
}

// shown is the document of a source as findings show it.
func (b *builder) shown(name string) string {
	if i, known := b.document(name); known {
		return b.c.Documents[i].Shown()
	}
	return ""
}

func (b *builder) unknownDocument(name string) string {
	b.misnamed = true
	var names []string
	for _, d := range b.c.Documents {
		if d.Name != "" {
			names = append(names, d.Name)
		}
	}
	if len(names) == 0 {
		return "no document of this contract has a name"
	}
	return fmt.Sprintf("no document is named %q", name) + strictyaml.Hint(name, names)
}

// unusedDocuments reports documents that nothing cites. Where a source can't be
// read or names none, nobody knows which those are.
func (b *builder) unusedDocuments() {
	unread := slices.Contains(slices.Collect(maps.Values(b.schemas)), nil)
	if unread || b.misnamed {
		return
	}
	used := map[int]bool{}
	for _, c := range b.cites {
		used[c.of] = true
	}
	for i, d := range b.file.Document {
		if !used[i] {
			b.problem(d.span, "nothing cites this document")
		}
	}
}
