package app

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch/internal/importer/draft"
	"github.com/loginwatch/loginwatch/internal/pack"
)

func acme() []draft.File {
	return []draft.File{
		{Name: "contracts/acme/contract.yaml", Data: []byte(`vendor: acme
title: acme
document: {title: Acme, address: "https://acme.example", read: 2026-01-31}
operations:
  login:
    cite: TODO
    request: {method: GET, path: /login}
    outcomes:
      success: {status: 200, schema: login.success, example: login.success.json, means: ok, when: [valid], cite: TODO}
cases:
  valid-credentials: {operation: login, title: right, expect: success, cite: TODO}
`)},
		{Name: "contracts/acme/examples/login.success.json", Data: []byte("{}\n")},
		{Name: "probes/acme.yaml", Data: []byte(`vendor: acme
probes:
  login:
    schedule: "*/5 * * * *"
    timeout: 10s
    objectives: {availability: 0.995, correctness: 0.999, latency: {quantile: 0.95, seconds: 1.5}}
    steps: [{case: valid-credentials, role: subject}]
`)},
		{Name: "schemas/acme/login.success.schema.json", Data: []byte(`{"$schema": "http://json-schema.org/draft-07/schema#", "$id": "urn:loginwatch:acme:login.success", "type": "object"}` + "\n")},
	}
}

// bare is a draft whose contract needs no other file.
func bare() []draft.File {
	files := acme()
	contract := strings.Replace(string(files[0].Data), "schema: login.success, example: login.success.json", "body: unspecified", 1)
	return []draft.File{{Name: files[0].Name, Data: []byte(contract)}, files[2]}
}

// asPack tells whether a folder passes for a pack with a contract.
func asPack(dir string) bool {
	catalog, problems := pack.Load(pack.Options{CheckSchedule: checkEachOnce(), ParseBegins: ParseBegins}, pack.Source{Dir: dir, FS: os.DirFS(dir)})
	return len(problems) == 0 && len(catalog.Contracts) > 0
}

// Wherever a draft is killed, what it leaves is no pack until all of it is there.
func TestHalfADraftIsNoPack(t *testing.T) {
	for _, files := range [][]draft.File{acme(), bare()} {
		ordered := contractLast(files)
		for n := range len(ordered) + 1 {
			dir := t.TempDir()
			if err := WriteDraft(dir, ordered[:n]); err != nil {
				t.Fatal(err)
			}
			if got := asPack(dir); got != (n == len(ordered)) {
				t.Errorf("with %d of %d files it is a pack: %v", n, len(ordered), got)
			}
			if n < len(ordered) { // in the middle of the next one
				next := filepath.Join(dir, filepath.FromSlash(ordered[n].Name))
				if _, err := makeFolders(filepath.Dir(next)); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(next+".1.part", ordered[n].Data[:len(ordered[n].Data)/2], 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := asPack(dir); got != (n == len(ordered)) {
				t.Errorf("with %d of %d files and a half one it is a pack: %v", n, len(ordered), got)
			}
		}
	}
}

// Where a file can't be written nothing is left, and what was there stays as it is.
func TestWriteDraftAllOrNothing(t *testing.T) {
	for name, there := range map[string]string{
		"a file of it":        "probes/acme.yaml",
		"its contract":        "contracts/acme/contract.yaml",
		"a file as a folder":  "contracts",
		"a file further down": "schemas/acme",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			mine := filepath.Join(dir, filepath.FromSlash(there))
			if err := os.MkdirAll(filepath.Dir(mine), 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := WriteDraft(dir, acme()); err == nil {
				t.Error("no error")
			}
			var files []string
			if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					files = append(files, path)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if data, err := os.ReadFile(mine); len(files) != 1 || string(data) != "mine" {
				t.Errorf("there are %v with %q (%v)", files, data, err)
			}
		})
	}
}

// What somebody keeps beside a file that is written stays as it is.
func TestWriteDraftLeavesOthersAlone(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "probes", "acme.yaml.part")
	if err := os.MkdirAll(filepath.Dir(mine), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := WriteDraft(dir, acme()); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(mine); string(data) != "mine" {
		t.Errorf("it has %q now (%v)", data, err)
	}
}
