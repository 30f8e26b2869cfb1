package document_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/document"
)

// TestCompare reads testdata/*.txtar: a text that was read, newer ones, what is cited, a
// line each, and what is told. A citation that begins with { is a printed sample.
func TestCompare(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil || len(files) < 3 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var old *document.Text
		var statements []document.Statement
		var said strings.Builder
		want := ""
		for _, f := range archive.Files {
			switch kind, name, _ := strings.Cut(f.Name, " "); kind {
			case "read":
				old = read(t, document.Source{Data: f.Data, Name: name})
			case "cited":
				for i, l := range strings.Split(strings.TrimSpace(string(f.Data)), "\n") {
					s := document.Statement{Words: l, Pos: loginwatch.Pos{File: "c", Line: i + 1}}
					if strings.HasPrefix(l, "{") {
						s.Words, s.Body = "", []byte(l)
					}
					statements = append(statements, s)
				}
			case "newer":
				recent := read(t, document.Source{Data: f.Data, Name: name})
				fmt.Fprintf(&said, "%s\n%s", name, told(document.Compare(old, recent, statements)))
				fmt.Fprintf(&said, "%s, by the citations\n%s", name, told(document.Look(recent, statements)))
			case "told":
				want = string(f.Data)
			}
		}
		if diff := cmp.Diff(want, said.String()); diff != "" {
			if os.Getenv("UPDATE") != "" {
				archive.Files[len(archive.Files)-1].Data = []byte(said.String())
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				continue
			}
			t.Errorf("%s; UPDATE=1 writes it again (-want +got):\n%s", file, diff)
		}
	}
}

func told(c document.Comparison) string {
	var b strings.Builder
	for _, change := range c.Changes {
		var lines []string
		for _, s := range change.Statements {
			lines = append(lines, fmt.Sprint(s.Pos.Line))
		}
		fmt.Fprintf(&b, "  %s %s -> %s: %s [%s]\n", change.Kind, change.Was, change.Is, change.Shown(), strings.Join(lines, " "))
	}
	fmt.Fprintf(&b, "  %d stand, %d unknown, %d words elsewhere\n", c.Stands, c.Unheld, c.Elsewhere)
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
