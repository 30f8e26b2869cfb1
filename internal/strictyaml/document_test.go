package strictyaml_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

var update = flag.Bool("update", false, "rewrite the expected output under testdata")

type step struct {
	Pos   loginwatch.Pos           `yaml:"-"`
	Case  strictyaml.Text          `yaml:"case,required"`
	Where strictyaml.Map[inScalar] `yaml:"where"`
}

type inScalar = strictyaml.Scalar

type plan struct {
	Pos      loginwatch.Pos                        `yaml:"-"`
	Vendor   string                                `yaml:"vendor,required"`
	Timeout  time.Duration                         `yaml:"timeout,required"`
	Start    time.Time                             `yaml:"start"`
	Enabled  bool                                  `yaml:"enabled"`
	Retries  int                                   `yaml:"retries"`
	Share    float64                               `yaml:"share"`
	Expect   strictyaml.OneOrMany[strictyaml.Text] `yaml:"expect"`
	Body     strictyaml.Value                      `yaml:"body"`
	Any      any                                   `yaml:"any"`
	Limit    *limit                                `yaml:"limit"`
	Steps    []step                                `yaml:"steps"`
	Secrets  strictyaml.Map[strictyaml.Text]       `yaml:"secrets"`
	Targets  strictyaml.Map[limit]                 `yaml:"targets"`
	Untagged string
	origin   `yaml:",inline"`
}

type origin struct {
	Cite strictyaml.Placed[string] `yaml:"cite"`
}

type limit struct {
	strictyaml.Span `yaml:"-"`
	Requests        int `yaml:"requests,required"`
}

// TestCorpus reads every testdata/*.txtar: a file in.yaml and the exact problems.
// The values of archives that are named conceal-* are secret below "secrets".
func TestCorpus(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if len(archive.Files) == 1 {
				archive.Files = append(archive.Files, txtar.File{Name: "want"})
			}
			got := read(strings.HasPrefix(filepath.Base(name), "conceal-"), archive.Files[0].Data)
			if strings.Contains(got, "hunter2") {
				t.Error("the output shows a secret")
			}
			if *update {
				archive.Files[1].Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(archive.Files[1].Data), got); diff != "" {
				t.Errorf("problems differ (-want +got):\n%s", diff)
			}
		})
	}
}

func read(conceal bool, data []byte) string {
	var options []strictyaml.Option
	if conceal {
		options = append(options, strictyaml.Conceal(func(path []string) bool { return path[0] != "timeout" }))
	}
	doc, problems := strictyaml.Parse("in.yaml", data, options...)
	if doc != nil {
		doc.Decode(&plan{})
		problems = doc.Problems()
	}
	if problems == nil {
		return "no problem\n"
	}
	return problems.Error() + "\n"
}

func TestDecode(t *testing.T) {
	doc, problems := strictyaml.Parse("in.yaml", []byte(`# a comment
vendor: "é"
timeout: 1m30s
start: 2026-01-31T15:04:05Z
enabled: true
retries: 0x1F
share: 0.5
expect: success
body: {a: "${x}", list: [1, 2.50, null, {"k/ey": no}]}
any: [true, 1_000]
limit: {requests: 25}
steps:
  - case: one
    where: {/a: 200, /b: "200", /c: true, /d: 1.0}
  - {case: two}
secrets:
  first: x
  second: |
    two
    lines
targets:
  t1: {requests: 1}
cite: here
`))
	if problems != nil {
		t.Fatal(problems)
	}
	var got plan
	doc.Decode(&got)
	if problems := doc.Problems(); problems != nil {
		t.Fatal(problems)
	}
	at := func(line, column int) loginwatch.Pos {
		return loginwatch.Pos{File: "in.yaml", Line: line, Column: column}
	}
	text := func(value string, line, column, width int) strictyaml.Text {
		return strictyaml.Text{Value: value, Span: strictyaml.Span{Pos: at(line, column), Width: width}}
	}
	scalar := func(key string, keyColumn, keyWidth int, value string, column, width int) strictyaml.Entry[inScalar] {
		return strictyaml.Entry[inScalar]{Key: key, Span: strictyaml.Span{Pos: at(14, keyColumn), Width: keyWidth}, Value: inScalar(text(value, 14, column, width))}
	}
	want := plan{
		Pos: at(2, 1), Vendor: "é", Timeout: 90 * time.Second, Start: time.Date(2026, 1, 31, 15, 4, 5, 0, time.UTC),
		Enabled: true, Retries: 31, Share: 0.5,
		Expect: strictyaml.OneOrMany[strictyaml.Text]{text("success", 8, 9, 7)},
		Any:    []any{true, json.Number("1000")},
		Limit:  &limit{Span: strictyaml.Span{Pos: at(11, 1), Width: 5}, Requests: 25},
		Steps: []step{
			{Pos: at(13, 5), Case: text("one", 13, 11, 3), Where: strictyaml.Map[inScalar]{
				scalar("/a", 13, 2, "200", 17, 3), scalar("/b", 22, 2, "200", 26, 5),
				scalar("/c", 33, 2, "true", 37, 4), scalar("/d", 43, 2, "1.0", 47, 3),
			}},
			{Pos: at(15, 6), Case: text("two", 15, 12, 3)},
		},
		Secrets: strictyaml.Map[strictyaml.Text]{
			{Key: "first", Span: strictyaml.Span{Pos: at(17, 3), Width: 5}, Value: text("x", 17, 10, 1)},
			{Key: "second", Span: strictyaml.Span{Pos: at(18, 3), Width: 6}, Value: text("two\nlines\n", 18, 11, 1)},
		},
		Targets: strictyaml.Map[limit]{
			{Key: "t1", Span: strictyaml.Span{Pos: at(22, 3), Width: 2}, Value: limit{strictyaml.Span{Pos: at(22, 3), Width: 2}, 1}},
		},
	}
	if got.Cite.Value != "here" || got.Cite.Pos != at(23, 7) || got.Cite.Width != 4 {
		t.Errorf("inlined field: %+v", got.Cite)
	}
	got.origin = origin{}
	body := got.Body
	got.Body = strictyaml.Value{}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(strictyaml.Value{}, plan{})); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
	wantBody := map[string]any{"a": "${x}", "list": []any{json.Number("1"), json.Number("2.50"), nil, map[string]any{"k/ey": "no"}}}
	if diff := cmp.Diff(any(wantBody), body.Any); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	texts := body.Texts()
	if len(texts) != 2 || texts[0].Pointer != "/a" || texts[1].Pointer != "/list/3/k~1ey" || texts[1].Pos != at(9, 50) {
		t.Errorf("texts of the body: %+v", texts)
	}
	if got := body.At("/list/1").Pos; got != at(9, 29) {
		t.Errorf("place of /list/1: %v", got)
	}
	if got := body.At("/list/9/x").Pos; got != at(9, 25) {
		t.Errorf("place around /list/9/x: %v", got)
	}
}

func TestDidYouMean(t *testing.T) {
	words := []string{"method", "path", "headers", "query", "schema"}
	for word, want := range map[string]string{
		"metod":    `, did you mean "method"?`,
		"mehtod":   `, did you mean "method"?`,
		"pth":      `, did you mean "path"?`,
		"header":   `, did you mean "headers"?`,
		"x":        "",
		"outcomes": "",
		"":         "",
	} {
		if got := strictyaml.DidYouMean(word, words); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}

// TestConceal asks for the excerpt of every line of a file whose values are all
// secret, in every way that YAML can write them.
func TestConceal(t *testing.T) {
	text := `# hunter2
plain: hunter2 hunter2 # hunter2
double: "hunter2"
single: 'it''s hunter2'
several: hunter2
  hunter2

  hunter2
quoted: "hunter2
  hunter2"
literal: |
  hunter2
    hunter2: x

  hunter2
folded: >-
  hunter2
  hunter2
commented: | # hunter2
  hunter2
  hunter2
list:
  - hunter2
  - - hunter2
    - key: hunter2
flow: {a: hunter2, "b": [hunter2, 'hunter2'], c: {d: "hunter2"}}
wide: [äöü hunter2, hunter2
  , hunter2]
number: 72
last: |
  hunter2
`
	doc, problems := strictyaml.Parse("in.yaml", []byte(text), strictyaml.Conceal(func([]string) bool { return true }))
	if problems != nil {
		t.Fatal(problems)
	}
	lines := strings.Split(text, "\n")
	for i := range lines {
		doc.Problemf(loginwatch.Pos{File: "in.yaml", Line: i + 1, Column: 1}, 1, "here")
	}
	for i, p := range doc.Problems() {
		if strings.Contains(p.Source, "unter") || strings.Contains(p.Source, "72") {
			t.Errorf("line %d shows a value: %s", i+1, p.Source)
		}
		if got, want := utf8.RuneCountInString(p.Source), utf8.RuneCountInString(lines[i]); got != want {
			t.Errorf("line %d has %d characters instead of %d: %s", i+1, got, want, p.Source)
		}
		if key, _, found := strings.Cut(lines[i], ": "); found && !strings.Contains(key, "hunter2") && !strings.HasPrefix(p.Source, key) {
			t.Errorf("line %d has lost its key: %s", i+1, p.Source)
		}
	}
}

// TestBounds gives inputs that must neither recurse deeply nor expand.
func TestBounds(t *testing.T) {
	for name, input := range map[string]string{
		"flow lists":  strings.Repeat("[", 100_000),
		"flow maps":   strings.Repeat("{a: ", 100_000),
		"block lists": strings.Repeat("- ", 100_000),
		"large":       "a: " + strings.Repeat("x", 2<<20),
		"pairs":       "a: " + strings.Repeat("[b: ", 20) + "x" + strings.Repeat("]", 20),
		"laughs":      "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
		"invalid":     "a: \xff\n",
	} {
		doc, problems := strictyaml.Parse("in.yaml", []byte(input))
		if doc != nil || len(problems) == 0 {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, problems := strictyaml.Parse("in.yaml", data, strictyaml.Conceal(func([]string) bool { return true }))
		if (doc == nil) == (problems == nil) {
			t.Fatalf("document %v with problems %v", doc, problems)
		}
		if doc != nil {
			doc.Decode(&plan{})
			problems = doc.Problems()
		}
		for _, p := range problems {
			if p.Pos.File != "in.yaml" || p.Message == "" || p.Pos.Line > 0 && p.Pos.Column < 1 {
				t.Errorf("problem without a place or a message: %+v", p)
			}
			_ = p.Excerpt()
		}
	})
}

func TestSizeIsBounded(t *testing.T) {
	text := []byte("a: " + strings.Repeat("x", 1<<20))
	if _, problems := strictyaml.Parse("big.yaml", text); len(problems) != 1 || problems[0].Message != "the file is larger than 1024 KiB" {
		t.Errorf("without a bound of its own: %v", problems.Brief())
	}
	if _, problems := strictyaml.Parse("big.yaml", text, strictyaml.AtMost(2<<20)); len(problems) != 0 {
		t.Errorf("below its bound: %v", problems.Brief())
	}
	if _, problems := strictyaml.Parse("big.yaml", []byte("a: xx"), strictyaml.AtMost(4)); len(problems) != 1 {
		t.Errorf("above its bound: %v", problems.Brief())
	}
}

// What is found later has the lines that were found before, blanked, and none of
// the problems.
func TestFresh(t *testing.T) {
	doc, problems := strictyaml.Parse("fresh.yaml", []byte("a: HUNTER2\na: HUNTER2\n"), strictyaml.Conceal(func([]string) bool { return true }))
	if doc == nil {
		t.Fatal(problems)
	}
	if len(doc.Problems()) != 1 {
		t.Errorf("problems %v", doc.Problems().Brief())
	}
	fresh := doc.Fresh()
	if fresh.Problems() != nil {
		t.Errorf("it begins with %v", fresh.Problems().Brief())
	}
	fresh.Problemf(loginwatch.Pos{File: "fresh.yaml", Line: 1, Column: 1}, 1, "later")
	if got := fresh.Problems().Error(); got != "fresh.yaml:1:1: later\n    1 | a: *******\n      | ^" {
		t.Errorf("got\n%s", got)
	}
	if len(doc.Problems()) != 1 {
		t.Error("the problem is the first document's as well")
	}
}

// go-yaml looks at each key of a mapping once more for each other one: some 100,000 of
// them are minutes.
func TestKeysBesideEachOther(t *testing.T) {
	keys := func(n int, indent string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%sk%d:\n", indent, i)
		}
		return b.String()
	}
	for name, tc := range map[string]struct {
		text    string
		refused bool
	}{
		"many":        {keys(100_000, ""), true},
		"many inside": {"a:\n" + keys(100_000, "  ") + "b: 1\n", true},
		"with tabs":   {strings.ReplaceAll(keys(100_000, ""), ":\n", ":\t1\n"), true},
		"some":        {keys(2000, ""), false},
		"some often":  {"a:\n" + keys(2000, "  ") + "b:\n" + keys(2000, "  "), false},
	} {
		_, problems := strictyaml.Parse("big.yaml", []byte(tc.text), strictyaml.AtMost(4<<20))
		said := ""
		for _, p := range problems {
			said += p.String() + "\n"
		}
		if strings.Contains(said, "more keys beside each other than can be read") != tc.refused || !tc.refused && said != "" {
			t.Errorf("%s: %.200s", name, said)
		}
	}
}
