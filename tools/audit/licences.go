package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// allowed are the licences (SPDX) of what we hand out, and why each of them may be in it.
var allowed = map[string]string{
	"Apache-2.0":   "our own",
	"BSD-2-Clause": "asks for its notice alone",
	"BSD-3-Clause": "asks for its notice alone",
	"ISC":          "asks for its notice alone",
	"MIT":          "asks for its notice alone",
	"MPL-2.0":      "is of its own files alone, which we use unaltered, and asks to say where their source is (3.1, 3.2): the list of a release names each module with its version",
}

// perused are files that no machine understands, by their SHA-256 and what a person has read
// in them. With other words they have to be read again.
var perused = map[string]string{
	"f597097efe3d97021f89170746bd3a0fb9a8b6fb26b82043ed68a4e0283bee6c": "modernc.org/libc, LICENSE-3RD-PARTY.md: MIT (musl, NixOS), BSD (Go, and parts of musl) and parts of musl in the public domain",
	"5ae5bee3072a841376451b48d8cfcec7188e10543926d5870828d36c8a750dc5": "modernc.org/memory, LICENSE-LOGO: of a picture that is no part of a build",
	"8438c9c89b849131ead81d5435cb97fcf052df5b0b286dda8a2d4c29e6cb3fd0": "modernc.org/sqlite, SQLITE-LICENSE: in the public domain",
	"56210f826b8f0fbac3160dfe55c97f4019eb6cdda3963b5a0eab8a8bdb62360e": "the standard library, crypto/internal/boring/LICENSE: of an object that is linked with GOEXPERIMENT=boringcrypto alone",
}

// enough is how much of a file the texts of known licences have to make up; it is what
// pkg.go.dev asks for.
const enough = 75

// build is one way to compile something of ours.
type build struct {
	name, tags, pkg string
}

var builds = []build{
	{"the program", "", "./cmd/loginwatch"},
	{"the tools for Pact", "pact", "./cmd/pact-verify"},
}

func licences(repo string) error {
	var wrong []error
	for _, b := range builds {
		modules, err := modulesOf(repo, b)
		if err != nil {
			return err
		}
		found := map[string]int{}
		for _, m := range slices.Sorted(maps.Keys(modules)) {
			names, err := judged(modules[m])
			if err != nil {
				wrong = append(wrong, fmt.Errorf("%s in %s: %w", m, b.name, err))
			}
			for _, name := range names {
				found[name]++
			}
		}
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(found)) {
			parts = append(parts, fmt.Sprintf("%s %d", name, found[name]))
		}
		fmt.Printf("licences of %s: %d modules, %s\n", b.name, len(modules), strings.Join(parts, ", "))
	}
	return errors.Join(wrong...)
}

// modulesOf gives, by module, the folders that may hold a licence of what is compiled: those
// of the packages, and all above them in the module. A package that was taken over from
// elsewhere brings a licence of its own.
func modulesOf(repo string, b build) (map[string][]string, error) {
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Dir,Standard,Module", "-tags="+b.tags, b.pkg)
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stderr = repo, &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, stderr.String())
	}
	modules := map[string][]string{}
	for list := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath, Dir string
			Standard        bool
			Module          *struct {
				Path, Version, Dir string
				Main               bool
			}
		}
		if err := list.Decode(&p); errors.Is(err, io.EOF) {
			return modules, nil
		} else if err != nil {
			return nil, err
		}
		name, root := "the standard library", runtimeRoot(p.Dir)
		if !p.Standard {
			if p.Module == nil || p.Module.Dir == "" {
				return nil, fmt.Errorf("%s: of no module that is there", p.ImportPath)
			}
			if p.Module.Main {
				continue // LICENSE is ours
			}
			name, root = p.Module.Path+"@"+p.Module.Version, p.Module.Dir
		}
		for dir := p.Dir; len(dir) >= len(root); dir = filepath.Dir(dir) {
			if !slices.Contains(modules[name], dir) {
				modules[name] = append(modules[name], dir)
			}
		}
	}
}

// runtimeRoot is the folder of Go that a package of the standard library stands in.
func runtimeRoot(dir string) string {
	root, _, _ := strings.Cut(dir, string(filepath.Separator)+"src"+string(filepath.Separator))
	return root
}

// called is how a licence's file is called.
var called = regexp.MustCompile(`(?i)^(un)?(licen[sc]e|copying)([-_.].*)?$|[-_.]licen[sc]e([-_.](txt|md))?$`)

// judged names the licences of folders. That there is none, that one is unknown or that one is
// not allowed is an error.
func judged(dirs []string) (names []string, err error) {
	var wrong []error
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.IsDir() || !called.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
				continue
			}
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				return nil, err
			}
			if perused[fmt.Sprintf("%x", sha256.Sum256(text))] != "" {
				continue
			}
			cover := licensecheck.Scan(text)
			if cover.Percent < enough {
				wrong = append(wrong, fmt.Errorf("%s: the text of known licences makes up %.0f %% of it, and not %d", filepath.Join(dir, e.Name()), cover.Percent, enough))
			}
			for _, m := range cover.Match {
				if !slices.Contains(names, m.ID) {
					names = append(names, m.ID)
				}
				if allowed[m.ID] == "" {
					wrong = append(wrong, fmt.Errorf("%s: %s is not among the licences that are allowed", filepath.Join(dir, e.Name()), m.ID))
				}
			}
		}
	}
	if len(names) == 0 && len(wrong) == 0 {
		wrong = append(wrong, errors.New("no licence"))
	}
	return names, errors.Join(wrong...)
}
