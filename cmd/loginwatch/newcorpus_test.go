package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNewCorpus: every input of the readers' tests becomes a pack that holds, or an
// error that names the place or says what was looked for.
func TestNewCorpus(t *testing.T) {
	var inputs []string
	for _, f := range formats() {
		found, err := filepath.Glob(filepath.Join("..", "..", "internal", "importer", f.name, "testdata", "*"))
		if err != nil {
			t.Fatal(err)
		}
		inputs = append(inputs, found...)
	}
	packs, refused := 0, 0
	for _, file := range inputs {
		if info, err := os.Stat(file); err != nil || info.IsDir() || strings.HasSuffix(file, ".golden") {
			continue
		}
		kind := filepath.Base(filepath.Dir(filepath.Dir(file)))
		t.Run(kind+"/"+filepath.Base(file), func(t *testing.T) {
			into := filepath.Join(t.TempDir(), "mypack")
			var stdout, stderr output
			code := run(t.Context(), []string{"new", "acme", file, "--format", kind, "--into", into}, environment{stdout: &stdout, stderr: &stderr})
			switch said := stderr.String(); {
			case code == 0:
				packs++
				for _, args := range [][]string{{"vet", "--pack", into}, {"verify", "acme", "--pack", into, "--simulate"}} {
					if code := run(t.Context(), args, environment{stdout: io.Discard, stderr: &stderr}); code != 0 {
						t.Errorf("%s ends with %d: %s", args, code, stderr.String())
					}
				}
			case strings.Contains(said, "could be made of this"):
				t.Errorf("%s", said)
			default:
				refused++
				t.Log(said)
				if _, err := os.Stat(into); err == nil {
					t.Error("something was written")
				}
			}
		})
	}
	t.Logf("%d packs, %d refused", packs, refused)
}
