//go:build !race

package page_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/drift"
	"github.com/loginwatch/loginwatch/internal/exporter/page"
	"github.com/loginwatch/loginwatch/internal/history"
	"github.com/loginwatch/loginwatch/internal/schema"
	"github.com/loginwatch/loginwatch/internal/sla"
)

// hostile are texts that mean something in Markdown, in HTML or to a terminal.
var hostile = []string{
	"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</td></tr></table><h1>", "</code></pre><b>", "<!-- ", "-->", "&lt;b&gt; &#60;i&#62; &amp", "&copy; &#124;",
	"a|b", `a\|b`, `a\\|b`, "|", `\`, `ends with \`, "`", "``", "` |`", "a `code` b", "```\n# no heading\n```", "~~~", "~~gone~~",
	"*a* _b_ **c** __d__ a_b_c", "* item", "- item", "+ item", "1. item", "23) item", "# heading", "####### none", "> quote", "---", "===", "\ttab", "    indented",
	"[text](javascript:alert(1))", "![picture](https://example.com/x.png)", "[ref]: https://example.com", "[^1]", "wow!", "https://example.com/a_b", "http://a.b", "www.example.com", "WWW.example.com", "somebody@example.com",
	"mailto:somebody@example.com", "ftp://a.b/c", "<https://example.com>", "javascript:alert(1)", "https://example.com/<script>\"'`|x", "two\nlines", "two\n\nparagraphs", "three\r\nlines\r", "- [ ] task", "| a | b |\n| --- | --- |",
	"\x00\x1b[31m\u202eevil\u200b\u00ad\ufeff", "bad \xff bytes", "   ", "a  b", "\u00a0", "line\u2028sep", ":::", "$x$", "${name}", "{{.}}", "\"quoted\" 'text'", "😀 ünï", "a:\n", "a!", "%3Cb%3E", "!", "=", "\\`", "`\\", "*", "**", "_", "a__b", "<", "1986\\. x", "#", "+", "1)",
}

// fill writes hostile texts everywhere into a value, beginning with another one each time.
type filler struct{ next int }

func (f *filler) text() string { f.next++; return hostile[f.next%len(hostile)] }

func (f *filler) fill(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(f.text())
	case reflect.Int, reflect.Int64:
		v.SetInt(3)
	case reflect.Float64:
		v.SetFloat(0.5)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(f.text()))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			f.fill(v.Index(i), depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		f.fill(key, depth+1)
		f.fill(value, depth+1)
		v.SetMapIndex(key, value)
	case reflect.Pointer:
		if depth > 7 || v.Type() == reflect.TypeFor[*time.Location]() {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), depth+1)
	case reflect.Interface:
		switch {
		case v.Type() == reflect.TypeFor[loginwatch.Schema]():
			v.Set(reflect.ValueOf(f.schema()))
		case v.NumMethod() == 0:
			v.Set(reflect.ValueOf(map[string]any{f.text(): f.text()}))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				f.fill(v.Field(i), depth+1)
			}
		}
	default:
	}
}

// schema is one whose names and words are hostile.
func (f *filler) schema() loginwatch.Schema {
	field := func() map[string]any {
		return map[string]any{"type": "string", "pattern": `^a|b\|c` + "`$", "enum": []any{f.text(), f.text()}, "description": f.text() + " d", "x-cite": f.text() + " words"}
	}
	s, err := schema.CompileValue(map[string]any{
		"title": f.text() + " t", "description": f.text() + " d", "type": "object", "properties": map[string]any{f.text(): field(), f.text(): field()},
	})
	if err != nil {
		panic(err)
	}
	return s
}

// Whatever a contract, its probes, a clause and a store hold, both forms say the same, and
// nothing of it becomes an element, a link, a heading or another cell.
func TestHostileTexts(t *testing.T) {
	texts := 0
	for begin := 0; begin < len(hostile); begin += 9 {
		f := &filler{next: begin}
		in := page.Input{Contract: &loginwatch.Contract{}, Probes: []*loginwatch.Probe{{}, {}}, Clause: &sla.Clause{}, Seen: &page.Seen{
			Totals: []*history.Totals{{}}, Standings: make([]loginwatch.Standing, 2), Changes: &drift.Overview{Changes: make([]drift.Listed, 3)},
		}}
		f.fill(reflect.ValueOf(in.Contract).Elem(), 0)
		for _, p := range in.Probes {
			f.fill(reflect.ValueOf(p).Elem(), 4)
			p.Contract = in.Contract
		}
		f.fill(reflect.ValueOf(in.Clause).Elem(), 4)
		in.Clause.Zone = time.UTC
		for i := range in.Seen.Standings {
			f.fill(reflect.ValueOf(&in.Seen.Standings[i]).Elem(), 4)
		}
		f.fill(reflect.ValueOf(in.Seen.Totals[0]).Elem(), 4)
		for i := range in.Seen.Changes.Changes {
			c := &in.Seen.Changes.Changes[i]
			f.fill(reflect.ValueOf(c).Elem(), 4)
			c.Accepted, c.Looked = time.Time{}, c.Last
		}
		f.fill(reflect.ValueOf(&in.Seen.Now).Elem(), 0)
		for _, op := range in.Contract.Operations { // pointers that a page compares
			in.Contract.Cases[0].Operation = op
		}
		markdown, html := same(t, page.Of(in))
		for _, r := range "\x00\x1b\u202e\u200b\u00ad\ufeff\u2028\xff" {
			if r != '\uFFFD' && (strings.ContainsRune(markdown, r) || strings.ContainsRune(html, r)) {
				t.Errorf("%q stands on a page", r)
			}
		}
		if strings.Contains(html, "javascript:alert(1)\"") {
			t.Error("a script is linked to")
		}
		texts += f.next - begin
		if t.Failed() {
			t.Fatalf("from text %d on", begin)
		}
	}
	t.Logf("%d texts", texts)
	for _, text := range hostile { // headings and paragraphs begin and end otherwise than cells
		same(t, page.Of(page.Input{Contract: &loginwatch.Contract{Vendor: "acme", Title: "a " + text, Operations: []*loginwatch.Operation{{ID: text}}}, Clause: &sla.Clause{Title: text}}))
	}
}
