// Package repotest holds the rules of this repository that no linter knows, as
// tests with the reason for each: who may import whom, how long a file may be,
// what no code may name or call. It reads the tree and never changes it, and it
// has nothing but tests.
package repotest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

const module = "github.com/loginwatch/loginwatch"

// offence is one place that breaks a rule.
type offence struct {
	file string
	line int // 0 when the whole file is concerned
	what string
	why  string
}

func (o offence) String() string {
	place := o.file
	if o.line > 0 {
		place = fmt.Sprintf("%s:%d", o.file, o.line)
	}
	return place + ": " + o.what + " (" + o.why + ")"
}

// source is one file of the tree.
type source struct {
	path string
	text string
	code *ast.File // nil unless it is Go outside testdata
	set  *token.FileSet
}

func (s *source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// folder is the package's folder below the module, "" for the root package.
func (s *source) folder() string {
	if d := path.Dir(s.path); d != "." {
		return d
	}
	return ""
}

func (s *source) lineOf(n ast.Node) int { return s.set.Position(n.Pos()).Line }

// tree is everything that the rules look at.
type tree struct {
	files   []*source
	vendors []string // the folders of contracts/
}

// leftOut are folders that hold nothing a person wrote for this repository.
var leftOut = []string{".git", "bin", "node_modules"}

// largest is the size above which a file is data that no rule is about.
const largest = 1 << 20

func readTree(fsys fs.FS) (*tree, error) {
	t := &tree{}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(leftOut, entry.Name()):
			return fs.SkipDir
		case entry.IsDir() && path.Dir(name) == "contracts":
			t.vendors = append(t.vendors, entry.Name())
			return nil
		case !entry.Type().IsRegular(), slices.Contains(leftOut, entry.Name()): // .git of a work tree is a file
			return nil
		}
		if info, err := entry.Info(); err != nil || info.Size() > largest {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		s, err := parse(name, string(data))
		t.files = append(t.files, s)
		return err
	})
	return t, err
}

func parse(name, text string) (*source, error) {
	s := &source{path: name, text: text}
	if path.Ext(name) != ".go" || inTestdata(name) {
		return s, nil
	}
	s.set = token.NewFileSet()
	var err error
	s.code, err = parser.ParseFile(s.set, name, text, parser.SkipObjectResolution)
	return s, err
}

func inTestdata(name string) bool { return slices.Contains(strings.Split(name, "/"), "testdata") }

// within tells whether a folder is dir or lies below it.
func within(folder, dir string) bool {
	return folder == dir || strings.HasPrefix(folder, dir+"/")
}
