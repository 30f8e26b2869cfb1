package bruno_test

import (
	"flag"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/bruno"
	"github.com/loginwatch/loginwatch/internal/importer/golden"
)

var update = flag.Bool("update", false, "rewrite the expected output under testdata")

func TestCorpus(t *testing.T) {
	golden.Hold(t, "testdata/*.bru", 6, *update, bruno.Read)
	golden.Hold(t, "testdata/*.json", 1, *update, bruno.Read)
	golden.Hold(t, "testdata/*.yml", 2, *update, bruno.Read)
	golden.Hold(t, "testdata/warehouse/bruno.json", 1, *update, func([]byte) (*importer.Recording, error) {
		return bruno.ReadFiles(warehouse(t))
	})
}

// warehouse are the files of a collection's folder.
func warehouse(t *testing.T) map[string][]byte {
	folder, files := os.DirFS("testdata/warehouse"), map[string][]byte{}
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files[name], err = fs.ReadFile(folder, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestRefused has the exact error of what can't be read.
func TestRefused(t *testing.T) {
	const send = "get {\n  url: https://a.example\n}\n"
	golden.Refused(t, map[string][2]string{
		"empty":              {"\n\n", "nothing stands in it"},
		"not UTF-8":          {"get {\n  url: \xff\n}\n", "not UTF-8"},
		"no kind":            {`{"log": {}}`, "line 1: neither a request in Bru or OpenCollection nor an export of Bruno"},
		"a name alone":       {`{"version": "1", "name": "a", "type": "collection"}`, "line 1: this file names a collection and has no request: give its requests, or the export of the collection"},
		"an empty export":    {`{"version": "1", "name": "a", "items": []}`, "the collection has no request"},
		"no request":         {"meta {\n  name: a\n}\n", "line 1: the file has no block of a request, such as get or post"},
		"an environment":     {"vars {\n  a: b\n}\n", "line 1: this is an environment, and not a request"},
		"no url":             {"get {\n  body: none\n}\n", "line 1: the request has no url"},
		"no block":           {send + "\nurl: https://b.example\n", "line 5: here a block such as headers { has to begin"},
		"not closed":         {"get {\n  url: https://a.example\n", "line 1: this block is not closed: its } stands in the first column of a line"},
		"a text not closed":  {send + "body:json {\n  {\n  }\n", "line 4: this block is not closed: its } stands in the first column of a line"},
		"a list not closed":  {"meta {\n  tags: [\n    a\n}\n", "line 2: this list is not closed"},
		"quotes not closed":  {"headers {\n  a: '''\n    b\n}\n", "line 2: this text is not closed: its ''' is missing"},
		"a quote not closed": {"headers {\n  \"a: b\n}\n", "line 2: this quote is not closed"},
		"no pair":            {"headers {\n  a\n}\n", "line 2: a pair such as name: value has to stand here"},
		"behind a block":     {"headers {\n  a: b\n} more\n", "line 3: behind the } of a block nothing may stand"},
		"behind a text":      {"headers {\n  a: '''\n    b\n  ''' more\n}\n", "line 4: behind the ''' of a text nothing may stand but its @contentType(...)"},
		"a circle":           {send + "vars:pre-request {\n  a: {{b}}\n  b: {{a}}\n}\n", "line 5, vars:pre-request: the values of these variables lead back to each other"},
		"deep brackets":      {send + "example {\n" + strings.Repeat("  a: {\n", 20) + strings.Repeat("  }\n", 20) + "}\n", "line 13: more brackets in each other than a file of Bruno has"},
		"an open folder":     {"opencollection: 1.0.0\nbundled: false\n", "line 1: the file has no request: give those of its folder"},
		"an alias":           {"info: &a {type: http}\nhttp: *a\n", "line 1: anchors (&) are not supported: write the value out, or in quotes if it begins with &"},
	}, bruno.Read)
	_, err := bruno.ReadFiles(map[string][]byte{"a/b.bru": []byte("headers {\n  a\n}\n")})
	if want := "line 2, a/b.bru: a pair such as name: value has to stand here"; err == nil || err.Error() != want {
		t.Errorf("of a folder: %v", err)
	}
}

// TestHostile has an export whose headers would be written for each of its requests.
func TestHostile(t *testing.T) {
	header := `{"name": "X-A", "value": "` + strings.Repeat("a", 1_000_000) + `"}`
	request := `{"type": "http", "request": {"url": "https://a.example"}},`
	text := `{"name": "a", "version": "1", "items": [` + strings.Repeat(request, 100) + request[:len(request)-1] + `], "root": {"request": {"headers": [` + header + `]}}}`
	want := "line 1, /items/33: what the collection describes up to here comes to more than 32 MiB"
	if _, err := bruno.Read([]byte(text)); err == nil || err.Error() != want {
		t.Errorf("headers for many requests: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	golden.Fuzz(f, []string{"testdata/*.bru", "testdata/*.json", "testdata/*.yml"}, bruno.Read, nil)
}
