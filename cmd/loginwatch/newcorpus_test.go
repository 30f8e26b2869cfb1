//go:build !race

package main

import (
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// corpus gives every input of the readers' tests, by kind and name. An archive holds one
// in each of its files.
func corpus(t *testing.T) map[string][]byte {
	t.Helper()
	inputs := map[string][]byte{}
	for _, f := range formats() {
		found, err := filepath.Glob(filepath.Join("..", "..", "internal", "importer", f.name, "testdata", "*.*"))
		if err != nil || len(found) == 0 {
			t.Fatalf("no inputs of %s: %v", f.name, err)
		}
		for _, file := range found {
			name := f.name + "/" + filepath.Base(file)
			data, err := os.ReadFile(file)
			switch {
			case strings.HasSuffix(file, ".golden"), strings.HasSuffix(file, ".want"):
			case err != nil:
				t.Fatal(err)
			case strings.HasSuffix(file, ".txtar"):
				for _, one := range txtar.Parse(data).Files {
					if !strings.HasSuffix(one.Name, ".want") {
						inputs[name+"/"+one.Name] = one.Data
					}
				}
			default:
				inputs[name] = data
			}
		}
	}
	return inputs
}

// place is how errors say where something stands, or that nothing is there to be said.
var placed = regexp.MustCompile(`entries\[|line [0-9]+|there is no line for curl|no login found|/[a-z]+`)

// TestNewCorpus: every input of the readers' tests becomes a pack that holds, or an
// error that names the place or says what was looked for.
func TestNewCorpus(t *testing.T) {
	packs, refused := 0, 0
	tried := map[string]bool{} // by the commands of a person as well: new has vet and verify look by itself
	inputs := corpus(t)
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		data := inputs[name]
		kind, _, _ := strings.Cut(name, "/")
		t.Run(name, func(t *testing.T) {
			into := filepath.Join(t.TempDir(), "mypack")
			var stdout, stderr output
			code := run(t.Context(), []string{"new", "acme", "-", "--format", kind, "--into", into}, environment{stdin: strings.NewReader(string(data)), stdout: &stdout, stderr: &stderr})
			switch said := stderr.String(); {
			case code == exitOK:
				packs++
				if tried[kind] {
					return
				}
				tried[kind] = true
				for _, args := range [][]string{{"vet", "--pack", into}, {"verify", "acme", "--pack", into, "--simulate"}} {
					if code := run(t.Context(), args, environment{stdout: io.Discard, stderr: &stderr}); code != exitOK {
						t.Errorf("%s ends with %d: %s", args, code, stderr.String())
					}
				}
			case strings.Contains(said, "could be made of this") || !placed.MatchString(said):
				t.Errorf("%s", said)
			default:
				refused++
				t.Log(said)
				if _, err := os.Stat(into); err == nil {
					t.Error("something was written")
				}
			}
		})
	}
	t.Logf("%d packs, %d refused", packs, refused)
	if packs < 40 {
		t.Errorf("only %d packs", packs)
	}
}

// The format is told from the content.
func TestFormatIsTold(t *testing.T) {
	for name, data := range corpus(t) {
		kind, _, _ := strings.Cut(name, "/")
		for _, f := range formats() {
			if f.is(data) {
				if f.name != kind {
					t.Errorf("%s is taken for %s", name, f.name)
				}
				kind = ""
				break
			}
		}
		if kind != "" {
			t.Errorf("%s is not recognised:\n%.200s", name, data)
		}
	}
}

// What shows a line for curl is not one; lines with a document below them are.
func TestFormatIsToldDespiteCurl(t *testing.T) {
	const line = "curl -X POST https://a.example/login -d user=a"
	for text, want := range map[string]string{
		"openapi: 3.0.3\ninfo:\n  description: |\n    To log in:\n\n        " + line + "\n":                              "openapi",
		"# of acme\n---\ninfo:\n  description: |\n    $ " + line + "\nopenapi: 3.1.0\n":                                  "openapi",
		"\"openapi\": 3.1.0\r\npaths:\r\n  /a:\r\n    x-codeSamples:\r\n      - source: |\r\n          " + line + "\r\n": "openapi",
		"meta {\n  name: a\n}\n\nget {\n  url: https://a.example\n}\n\ndocs {\n  " + line + "\n}\n":                      "bruno",
		"info:\n  name: a\nhttp:\n  method: GET\n  url: https://a.example\ndocs: |-\n  " + line + "\n":                   "bruno",
		line + "\nHTTP/1.1 200 OK\ncontent-type: application/yaml\n\nopenapi: 3.0.3\n":                                   "curl",
		"Login:\n" + line + "\n": "curl",
		"@" + line + "\r\n":      "curl",
		"$r = " + strings.Replace(line, "curl", "curl.exe", 1) + "\n":     "curl",
		"echo '{\"user\": \"a\"}' | curl -d @- https://a.example/login\n": "curl",
		"swagger=1 " + line: "curl",
	} {
		kind := ""
		for _, f := range formats() {
			if kind == "" && f.is([]byte(text)) {
				kind = f.name
			}
		}
		if kind != want {
			t.Errorf("%q is taken for %s", text, kind)
		}
	}
}
