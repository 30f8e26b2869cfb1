package schema

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Fields stand in the order of the file, with what is said of them by whatever keyword, and
// without what only one branch asks for.
func TestFields(t *testing.T) {
	s := compiled(t, `{
  "$schema": "http://json-schema.org/draft-07/schema#", "$id": "urn:loginwatch:test:fields", "title": "An answer", "type": "object",
  "required": ["z"], "anyOf": [{"required": ["z", "a"]}, {"required": ["list"]}],
  "definitions": {"code": {"type": "string", "enum": ["A<B", "C"], "x-cite": "codes"}},
  "properties": {
    "z": {"$ref": "#/definitions/code"},
    "a": {"type": ["integer", "null"], "minimum": 1, "exclusiveMaximum": 9007199254740991, "multipleOf": 2, "description": "A count."},
    "list": {"type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": true, "items": {"type": "object", "required": ["x/y"], "properties": {
      "x/y": {"const": null}, "open": {"type": "array", "uniqueItems": false, "items": [{"type": "string", "pattern": "^a|b$"}], "additionalItems": false}
    }}},
    "others": {"type": "object", "minProperties": 1, "maxProperties": 3, "additionalProperties": {"type": "string", "format": "date-time", "minLength": 1, "maxLength": 2, "x-secret": true}}
  }
}`)
	type field struct {
		At, Type, Words string
		Allowed         []string
		Required        bool
	}
	var got []field
	for _, f := range s.Fields() {
		got = append(got, field{string(f.At), f.Type, f.Title + f.Description + f.Format + f.Cite.Words, f.Allowed, f.Required})
	}
	want := []field{
		{"", "object", "An answer", []string{"with z and a, or with list"}, true},
		{"/z", "string", "codes", []string{`one of "A<B", "C"`}, true},
		{"/a", "integer|null", "A count.", []string{"a multiple of 2", "at least 1", "less than 9007199254740991"}, false},
		{"/list", "array", "", []string{"at least 1 item", "at most 2 items", "items that differ"}, false},
		{"/list/*", "object", "", nil, false},
		{"/list/*/x~1y", "", "", []string{"null"}, true},
		{"/list/*/open", "array", "", []string{"no further items"}, false},
		{"/list/*/open/*", "string", "", []string{"text matching ^a|b$"}, false},
		{"/others", "object", "", []string{"at least 1 member", "at most 3 members"}, false},
		{"/others/*", "string", "date-time", []string{"at least 1 character", "at most 2 characters"}, false},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Every keyword that can refuse a value is told where the fields are listed.
func TestNarrowings(t *testing.T) {
	told := map[string]bool{}
	for _, keyword := range narrowings {
		told[keyword] = narrowing(keyword, "1") != ""
	}
	for e, r := range refusals {
		if !told[r.keyword] {
			t.Errorf("%s: %q is not told", e, r.keyword)
		}
	}
}
