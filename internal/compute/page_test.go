package compute

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the table of docs/adding-a-vendor.md again")

const (
	tableBegins = "<!-- made by go generate from internal/compute: don't edit this table -->\n"
	tableEnds   = "<!-- end -->\n"
)

// TestPage holds the table of docs/adding-a-vendor.md, which is made from the
// functions, against them.
func TestPage(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "adding-a-vendor.md")
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(page), tableBegins)
	got, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		t.Fatal("the page has no place for the table")
	}
	want := table()
	if *update {
		if err := os.WriteFile(file, []byte(before+tableBegins+want+tableEnds+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("out of date, run go generate (-want +got):\n%s", diff)
	}
}

func table() string {
	var b strings.Builder
	b.WriteString("| `function` | gives | inputs | options |\n|---|---|---|---|\n")
	for _, f := range Functions() {
		options := make([]string, len(f.Options))
		for i, o := range f.Options {
			options[i] = o.described()
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Name, f.Doc, f.takes(), strings.Join(options, "<br>"))
	}
	return b.String()
}

func (o Option) described() string {
	name := "`" + o.Name + "`"
	if o.Required {
		name = "**" + name + "**"
	}
	values := slices.Clone(o.Values)
	if i := slices.Index(values, o.Default); i > 0 {
		values = slices.Insert(slices.Delete(values, i, i+1), 0, o.Default)
	}
	for i, v := range values {
		values[i] = "`" + v + "`"
	}
	return strings.TrimSuffix(name+" "+strings.Join(values, " "), " ") + ": " + o.Doc
}
