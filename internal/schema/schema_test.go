package schema

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
)

// compiled gives a schema written in a test; it need not satisfy Lint.
func compiled(t testing.TB, text string) *Schema {
	t.Helper()
	s, err := Compile("test.json", []byte(text))
	if err != nil {
		t.Fatalf("schema does not compile:\n%v", err)
	}
	return s
}

func decoded(t testing.TB, text string) any {
	t.Helper()
	doc, refusal := guard.Decode([]byte(text), guard.Defaults())
	if refusal != nil {
		t.Fatalf("guard refuses %s: %v", text, refusal)
	}
	return doc
}

// packSchemas are the schemas of every vendor in the embedded pack.
func packSchemas(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := fs.Glob(loginwatch.Embedded, "schemas/*/*.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, f := range files {
		if strings.HasPrefix(f, "schemas/meta/") { // of our own YAML, not of a vendor's bodies
			continue
		}
		if all[f], err = loginwatch.Embedded.ReadFile(f); err != nil {
			t.Fatal(err)
		}
	}
	if len(all) == 0 {
		t.Fatal("the embedded pack has no schema")
	}
	return all
}

// lines prints violations one a line: POINTER KIND: DOCUMENTED / GOT.
func lines(violations []loginwatch.Violation) []string {
	var out []string
	for _, v := range violations {
		out = append(out, fmt.Sprintf("%s %s: %s / %s", v.Pointer, v.Kind, v.Documented, v.Got))
	}
	return out
}

func TestPackSchemas(t *testing.T) {
	for file, data := range packSchemas(t) {
		if problems := Lint(file, data); len(problems) > 0 {
			t.Errorf("%v", problems)
		}
		if _, err := Compile(file, data); err != nil {
			t.Errorf("%v", err)
		}
	}
}

func TestCompileValue(t *testing.T) {
	s, err := CompileValue(map[string]any{"type": "integer", "minimum": 1, "maximum": int64(10), "multipleOf": 0.5})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]string{
		`5`:   nil,
		`11`:  {" value: at most 10 / integer"},
		`"5"`: {" type: integer / string"},
	} {
		got, err := s.Validate(decoded(t, text))
		if diff := cmp.Diff(want, lines(got)); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", text, err, diff)
		}
	}
	for _, tc := range []struct {
		name string
		in   any
		want string
	}{
		{"misspelt keywords, all at once", map[string]any{"patern": "x", "type": "strin"},
			`/patern: unknown keyword "patern", did you mean "pattern"?; /type: unknown type "strin", did you mean "string"?`},
		{"no schema", 5, "a schema is an object, true or false, not an integer"},
		{"no JSON", map[string]any{"minimum": math.Inf(1)}, "schema is no JSON value: json: unsupported value: +Inf"},
		{"a circle", map[string]any{"$ref": "#/definitions/a", "definitions": map[string]any{"a": map[string]any{"$ref": "#/definitions/a"}}},
			"/definitions/a/$ref: the reference leads back to itself: a recursive schema can take exponential time and is not used here"},
		{"a circle through a member", map[string]any{"definitions": map[string]any{"a": map[string]any{"properties": map[string]any{"b": map[string]any{"$ref": "#/definitions/a"}}}}},
			"/definitions/a/properties/b/$ref: the reference leads back to itself: a recursive schema can take exponential time and is not used here"},
		{"a reference to what is no schema", map[string]any{"$ref": "#/definitions/a/default", "definitions": map[string]any{"a": map[string]any{"default": map[string]any{}}}},
			"/$ref: the reference names no schema"},
		{"too large for gojsonschema", map[string]any{"multipleOf": json.Number("1e309")}, "not JSON: number-out-of-range (/multipleOf)"},
	} {
		if _, err := CompileValue(tc.in); err == nil || err.Error() != tc.want {
			t.Errorf("%s:\n got %v\nwant %s", tc.name, err, tc.want)
		}
	}
}

// A document that guard has not seen must never pass in silence, end the
// process or hold a core.
func TestHostileDocuments(t *testing.T) {
	s := compiled(t, `{"properties": {"n": {"minimum": 1, "maximum": 5, "multipleOf": 3}, "c": {"const": 7}, "e": {"enum": [1, 2]}, "u": {"uniqueItems": true}}}`)
	deep := any("bottom")
	for range 10_000 {
		deep = []any{deep}
	}
	for name, doc := range map[string]any{
		"exponent":         map[string]any{"n": json.Number("1e999999999")},
		"small exponent":   map[string]any{"n": json.Number("1e-999999999")},
		"exponent, const":  map[string]any{"c": json.Number("1e400")},
		"long number":      map[string]any{"n": json.Number(strings.Repeat("9", 100_000))},
		"no number":        map[string]any{"n": json.Number("abc")},
		"empty number":     map[string]any{"n": json.Number("")},
		"hexadecimal":      map[string]any{"n": json.Number("0x10")},
		"fraction":         map[string]any{"n": json.Number("1/3")},
		"float64":          map[string]any{"n": 2.5},
		"int":              map[string]any{"n": 2},
		"list of strings":  map[string]any{"u": []string{"a"}},
		"other map":        map[any]any{"n": "x"},
		"depth":            deep,
		"name not UTF-8":   map[string]any{"\xff": "x"},
		"nested not UTF-8": map[string]any{"a": []any{map[string]any{"b\xff": nil}}},
	} {
		if got, err := s.Validate(doc); err == nil {
			t.Errorf("%s: no error, violations %v", name, lines(got))
		}
		s.Extra(doc)
	}
}

// A panic of the validator is an error that carries no value.
func TestPanicIsAnError(t *testing.T) {
	s := compiled(t, `{"type": "object"}`)
	s.root.judge = nil
	got, err := s.Validate(map[string]any{"password": "hunter2"})
	if err == nil || len(got) > 0 {
		t.Fatalf("a panic became %v, %v", got, err)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error carries a value: %v", err)
	}
}

// What the validator refuses stays refused when nothing explains it.
func TestRefusalWithoutExplanation(t *testing.T) {
	s := compiled(t, `{"type": "string"}`)
	s.root.judge.plain = compiled(t, `true`).root.judge.full
	got, err := s.Validate(json.Number("5"))
	if diff := cmp.Diff([]string{" value: the documented form / integer"}, lines(got)); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestConcurrentUse(t *testing.T) {
	s := compiled(t, combined)
	doc := decoded(t, `{"kind": "b", "x": [1, "2"], "y": {"z": null}}`)
	want, err := s.Validate(doc)
	if err != nil || len(want) == 0 {
		t.Fatalf("got %v, %v", want, err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				got, err := s.Validate(doc)
				if diff := cmp.Diff(want, got); diff != "" || err != nil {
					t.Errorf("%v\n%s", err, diff)
				}
				s.Extra(doc)
				s.At("/y/z")
				s.SecretFields()
				if _, err := Compile("other.json", []byte(combined)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

const combined = `{
  "type": "object",
  "properties": {
    "kind": {"enum": ["a", "b"]},
    "x": {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "boolean"}]}},
    "y": {"$ref": "#/definitions/y"}
  },
  "if": {"properties": {"kind": {"const": "b"}}},
  "then": {"required": ["w"]},
  "definitions": {"y": {"type": "object", "properties": {"z": {"type": "string", "x-secret": true}}}}
}`
