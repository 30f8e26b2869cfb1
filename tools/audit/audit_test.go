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
		if code, out := ran(t, repo+"/.ci/audit", "known", at); code != want || want != 0 && !strings.Contains(out, "is no database of vulnerabilities") || strings.Contains(out, "{") {
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
			texts, err := judged([]string{dir})
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v: %v, want %q", texts, err, tt.want)
			}
		})
	}
}

// Each text stands once, with all that it is for, and what a licence asks to hand on beside it;
// of what is no part of a build there is nothing. On Debian a text that is there is named.
func TestNotices(t *testing.T) {
	ours, err := os.ReadFile(repo + "/LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	apache := string(ours)
	mit := "Copyright (c) 2026 One\n\n" + mitTerms
	for name, tt := range map[string]struct {
		files  map[string]string // by module
		full   []string          // paragraphs, of which each has these words
		debian string            // what is in place of the first text
	}{
		"one text of two modules": {map[string]string{"a@v1/LICENSE": apache, "b@v2/COPYING": strings.ReplaceAll(apache, "\n", "\r\n ")},
			[]string{"Files: a@v1/*\n b@v2/*\nCopyright: the authors of these files\nLicense: Apache-2.0\n"}, "/usr/share/common-licenses/Apache-2.0."},
		"another holder": {map[string]string{"a@v1/LICENSE": mit, "b@v2/LICENSE": strings.Replace(mit, "One", "Two", 1)},
			[]string{"Files: a@v1/*\nCopyright: (c) 2026 One\nLicense: MIT\n Copyright (c) 2026 One\n .\n Permission is", "Files: b@v2/*\nCopyright: (c) 2026 Two\n"}, "Permission is"},
		"a notice, which is never shortened": {map[string]string{"a@v1/LICENSE": apache, "a@v1/NOTICE.txt": "Copyright 2026 One\n" + short},
			[]string{"License: Apache-2.0\n", "Copyright: 2026 One\nLicense: NOTICE\n Copyright 2026 One\n Licensed under the Apache License"}, "/usr/share/common-licenses/Apache-2.0."},
		"taken over from elsewhere": {map[string]string{"a@v1/LICENSE": apache, "a@v1/deep/er/LICENSE": mit},
			[]string{"Files: a@v1/*\n", "Files: a@v1/deep/er/*\nCopyright: (c) 2026 One\nLicense: MIT\n"}, "/usr/share/common-licenses/Apache-2.0."},
		"several texts in one file": {map[string]string{"a@v1/LICENSE": mit + "\n----\n\n" + apache},
			[]string{"License: MIT and Apache-2.0\n Copyright (c) 2026 One\n"}, " .\n On Debian systems the full text is in /usr/share/common-licenses/Apache-2.0."},
	} {
		t.Run(name, func(t *testing.T) {
			dir, modules := t.TempDir(), map[string]module{}
			for file, text := range tt.files {
				place(t, filepath.Join(dir, file), text)
				name, _, _ := strings.Cut(file, "/")
				m := modules[name]
				m.root = filepath.Join(dir, name)
				m.dirs = append(m.dirs, filepath.Dir(filepath.Join(dir, file)))
				modules[name] = m
			}
			got, err := paragraphsOf(modules)
			if err != nil || len(got) != len(tt.full) {
				t.Fatalf("%d paragraphs, %v", len(got), err)
			}
			for i, want := range tt.full {
				if text := got[i].write(false); !strings.Contains(text, want) || strings.Contains(text, "common-licenses") {
					t.Errorf("paragraph %d:\n%s\nwithout\n%s", i, text, want)
				}
				if i > 0 && got[i].write(true) != got[i].write(false) {
					t.Errorf("paragraph %d is another one on Debian", i)
				}
			}
			if text := got[0].write(true); !strings.Contains(text, tt.debian) || strings.Contains(text, "TERMS AND CONDITIONS") {
				t.Errorf("on Debian:\n%s", text)
			}
		})
	}
}

// mitTerms are those of MIT, which have nobody's name.
const mitTerms = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`

// short is how a file says that it is under the Apache licence.
const short = `Licensed under the Apache License, Version 2.0 (the "License");
you may not use this file except in compliance with the License.
You may obtain a copy of the License at

    http://www.apache.org/licenses/LICENSE-2.0
`

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
