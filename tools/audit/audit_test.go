package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const repo = "../.."

func place(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// entry is one of the database, about all of a package from a version on.
func entry(module, from, to string) string {
	return fmt.Sprintf(`{"schema_version":"1.3.1","id":"GO-1999-0001","modified":"2026-01-02T03:04:05Z","summary":"made up",
		"affected":[{"package":{"name":%q,"ecosystem":"Go"},"ranges":[{"type":"SEMVER","events":[{"introduced":%q}%s]}],
		"ecosystem_specific":{"imports":[{"path":%q}]}}],"database_specific":{"url":"https://example.com/GO-1999-0001"}}`, module, from, to, module)
}

var goItself = strings.Replace(entry("stdlib", "0", ""), `"path":"stdlib"`, `"path":"net/http"`, 1)

// The judge finds what a database knows of one of our dependencies, and nothing else.
func TestTheJudgeBarks(t *testing.T) {
	ours := "github.com/alecthomas/kong" // the command can't do without it
	for name, tt := range map[string]struct {
		entry string
		code  int
		says  string
	}{
		"a dependency":          {entry(ours, "0", ""), 3, "GO-1999-0001"},
		"a later version of it": {entry(ours, "999.0.0", ""), 0, "No vulnerabilities found"},
		"an earlier version":    {entry(ours, "0", `,{"fixed":"0.0.1"}`), 0, "No vulnerabilities found"},
		"a module that we lack": {entry("example.com/other", "0", ""), 0, "No vulnerabilities found"},
		"Go itself":             {goItself, 3, "GO-1999-0001"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			place(t, filepath.Join(dir, "GO-1999-0001.json"), tt.entry)
			code, out := ran(t, repo+"/bin/tools/govulncheck", "-db", "file://"+dir, "-mode", "binary", repo+"/bin/loginwatch")
			if code != tt.code || !strings.Contains(out, tt.says) {
				t.Errorf("exit code %d, want %d with %q:\n%s", code, tt.code, tt.says, out)
			}
		})
	}
}

func ran(t *testing.T, name string, args ...string) (code int, out string) {
	t.Helper()
	text, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode(), string(text)
	} else if err != nil {
		t.Fatal(err)
	}
	return 0, string(text)
}

// A database that is not there, or knows nothing, does not pass for one that knows nothing of
// us: govulncheck itself takes an empty folder for a database.
func TestNoDatabaseIsNoPass(t *testing.T) {
	dir := t.TempDir()
	place(t, filepath.Join(dir, "little", "GO-1999-0001.json"), entry("example.com/other", "0", ""))
	place(t, filepath.Join(dir, "good", "GO-1999-0001.json"), goItself)
	for at, want := range map[string]int{
		"file://" + dir + "/nowhere": 1, "file://" + dir: 1, "file://" + dir + "/little": 1, "http://127.0.0.1:1": 1, "nothing": 1,
		"file://" + dir + "/good": 0,
	} {
		if code, out := ran(t, repo+"/.ci/audit", "known", at); code != want || want != 0 && !strings.Contains(out, "is no database of vulnerabilities") {
			t.Errorf("%s: exit code %d:\n%s", at, code, out)
		}
	}
}

// A licence is known, allowed and there.
func TestJudged(t *testing.T) {
	ours, err := os.ReadFile(repo + "/LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		files map[string]string
		want  string // "" is allowed
	}{
		"one that is allowed":      {map[string]string{"LICENSE": string(ours)}, ""},
		"in another spelling":      {map[string]string{"licence.md": string(ours)}, ""},
		"none":                     {map[string]string{"README": string(ours)}, "no licence"},
		"one that nobody knows":    {map[string]string{"COPYING": "You may look at it, but only on Tuesdays.\n"}, "makes up 0 % of it"},
		"one that is not allowed":  {map[string]string{"LICENSE": agpl}, "is not among the licences that are allowed"},
		"a second one beside it":   {map[string]string{"LICENSE": string(ours), "LICENSE-ASSETS": agpl}, "LICENSE-ASSETS"},
		"half of it":               {map[string]string{"LICENSE": string(ours) + strings.Repeat("And you owe us a beer for each copy of it.\n", 300)}, "makes up"},
		"a program about licences": {map[string]string{"LICENSE": string(ours), "license.go": "package x"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range tt.files {
				place(t, filepath.Join(dir, file), text)
			}
			names, err := judged([]string{dir})
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v: %v, want %q", names, err, tt.want)
			}
		})
	}
}

// agpl is how a file says that it is under it.
const agpl = `This program is free software: you can redistribute it and/or modify
it under the terms of the GNU Affero General Public License as published by
the Free Software Foundation, either version 3 of the License, or
(at your option) any later version.

This program is distributed in the hope that it will be useful,
but WITHOUT ANY WARRANTY; without even the implied warranty of
MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
GNU Affero General Public License for more details.

You should have received a copy of the GNU Affero General Public License
along with this program.  If not, see <https://www.gnu.org/licenses/>.
`
