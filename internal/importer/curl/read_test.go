package curl

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
)

var update = flag.Bool("update", false, "write the golden files again")

const corpora = "testdata/*.txtar"

// corpus gives the lines of a file, which stand before what is read of them.
func corpus(t testing.TB, file string) *txtar.Archive {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return archive
}

func TestRead(t *testing.T) {
	files, err := filepath.Glob(corpora)
	if err != nil || len(files) != 4 {
		t.Fatalf("%d corpora, %v", len(files), err)
	}
	lines := 0
	for _, file := range files {
		archive := corpus(t, file)
		golden := map[string]string{}
		for _, f := range archive.Files {
			if name, found := strings.CutSuffix(f.Name, ".want"); found {
				golden[name] = string(f.Data)
			}
		}
		var again []txtar.File
		for _, f := range archive.Files {
			if strings.HasSuffix(f.Name, ".want") {
				continue
			}
			lines++
			recording, err := Read(f.Data)
			got := ""
			if err != nil {
				t.Errorf("%s, %s: %v", file, f.Name, err)
			} else {
				got = shownRecording(recording)
			}
			if diff := cmp.Diff(golden[f.Name], got); diff != "" && !*update {
				t.Errorf("%s, %s (-want +got):\n%s", file, f.Name, diff)
			}
			again = append(again, f, txtar.File{Name: f.Name + ".want", Data: []byte(got)})
		}
		if *update {
			archive.Files = again
			if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if lines < 40 {
		t.Errorf("the corpus has shrunk to %d", lines)
	}
}

// shownText is a text with its variables as ${name}.
func shownText(t loginwatch.Template) string {
	var b strings.Builder
	for i, text := range t.Texts {
		if i > 0 {
			fmt.Fprintf(&b, "${%s}", t.Names[i-1])
		}
		b.WriteString(text)
	}
	return b.String()
}

func shownRecording(r *importer.Recording) string {
	var b strings.Builder
	for _, v := range r.Variables {
		fmt.Fprintf(&b, "variable %s %q\n", v.Name, v.Value)
	}
	for _, e := range r.Exchanges {
		q := e.Request
		fmt.Fprintf(&b, "%v: %s %s\n", e.At, q.Method, shownText(q.URL))
		shownFields(&b, "query", q.Query)
		shownFields(&b, "header", q.Headers)
		if q.Basic != nil {
			fmt.Fprintf(&b, "\tbasic %q %q\n", shownText(q.Basic.User), shownText(q.Basic.Password))
		}
		if q.Body != nil {
			fmt.Fprintf(&b, "\tbody %q\n", q.Body.ContentType)
			if q.Body.Fields == nil {
				fmt.Fprintf(&b, "\t%q\n", shownText(q.Body.Text))
			}
			shownFields(&b, "field", q.Body.Fields)
		}
		for _, a := range e.Answers {
			fmt.Fprintf(&b, "\t%v: answer %d %q %q\n", a.At, a.Status, a.ContentType, a.Body)
			for _, h := range a.Headers {
				fmt.Fprintf(&b, "\t\t%s: %s\n", h.Name, h.Value)
			}
		}
	}
	for _, remark := range r.Remarks {
		fmt.Fprintf(&b, "%v: remark: %s\n", remark.At, remark.Text)
	}
	return b.String()
}

func shownFields(b *strings.Builder, kind string, fields []importer.Field) {
	for _, f := range fields {
		fmt.Fprintf(b, "\t%s %q %q\n", kind, f.Name, shownText(f.Value))
	}
}
