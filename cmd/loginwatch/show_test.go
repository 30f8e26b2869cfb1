package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// pageExample is a block below a line that names its vendor and what it is.
var pageExample = regexp.MustCompile("(?ms)^`([a-z]+-login)`, (its contract|the steps|as it is shown)[^\n]*:\n\n```[a-z]+\n(.*?)^```$")

// TestPageExamples loads the contracts under "Examples" on the page as they stand
// there, runs every case that is safe at their simulators, and compares what show
// prints of the first case.
func TestPageExamples(t *testing.T) {
	page, err := os.ReadFile(addingAVendor)
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]map[string]string{}
	for _, m := range pageExample.FindAllStringSubmatch(string(page), -1) {
		if parts[m[1]] == nil {
			parts[m[1]] = map[string]string{}
		}
		parts[m[1]][m[2]] = m[3]
	}
	if len(parts) != 5 {
		t.Fatalf("%d examples", len(parts))
	}
	beside, err := txtar.ParseFile(filepath.Join("testdata", "examples.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for vendor, part := range parts {
		t.Run(vendor, func(t *testing.T) {
			pack := t.TempDir()
			write := func(name, text string) {
				file := filepath.Join(pack, filepath.FromSlash(name))
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			write("contracts/"+vendor+"/contract.yaml", "vendor: "+vendor+"\ntitle: An example\ndocument: {title: A guide, address: \"https://docs.example.com\", read: 2026-01-31}\n"+part["its contract"])
			steps := part["the steps"]
			if steps == "" {
				steps = "- {case: valid-credentials}\n"
			}
			write("probes/"+vendor+".yaml", "vendor: "+vendor+"\nprobes:\n  login:\n    schedule: \"@hourly\"\n    timeout: 10s\n"+
				"    objectives: {availability: 0.9, correctness: 0.9, latency: {quantile: 0.5, seconds: 2}}\n    steps:\n"+regexp.MustCompile(`(?m)^`).ReplaceAllString(steps, "      "))
			for _, f := range beside.Files {
				of, name, _ := strings.Cut(f.Name, "/")
				kind, file, _ := strings.Cut(name, "/")
				switch {
				case of == vendor && kind == "schemas":
					write("schemas/"+vendor+"/"+file, string(f.Data))
				case of == vendor:
					write("contracts/"+vendor+"/examples/"+file, string(f.Data))
				}
			}
			for _, args := range [][]string{{"vet", "--pack", pack}, {"verify", vendor, "--pack", pack, "--simulate"}} {
				var out, complaints bytes.Buffer
				if code := run(t.Context(), args, environment{stdout: &out, stderr: &complaints}); code != 0 || complaints.Len() > 0 {
					t.Errorf("%s: code %d\n%s%s", args[0], code, &out, &complaints)
				}
			}
			if want, shown := part["as it is shown"]; shown {
				if diff := cmp.Diff(want, showed(t, vendor, pack, "valid-credentials")); diff != "" {
					t.Errorf("show (-page +now):\n%s", diff)
				}
			}
		})
	}
}

// showed gives what show prints of a case, below its comment.
func showed(t *testing.T, vendor, pack, id string) string {
	t.Helper()
	var out, complaints bytes.Buffer
	if code := run(t.Context(), []string{"show", vendor, "--pack", pack, "--case", id}, environment{stdout: &out, stderr: &complaints}); code != 0 {
		t.Fatalf("code %d: %s", code, &complaints)
	}
	_, line, _ := strings.Cut(strings.TrimSuffix(out.String(), "\n"), "\n")
	return line
}

// Every case of every pack can be shown, and a secret of the environment is in none.
func TestShowEveryPack(t *testing.T) {
	folders, err := fs.Glob(os.DirFS("../../packs"), "*/contracts/*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no packs: %v", err)
	}
	for _, folder := range folders {
		dir, vendor := filepath.Join("../../packs", filepath.Dir(filepath.Dir(folder))), filepath.Base(folder)
		t.Setenv(variable(vendor, "password"), "HUNTER2")
		var out, complaints bytes.Buffer
		code := run(t.Context(), []string{"show", vendor, "--pack", dir}, environment{stdout: &out, stderr: &complaints})
		if code != 0 || complaints.Len() > 0 || strings.Contains(out.String(), "# can't") || strings.Contains(out.String(), "HUNTER2") || strings.Count(out.String(), "curl -i") == 0 {
			t.Errorf("%s: code %d\n%s%s", vendor, code, &out, &complaints)
		}
	}
}

// What has no place in a shell's plain quotes is written so that bash gives it back.
func TestQuoted(t *testing.T) {
	for text, want := range map[string]string{
		"plain": "plain", "": "''", "two words": "'two words'", "it's": `'it'\''s'`, "a\nb": "'a\nb'",
		"a\r\nit's\\\x01ü": `$'a\r\nit\'s\\\x01ü'`,
	} {
		if got := quoted(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
