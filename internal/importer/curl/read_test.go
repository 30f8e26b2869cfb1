package curl

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/loginwatch/loginwatch/internal/importer/golden"
)

var update = flag.Bool("update", false, "write the golden files again")

const corpora = "testdata/*.txtar"

// corpus gives the lines of a file, which stand before what is read of them.
func corpus(t testing.TB, file string) *txtar.Archive {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return archive
}

func TestRead(t *testing.T) {
	files, err := filepath.Glob(corpora)
	if err != nil || len(files) != 4 {
		t.Fatalf("%d corpora, %v", len(files), err)
	}
	lines := 0
	for _, file := range files {
		archive := corpus(t, file)
		before := map[string]string{}
		for _, f := range archive.Files {
			if name, found := strings.CutSuffix(f.Name, ".want"); found {
				before[name] = string(f.Data)
			}
		}
		var again []txtar.File
		for _, f := range archive.Files {
			if strings.HasSuffix(f.Name, ".want") {
				continue
			}
			lines++
			recording, err := Read(f.Data)
			got := ""
			if err != nil {
				t.Errorf("%s, %s: %v", file, f.Name, err)
			} else {
				got = golden.Text(recording)
			}
			if diff := cmp.Diff(before[f.Name], got); diff != "" && !*update {
				t.Errorf("%s, %s (-want +got):\n%s", file, f.Name, diff)
			}
			again = append(again, f, txtar.File{Name: f.Name + ".want", Data: []byte(got)})
		}
		if *update {
			archive.Files = again
			if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if lines < 40 {
		t.Errorf("the corpus has shrunk to %d", lines)
	}
}
