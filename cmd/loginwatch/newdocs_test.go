package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestPageOfNew compares the page of drafts with its script in the same way.
func TestPageOfNew(t *testing.T) {
	shown, commands := pageOfScript(t, filepath.Join("..", "..", "docs", "new.md"), filepath.Join("testdata", "script", "new.txtar"))
	if len(shown) < 3 || len(commands) < 7 {
		t.Errorf("the page has %d files and %d commands", len(shown), len(commands))
	}
}

// TestPageOfLogins: the file that shows how a pack of the gallery is used holds.
func TestPageOfLogins(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "logins.md"))
	if err != nil {
		t.Fatal(err)
	}
	shown, _ := readPage(string(page))
	file := filepath.Join(t.TempDir(), "loginwatch.yaml")
	packs, err := filepath.Abs(filepath.Join("..", "..", "packs"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(shown["loginwatch.yaml"], "packs/", packs+"/", 1)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr output
	if code := run(t.Context(), []string{"vet", "--config", file}, environment{stdout: &stdout, stderr: &stderr}); code != exitOK || !strings.Contains(stdout.String(), "1 target and 1 job: no problems") {
		t.Errorf("%d: %s%s", code, stdout.String(), stderr.String())
	}
}

// pageOfScript gives the files and commands of a page, all of which its script has.
func pageOfScript(t *testing.T, of, by string) (shown map[string]string, commands []string) {
	t.Helper()
	page, err := os.ReadFile(of)
	if err != nil {
		t.Fatal(err)
	}
	script, err := txtar.ParseFile(by)
	if err != nil {
		t.Fatal(err)
	}
	shown, commands = readPage(string(page))
	files := map[string]string{}
	for _, f := range script.Files {
		files[f.Name] = strings.ReplaceAll(string(f.Data), "$WORK/", "…/")
	}
	for name, text := range shown {
		if diff := cmp.Diff(files[name], text); diff != "" {
			t.Errorf("%s (-script +page):\n%s", name, diff)
		}
	}
	run := scriptCommands(string(script.Comment))
	for _, c := range commands {
		i := slices.Index(run, c)
		if i < 0 {
			t.Fatalf("the script does not run, or not in this order: %s", c)
		}
		run = run[i+1:]
	}
	return shown, commands
}
