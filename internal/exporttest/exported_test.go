//go:build exports

package exporttest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/loginwatch/loginwatch/internal/exporter"
	"github.com/loginwatch/loginwatch/internal/exporter/arazzo"
	"github.com/loginwatch/loginwatch/internal/exporter/openapi"
	"github.com/loginwatch/loginwatch/internal/pack"
)

// packages is where make puts what comes from npm.
const packages = "../../bin/exports"

// exported writes both documents of every contract to a folder, and gives those that have
// workflows.
func exported(t *testing.T, catalog *pack.Catalog) (dir string, workflows map[string]exporter.Map) {
	t.Helper()
	dir, workflows = t.TempDir(), map[string]exporter.Map{}
	for _, c := range catalog.Contracts {
		probes := catalog.ProbesOf(c.Vendor)
		write(t, filepath.Join(dir, c.Vendor+".openapi.yaml"), openapi.Document(c, probes))
		if document, _ := arazzo.Document(c, probes, "./"+c.Vendor+".openapi.yaml"); document != nil {
			write(t, filepath.Join(dir, c.Vendor+".arazzo.yaml"), document)
			workflows[c.Vendor] = document
		}
	}
	return dir, workflows
}

func write(t *testing.T, file string, document exporter.Map) {
	t.Helper()
	if err := os.WriteFile(file, exporter.YAML(document), 0o600); err != nil {
		t.Fatal(err)
	}
}
