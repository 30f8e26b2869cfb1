package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/plan"
)

var (
	readme        = filepath.Join("..", "..", "README.md")
	addingAVendor = filepath.Join("..", "..", "docs", "adding-a-vendor.md")
	sixthVendor   = filepath.Join("testdata", "script", "sixth_vendor.txtar")
)

// TestAddingAVendor compares the page with the script: the files that the page
// shows are the script's, and the script runs its commands, in their order. So
// whoever copies from the page gets what the script has proved.
func TestAddingAVendor(t *testing.T) {
	shown, commands := pageOfScript(t, addingAVendor, sixthVendor)
	if len(shown) < 12 || len(commands) < 5 {
		t.Errorf("the page has %d files and %d commands", len(shown), len(commands))
	}
	script, err := txtar.ParseFile(sixthVendor)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range script.Files {
		if _, found := shown[f.Name]; strings.HasPrefix(f.Name, "mypack/") && !found {
			t.Errorf("the page does not show %s", f.Name)
		}
	}
}

// TestSixthVendorCitations holds the page's contract to the page's document.
func TestSixthVendorCitations(t *testing.T) {
	script, err := txtar.ParseFile(sixthVendor)
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, f := range script.Files {
		files[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	own, err := fs.Sub(files, "mypack")
	if err != nil {
		t.Fatal(err)
	}
	documents, err := fs.Sub(files, "documents")
	if err != nil {
		t.Fatal(err)
	}
	catalog, problems := pack.Load(pack.Options{CheckSchedule: func(expr string) error { _, err := plan.Parse(expr); return err }}, pack.Source{FS: own})
	_, found := pack.CheckCitations(catalog, documents)
	problems = append(problems, found...)
	if len(problems) > 0 || len(catalog.Contracts) != 1 {
		t.Errorf("%d contracts, problems:\n%v", len(catalog.Contracts), problems)
	}
}

// TestReferenceNamesEveryKey looks for each key and word of the formats on the
// page, by the schemas that internal/pack proves complete.
func TestReferenceNamesEveryKey(t *testing.T) {
	page, err := os.ReadFile(addingAVendor)
	if err != nil {
		t.Fatal(err)
	}
	_, reference, found := strings.Cut(string(page), "\n# Reference\n")
	if !found {
		t.Fatal("the page has no reference")
	}
	words := map[string]bool{}
	for _, name := range []string{"contract", "probes"} {
		data, err := fs.ReadFile(loginwatch.Embedded, "schemas/meta/"+name+".schema.json")
		if err != nil {
			t.Fatal(err)
		}
		var schema any
		if err := json.Unmarshal(data, &schema); err != nil {
			t.Fatal(err)
		}
		collectWords(schema, words)
	}
	if len(words) < 60 {
		t.Errorf("only %d words", len(words))
	}
	for w := range words {
		if !regexp.MustCompile(`[\x60{ ]` + regexp.QuoteMeta(w) + `[\x60: ]`).MatchString(reference) {
			t.Errorf("the reference does not name %q", w)
		}
	}
}

// collectWords adds the names of properties and the values of enumerations.
func collectWords(v any, words map[string]bool) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			collectWords(e, words)
		}
	case map[string]any:
		properties, _ := v["properties"].(map[string]any)
		for name := range properties {
			words[name] = true
		}
		list, _ := v["enum"].([]any)
		for _, e := range list {
			if word, ok := e.(string); ok && word == strings.ToLower(word) { // methods are HTTP's
				words[word] = true
			}
		}
		for _, e := range v {
			collectWords(e, words)
		}
	}
}

var fileLine = regexp.MustCompile("^`([^`]+)`(:|, next:)$")

// readPage gives the files that a page shows, the parts of each put together,
// and its commands. A file's block stands below a line with its name.
func readPage(page string) (files map[string]string, commands []string) {
	files = map[string]string{}
	name, language, inside := "", "", false
	for line := range strings.Lines(page) {
		bare := strings.TrimSuffix(line, "\n")
		switch fence, isFence := strings.CutPrefix(bare, "```"); {
		case isFence && inside:
			name, inside = "", false
		case isFence:
			language, inside = fence, true
		case inside && name != "":
			files[name] += line
		case inside && language == "sh":
			commands = append(commands, bare)
		case !inside && bare != "":
			name = ""
			if m := fileLine.FindStringSubmatch(bare); m != nil {
				name = m[1]
			}
		}
	}
	return files, commands
}

// scriptCommands gives a script's commands as a person types them.
func scriptCommands(script string) []string {
	typed := strings.NewReplacer("$SIM", "http://127.0.0.1:9714", "$WORK/", "")
	var commands []string
	for line := range strings.Lines(script) {
		line = typed.Replace(strings.TrimSpace(line))
		verb, rest, _ := strings.Cut(line, " ")
		switch verb {
		case "exec":
			commands = append(commands, rest)
		case "code":
			_, rest, _ = strings.Cut(rest, " ")
			commands = append(commands, rest)
		case "env":
			commands = append(commands, "export "+rest)
		case "simulator":
			commands = append(commands, "loginwatch simulate "+rest)
		case "server":
			_, rest, _ = strings.Cut(rest, " ")
			commands = append(commands, "loginwatch serve "+rest)
		}
	}
	return commands
}
