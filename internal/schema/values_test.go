package schema

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
)

// Whatever a document holds and wherever: no violation, no pointer of an extra
// member and no error repeats a value of it.
func TestNoValueLeaves(t *testing.T) {
	const text, number = "s3cr3t-Marker", "867530912345"
	schemas := packSchemas(t)
	for _, name := range []string{"formats", "keywords"} {
		file := "testdata/agreement/" + name + ".schema.json"
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		schemas[file] = data
	}
	markers := []func() any{
		func() any { return text },
		func() any { return json.Number(number) },
		func() any { return json.Number("-" + number + ".5") },
		func() any { return json.Number(number + "e999") }, // an error
		func() any { return []any{text, text} },
		func() any { return map[string]any{"inner": text} },
	}
	violations := 0
	for file, data := range schemas {
		s, err := Compile(file, data)
		if err != nil {
			t.Fatal(err)
		}
		g := &generator{rand.New(rand.NewPCG(3, 5)), decoded(t, string(data))}
		for range 40 {
			base := g.mutate(g.value(g.root))
			for _, pointer := range pointersIn(base, "") {
				for _, marker := range markers {
					doc := change(clone(base), pointer, func(any) (any, bool) { return marker(), true })
					got, err := s.Validate(doc)
					violations += len(got)
					said := strings.Join(append(lines(got), s.Extra(doc)...), "\n")
					if err != nil {
						said += err.Error()
					}
					if strings.Contains(said, text) || strings.Contains(said, number) {
						t.Fatalf("%s, %q: a value leaves:\n%s", file, pointer, said)
					}
				}
			}
		}
	}
	if violations < 1000 {
		t.Errorf("only %d violations were looked at", violations)
	}
}

// loginBody gives the schema of a login's answer from the pack with a body that
// it accepts, of about 1 KB as such answers are.
func loginBody(b *testing.B) (*Schema, []byte) {
	b.Helper()
	var best *Schema
	var body []byte
	distance := func(data []byte) int { return max(len(data)-1024, 1024-len(data)) }
	for file, data := range packSchemas(b) {
		example := strings.TrimSuffix(path.Base(file), ".schema.json") + ".json"
		text, err := loginwatch.Embedded.ReadFile("contracts/" + path.Base(path.Dir(file)) + "/examples/" + example)
		if err != nil || best != nil && distance(text) >= distance(body) {
			continue
		}
		if best, err = Compile(file, data); err != nil {
			b.Fatal(err)
		}
		body = text
	}
	if best == nil {
		b.Fatal("the pack has no example of an answer")
	}
	return best, body
}

func BenchmarkValidate(b *testing.B) {
	s, body := loginBody(b)
	doc, refusal := guard.Decode(body, guard.Defaults())
	if refusal != nil {
		b.Fatal(refusal)
	}
	b.Logf("%s, body of %d bytes", s.file, len(body))
	b.ReportAllocs()
	for b.Loop() {
		if got, err := s.Validate(doc); err != nil || len(got) > 0 {
			b.Fatal(got, err)
		}
	}
}

func BenchmarkExtra(b *testing.B) {
	s, body := loginBody(b)
	doc, refusal := guard.Decode(body, guard.Defaults())
	if refusal != nil {
		b.Fatal(refusal)
	}
	b.ReportAllocs()
	for b.Loop() {
		if got := s.Extra(doc); len(got) > 0 {
			b.Fatal(got)
		}
	}
}

func BenchmarkValidateRefused(b *testing.B) {
	s, _ := loginBody(b)
	doc := map[string]any{"other": json.Number("1")}
	b.ReportAllocs()
	for b.Loop() {
		if got, err := s.Validate(doc); err != nil || len(got) == 0 {
			b.Fatal(got, err)
		}
	}
}

// Any bytes that guard lets through are judged: no error, no panic, and the
// same answer twice.
func FuzzValidate(f *testing.F) {
	data, err := os.ReadFile("testdata/agreement/keywords.schema.json")
	if err != nil {
		f.Fatal(err)
	}
	s := compiled(f, string(data))
	for _, seed := range []string{`{}`, `null`, `{"count": 1.0, "a/b": "é😀", "~": null}`, `{"list": [1, 1e0], "pair": ["", true, 1], "x-": 5, "deep": {"inner": [{}]}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, refusal := guard.Decode(body, guard.Defaults())
		if refusal != nil {
			return
		}
		first, err := s.Validate(doc)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := s.Validate(doc)
		if a, b := strings.Join(lines(first), "\n"), strings.Join(lines(again), "\n"); a != b {
			t.Errorf("two answers:\n%s\n\n%s", a, b)
		}
		s.Extra(doc)
	})
}
