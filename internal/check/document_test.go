package check_test

import (
	"reflect"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pack"
)

// documentOf is the document that [documentEach] gives to a source.
func documentOf(quote string) string { return "the document that says " + quote }

// documentEach gives every statement of a catalog a document of its own, those
// of schemas too, so that a finding that names the document of another statement
// is seen.
func documentEach(c *pack.Catalog) *pack.Catalog {
	seen := map[uintptr]bool{}
	var visit func(v reflect.Value)
	visit = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			if v.IsNil() || seen[v.Pointer()] {
				return
			}
			seen[v.Pointer()] = true
			if ref, ok := v.Interface().(*loginwatch.SchemaRef); ok {
				ref.Schema = documentedSchema{ref.Schema}
				return
			}
			visit(v.Elem())
		case reflect.Slice:
			for i := range v.Len() {
				visit(v.Index(i))
			}
		case reflect.Struct:
			if cite, ok := v.Addr().Interface().(*loginwatch.Cite); ok {
				cite.Document = documentOf(cite.Quote())
				return
			}
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					visit(v.Field(i))
				}
			}
		}
	}
	visit(reflect.ValueOf(&c.Contracts))
	return c
}

type documentedSchema struct{ loginwatch.Schema }

func (s documentedSchema) At(pointer string) (loginwatch.SchemaField, bool) {
	f, ok := s.Schema.At(pointer)
	f.Cite.Document = documentOf(f.Cite.Quote())
	return f, ok
}

// TestFindingsNameTheCitedDocument holds what [TestJudgeDecisions] holds of
// answers that people argue about for every mutation of every real example.
func TestFindingsNameTheCitedDocument(t *testing.T) {
	found := 0
	for _, a := range answersOf(documentEach(embedded(t)), t) {
		for _, m := range mutations(t, a) {
			for _, f := range m.answer.judge().Findings {
				want := documentOf(f.Quote)
				if f.Quote == "" {
					want = a.contract.MainDocument()
				}
				if found++; f.Document != want {
					t.Errorf("%s %s: %s: names %q, want %q", a.contract.Vendor, a.outcome.ID, m.name, f.Document, want)
				}
			}
		}
	}
	if found < 500 {
		t.Errorf("%d findings say little", found)
	}
}
