package main

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/loginwatch/loginwatch"
)

// address names a file of a pack for what shows a repository: relative to the
// root of the git repository around the working directory (or, where there is
// none, around the file), without git to the working directory. A file outside
// keeps its absolute path. Files of the built-in pack are in no folder of this
// machine and keep their names.
func address(file string) string {
	if embedded(file) {
		return file
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return file
	}
	here, err := os.Getwd()
	if err != nil {
		return filepath.ToSlash(path)
	}
	root := here
	if r := repository(here); r != "" {
		root = r
	} else if r := repository(filepath.Dir(path)); r != "" {
		root = r
	}
	if rel, ok := below(root, path); ok {
		return rel
	}
	// The working directory, or the pack's, may be named through a link.
	if rel, ok := below(resolved(root), resolved(path)); ok {
		return rel
	}
	return filepath.ToSlash(path)
}

// embedded tells whether a position names a file of the built-in pack.
func embedded(file string) bool {
	_, err := fs.Stat(loginwatch.Embedded, file)
	return err == nil
}

// repository gives the root of the git repository that holds a folder, or "". In
// a further work tree and in a submodule, .git is a file (gitrepository-layout(5)).
func repository(dir string) string {
	for {
		git := filepath.Join(dir, ".git")
		if info, err := os.Stat(git); err == nil {
			if _, err := os.Stat(filepath.Join(git, "HEAD")); err == nil || info.Mode().IsRegular() {
				return dir
			}
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

func below(root, path string) (string, bool) {
	rel, err := filepath.Rel(root, path)
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	return filepath.ToSlash(rel), true
}

// resolved follows links, where it can.
func resolved(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	return path
}
