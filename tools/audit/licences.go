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

// reading is what a person has read in a file that no machine understands.
type reading struct {
	of       string
	licences []string // none is of what is no part of a build
}

// publicDomain is how Debian names that nobody has rights in something.
const publicDomain = "public-domain"

// perused are those files, by their SHA-256. With other words they have to be read again.
var perused = map[string]reading{
	"f597097efe3d97021f89170746bd3a0fb9a8b6fb26b82043ed68a4e0283bee6c": {"modernc.org/libc, LICENSE-3RD-PARTY.md: MIT (musl, NixOS), BSD (Go, and parts of musl) and parts of musl in the public domain", []string{"MIT", "BSD-3-Clause", publicDomain}},
	"5ae5bee3072a841376451b48d8cfcec7188e10543926d5870828d36c8a750dc5": {"modernc.org/memory, LICENSE-LOGO: of a picture that is no part of a build", nil},
	"8438c9c89b849131ead81d5435cb97fcf052df5b0b286dda8a2d4c29e6cb3fd0": {"modernc.org/sqlite, SQLITE-LICENSE: in the public domain", []string{publicDomain}},
	"56210f826b8f0fbac3160dfe55c97f4019eb6cdda3963b5a0eab8a8bdb62360e": {"the standard library, crypto/internal/boring/LICENSE: of an object that is linked with GOEXPERIMENT=boringcrypto alone", nil},
}

// enough is how much of a file the texts of known licences have to make up; it is what
// pkg.go.dev asks for.
const enough = 75

// build is one way to compile something of ours.
type build struct {
	name, tags, pkg string
	dir             string   // of its go.mod, below the root
	env             []string // beside that of the process
	released        bool     // others build what is not
}

var builds = []build{
	{name: "the program", pkg: "./cmd/loginwatch", env: []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64"}, released: true},
	{name: "the program for arm64", pkg: "./cmd/loginwatch", env: []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64"}, released: true},
	{name: "the program for macOS", pkg: "./cmd/loginwatch", env: []string{"CGO_ENABLED=0", "GOOS=darwin", "GOARCH=arm64"}, released: true},
	{name: "the image's certificates", pkg: "golang.org/x/crypto/x509roots/fallback/bundle", dir: "tools/deploy", released: true},
	{name: "the tools for Pact", tags: "pact", pkg: "./cmd/pact-verify"},
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
			texts, err := judged(modules[m].dirs)
			if err != nil {
				wrong = append(wrong, fmt.Errorf("%s in %s: %w", m, b.name, err))
			}
			for _, name := range namesOf(texts) {
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

// module is where a part of a build stands, and the folders in it that may hold a licence of
// what is compiled: those of the packages, and all above them. A package that was taken over
// from elsewhere brings a licence of its own.
type module struct {
	root string
	dirs []string
}

// goTool asks Go's own tool about a build.
func goTool(repo string, b build, args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	var stderr bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stderr = filepath.Join(repo, b.dir), append(os.Environ(), b.env...), &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, stderr.String())
	}
	return out, nil
}

// modulesOf gives the modules of a build by name and version; Go's own library is std.
func modulesOf(repo string, b build) (map[string]module, error) {
	version, err := goTool(repo, b, "env", "GOVERSION")
	if err != nil {
		return nil, err
	}
	out, err := goTool(repo, b, "list", "-deps", "-json=ImportPath,Dir,Standard,Module", "-tags="+b.tags, b.pkg)
	if err != nil {
		return nil, err
	}
	modules := map[string]module{}
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
		name, root := "std@"+strings.TrimSpace(string(version)), runtimeRoot(p.Dir)
		if !p.Standard {
			if p.Module == nil || p.Module.Dir == "" {
				return nil, fmt.Errorf("%s: of no module that is there", p.ImportPath)
			}
			if p.Module.Main {
				continue // LICENSE is ours
			}
			name, root = p.Module.Path+"@"+p.Module.Version, p.Module.Dir
		}
		m := modules[name]
		m.root = root
		for dir := p.Dir; len(dir) >= len(root); dir = filepath.Dir(dir) {
			if !slices.Contains(m.dirs, dir) {
				m.dirs = append(m.dirs, dir)
			}
		}
		modules[name] = m
	}
}

// runtimeRoot is the folder of Go that a package of the standard library stands in.
func runtimeRoot(dir string) string {
	root, _, _ := strings.Cut(dir, string(filepath.Separator)+"src"+string(filepath.Separator))
	return root
}

// called is how a licence's file is called.
var called = regexp.MustCompile(`(?i)^(un)?(licen[sc]e|copying)([-_.].*)?$|[-_.]licen[sc]e([-_.](txt|md))?$`)

// text is a file about the terms of what is in its folder and below.
type text struct {
	dir, name string
	content   string
	licences  []string // SPDX; none is no licence, but what one asks to be handed on
}

// namesOf are the licences of all texts, each once.
func namesOf(texts []text) (names []string) {
	for _, t := range texts {
		for _, name := range t.licences {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// noticed is how a file is called that a licence has us hand on (Apache-2.0, 4 d).
var noticed = regexp.MustCompile(`(?i)^notices?([-_.](txt|md))?$`)

// judged reads the licences of folders, and what is to be handed on with them. That there is
// none, that one is unknown or that one is not allowed is an error.
func judged(dirs []string) (texts []text, err error) {
	var wrong []error
	licensed := false
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			licence, notice := called.MatchString(e.Name()), noticed.MatchString(e.Name())
			if e.IsDir() || !licence && !notice || strings.HasSuffix(e.Name(), ".go") {
				continue
			}
			content, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				return nil, err
			}
			t := text{dir: dir, name: e.Name(), content: string(content)}
			if licence {
				if t.licences, err = judge(content); err != nil {
					wrong = append(wrong, fmt.Errorf("%s: %w", filepath.Join(dir, e.Name()), err))
				}
				licensed = licensed || err == nil && len(t.licences) > 0
				if len(t.licences) == 0 {
					continue
				}
			}
			texts = append(texts, t)
		}
	}
	if !licensed && len(wrong) == 0 {
		wrong = append(wrong, errors.New("no licence"))
	}
	return texts, errors.Join(wrong...)
}

// judge names the licences of a file; none if it is of what is no part of a build.
func judge(content []byte) (names []string, err error) {
	if read, ok := perused[fmt.Sprintf("%x", sha256.Sum256(content))]; ok {
		return read.licences, nil
	}
	var wrong []error
	cover := licensecheck.Scan(content)
	if cover.Percent < enough {
		wrong = append(wrong, fmt.Errorf("the text of known licences makes up %.0f %% of it, and not %d", cover.Percent, enough))
	}
	for _, m := range cover.Match {
		if !slices.Contains(names, m.ID) {
			names = append(names, m.ID)
		}
		if allowed[m.ID] == "" {
			wrong = append(wrong, fmt.Errorf("%s is not among the licences that are allowed", m.ID))
		}
	}
	return names, errors.Join(wrong...)
}
