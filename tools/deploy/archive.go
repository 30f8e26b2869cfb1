package main

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// systems are those that an archive of the program alone is made for.
var systems = []struct{ os, arch string }{
	{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "arm64"},
}

// archives packs the program with what a person needs to begin, for each system.
func (r release) archives() error {
	for _, s := range systems {
		name := fmt.Sprintf("loginwatch_%s_%s_%s", r.version, s.os, s.arch)
		program := filepath.Join(r.stage(s.arch), "loginwatch")
		if s.os != "linux" {
			program = filepath.Join(r.stage(s.os+"-"+s.arch), "loginwatch")
			if err := r.compile(s.os, s.arch, program); err != nil {
				return err
			}
		}
		entries := []entry{{name: name + "/", mode: 0o755}}
		for _, f := range []struct {
			from, as string
			mode     int64
		}{
			{program, "loginwatch", 0o755},
			{filepath.Join(r.repo, "LICENSE"), "LICENSE", 0o644},
			{filepath.Join(r.stage("own"), "copyright"), "copyright", 0o644},
			{filepath.Join(r.repo, "README.md"), "README.md", 0o644},
			{filepath.Join(r.repo, "CHANGELOG.md"), "CHANGELOG.md", 0o644},
			{filepath.Join(r.repo, "loginwatch.example.yaml"), "loginwatch.example.yaml", 0o644},
		} {
			content, err := os.ReadFile(f.from)
			if err != nil {
				return err
			}
			entries = append(entries, entry{name: name + "/" + f.as, content: content, mode: f.mode})
		}
		for _, part := range []string{"man", "completion"} {
			more, err := entriesOf(filepath.Join(r.stage("own"), part), name+"/"+part+"/")
			if err != nil {
				return err
			}
			entries = append(entries, more...)
		}
		content, err := tarred(r.date, entries)
		if err != nil {
			return err
		}
		if err := writeGzip(filepath.Join(r.out, name+".tar.gz"), content); err != nil {
			return err
		}
	}
	return nil
}

// entriesOf gives a folder and all that is in it, in the order of names.
func entriesOf(dir, as string) (entries []entry, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name := as + filepath.ToSlash(rel)
		switch {
		case d.IsDir() && rel == ".":
			if as != "" {
				entries = append(entries, entry{name: as, mode: 0o755})
			}
			return nil
		case d.IsDir():
			entries = append(entries, entry{name: name + "/", mode: 0o755})
			return nil
		}
		content, err := os.ReadFile(path)
		entries = append(entries, entry{name: name, content: content, mode: 0o644})
		return err
	})
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	return entries, err
}

// tarOf packs a folder as one file.
func (r release) tarOf(dir, file string) error {
	entries, err := entriesOf(dir, "")
	if err != nil {
		return err
	}
	content, err := tarred(r.date, entries)
	if err != nil {
		return err
	}
	return os.WriteFile(file, content, 0o644)
}

// checksums lists what was made, as sha256sum(1) reads it.
func (r release) checksums() error {
	files, err := os.ReadDir(r.out)
	if err != nil {
		return err
	}
	var list strings.Builder
	for _, f := range files {
		content, err := os.ReadFile(filepath.Join(r.out, f.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&list, "%x  %s\n", sha256.Sum256(content), f.Name())
	}
	return os.WriteFile(filepath.Join(r.out, "SHA256SUMS"), []byte(list.String()), 0o644)
}
