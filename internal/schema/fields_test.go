package schema

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
)

const described = `{
  "type": "object",
  "required": ["user", "id"],
  "properties": {
    "id": {"type": "integer", "x-cite": "id number"},
    "user": {"$ref": "#/definitions/user", "x-cite": "the user", "x-secret": true},
    "roles": {"type": "array", "x-evidence": "a forum", "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "x-secret": true}}}},
    "pair": {"items": [{"type": "string"}, {"type": "integer", "x-secret": true}]},
    "any": {},
    "note": true,
    "lax": {"properties": {"a": {}}, "patternProperties": {"^b": true}, "additionalProperties": {}},
    "ä/ö": {"type": ["string", "null"], "x-cite": "umlauts"},	"tab": {"type": "null"},
    "map": {"additionalProperties": {"type": "string", "x-secret": true}},
    "headers": {"properties": {"a": {}}, "patternProperties": {"^x-": {"type": "string"}}}
  },
  "oneOf": [
    {"required": ["mail"], "properties": {"mail": {"type": "string", "x-cite": "mail"}}},
    {"required": ["phone"], "properties": {"phone": {"type": "string"}}}
  ],
  "allOf": [{"required": ["roles"], "properties": {"id": {"type": "integer", "minimum": 1}}}],
  "if": {"properties": {"secret-switch": {"const": 1}}},
  "then": {"properties": {"later": {"type": "string"}}},
  "definitions": {
    "user": {"type": "object", "x-cite": "a user", "properties": {"password": {"type": "string", "x-secret": true}}}
  }
}`

// textAt gives what stands in described at a place.
func textAt(t *testing.T, p loginwatch.Pos) string {
	t.Helper()
	lines := strings.Split(described, "\n")
	if p.File != "test.json" || p.Line < 1 || p.Line > len(lines) || p.Column < 1 {
		t.Fatalf("no such place: %v", p)
	}
	return string([]rune(lines[p.Line-1])[p.Column-1:])
}

func TestAt(t *testing.T) {
	s := compiled(t, described)
	for _, tc := range []struct {
		pointer string
		want    loginwatch.SchemaField
		key     string // what stands at Pos
		cite    string // what stands at Cite.Pos
	}{
		{"", loginwatch.SchemaField{Type: "object"}, "{", ""},
		{"/id", loginwatch.SchemaField{Type: "integer", Required: true, Cite: loginwatch.Cite{Words: "id number"}}, `"id": {"type": "integer", "x-cite"`, `"id number"`},
		{"/user", loginwatch.SchemaField{Type: "object", Required: true, Secret: true, Cite: loginwatch.Cite{Words: "the user"}}, `"user": {"$ref"`, `"the user"`},
		{"/user/password", loginwatch.SchemaField{Type: "string", Secret: true}, `"password"`, ""},
		{"/roles", loginwatch.SchemaField{Type: "array", Required: true, Cite: loginwatch.Cite{Evidence: "a forum"}}, `"roles": {`, `"a forum"`},
		{"/roles/*", loginwatch.SchemaField{Type: "object"}, `"items": {"type": "object"`, ""},
		{"/roles/7/name", loginwatch.SchemaField{Type: "string", Required: true, Secret: true}, `"name": {`, ""},
		{"/pair/1", loginwatch.SchemaField{Type: "integer", Secret: true}, `{"type": "integer", "x-secret": true}]`, ""},
		{"/pair/*", loginwatch.SchemaField{Type: "string|integer", Secret: true}, `{"type": "string"}, {`, ""},
		{"/any", loginwatch.SchemaField{}, `"any"`, ""},
		{"/note", loginwatch.SchemaField{}, `"note"`, ""},
		{"/ä~1ö", loginwatch.SchemaField{Type: "string|null", Cite: loginwatch.Cite{Words: "umlauts"}}, `"ä/ö"`, `"umlauts"`},
		{"/tab", loginwatch.SchemaField{Type: "null"}, `"tab"`, ""},
		{"/map/anything", loginwatch.SchemaField{Type: "string", Secret: true}, `"additionalProperties"`, ""},
		{"/headers/x-y", loginwatch.SchemaField{Type: "string"}, `"^x-"`, ""},
		{"/mail", loginwatch.SchemaField{Type: "string", Cite: loginwatch.Cite{Words: "mail"}}, `"mail": {`, `"mail"}`},
		{"/phone", loginwatch.SchemaField{Type: "string"}, `"phone": {`, ""},
		{"/later", loginwatch.SchemaField{Type: "string"}, `"later"`, ""},
	} {
		got, ok := s.At(tc.pointer)
		if !ok {
			t.Errorf("%q is not known", tc.pointer)
			continue
		}
		if text := textAt(t, got.Pos); !strings.HasPrefix(text, tc.key) {
			t.Errorf("%q stands at %v, which is %s", tc.pointer, got.Pos, text)
		}
		if tc.cite != "" && !strings.HasPrefix(textAt(t, got.Cite.Pos), tc.cite) {
			t.Errorf("%q is cited at %v, which is %s", tc.pointer, got.Cite.Pos, textAt(t, got.Cite.Pos))
		}
		got.Pos, got.Cite.Pos = loginwatch.Pos{}, loginwatch.Pos{}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%q:\n%s", tc.pointer, diff)
		}
	}
}

func TestAtUnknown(t *testing.T) {
	s := compiled(t, described)
	for _, pointer := range []string{
		"id", "/nothing", "/id/x", "/user/x", "/roles/x", "/roles/-1", "/pair/2", "/headers/y", "/any/x", "/note/x", "/lax/x", "/secret-switch", "/*",
	} {
		if got, ok := s.At(pointer); ok || got != (loginwatch.SchemaField{}) {
			t.Errorf("%q: the schema does not name it, got %+v", pointer, got)
		}
	}
}

func TestExtra(t *testing.T) {
	s := compiled(t, described)
	for doc, want := range map[string][]string{
		`{}`:    nil,
		`null`:  nil,
		`["x"]`: nil,
		`{"id": 1, "mail": "", "phone": "", "later": 1, "any": {"x": 1}, "note": {"y": 2}}`: nil,
		`{"new": {"deep": 1}, "a/b~c": 1}`:                                                  {"/a~1b~0c", "/new"},
		`{"user": {"password": "", "x": 1}, "roles": [{}, {"name": "", "y": 1}, 5]}`:        {"/roles/1/y", "/user/x"},
		`{"map": {"free": 1}, "headers": {"a": 1, "x-b": 1, "b": 1}}`:                       {"/headers/b"},
		`{"lax": {"a": 1, "b": 2, "c": 3}}`:                                                 {"/lax/c"},
		`{"secret-switch": 1}`:                                                              {"/secret-switch"},
		`{"pair": [{}, {"x": 1}, {"y": 1}]}`:                                                nil,
	} {
		if diff := cmp.Diff(want, s.Extra(decoded(t, doc))); diff != "" {
			t.Errorf("%s\n%s", doc, diff)
		}
	}
}

func TestSecretFields(t *testing.T) {
	want := []loginwatch.Place{"/map/*", "/pair/*", "/roles/*/name", "/user", "/user/password"}
	if diff := cmp.Diff(want, compiled(t, described).SecretFields()); diff != "" {
		t.Error(diff)
	}
}

// Every field that SecretFields names is one that At calls a secret.
func TestSecretFieldsOfThePack(t *testing.T) {
	found := 0
	for file, data := range packSchemas(t) {
		s, err := Compile(file, data)
		if err != nil {
			t.Fatal(err)
		}
		for _, pointer := range s.SecretFields() {
			found++
			if field, ok := s.At(pointer.String()); !ok || !field.Secret {
				t.Errorf("%s: At(%q) is %+v, %v", file, pointer, field, ok)
			}
		}
		if marks := strings.Count(string(data), `"x-secret": true`); marks > 0 && len(s.SecretFields()) == 0 {
			t.Errorf("%s marks %d secrets and names none", file, marks)
		}
	}
	if found == 0 {
		t.Error("no schema of the pack marks a secret")
	}
}

// TestCitingFrom: a source is of the document that x-in names, or of the first,
// and is shown as what somebody calls that.
func TestCitingFrom(t *testing.T) {
	plain := compiled(t, strings.Replace(described, `"x-cite": "mail"`, `"x-in": "rfc", "x-cite": "mail"`, 1))
	s := plain.CitingFrom(func(name string) string { return "<" + name + ">" })
	for pointer, want := range map[string]string{"/mail": "<rfc>", "/id": "<>", "/roles": "<>"} {
		if f, _ := s.At(pointer); f.Cite.Document != want {
			t.Errorf("%s is of %q, want %q", pointer, f.Cite.Document, want)
		}
		if f, _ := plain.At(pointer); f.Cite.Document != "" {
			t.Errorf("%s is of %q before anybody names documents", pointer, f.Cite.Document)
		}
	}
	for _, c := range s.Cites() {
		if want := map[bool]string{true: "rfc"}[c.Words == "mail"]; c.In != want || c.Document != "<"+want+">" {
			t.Errorf("%+v", c)
		}
		if c.In != "" && (c.InPos.Line != c.Pos.Line || c.InPos.Column >= c.Pos.Column) {
			t.Errorf("x-in stands at %v, x-cite at %v", c.InPos, c.Pos)
		}
	}
}

func TestCites(t *testing.T) {
	var got []string
	for _, c := range compiled(t, described).Cites() {
		got = append(got, c.Words+c.Evidence)
		if !strings.HasPrefix(textAt(t, c.Pos), `"`+c.Words+c.Evidence+`"`) {
			t.Errorf("%v stands at %s", c, textAt(t, c.Pos))
		}
	}
	if diff := cmp.Diff([]string{"id number", "the user", "a forum", "umlauts", "mail", "a user"}, got); diff != "" {
		t.Error(diff)
	}
}
