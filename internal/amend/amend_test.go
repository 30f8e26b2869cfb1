package amend_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/amend"
	"github.com/loginwatch/loginwatch/internal/drift"
	"github.com/loginwatch/loginwatch/internal/pack"
)

const success = "login/valid-credentials/success"

// Each edit leaves a pack that vet accepts, and under which the answer that has changed is
// as documented, as well as the one of before.
func TestEdits(t *testing.T) {
	for name, tt := range map[string]struct {
		part  drift.Part
		at    string
		adds  []string // lines
		drops []string
		notes string
		body  string // of an answer that is as documented by then
	}{
		"a required field is gone": {
			part: drift.Part{Kind: drift.Dropped, Place: "/userId", From: "string", To: "nothing"}, at: success,
			drops: []string{`  "required": ["id", "ttl", "created", "userId"],`}, adds: []string{`  "required": ["id", "ttl", "created"],`},
			body: `{"id":"a","ttl":3,"created":"2023-03-02T15:21:31.000Z"}`,
		},
		"a field is new": {
			part: drift.Part{Kind: drift.Added, Place: "/scope", From: "nothing", To: "string"}, at: success,
			drops: []string{"    }"}, adds: []string{"    },", `    "scope": {"type": "string", "x-evidence": "in answers since 2026-03-01"}`},
			notes: `give "scope" an "x-cite"`,
			body:  `{"id":"a","ttl":3,"created":"2023-03-02T15:21:31.000Z","userId":"u","scope":"s"}`,
		},
		"a field has another name": {
			part: drift.Part{Kind: drift.Renamed, Place: "/userId", From: "/userId", To: "/customerId"}, at: success,
			drops: []string{`  "required": ["id", "ttl", "created", "userId"],`, "    }"},
			adds:  []string{`  "required": ["id", "ttl", "created"],`, "    },", `    "customerId": {"type": "string", "x-secret": true, "x-evidence": "in answers since 2026-03-01"}`},
			notes: `give "customerId" an "x-cite"`,
			body:  `{"id":"a","ttl":3,"created":"2023-03-02T15:21:31.000Z","customerId":"u"}`,
		},
		"a field has another type": {
			part: drift.Part{Kind: drift.Retyped, Place: "/userId", From: "string", To: "number"}, at: success,
			drops: []string{`      "type": "string",`}, adds: []string{`      "type": ["string", "number"],`},
			body: `{"id":"a","ttl":3,"created":"2023-03-02T15:21:31.000Z","userId":7}`,
		},
		"a field has another form": {
			part: drift.Part{Kind: drift.Reformed, Place: "/created", From: "date-time", To: "digits"}, at: success,
			drops: []string{`      "format": "date-time",`},
			body:  `{"id":"a","ttl":3,"created":"1677770491","userId":"u"}`,
		},
		"in what another schema describes": {
			part: drift.Part{Kind: drift.Dropped, Place: "/error/nothing", From: "string", To: "nothing"}, at: "login/unknown-user/login-failed",
			notes: "need not be there",
		},
		"another status": {
			part: drift.Part{Kind: drift.Answered, Place: "answer", From: "syntax-error, HTTP 400", To: "syntax-error, HTTP 422"}, at: "login/malformed-json",
			drops: []string{"        status: 400"}, adds: []string{"        status: [400, 422]"},
		},
		"the same status, of a page": {
			part: drift.Part{Kind: drift.Answered, Place: "answer", From: "syntax-error, HTTP 400", To: "syntax-error, HTTP 400, a page of HTML"}, at: "login/malformed-json",
			notes: "describe it as an outcome",
		},
		"another status of all that is required": {
			part: drift.Part{Kind: drift.Answered, Place: "answer", From: "success, HTTP 200", To: "none that is documented, HTTP 201, with created, id, ttl, userId"}, at: "login/valid-credentials",
			drops: []string{"        status: 200"}, adds: []string{"        status: [200, 201]"}, notes: "came with the fields of success",
		},
		"another status of less": {
			part: drift.Part{Kind: drift.Answered, Place: "answer", From: "success, HTTP 200", To: "none that is documented, HTTP 201, with created, id, ttl"}, at: "login/valid-credentials",
			notes: "describe it as an outcome",
		},
		"another answer": {
			part: drift.Part{Kind: drift.Answered, Place: "answer", From: "syntax-error, HTTP 400", To: "none that is documented, HTTP 400"}, at: "login/malformed-json",
			notes: "describe it as an outcome",
		},
		"another lifetime": {
			part: drift.Part{Kind: drift.Lifetime, Place: "token", From: "1209600", To: "3600"}, at: success,
			drops: []string{"      lifetime: {at: /ttl, unit: s, documented: 1209600, fixed: false, cite: time to live for your token}"},
			adds:  []string{"      lifetime: {at: /ttl, unit: s, documented: 3600, fixed: false, cite: time to live for your token}"},
		},
		"another authority": {part: drift.Part{Kind: drift.Issued, Place: "tls", From: "A", To: "B"}, notes: "nothing is to be edited"},
		"a header that nobody promised": {
			part: drift.Part{Kind: drift.Dropped, Place: "header:X-Frame-Options", From: "string", To: "nothing"}, at: success, notes: "nothing has to be edited",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, loginwatch.Embedded); err != nil {
				t.Fatal(err)
			}
			read := func(file string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, file)) }
			change := &drift.Change{Parts: []drift.Part{tt.part}, At: []string{tt.at}, First: time.Date(2026, time.March, 1, 9, 0, 0, 0, time.UTC)}
			edit, err := amend.Of(load(t, dir), change, read)
			if err != nil {
				t.Fatal(err)
			}
			checkDiff(t, string(edit.Diff("")), tt.adds, tt.drops)
			if notes := strings.Join(edit.Notes, "\n"); !strings.Contains(notes, tt.notes) || (tt.notes == "") != (notes == "") {
				t.Errorf("notes: %s", notes)
			}
			for _, f := range edit.Files {
				if err := os.WriteFile(filepath.Join(dir, f.Name), f.Is, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			checkBody(t, load(t, dir), tt.body)
		})
	}
}

// load reads the packs of a folder, in which nothing may be wrong.
func load(t *testing.T, dir string) *loginwatch.Contract {
	t.Helper()
	catalog, problems := pack.Load(pack.Options{}, pack.Source{FS: os.DirFS(dir)})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return catalog.Contract("signzy-ezkra")
}

func checkDiff(t *testing.T, diff string, adds, drops []string) {
	t.Helper()
	var added, dropped []string
	for line := range strings.Lines(diff) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "+++"), strings.HasPrefix(line, "---"):
		case strings.HasPrefix(line, "+"):
			added = append(added, line[1:])
		case strings.HasPrefix(line, "-"):
			dropped = append(dropped, line[1:])
		}
	}
	if strings.Join(added, "\n") != strings.Join(adds, "\n") || strings.Join(dropped, "\n") != strings.Join(drops, "\n") {
		t.Errorf("%s", diff)
	}
}

func checkBody(t *testing.T, c *loginwatch.Contract, body string) {
	t.Helper()
	if body == "" {
		return
	}
	dec := json.NewDecoder(strings.NewReader(body))
	dec.UseNumber()
	var doc any
	if err := dec.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	schema := c.Operations[0].Outcome("success").Schema
	if violations, err := schema.Validate(doc); err != nil || len(violations) > 0 || len(schema.Extra(doc)) > 0 {
		t.Errorf("%+v, %v, %v", violations, schema.Extra(doc), err)
	}
}

// A schema that refers to its own parts is edited where they stand; one that is written in
// a way of its own is left to a person.
func TestSchemas(t *testing.T) {
	const referring = `{"type": "object", "required": ["user"], "properties": {"user": {"$ref": "#/definitions/user"}}, "definitions": {"user": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}}}`
	for name, tt := range map[string]struct{ schema, place, want string }{
		"by reference": {referring, "/user/id", strings.Replace(referring, `["id"]`, `[]`, 1)},
		"the first":    {`{"required": ["a", "b"], "properties": {"a": {}}}`, "/a", `{"required": ["b"], "properties": {"a": {}}}`},
		"in a list":    {`{"properties": {"l": {"items": {"required": ["a"], "properties": {"a": {}}}}}}`, "/l/*/a", `{"properties": {"l": {"items": {"required": [], "properties": {"a": {}}}}}}`},
		"its own way":  {`{"allOf": [{"required": ["a"]}]}`, "/a", `{"allOf": [{"required": ["a"]}]}`},
		"around":       {`{"$ref": "#/definitions/a", "definitions": {"a": {"$ref": "#/definitions/a"}}}`, "/a", `{"$ref": "#/definitions/a", "definitions": {"a": {"$ref": "#/definitions/a"}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			op := &loginwatch.Operation{ID: "login", Outcomes: []*loginwatch.Outcome{{ID: "success", Schema: &loginwatch.SchemaRef{File: "s.json"}}}}
			edit, err := amend.Of(&loginwatch.Contract{Operations: []*loginwatch.Operation{op}}, &drift.Change{
				Parts: []drift.Part{{Kind: drift.Dropped, Place: tt.place, From: "string", To: "nothing"}}, At: []string{success},
			}, func(string) ([]byte, error) { return []byte(tt.schema), nil })
			if err != nil {
				t.Fatal(err)
			}
			got := tt.schema
			if len(edit.Files) > 0 {
				got = string(edit.Files[0].Is)
			}
			if got != tt.want || (got == tt.schema) != (len(edit.Notes) > 0) {
				t.Errorf("%s, %v", got, edit.Notes)
			}
		})
	}
}
