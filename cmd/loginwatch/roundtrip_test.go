//go:build !race

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/exporter"
	"github.com/loginwatch/loginwatch/internal/exporter/openapi"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/pack/packtest"
)

// notHeld are contracts whose export does not come back whole, each with what is missing.
var notHeld = map[string]string{
	"ampache":         "its answers are XML, of which a draft keeps the statuses alone",
	"salesforce-soap": "its requests are XML, of which no draft is made",
}

// TestExportComesBack drafts a pack of each contract that we exported: no operation and no
// outcome of it gets lost, and each means what it meant, under its statuses, and is known
// by what it was known by.
func TestExportComesBack(t *testing.T) {
	catalog := packtest.All(t)
	for _, c := range catalog.Contracts {
		t.Run(c.Vendor, func(t *testing.T) {
			lost := comesBack(t, c, catalog.ProbesOf(c.Vendor))
			switch reason := notHeld[c.Vendor]; {
			case reason == "" && len(lost) > 0:
				t.Error(strings.Join(lost, "\n"))
			case reason != "" && len(lost) == 0:
				t.Errorf("it comes back whole, though %s", reason)
			}
		})
	}
}

// comesBack tells what is lost of a contract.
func comesBack(t *testing.T, c *loginwatch.Contract, probes []*loginwatch.Probe) (lost []string) {
	dir := t.TempDir()
	file := filepath.Join(dir, c.Vendor+".openapi.yaml")
	if err := os.WriteFile(file, exporter.YAML(openapi.Document(c, probes)), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"new", c.Vendor + "-again", file, "--into", filepath.Join(dir, "again")}
	var stdout, stderr output
	if code := run(t.Context(), args, environment{stdout: &stdout, stderr: &stderr}); code != 0 {
		return []string{stderr.String()}
	}
	again, problems := pack.Load(pack.Options{}, pack.Source{FS: os.DirFS(filepath.Join(dir, "again"))})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, o := range c.Operations {
		i := slices.IndexFunc(again.Contracts[0].Operations, func(a *loginwatch.Operation) bool {
			return a.ID == o.ID && a.Request.Method == o.Request.Method && sameShape(a.Request.Path, pathOfTarget(c)+o.Request.Path)
		})
		if i < 0 {
			lost = append(lost, "operation "+o.ID+" is lost")
			continue
		}
		lost = append(lost, lostOf(o, again.Contracts[0].Operations[i])...)
	}
	return lost
}

func lostOf(o, again *loginwatch.Operation) (lost []string) {
	for _, x := range o.Outcomes {
		a := again.Outcome(x.ID)
		if a == nil || a.Means != x.Means {
			lost = append(lost, fmt.Sprintf("%s.%s, which means %s, is %+v now", o.ID, x.ID, x.Means, a))
			continue
		}
		if !slices.Equal(a.Statuses, x.Statuses) || !slices.EqualFunc(a.Where, x.Where, sameField) || a.Contains != x.Contains {
			lost = append(lost, fmt.Sprintf("%s.%s, which has %v, %v and %q, has %v, %v and %q now", o.ID, x.ID, x.Statuses, x.Where, x.Contains, a.Statuses, a.Where, a.Contains))
		}
		types := slices.DeleteFunc(slices.Clone(x.ContentTypes), func(media string) bool { return media == "" }) // OpenAPI has no word for none
		if x.Body == loginwatch.BodyJSON && (a.Body != x.Body || !slices.Equal(a.ContentTypes, types)) {
			lost = append(lost, fmt.Sprintf("%s.%s has a body that is %s of %v now", o.ID, x.ID, a.Body, a.ContentTypes))
		}
	}
	return lost
}

// pathOfTarget is the path of the address that the export names, which a draft has in its paths.
func pathOfTarget(c *loginwatch.Contract) string {
	if len(c.Targets) == 0 {
		return ""
	}
	_, rest, _ := strings.Cut(c.Targets[0].URL, "://")
	_, path, found := strings.Cut(strings.TrimRight(rest, "/"), "/")
	if !found {
		return ""
	}
	return "/" + path
}

// sameShape compares paths whatever their placeholders are called.
func sameShape(a, b string) bool {
	shape := func(path string) string {
		return loginwatch.ExpandPlaceholders(path, func(string) string { return "" })
	}
	return shape(a) == shape(b)
}

func sameField(a, b loginwatch.Field) bool {
	return a.At == b.At && a.Test == b.Test && a.Value == b.Value
}
