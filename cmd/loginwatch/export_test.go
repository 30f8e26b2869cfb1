package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	typed    = regexp.MustCompile("(?ms)^```sh\nloginwatch ([^\n]*)\n```$")
	partOf   = regexp.MustCompile("(?ms)^`([a-z.-]+)`, a part of it:\n\n```yaml\n(.*?)^```$")
	onStderr = regexp.MustCompile("(?ms)^```text\n(.*?)^```$")
)

// TestExportPage types what docs/export.md says and holds what it shows against what comes.
func TestExportPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "export.md"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	said := ""
	for _, line := range typed.FindAllStringSubmatch(string(page), -1) {
		var stdout, stderr output
		if code := run(t.Context(), strings.Fields(line[1]), environment{stdout: &stdout, stderr: &stderr}); code != 0 || stdout.String() != "" {
			t.Fatalf("%s: code %d: %s%s", line[1], code, stdout.String(), stderr.String())
		}
		said += stderr.String()
	}
	parts := partOf.FindAllStringSubmatch(string(page), -1)
	if len(parts) != 2 {
		t.Fatalf("the page shows %d parts", len(parts))
	}
	for _, part := range parts {
		written, err := os.ReadFile(part[1])
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(written), part[2]) {
			t.Errorf("%s has no such part:\n%s", part[1], part[2])
		}
	}
	if diff := cmp.Diff(onStderr.FindStringSubmatch(string(page))[1], said); diff != "" {
		t.Errorf("standard error (-page +got):\n%s", diff)
	}
}

// What is exported says the same in both of its formats, and what can't be is said.
func TestExportVerb(t *testing.T) {
	vendor := vendorNamed(t)
	for _, tt := range []struct {
		args      string
		code      int
		out, says string // a part of each
	}{
		{"openapi " + vendor, 0, "openapi: \"3.1.1\"\n", ""},
		{"openapi " + vendor + " --format json", 0, "{\n  \"openapi\": \"3.1.1\",\n", ""},
		{"arazzo " + vendor, 0, "    url: ./" + vendor + ".openapi.yaml\n", ""},
		{"arazzo " + vendor + " --openapi ../api/of.yaml --format json", 0, `"url": "../api/of.yaml"`, ""},
		{"openapi no-such-vendor", 2, "", `unknown vendor "no-such-vendor"`},
		{"openapi", 2, "", "expected \"<vendor>\""},
		{"openapi " + vendor + " --output no-such-folder/x", 4, "", "no-such-folder/x"},
		{"arazzo salesforce-soap --pack ../../packs/salesforce-soap", 4, "", "nothing is left of salesforce-soap for Arazzo"},
	} {
		var stdout, stderr output
		code := run(t.Context(), append([]string{"export"}, strings.Fields(tt.args)...), environment{stdout: &stdout, stderr: &stderr})
		if code != tt.code || !strings.Contains(stdout.String(), tt.out) || !strings.Contains(stderr.String(), tt.says) {
			t.Errorf("%s: code %d\n%.300s\n%s", tt.args, code, stdout.String(), stderr.String())
		}
	}
}
