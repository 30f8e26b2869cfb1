package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/loginwatch/loginwatch"
)

// Each tree has its repositories (a file ".git/HEAD", or ".git" of a further work
// tree) and the pack's files; a file is named as a position names it.
func TestAddress(t *testing.T) {
	const contract = "contracts/own/contract.yaml"
	ours := builtInFile(t)
	tests := []struct {
		name     string
		tree     []string
		here     string
		file     string // "/" before it stands for the tree's folder
		want     string // likewise
		linkedBy string // the tree is entered through a link of this name
	}{
		{name: "at the root", tree: []string{".git/HEAD"}, here: ".", file: "packs/" + contract, want: "packs/" + contract},
		{name: "from a subfolder", tree: []string{".git/HEAD"}, here: "ci", file: "../packs/" + contract, want: "packs/" + contract},
		{name: "the pack is the subfolder", tree: []string{".git/HEAD"}, here: "packs", file: contract, want: "packs/" + contract},
		{name: "an absolute pack", tree: []string{".git/HEAD"}, here: "ci", file: "/packs/" + contract, want: "packs/" + contract},
		{name: "a further work tree", tree: []string{".git"}, here: "ci", file: "../packs/" + contract, want: "packs/" + contract},
		{name: "a submodule of ours", tree: []string{".git/HEAD", "packs/.git"}, here: ".", file: "packs/" + contract, want: "packs/" + contract},
		{name: "an empty folder is no repository", tree: []string{"a/.git/x", ".git/HEAD"}, here: "a", file: contract, want: "a/" + contract},
		{name: "a checkout below us", tree: []string{"checkout/.git/HEAD"}, here: ".", file: "checkout/packs/" + contract, want: "packs/" + contract},
		{name: "another repository than ours", tree: []string{"a/.git/HEAD", "b/.git/HEAD"}, here: "a", file: "../b/" + contract, want: "/b/" + contract},
		{name: "no repository", here: ".", file: "packs/" + contract, want: "packs/" + contract},
		{name: "no repository, absolute", here: ".", file: "/packs/" + contract, want: "packs/" + contract},
		{name: "no repository, elsewhere", here: "ci", file: "../packs/" + contract, want: "/packs/" + contract},
		{name: "through a link", tree: []string{".git/HEAD"}, here: "ci", linkedBy: "link", file: "/packs/" + contract, want: "packs/" + contract},
		{name: "named like one of ours", tree: []string{".git/HEAD"}, here: "ci", file: "./" + ours, want: "ci/" + ours},
		{name: "built in", tree: []string{".git/HEAD"}, here: "ci", file: ours, want: ours},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			top := resolved(t.TempDir())
			root := filepath.Join(top, "tree")
			for _, f := range append(tc.tree, "ci/x", "packs/"+contract, "b/"+contract) {
				write(t, filepath.Join(root, f))
			}
			enter := root
			if tc.linkedBy != "" {
				enter = filepath.Join(top, tc.linkedBy)
				if err := os.Symlink(root, enter); err != nil {
					t.Fatal(err)
				}
			}
			t.Chdir(filepath.Join(enter, tc.here))
			absolute := func(name string) string {
				if name[0] == '/' {
					return root + name
				}
				return name
			}
			if got, want := address(absolute(tc.file)), absolute(tc.want); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

// builtInFile gives a file of the built-in pack.
func builtInFile(t *testing.T) string {
	t.Helper()
	vendors, err := loginwatch.Embedded.ReadDir("contracts")
	if err != nil || len(vendors) == 0 {
		t.Fatalf("no contracts: %v", err)
	}
	return "contracts/" + vendors[0].Name() + "/contract.yaml"
}

func write(t *testing.T, file string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
}
