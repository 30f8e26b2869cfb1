//go:build !race

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/exporter"
	"github.com/loginwatch/loginwatch/internal/exporter/openapi"
	"github.com/loginwatch/loginwatch/internal/pack"
)

// TestExportComesBack drafts a pack of each contract that we exported: no outcome of it
// gets lost, and each means what it meant.
func TestExportComesBack(t *testing.T) {
	catalog, problems := pack.Load(pack.Options{}, pack.Source{FS: loginwatch.Embedded})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, c := range catalog.Contracts {
		t.Run(c.Vendor, func(t *testing.T) { comesBack(t, c, catalog.ProbesOf(c.Vendor)) })
	}
}

func comesBack(t *testing.T, c *loginwatch.Contract, probes []*loginwatch.Probe) {
	dir := t.TempDir()
	file := filepath.Join(dir, c.Vendor+".openapi.yaml")
	if err := os.WriteFile(file, exporter.YAML(openapi.Document(c, probes)), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"new", c.Vendor + "-again", file, "--into", filepath.Join(dir, "again")}
	for _, o := range c.Operations {
		args = append(args, "--call", o.Request.Method+" "+o.Request.Path)
	}
	var stdout, stderr output
	if code := run(t.Context(), args, environment{stdout: &stdout, stderr: &stderr}); code != 0 {
		t.Fatalf("code %d: %s", code, stderr.String())
	}
	again, problems := pack.Load(pack.Options{}, pack.Source{FS: os.DirFS(filepath.Join(dir, "again"))})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, o := range c.Operations {
		i := slices.IndexFunc(again.Contracts[0].Operations, func(a *loginwatch.Operation) bool {
			return a.Request.Method == o.Request.Method && strings.HasPrefix(a.Request.Path, o.Request.Path)
		})
		if i < 0 {
			t.Fatalf("operation %s is lost", o.ID)
		}
		for _, x := range o.Outcomes {
			a := again.Contracts[0].Operations[i].Outcome(x.ID)
			if a == nil || a.Means != x.Means {
				t.Errorf("%s.%s, which means %s, is %+v now", o.ID, x.ID, x.Means, a)
				continue
			}
			if !slices.Equal(a.Statuses, x.Statuses) || !slices.EqualFunc(a.Where, x.Where, sameField) {
				t.Errorf("%s.%s, which has %v and %v, has %v and %v now", o.ID, x.ID, x.Statuses, x.Where, a.Statuses, a.Where)
			}
			if x.Body == loginwatch.BodyJSON && a.Body != x.Body {
				t.Errorf("%s.%s has a body that is %s now", o.ID, x.ID, a.Body)
			}
		}
	}
}

func sameField(a, b loginwatch.Field) bool {
	return a.At == b.At && a.Test == b.Test && a.Value == b.Value
}
