// Package packtest has the packs of the repository for tests that hold for each of them.
package packtest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pack"
)

// All gives what is built in and every pack of the gallery, as one.
func All(t testing.TB) *pack.Catalog {
	t.Helper()
	root, err := filepath.Abs(".")
	for err == nil {
		if _, missing := os.Stat(filepath.Join(root, "go.mod")); missing == nil {
			break
		}
		if filepath.Dir(root) == root {
			t.Fatal("no module above")
		}
		root = filepath.Dir(root)
	}
	folders, wrong := filepath.Glob(filepath.Join(root, "packs", "*"))
	if err != nil || wrong != nil || len(folders) == 0 {
		t.Fatal("no packs: ", err, wrong)
	}
	sources := []pack.Source{{FS: loginwatch.Embedded}}
	for _, folder := range folders {
		sources = append(sources, pack.Source{Dir: folder, FS: os.DirFS(folder)})
	}
	catalog, problems := pack.Load(pack.Options{}, sources...)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return catalog
}
