package schema

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what Lint says into testdata/lint")

// Each file of testdata/lint is a schema and the exact text of its problems;
// an empty text is a schema without any.
func TestLint(t *testing.T) {
	files, err := filepath.Glob("testdata/lint/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if len(archive.Files) != 2 {
				t.Fatal("want a schema and its problems")
			}
			// An archive ends every file with a line break.
			text := bytes.TrimSuffix(archive.Files[0].Data, []byte("\n"))
			got := ""
			problems := Lint("bad.schema.json", text)
			if len(problems) > 0 {
				got = problems.Error() + "\n"
			}
			if *update {
				archive.Files[1].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(archive.Files[1].Data), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if _, err := Compile("bad.schema.json", text); err != nil && len(problems) == 0 {
				t.Errorf("Lint finds nothing, Compile does: %v", err)
			}
		})
	}
}
