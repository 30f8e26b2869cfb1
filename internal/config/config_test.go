package config

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/plan"
	"github.com/loginwatch/loginwatch/internal/window"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata")

// marker stands for a secret wherever one could be by mistake.
const marker = "HUNTER2"

// catalog is two invented vendors: one with a step that fetches what the next
// one needs, one with a probe that is off by default.
func catalog() ([]*loginwatch.Contract, []*loginwatch.Probe) {
	secrets := func(names ...string) (all []loginwatch.Secret) {
		for _, n := range names {
			all = append(all, loginwatch.Secret{Name: n})
		}
		return all
	}
	acme := &loginwatch.Contract{
		Vendor:     "acme-login",
		Secrets:    secrets("user", "password", "public_key", "access_key", "secret_key"),
		Account:    []string{"password", "user"},
		Variables:  []loginwatch.Variable{{Name: "region", Default: "north"}},
		Operations: []*loginwatch.Operation{{ID: "public-key", Spends: []string{"secret_key"}}, {ID: "login"}},
	}
	bolt := &loginwatch.Contract{
		Vendor:  "bolt-login",
		Secrets: secrets("token"),
		Account: []string{"token"},
		Targets: []loginwatch.DocumentedTarget{
			{Name: "production", URL: "https://bolt.example.com/api/"},
			{Name: "plain", URL: "http://bolt.example.com"},
		},
		Operations: []*loginwatch.Operation{{ID: "login"}},
	}
	signIn := &loginwatch.Probe{
		Contract: acme, Name: "sign-in", Schedule: "@every 5m", Timeout: 10 * time.Second,
		Objectives: loginwatch.Objectives{Availability: 0.995, Correctness: 0.999, LatencyQuantile: 0.95, Latency: time.Second},
		Steps: []loginwatch.Step{
			{
				Case:    &loginwatch.Case{ID: "public-key", Needs: []string{"access_key", "secret_key"}},
				Capture: []loginwatch.Capture{{Name: "public_key"}},
			},
			{Case: &loginwatch.Case{ID: "valid-credentials", Needs: []string{"user", "password", "public_key"}}},
		},
	}
	login := &loginwatch.Probe{
		Contract: bolt, Name: "login", Schedule: "@every 5m", Timeout: 10 * time.Second,
		Steps: []loginwatch.Step{{Case: &loginwatch.Case{ID: "valid-credentials", Needs: []string{"token"}}}},
	}
	// A later step needs the token again: a missing one is still one mistake.
	login.Steps = append(login.Steps, loginwatch.Step{Case: &loginwatch.Case{ID: "again", Needs: []string{"token"}}})
	night := *login
	night.Name, night.Disabled = "night", true
	return []*loginwatch.Contract{acme, bolt}, []*loginwatch.Probe{signIn, login, &night}
}

func checkSchedule(expr string) error {
	if !strings.HasPrefix(expr, "@every ") {
		return errors.New("no schedule of the test")
	}
	return nil
}

// TestBad shows the exact message of each mistake, and that no message and no
// excerpt holds what could be a secret.
func TestBad(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "bad", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := readAll(archive)
			if got == "" {
				t.Error("no problem was found")
			}
			if strings.Contains(got, marker) {
				t.Errorf("the output shows what could be a secret:\n%s", got)
			}
			expect(t, file, archive, got)
		})
	}
}

// readAll parses and assigns the archive's loginwatch.yaml.
func readAll(archive *txtar.Archive) string {
	text, _ := member(archive, "loginwatch.yaml")
	c, problems := Parse("loginwatch.yaml", text)
	if c != nil {
		contracts, probes := catalog()
		_, more := c.Assign(contracts, probes, Options{
			CheckSchedule: checkSchedule,
			ParseBegins:   func(expr string) (window.Schedule, error) { return plan.ParseBegins(expr) },
			OneTime:       func(*loginwatch.Contract) []string { return []string{"access_key"} },
			CheckProgram: func(path string) error {
				if name, _, _ := strings.Cut(path, " "); name == filepath.Join("bin", "absent") {
					return fs.ErrNotExist
				}
				return nil
			},
			ReadFile: func(path string) ([]byte, error) {
				if data, found := member(archive, path); found {
					return data, nil
				}
				return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
			},
		})
		problems = append(problems, more...)
		problems.Sort()
	}
	if len(problems) == 0 {
		return ""
	}
	return problems.Error() + "\n"
}

func member(archive *txtar.Archive, name string) ([]byte, bool) {
	for _, f := range archive.Files {
		if f.Name == filepath.ToSlash(name) {
			return f.Data, true
		}
	}
	return nil, false
}

func expect(t *testing.T, file string, archive *txtar.Archive, got string) {
	t.Helper()
	want, _ := member(archive, "want")
	if *update {
		var kept []txtar.File
		for _, f := range archive.Files {
			if f.Name != "want" {
				kept = append(kept, f)
			}
		}
		archive.Files = append(kept, txtar.File{Name: "want", Data: []byte(got)})
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

// TestFileProblem: a file that others can't open is shown where it is named.
func TestFileProblem(t *testing.T) {
	text := "# " + marker + "\npacks: [mine, ./theirs/]\nweb_config: web.yaml\ntargets: {bolt: {vendor: bolt-login, base_url: https://bolt.example.com}}\n"
	c, problems := Parse(filepath.Join("etc", "loginwatch.yaml"), []byte(text))
	if problems != nil {
		t.Fatal(problems)
	}
	missing := &fs.PathError{Op: "open", Path: "somewhere", Err: fs.ErrNotExist}
	for _, tt := range []struct {
		path string
		err  error
		want string
	}{
		{c.Packs[0], missing, `etc/loginwatch.yaml:2:9: etc/mine: can't be read: file does not exist
    2 | packs: [mine, ./theirs/]
      |         ^^^^`},
		{c.Packs[1], missing, `etc/loginwatch.yaml:2:15: etc/theirs: can't be read: file does not exist
    2 | packs: [mine, ./theirs/]
      |               ^^^^^^^^^`},
		{c.WebConfig, errors.New("no such key"), `etc/loginwatch.yaml:3:13: etc/web.yaml: no such key
    3 | web_config: web.yaml
      |             ^^^^^^^^`},
		{"flag", missing, "flag: can't be read: file does not exist"},
	} {
		if diff := cmp.Diff(tt.want, filepath.ToSlash(loginwatch.Problems{c.FileProblem(tt.path, tt.err)}.Error())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.path, diff)
		}
	}
	if got := Default().FileProblem("flag", missing).String(); got != "flag: can't be read: file does not exist" {
		t.Errorf("without a file: %s", got)
	}
}
