// Package golden writes a recording down for the tests of those that read descriptions,
// and holds what they read against files. It is a help of tests and nothing else.
package golden

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
)

// Hold reads every file that a pattern names and compares what comes of it with the file
// of the same name that ends with .golden; update writes those instead.
func Hold(t *testing.T, pattern string, least int, update bool, read func([]byte) (*importer.Recording, error)) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) < least {
		t.Fatalf("%d files fit %s, not %d: %v", len(files), pattern, least, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		recording, err := read(data)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		golden, got := strings.TrimSuffix(file, filepath.Ext(file))+".golden", Text(recording)
		if update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s reads as\n%s\nand not as %s", file, got, golden)
		}
	}
}

// Refused holds cases, each a text that can't be read and the exact error, against what is
// said of them.
func Refused(t *testing.T, cases map[string][2]string, read func([]byte) (*importer.Recording, error)) {
	t.Helper()
	for name, c := range cases {
		_, err := read([]byte(c[0]))
		var placed *importer.Error
		if !errors.As(err, &placed) || err.Error() != c[1] {
			t.Errorf("%s: %v\nwanted %s", name, err, c[1])
		}
	}
}

// Fuzz asks of any bytes for an error of ours or for a recording whose requests are whole.
// It begins with the files that patterns name; more, which may be nil, asks for more.
func Fuzz(f *testing.F, patterns []string, read func([]byte) (*importer.Recording, error), more func(*testing.T, *importer.Recording)) {
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatal(pattern, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		recording, err := read(data)
		if err != nil {
			var placed *importer.Error
			if !errors.As(err, &placed) || recording != nil {
				t.Fatalf("%T", err)
			}
			return
		}
		for _, e := range recording.Exchanges {
			if len(e.Request.URL.Texts) != len(e.Request.URL.Names)+1 || e.Request.Method == "" {
				t.Fatal("a request is not whole")
			}
		}
		if more != nil {
			more(t, recording)
		}
	})
}

// Text is a recording, line by line.
func Text(r *importer.Recording) string {
	var w writer
	w.line(0, "recording", r.Title, r.Address)
	for _, s := range r.Servers {
		w.line(1, "server", template(s.URL), s.Name)
	}
	for _, v := range r.Variables {
		w.line(1, "variable", v.Name, v.Value, when(v.Secret, "(secret)"))
	}
	for _, e := range r.Exchanges {
		w.exchange(e)
	}
	for _, m := range r.Remarks {
		w.line(1, "remark", m.At.String()+": "+m.Text)
	}
	return w.String()
}

type writer struct{ strings.Builder }

func (w *writer) line(depth int, words ...string) {
	text := strings.Repeat("  ", depth) + words[0]
	for _, word := range words[1:] {
		if word != "" {
			text += " " + strings.ReplaceAll(word, "\n", `\n`)
		}
	}
	w.WriteString(text + "\n")
}

func (w *writer) exchange(e importer.Exchange) {
	w.line(1, "exchange", e.Name, "("+e.At.String()+")")
	w.line(2, e.Request.Method, template(e.Request.URL))
	w.fields("query", e.Request.Query)
	w.fields("header", e.Request.Headers)
	if b := e.Request.Basic; b != nil {
		w.line(2, "basic", template(b.User), template(b.Password))
	}
	if b := e.Request.Body; b != nil {
		w.line(2, "body", b.ContentType, template(b.Text))
		w.fields("field", b.Fields)
		if b.Schema != nil {
			w.line(3, "schema", string(b.Schema))
		}
	}
	for _, a := range e.Answers {
		w.answer(a)
	}
	for _, k := range e.Kept {
		w.line(2, "keeps", k.Variable, k.From)
	}
}

func (w *writer) answer(a importer.Answer) {
	w.line(2, "answer", fmt.Sprint(a.Status), a.Name, a.ContentType, "("+a.At.String()+")", a.Text)
	if a.Means != "" {
		w.line(3, "means", string(a.Means))
	}
	for _, f := range a.Where {
		w.line(3, "where", f.At.String(), string(f.Test), f.Value)
	}
	for _, h := range a.Headers {
		w.line(3, "header", h.Name+":", h.Value)
	}
	if a.Body != nil {
		w.line(3, "body", string(a.Body))
	}
	if a.Schema != nil {
		w.line(3, "schema", string(a.Schema))
	}
}

func (w *writer) fields(what string, fields []importer.Field) {
	for _, f := range fields {
		w.line(2, what, f.Name+":", template(f.Value), when(f.Optional, "(optional)"))
	}
}

func when(is bool, text string) string {
	if is {
		return text
	}
	return ""
}

// template writes ${name} where variables stand.
func template(t loginwatch.Template) string {
	text := ""
	for i, plain := range t.Texts {
		text += plain
		if i < len(t.Names) {
			text += "${" + t.Names[i] + "}"
		}
	}
	return text
}
