package pack_test

import (
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pack"
)

func TestEmbedded(t *testing.T) {
	catalog, problems := pack.Load(pack.Options{}, pack.Source{FS: loginwatch.Embedded})
	if problems != nil {
		t.Fatalf("%d problems:\n%v", len(problems), problems)
	}
	if len(catalog.Contracts) == 0 || len(catalog.Probes) < len(catalog.Contracts) {
		t.Errorf("%d contracts, %d probes", len(catalog.Contracts), len(catalog.Probes))
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, problems := pack.Load(pack.Options{}, pack.Source{FS: loginwatch.Embedded}); problems != nil {
			b.Fatal(problems)
		}
	}
}
