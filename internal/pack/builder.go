package pack

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
	"github.com/loginwatch/loginwatch/internal/window"
)

var (
	slug       = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	identifier = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// builder turns one contract.yaml into a contract.
type builder struct {
	source Source
	folder string // of the vendor, below contracts/ and schemas/
	doc    *strictyaml.Document
	file   contractFile
	c      *loginwatch.Contract

	parseBegins func(expr string) (window.Schedule, error)

	schemas      map[string]*loginwatch.SchemaRef // by name; nil for one that can't be used
	schemaNames  []string
	usedFiles    map[string]bool   // examples/… that the contract refers to
	usedNames    map[string]bool   // secrets, variables and computed values in templates
	computedDemo map[string]string // computed of demo values
	places       map[*loginwatch.Outcome]outcomePlaces
	cites        []located
	misnamed     bool                // a source names a document that does not exist
	other        loginwatch.Problems // in files beside contract.yaml
}

// located is a citation's words and where a person wrote them.
type located struct {
	words string
	of    int // the document, by its index; -1 for one that does not exist
	span  span
	lines []string // of the schema file that holds it; nil for contract.yaml
	what  string   // of a schema file, the field; of contract.yaml its keys say it
}

func newBuilder(s Source, folder string, doc *strictyaml.Document, data []byte, parseBegins func(string) (window.Schedule, error)) *builder {
	sum := sha256.Sum256(data)
	return &builder{
		source: s, folder: folder, doc: doc, parseBegins: parseBegins,
		c:         &loginwatch.Contract{SHA256: hex.EncodeToString(sum[:])},
		schemas:   map[string]*loginwatch.SchemaRef{},
		usedFiles: map[string]bool{}, usedNames: map[string]bool{}, computedDemo: map[string]string{},
		places: map[*loginwatch.Outcome]outcomePlaces{},
	}
}

func (b *builder) allProblems() loginwatch.Problems {
	return slices.Concat(b.doc.Problems(), b.other)
}

// problem reports a mistake in contract.yaml.
func (b *builder) problem(at span, format string, args ...any) {
	b.doc.Problemf(at.Pos, at.Width, format, args...)
}

// build reads and checks everything in an order in which each part finds the
// names that it refers to.
func (b *builder) build() {
	b.doc.Decode(&b.file)
	b.head()
	b.names()
	b.computed()
	b.listSchemas()
	for _, e := range b.file.Operations {
		b.id("operation", e.Key, e.Span)
		b.c.Operations = append(b.c.Operations, b.operation(e.Key, e.Value))
	}
	b.cases()
	b.sameEndpoints()
	b.askedCookies()
	b.defects()
	b.negatives()
	for _, op := range b.c.Operations {
		b.exampleToken(op)
	}
	b.unused()
}

func (b *builder) head() {
	f := b.file
	b.c.Vendor, b.c.Title, b.c.Pos = f.Vendor.Value, f.Title.Value, f.Pos
	if f.Vendor.Value != "" && !slug.MatchString(f.Vendor.Value) {
		b.problem(f.Vendor.Span, "vendor %q must be a slug: lower-case letters and digits, joined by hyphens", f.Vendor.Value)
	} else if f.Vendor.Value != "" && f.Vendor.Value != b.folder {
		b.problem(f.Vendor.Span, "vendor %q is not the name of its folder, %q", f.Vendor.Value, b.folder)
	}
	b.documents()
	b.provenOn()
}

func (b *builder) names() {
	for _, e := range b.file.Targets {
		b.id("target", e.Key, e.Span)
		b.baseURL(e.Value.URL)
		b.c.Targets = append(b.c.Targets, loginwatch.DocumentedTarget{
			Name: e.Key, URL: e.Value.URL.Value, Cite: b.cite(e.Value.citation, e.Span), Pos: e.Pos,
		})
	}
	b.c.Quota = b.quota(b.file.Quota)
	for _, f := range b.file.Maintenance {
		m := f.Read(b.doc, window.Options{Zone: time.UTC, Parse: b.parseBegins, ReadFile: b.calendarFile})
		m.Cite = b.cite(f.citation, f.span)
		b.c.Maintenance = append(b.c.Maintenance, m)
	}
	for _, e := range b.file.Secrets {
		b.name("secret", e.Key, e.Span)
		if e.Value.Demo.Value == "" && e.Value.Demo.Width > 0 {
			b.problem(e.Value.Demo.Span, "demo value of secret %q is empty, and an empty secret is a missing one", e.Key)
		}
		b.c.Secrets = append(b.c.Secrets, loginwatch.Secret{Name: e.Key, Demo: e.Value.Demo.Value, Pos: e.Pos})
	}
	for _, e := range b.file.Variables {
		b.name("variable", e.Key, e.Span)
		if first, found := b.file.Secrets.Get(e.Key); found {
			b.problem(e.Span, "variable %q has the name of the secret in line %d", e.Key, first.Pos.Line)
		}
		b.c.Variables = append(b.c.Variables, loginwatch.Variable{
			Name: e.Key, Default: e.Value.Default.Value, Cite: b.cite(e.Value.citation, e.Span), Pos: e.Pos,
		})
	}
}

// calendarFile reads a file that stands beside the contract.
func (b *builder) calendarFile(name string) (called string, data []byte, err error) {
	folder := path.Join("contracts", b.folder)
	if !fs.ValidPath(name) || path.Dir(name) != "." {
		return "", nil, fmt.Errorf("%q is not a file of %s/", name, folder)
	}
	file := path.Join(folder, name)
	if data, err = fs.ReadFile(b.source.FS, file); err != nil {
		err = fmt.Errorf("file %s does not exist", file)
	}
	return b.source.pos(file).File, data, err
}

// quota reads how many logins a vendor gives in a day or month.
func (b *builder) quota(f *quotaFile) *loginwatch.Quota {
	if f == nil {
		return nil
	}
	q := &loginwatch.Quota{Logins: f.Logins.Value, Cite: b.cite(f.citation, f.span), Pos: f.Pos}
	if f.Logins.Width > 0 && f.Logins.Value < 1 {
		b.problem(f.Logins.Span, "logins must be at least 1")
	}
	if err := q.SetPer(f.Per.Value); err != nil && f.Per.Width > 0 {
		b.problem(f.Per.Span, "per %v", err)
	}
	if f.Zone != nil && f.Zone.Width > 0 {
		if err := q.SetZone(f.Zone.Value); err != nil {
			b.problem(f.Zone.Span, "zone %v", err)
		}
	}
	return q
}

func (b *builder) baseURL(t text) {
	if t.Value == "" {
		return
	}
	u, err := url.Parse(t.Value)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		b.problem(t.Span, "url must be an absolute http or https URL")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		b.problem(t.Span, "url must have no user info, query or fragment")
	}
}

// id checks the name of something that becomes part of ids and labels.
func (b *builder) id(what, name string, at span) {
	if !slug.MatchString(name) {
		b.problem(at, "%s %q must be lower-case letters and digits, joined by hyphens", what, name)
	}
}

// name checks the name of a secret, variable or computed value: it stands in
// templates, and becomes part of the names of environment variables.
func (b *builder) name(what, name string, at span) {
	if !identifier.MatchString(name) {
		b.problem(at, "%s %q must be lower-case letters, digits and underscores", what, name)
	}
}

// unused reports secrets, variables and computed values that no template names, and
// documents and files that nothing refers to.
func (b *builder) unused() {
	if len(b.c.Operations) == 0 {
		return // nothing could use anything, which is reported
	}
	unused := func(what, name string, at span) {
		if !b.usedNames[name] {
			b.problem(at, "%s %q is not used by any path, header, query, body or computed value", what, name)
		}
	}
	for _, e := range b.file.Secrets {
		unused("secret", e.Key, e.Span)
	}
	for _, e := range b.file.Variables {
		unused("variable", e.Key, e.Span)
	}
	for _, e := range b.file.Computed {
		unused("computed value", e.Key, e.Span)
	}
	b.unusedSchemas()
	b.unusedDocuments()
	folder := path.Join("contracts", b.folder, "examples")
	for _, e := range entries(b.source.FS, folder) {
		if !b.usedFiles[path.Join("examples", e.Name())] {
			b.other = append(b.other, loginwatch.Problem{
				Pos: b.source.pos(path.Join(folder, e.Name())), Message: "nothing in contract.yaml refers to this file",
			})
		}
	}
}
