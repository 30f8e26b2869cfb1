package schema

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestValidate(t *testing.T) {
	for _, tc := range []struct {
		name, schema, doc string
		want              []string
	}{
		{"an integer however it is written", `{"type": "integer"}`, `1.0`, nil},
		{"an integer with an exponent", `{"type": "integer"}`, `1e2`, nil},
		{"a fraction", `{"type": "integer"}`, `1.5`, []string{" type: integer / number"}},
		{"null", `{"type": "string"}`, `null`, []string{" type: string / null"}},
		{"two types", `{"type": ["string", "null"]}`, `{}`, []string{" type: string|null / object"}},
		{"missing member, with its type", `{"required": ["a"], "properties": {"a": {"type": "string"}}}`, `{"b": 1}`,
			[]string{"/a missing: required string / absent"}},
		{"missing member, through a reference",
			`{"properties": {"o": {"$ref": "#/definitions/o"}}, "definitions": {"o": {"type": "object", "required": ["JWT"], "properties": {"JWT": {"type": "string"}}}}}`,
			`{"o": {}}`, []string{"/o/JWT missing: required string / absent"}},
		{"missing member, undescribed", `{"required": ["a"]}`, `{}`, []string{"/a missing: required / absent"}},
		{"dependency", `{"dependencies": {"a": ["b"]}, "properties": {"b": {"type": "integer"}}}`, `{"a": 1}`,
			[]string{"/b missing: required integer / absent"}},
		{"enum", `{"enum": ["ADMIN", "USER", 3]}`, `"GUEST"`, []string{` value: one of "ADMIN", "USER", 3 / string of 5 characters`}},
		{"const", `{"const": true}`, `false`, []string{" value: true / boolean"}},
		{"const null", `{"const": null}`, `0`, []string{" value: null / integer"}},
		{"pattern", `{"pattern": "^[0-9]+$"}`, `"12a"`, []string{" value: text matching ^[0-9]+$ / string of 3 characters"}},
		{"lengths count characters", `{"minLength": 3, "maxLength": 3}`, `"äöü"`, nil},
		{"too short", `{"minLength": 4}`, `"äöü"`, []string{" value: at least 4 characters / string of 3 characters"}},
		{"too long", `{"maxLength": 2}`, `"äöü"`, []string{" value: at most 2 characters / string of 3 characters"}},
		{"one character", `{"minLength": 1}`, `""`, []string{" value: at least 1 character / empty string"}},
		{"bounds", `{"minimum": 9007199254740991, "multipleOf": 7}`, `0.25`,
			[]string{" value: a multiple of 7 / number", " value: at least 9007199254740991 / number"}},
		{"open bounds", `{"exclusiveMinimum": 0.5}`, `0.5`, []string{" value: more than 0.5 / number"}},
		{"upper bound", `{"maximum": -1}`, `0`, []string{" value: at most -1 / integer"}},
		{"open upper bound", `{"exclusiveMaximum": 0}`, `0`, []string{" value: less than 0 / integer"}},
		{"lists", `{"minItems": 3, "uniqueItems": true}`, `[1, 1.0]`,
			[]string{" value: at least 3 items / array of 2 items", " value: items that differ / array of 2 items"}},
		{"long list", `{"maxItems": 1}`, `[1, 2]`, []string{" value: at most 1 item / array of 2 items"}},
		{"objects", `{"minProperties": 1}`, `{}`, []string{" value: at least 1 member / empty object"}},
		{"tuple", `{"items": [{"type": "string"}], "additionalItems": false}`, `[1, 2]`,
			[]string{" value: no further items / array of 2 items", "/0 type: string / integer"}},
		{"no further members", `{"properties": {"a": {}}, "additionalProperties": false}`, `{"a": 1, "b/c": "xyz"}`,
			[]string{"/b~1c extra: no such member / string of 3 characters"}},
		{"a member that must not be", `{"properties": {"a": false}}`, `{"a": []}`, []string{"/a extra: no such member / empty array"}},
		{"names", `{"propertyNames": {"pattern": "^[a-z]+$"}}`, `{"A": 1, "b": 2}`, []string{"/A extra: a name of the documented form / integer"}},
		{"names that need escaping",
			`{"properties": {"a.b": {"properties": {"~c/d": {"type": "string"}, "": {"type": "string"}, "(root)": {"type": "string"}}}}}`,
			`{"a.b": {"~c/d": 1, "": 2, "(root)": 3}}`,
			[]string{"/a.b/ type: string / integer", "/a.b/(root) type: string / integer", "/a.b/~0c~1d type: string / integer"}},
		{"an index is no name", `{"items": {"properties": {"0": {"type": "null"}}}}`, `[{"0": 1}]`, []string{"/0/0 type: null / integer"}},
		{"formats judge strings alone", `{"format": "date-time"}`, `15`, nil},
		{"format", `{"format": "date-time"}`, `"15:04:05"`, []string{" format: date-time (RFC 3339) / string of 8 characters"}},
		{"references ignore their neighbours' place", `{"properties": {"$ref": {"type": "string"}}}`, `{"$ref": 1}`, []string{"/$ref type: string / integer"}},
		{"keywords as names", `{"properties": {"enum": {"$ref": "#/definitions/const"}}, "definitions": {"const": {"type": "string"}}}`, `{"enum": 1}`,
			[]string{"/enum type: string / integer"}},
	} {
		check(t, tc.name, tc.schema, tc.doc, tc.want)
	}
}

// The useful violations are those of the nearest branch, not that some keyword
// found no branch.
func TestValidateCombined(t *testing.T) {
	const either = `{"type": "object", "required": ["p"], "properties": {"p": {"type": "string"}, "e": {"type": "string"}, "k": {"type": "object"}},
		"anyOf": [{"required": ["e"]}, {"required": ["k"]}]}`
	const forms = `{"oneOf": [
		{"type": "string"},
		{"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}},
		{"type": "object", "required": ["c"], "properties": {"c": {"const": 1}}}]}`
	for _, tc := range []struct {
		name, schema, doc string
		want              []string
	}{
		{"anyOf holds", either, `{"p": "", "k": {}}`, nil},
		{"anyOf, first of equals, beside another", either, `{}`, []string{"/e missing: required string / absent", "/p missing: required string / absent"}},
		{"anyOf of types says all of them", `{"properties": {"x": {"anyOf": [{"type": "integer"}, {"type": ["null", "integer"]}, {"type": "boolean"}]}}}`,
			`{"x": "1"}`, []string{"/x type: integer|null|boolean / string"}},
		{"oneOf, nearest", forms, `{"c": 2, "d": 1}`, []string{"/c value: 1 / integer"}},
		{"oneOf, the branch of the right type", forms, `{"a": "x"}`, []string{"/c missing: required / absent"}},
		{"oneOf, all of another type", forms, `5`, []string{" type: string|object / integer"}},
		{"oneOf, two hold", `{"oneOf": [{"type": "integer"}, {"minimum": 1}]}`, `2`, []string{" value: exactly one of 2 documented forms / integer"}},
		{"allOf, all", `{"allOf": [{"required": ["a"]}, {"required": ["b"]}, {"required": ["a"]}]}`, `{}`,
			[]string{"/a missing: required / absent", "/b missing: required / absent"}},
		{"anyOf inside allOf inside items", `{"items": {"allOf": [{"anyOf": [{"required": ["a"]}, {"required": ["b", "c"]}]}]}}`, `[{"a": 1}, {}]`,
			[]string{"/1/a missing: required / absent"}},
		{"anyOf inside anyOf", `{"anyOf": [{"anyOf": [{"minimum": 5}, {"minimum": 9}]}, {"maximum": -5, "multipleOf": 2}]}`, `1`, []string{" value: at least 5 / integer"}},
		{"anyOf behind a reference", `{"properties": {"x": {"$ref": "#/definitions/d"}}, "definitions": {"d": {"anyOf": [{"$ref": "#/definitions/e"}]}, "e": {"minLength": 2}}}`,
			`{"x": "a"}`, []string{"/x value: at least 2 characters / string of 1 character"}},
		{"if, then", `{"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}`, `{"a": 1}`, []string{"/b missing: required / absent"}},
		{"if, else", `{"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}`, `{}`, []string{"/c missing: required / absent"}},
		{"if without else", `{"if": {"required": ["a"]}, "then": {"required": ["b"]}}`, `{}`, nil},
		{"not", `{"properties": {"a": {"not": {"const": ""}}}}`, `{"a": ""}`, []string{"/a value: anything but the refused form / empty string"}},
		{"contains", `{"contains": {"const": "x"}}`, `["a", "b"]`, []string{" value: at least one item of the documented form / array of 2 items"}},
		{"contains, none to look at", `{"contains": {}}`, `[]`, []string{" value: at least one item of the documented form / empty array"}},
		{"contains holds", `{"contains": {"const": "x"}}`, `["a", "x"]`, nil},
		{"schema dependency", `{"dependencies": {"a": {"anyOf": [{"required": ["b"]}]}}}`, `{"a": 1}`, []string{"/b missing: required / absent"}},
		{"pattern and additional members", `{"patternProperties": {"^x-": {"anyOf": [{"type": "string"}]}}, "additionalProperties": {"not": {"type": "null"}}}`,
			`{"x-a": 1, "b": null, "c": 1}`, []string{"/b value: anything but the refused form / null", "/x-a type: string / integer"}},
		{"tuple and the rest", `{"items": [{"anyOf": [{"minimum": 2}]}], "additionalItems": {"anyOf": [{"minimum": 3}]}}`, `[1, 3, 2]`,
			[]string{"/0 value: at least 2 / integer", "/2 value: at least 3 / integer"}},
		{"the wrong type is all there is to say", `{"type": "object", "anyOf": [{"type": "object"}], "not": {"type": "string"}}`, `"x"`, []string{" type: object / string"}},
	} {
		check(t, tc.name, tc.schema, tc.doc, tc.want)
	}
}

func check(t *testing.T, name, schema, doc string, want []string) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Helper()
		s := compiled(t, schema)
		for range 5 { // gojsonschema ranges over maps: no order may show
			got, err := s.Validate(decoded(t, doc))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, lines(got)); diff != "" {
				t.Fatalf("-want +got:\n%s", diff)
			}
		}
	})
}
