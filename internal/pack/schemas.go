package pack

import (
	"encoding/json"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/schema"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

const schemaSuffix = ".schema.json"

func (b *builder) schemaFolder() string { return path.Join("schemas", b.folder) }

func (b *builder) listSchemas() {
	for _, e := range entries(b.source.FS, b.schemaFolder()) {
		if name, ok := strings.CutSuffix(e.Name(), schemaSuffix); ok && !e.IsDir() {
			b.schemaNames = append(b.schemaNames, name)
		} else {
			b.fileProblem(path.Join(b.schemaFolder(), e.Name()), "not a schema: its name must end with "+schemaSuffix)
		}
	}
}

func (b *builder) fileProblem(name, message string) {
	b.other = append(b.other, loginwatch.Problem{Pos: b.source.pos(name), Message: message})
}

// schema gives the schema that a key of contract.yaml names; nil when it has
// mistakes of its own or is missing.
func (b *builder) schema(ref *text) *loginwatch.SchemaRef {
	if ref == nil || ref.Value == "" {
		return nil
	}
	if !slices.Contains(b.schemaNames, ref.Value) {
		b.problem(ref.Span, "schema %q does not exist: no file %s%s", ref.Value,
			path.Join(b.schemaFolder(), ref.Value+schemaSuffix), strictyaml.DidYouMean(ref.Value, b.schemaNames))
		return nil
	}
	if s, known := b.schemas[ref.Value]; known {
		return s
	}
	b.schemas[ref.Value] = b.compile(ref.Value)
	return b.schemas[ref.Value]
}

func (b *builder) compile(name string) *loginwatch.SchemaRef {
	file := path.Join(b.schemaFolder(), name+schemaSuffix)
	data, err := fs.ReadFile(b.source.FS, file)
	if err != nil {
		b.fileProblem(file, "can't be read")
		return nil
	}
	at := b.source.pos(file).File
	if problems := schema.Lint(at, data); len(problems) > 0 {
		b.other = append(b.other, problems...)
		return nil
	}
	compiled, err := schema.Compile(at, data)
	if err != nil {
		b.fileProblem(file, err.Error())
		return nil
	}
	compiled = compiled.CitingFrom(b.shown)
	b.schemaText(name, at, data, compiled.Cites())
	return &loginwatch.SchemaRef{Name: name, File: at, JSON: data, Schema: compiled}
}

// schemaText checks what a schema file says about itself and notes its
// citations.
func (b *builder) schemaText(name, file string, data []byte, cites []schema.Citation) {
	lines := strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
	var top struct {
		ID string `json:"$id"`
	}
	want := "urn:loginwatch:" + b.folder + ":" + name
	if err := json.Unmarshal(data, &top); err != nil || top.ID != want {
		b.other = append(b.other, problemAt(lines, stringPlace(lines, file, top.ID), "$id must be %q, after the folder and the file", want))
	}
	for _, c := range cites {
		if c.Words == "" {
			continue
		}
		at := span{Pos: c.Pos, Width: utf8.RuneCountInString(c.Words) + 2}
		doc, known := b.document(c.In)
		if !known && len(b.c.Documents) > 0 {
			at := span{Pos: c.InPos, Width: utf8.RuneCountInString(c.In) + 2}
			b.other = append(b.other, problemAt(lines, at, "%s", b.unknownDocument(c.In)))
		}
		b.cites = append(b.cites, located{c.Words, doc, at, lines, strings.TrimSpace(name + " " + c.Field)})
		if n := utf8.RuneCountInString(c.Words); n > maxCite {
			b.other = append(b.other, problemAt(lines, at, "x-cite has %d characters: a locator has at most %d, copy no passage", n, maxCite))
		}
	}
}

// stringPlace finds the first place of a JSON string.
func stringPlace(lines []string, file, value string) span {
	for i, line := range lines {
		if before, _, found := strings.Cut(line, `"`+value+`"`); found {
			pos := loginwatch.Pos{File: file, Line: i + 1, Column: utf8.RuneCountInString(before) + 1}
			return span{Pos: pos, Width: utf8.RuneCountInString(value) + 2}
		}
	}
	return span{Pos: loginwatch.Pos{File: file}}
}

func (b *builder) unusedSchemas() {
	for _, name := range b.schemaNames {
		if _, used := b.schemas[name]; !used {
			b.fileProblem(path.Join(b.schemaFolder(), name+schemaSuffix), "nothing in contract.yaml refers to this schema")
		}
	}
}
