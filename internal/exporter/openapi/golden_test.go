//go:build !race

package openapi_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/loginwatch/loginwatch/internal/exporter"
	"github.com/loginwatch/loginwatch/internal/exporter/openapi"
	"github.com/loginwatch/loginwatch/internal/pack"
)

var update = flag.Bool("update", false, "write the golden file again")

// TestDocument holds the whole document of a login that has everything.
func TestDocument(t *testing.T) {
	dir := t.TempDir()
	archive, err := txtar.ParseFile(filepath.Join("testdata", "pack.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	if err := txtar.Write(archive, dir); err != nil {
		t.Fatal(err)
	}
	catalog, problems := pack.Load(pack.Options{}, pack.Source{FS: os.DirFS(dir)})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	got := exporter.YAML(openapi.Document(catalog.Contracts[0], catalog.Probes))
	golden := filepath.Join("testdata", "document.golden")
	if *update {
		if err := os.WriteFile(golden, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the document (-golden +got):\n%s", diff)
	}
}
