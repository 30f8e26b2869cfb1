package strictyaml

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Where nothing is wrong there is nothing to explain: what explain finds in a broken
// file is not how such files are written.
func TestExplainFindsNothingInGoodFiles(t *testing.T) {
	found := 0
	for _, pattern := range []string{"contracts/*/*.yaml", "probes/*.yaml", "packs/*/contracts/*/*.yaml", "packs/*/probes/*.yaml", "*.yaml", ".*/*.y*ml"} {
		files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			found++
			if odd := explain(strings.Split(string(data), "\n")); odd != nil {
				t.Errorf("%s:%d:%d: %s", name, odd.line, odd.column, odd.message)
			}
		}
	}
	if found < 80 {
		t.Errorf("only %d files", found)
	}
}

// Every kind of line break is one, so that places are right.
func TestLineBreaks(t *testing.T) {
	for _, end := range []string{"\n", "\r\n", "\r"} {
		_, problems := Parse("in.yaml", []byte(strings.Join([]string{"a: 1", "b: 2", "c 3", ""}, end)))
		if got := problems.Brief(); got != "in.yaml:3:1: a colon is missing behind the key of this line" {
			t.Errorf("%q: %s", end, got)
		}
	}
}
