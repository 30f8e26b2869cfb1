package pack_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/loginwatch/loginwatch/internal/pack"
)

var update = flag.Bool("update", false, "rewrite the expected output under testdata")

const (
	secondPack = "second/"           // files below it are a second source, in the folder "second"
	insidePack = "mypack/contracts/" // the same, in a folder that is a part of a pack
	documents  = "documents/"
)

// options refuse the one schedule that the corpus calls bad.
var options = pack.Options{CheckSchedule: func(expr string) error {
	if expr == "every day" {
		return errors.New("expected 5 fields, found 2")
	}
	return nil
}}

// TestCorpus changes the good pack as every archive of testdata/bad says and
// compares all problems. In an archive, a file NAME is the whole file;
// "edit NAME" changes lines: those after "-" must be there once, one after the
// other, and give way to those after "+"; "remove NAME" has no content.
func TestCorpus(t *testing.T) {
	archives, err := filepath.Glob("testdata/bad/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files := good(t)
			for _, f := range archive.Files {
				if f.Name != "want" {
					change(t, files, f)
				}
			}
			got := problems(files)
			if got == "" {
				t.Fatal("no problem found")
			}
			archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" && *update })
			if *update {
				archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			last := archive.Files[len(archive.Files)-1]
			if diff := cmp.Diff(string(last.Data), got); last.Name != "want" || diff != "" {
				t.Errorf("problems differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGood(t *testing.T) {
	if got := problems(good(t)); got != "" {
		t.Errorf("the good pack has problems:\n%s", got)
	}
}

func good(t testing.TB) fstest.MapFS {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/good.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, f := range archive.Files {
		files[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return files
}

func change(t *testing.T, files fstest.MapFS, f txtar.File) {
	t.Helper()
	verb, name, isVerb := strings.Cut(f.Name, " ")
	switch {
	case !isVerb:
		files[f.Name] = &fstest.MapFile{Data: f.Data}
	case verb == "remove":
		delete(files, name)
	case verb == "edit":
		files[name] = &fstest.MapFile{Data: edit(t, files[name].Data, string(f.Data))}
	default:
		t.Fatalf("unknown verb in %q", f.Name)
	}
}

func edit(t *testing.T, data []byte, changes string) []byte {
	t.Helper()
	var before, after strings.Builder
	apply := func() {
		if before.Len() == 0 {
			return
		}
		if n := bytes.Count(data, []byte(before.String())); n != 1 {
			t.Fatalf("the lines to change are there %d times:\n%s", n, before.String())
		}
		data = bytes.Replace(data, []byte(before.String()), []byte(after.String()), 1)
		before.Reset()
		after.Reset()
	}
	added := false
	for line := range strings.Lines(changes) {
		switch {
		case strings.HasPrefix(line, "+"):
			added = true
			after.WriteString(line[1:])
			continue
		case added:
			apply()
			added = false
		}
		if !strings.HasPrefix(line, "-") {
			t.Fatalf("neither - nor + begins the line %q", line)
		}
		before.WriteString(line[1:])
	}
	apply()
	return data
}

// problems loads a pack, and a second one when there is one, and checks the
// citations when nothing else is wrong.
func problems(files fstest.MapFS) string {
	var sources []pack.Source
	first, second, inside, texts := fstest.MapFS{}, fstest.MapFS{}, fstest.MapFS{}, fstest.MapFS{}
	for name, f := range files {
		if rest, ok := strings.CutPrefix(name, secondPack); ok {
			second[rest] = f
		} else if rest, ok := strings.CutPrefix(name, insidePack); ok {
			inside[rest] = f
		} else if rest, ok := strings.CutPrefix(name, documents); ok {
			texts[rest] = f
		} else {
			first[name] = f
		}
	}
	sources = append(sources, pack.Source{FS: first})
	if len(second) > 0 {
		sources = append(sources, pack.Source{Dir: "second", FS: second})
	}
	if len(inside) > 0 {
		sources = append(sources, pack.Source{Dir: strings.TrimSuffix(insidePack, "/"), FS: inside})
	}
	catalog, found := pack.Load(options, sources...)
	if found == nil {
		_, found = pack.CheckCitations(catalog, fs.FS(texts))
	}
	if len(found) == 0 {
		return ""
	}
	return fmt.Sprintln(found.Error())
}
