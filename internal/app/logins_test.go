package app_test

import (
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/pack"
)

// Each of these contracts is whole: it has no mistake, its simulator answers every
// case as it says, and each probe of it is well there and leaves nothing open.
func TestLogins(t *testing.T) {
	archives, err := filepath.Glob("testdata/logins/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no contracts: %v", err)
	}
	for _, name := range archives {
		t.Run(filepath.Base(name), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files := fstest.MapFS{}
			for _, f := range archive.Files {
				files[f.Name] = &fstest.MapFile{Data: f.Data}
			}
			catalog, problems := pack.Load(pack.Options{}, pack.Source{FS: files})
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			wellSimulated(t, catalog)
		})
	}
}

// What a vendor does wrong with keys is told as what it is, wherever the keys come
// from, by a case that is run alone.
func TestFaultsOfKeys(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/logins/verified.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, f := range archive.Files {
		files[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	catalog, problems := pack.Load(pack.Options{}, pack.Source{FS: files})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	c := catalog.Contracts[0]
	for fault, want := range map[string]map[string]loginwatch.Kind{
		"alg-none":    {"identity": loginwatch.KindTokenAlgorithm, "access": loginwatch.KindTokenAlgorithm, "pinned": loginwatch.KindTokenAlgorithm, "shared": loginwatch.KindTokenAlgorithm},
		"other-key":   {"identity": loginwatch.KindTokenSignature, "access": loginwatch.KindTokenSignature, "pinned": loginwatch.KindTokenSignature, "shared": loginwatch.KindTokenSignature},
		"rotated-key": {"identity": loginwatch.KindTokenKey, "access": loginwatch.KindTokenKey, "pinned": loginwatch.KindTokenSignature, "shared": loginwatch.KindTokenSignature},
	} {
		targets, stop, err := app.StartSimulators(t.Context(), catalog.Contracts, catalog.Probes, fault)
		if err != nil {
			t.Fatal(err)
		}
		for id, kind := range want {
			v := app.NewVerification(app.VerificationOptions{Probes: catalog.Probes, Timeout: 5 * time.Second})
			r := v.Run(t.Context(), []*loginwatch.Case{c.Case(id)}, c, targets[c.Vendor][0])[0]
			if r.Run.Verdict != loginwatch.Drift || r.Run.Reason != loginwatch.ReasonToken {
				t.Errorf("%s, %s: %s %s %s", fault, id, r.Run.Verdict, r.Run.Reason, r.Run.Detail)
			}
			findings := r.Run.Steps[len(r.Run.Steps)-1].Findings
			if len(findings) != 1 || findings[0].Kind != kind || findings[0].Class != loginwatch.Breaking {
				t.Errorf("%s, %s: %v, want %s", fault, id, findings, kind)
			}
		}
		stop()
	}
}

// wellSimulated runs every case of a catalog against simulators, which are told the trace
// of each request; no trace has a secret in it.
func wellSimulated(t *testing.T, catalog *pack.Catalog) {
	t.Helper()
	targets, stop, err := app.StartSimulators(t.Context(), catalog.Contracts, catalog.Probes)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for _, c := range catalog.Contracts {
		for _, target := range targets[c.Vendor] {
			tracer, told := traced(t)
			target.Traceparent = true
			options := app.VerificationOptions{Probes: catalog.Probes, Timeout: 5 * time.Second, Traces: tracer}
			var safe []*loginwatch.Case
			var results []app.CaseRun
			for _, k := range c.Cases {
				if !k.OnlyWhenNamed() {
					safe = append(safe, k)
					continue
				}
				// A verification sends no credential again that was refused once.
				results = append(results, app.NewVerification(options).Run(t.Context(), []*loginwatch.Case{k}, c, target)...)
			}
			for _, r := range append(results, app.NewVerification(options).Run(t.Context(), safe, c, target)...) {
				if r.Run.Verdict != loginwatch.OK {
					t.Errorf("%s %s: %s %s %s", c.Vendor, r.Case.ID, r.Run.Verdict, r.Run.Reason, r.Run.Detail)
				}
				if r.Run.LeftOpen {
					t.Errorf("%s %s: it is told to have left a session open", c.Vendor, r.Case.ID)
				}
				for _, s := range r.Run.Steps {
					for _, f := range s.Findings {
						t.Errorf("%s %s, step %s: %s %s %s: documented %s, got %s", c.Vendor, r.Case.ID, s.Case, f.Class, f.Kind, f.Pointer, f.Documented, f.Got)
					}
				}
			}
			untold(t, c, target, told)
		}
	}
}
