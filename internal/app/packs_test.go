package app_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/plan"
)

// Each pack of the gallery is whole: no mistake, and every case and probe of it is
// well at its own simulator.
func TestPacks(t *testing.T) {
	probes, err := filepath.Glob("../../packs/*/probes")
	if err != nil || len(probes) == 0 {
		t.Fatalf("no packs: %v", err)
	}
	check := func(expr string) error { _, err := plan.Parse(expr); return err }
	for _, folder := range probes {
		folder = filepath.Dir(folder)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			catalog, problems := pack.Load(pack.Options{CheckSchedule: check}, pack.Source{Dir: folder, FS: os.DirFS(folder)})
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			wellSimulated(t, catalog)
		})
	}
}
