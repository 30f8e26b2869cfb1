package strictyaml_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

// TestNode reads a file that no struct describes, in its order and with its lines.
func TestNode(t *testing.T) {
	document, problems := strictyaml.Parse("", []byte("200: yes\nb:\n  - 1.50\n  - {}\na: []\nn:\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var top strictyaml.Node
	document.Decode(&top)
	type entry struct {
		Key   string
		Line  int
		Value any
	}
	var got []entry
	for _, e := range top.Mapping {
		value := e.Value.Scalar
		switch {
		case e.Value.Mapping != nil:
			value = e.Value.Mapping.Keys()
		case e.Value.List != nil:
			items := []any{}
			for _, item := range e.Value.List {
				items = append(items, item.Scalar, item.Mapping != nil, item.Pos.Line)
			}
			value = items
		}
		got = append(got, entry{e.Key, e.Pos.Line, value})
	}
	want := []entry{{"200", 1, "yes"}, {"b", 2, []any{json.Number("1.50"), false, 3, nil, true, 4}}, {"a", 5, []any{}}, {"n", 6, nil}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
