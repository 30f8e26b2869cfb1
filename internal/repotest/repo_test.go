package repotest

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestRepository reports every offence of the tree at once.
func TestRepository(t *testing.T) {
	tree, err := readTree(os.DirFS(filepath.Join("..", "..")))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.vendors) == 0 {
		t.Error("contracts/ has no vendor: the tree is not the repository")
	}
	for _, o := range tree.offences() {
		t.Error(o)
	}
}

// TestOneRowEach holds each room and library to one row: the first is what counts, and
// another one beside it would only look as if it did.
func TestOneRowEach(t *testing.T) {
	rows := map[string]int{}
	for _, r := range rooms {
		rows[r.folder]++
	}
	for _, l := range libraries {
		rows[l.path]++
	}
	for name, n := range rows {
		if n > 1 {
			t.Errorf("%q has %d rows", name, n)
		}
	}
}

// TestRules shows that each rule finds what it is there for and nothing else.
// A file in testdata is a small tree; its comment lists the offences.
func TestRules(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no trees to check: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			tree, want := example(t, file)
			checked, err := readTree(tree)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, o := range checked.offences() {
				got = append(got, o.String())
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("offences (-want +got):\n%s", diff)
			}
		})
	}
}

// example reads a tree. In it, @MACHINE@ stands for a folder that the rule on
// machine paths is about, and a line @LONG@ for as many lines as make a file too
// long: written out, this repository would break its own rules.
func example(t *testing.T, file string) (tree fs.FS, offences []string) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("@MACHINE@", "/"+"root"+"/", "@LONG@\n", strings.Repeat("#\n", longest))
	m := fstest.MapFS{}
	for _, f := range archive.Files {
		m[f.Name] = &fstest.MapFile{Data: []byte(fill.Replace(string(f.Data)))}
	}
	for line := range strings.Lines(string(archive.Comment)) {
		if line = strings.TrimSpace(line); line != "" {
			offences = append(offences, line)
		}
	}
	return m, offences
}
