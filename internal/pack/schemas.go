package pack

import (
	"bytes"
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
		b.problem(ref.Place, "schema %q does not exist: no file %s%s", ref.Value,
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
	b.schemaCites(at, data)
	return &loginwatch.SchemaRef{Name: name, File: at, JSON: data, Schema: compiled}
}

// schemaCites collects the words of every x-cite, for CheckCitations.
func (b *builder) schemaCites(file string, data []byte) {
	lines := strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
	d := json.NewDecoder(bytes.NewReader(data))
	isCite := false
	for {
		t, err := d.Token()
		if err != nil {
			return // the end: Lint has accepted the file
		}
		words, isString := t.(string)
		if isString && isCite {
			at := placeBefore(file, data, int(d.InputOffset()), words)
			b.cites = append(b.cites, located{words, at, lines})
			if n := utf8.RuneCountInString(words); n > maxCite {
				b.other = append(b.other, problemAt(lines, at, "x-cite has %d characters: a locator has at most %d, copy no passage", n, maxCite))
			}
		}
		isCite = isString && !isCite && words == "x-cite"
	}
}

// placeBefore is the place of the JSON string that ends at the offset end.
func placeBefore(file string, data []byte, end int, value string) place {
	quoted, _ := json.Marshal(value)
	start := bytes.LastIndexByte(data[:max(end-1, 0)], '"')
	if bytes.HasSuffix(data[:end], quoted) {
		start = end - len(quoted)
	}
	line := bytes.Count(data[:start], []byte("\n")) + 1
	column := utf8.RuneCount(data[bytes.LastIndexByte(data[:start], '\n')+1:start]) + 1
	return place{Pos: loginwatch.Pos{File: file, Line: line, Column: column}, Width: utf8.RuneCount(data[start:end])}
}

func (b *builder) unusedSchemas() {
	for _, name := range b.schemaNames {
		if _, used := b.schemas[name]; !used {
			b.fileProblem(path.Join(b.schemaFolder(), name+schemaSuffix), "nothing in contract.yaml refers to this schema")
		}
	}
}
