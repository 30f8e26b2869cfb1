//go:build !race

package openapi_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/exporter"
	"github.com/loginwatch/loginwatch/internal/exporter/openapi"
	"github.com/loginwatch/loginwatch/internal/pack/packtest"
)

// Keywords that 2020-12 says in another way, in a contract of one operation.
func TestSchemasBecome2020(t *testing.T) {
	for from, want := range map[string]string{
		`{"$schema":"http://json-schema.org/draft-07/schema#","$id":"urn:a","type":"object"}`: `{"type":"object"}`,
		`{"$ref":"#/definitions/a/properties/b","x-cite":"c","definitions":{"a":{}}}`:         `{"$ref":"#/components/schemas/s/$defs/a/properties/b","x-cite":"c","$defs":{"a":{}}}`,
		`{"items":[{"$ref":"#/definitions/a"}],"additionalItems":false}`:                      `{"prefixItems":[{"$ref":"#/components/schemas/s/$defs/a"}],"items":false}`,
		`{"items":[true]}`: `{"prefixItems":[true]}`,
		`{"items":{"items":[{}]},"additionalItems":true}`:     `{"items":{"prefixItems":[{}]}}`,
		`{"dependencies":{"a":["b"],"c":{"required":["d"]}}}`: `{"dependentRequired":{"a":["b"]},"dependentSchemas":{"c":{"required":["d"]}}}`,
		// What has the name of a keyword and is none.
		`{"properties":{"items":{"items":[true]},"dependencies":{},"$ref":{"type":"string"}}}`: `{"properties":{"items":{"prefixItems":[true]},"dependencies":{},"$ref":{"type":"string"}}}`,
		`{"const":{"items":[1],"definitions":{}},"enum":[{"dependencies":1}]}`:                 `{"const":{"items":[1],"definitions":{}},"enum":[{"dependencies":1}]}`,
		`{"allOf":[{"not":{"items":[]}}],"if":true,"then":{"contains":{"definitions":{}}}}`:    `{"allOf":[{"not":{"prefixItems":[]}}],"if":true,"then":{"contains":{"$defs":{}}}}`,
	} {
		x := &loginwatch.Outcome{
			ID: "success", Statuses: []int{200}, Body: loginwatch.BodyJSON, ContentTypes: []string{"application/json"}, Means: loginwatch.OK,
			Schema: &loginwatch.SchemaRef{Name: "s", JSON: []byte(from)},
		}
		c := &loginwatch.Contract{Vendor: "example", Operations: []*loginwatch.Operation{{
			ID: "login", Request: loginwatch.Request{Method: "GET", Path: "/"}, Outcomes: []*loginwatch.Outcome{x},
		}}}
		schemas := openapi.Document(c, nil).Get("components").(exporter.Map).Get("schemas").(exporter.Map)
		got, err := json.Marshal(schemas.Get("s"))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s became\n%s, and not\n%s", from, got, want)
		}
	}
}

// A validator of 2020-12 judges by the exported schema as we do by the contract's: every
// example in JSON, and what becomes of it when any one member is missing, null or another
// thing.
func TestSchemasJudgeAlike(t *testing.T) {
	judged, refused := 0, 0
	catalog := packtest.All(t)
	for _, c := range catalog.Contracts {
		compile := compiler(t, openapi.Document(c, catalog.ProbesOf(c.Vendor)))
		for _, o := range c.Operations {
			for _, x := range o.Outcomes {
				if x.Body != loginwatch.BodyJSON || x.Schema == nil || x.Example == nil {
					continue
				}
				other := compile(x.Schema.Name)
				for _, text := range variants(t, x.Example.Body) {
					ours, err := x.Schema.Validate(decoded(t, text))
					if err != nil {
						t.Fatal(err)
					}
					value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
					if err != nil {
						t.Fatal(err)
					}
					theirs := other.Validate(value)
					if judged++; len(ours) > 0 {
						refused++
					}
					if (len(ours) > 0) != (theirs != nil) {
						t.Errorf("%s %s: %s\nours: %v\ntheirs: %v", c.Vendor, x.Schema.Name, text, ours, theirs)
					}
				}
			}
		}
	}
	if refused < 100 || judged-refused < 100 {
		t.Errorf("of %d documents %d were refused: too few to tell", judged, refused)
	}
}

// compiler reads a document once, and compiles schemas of its components.
func compiler(t *testing.T, document exporter.Map) func(name string) *jsonschema.Schema {
	t.Helper()
	text, err := exporter.JSON(document)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource("file:///openapi.json", value); err != nil {
		t.Fatal(err)
	}
	return func(name string) *jsonschema.Schema {
		schema, err := c.Compile("file:///openapi.json#/components/schemas/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return schema
	}
}

func decoded(t *testing.T, text []byte) (value any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// variants gives a JSON text and what it becomes when one value in it is changed.
func variants(t *testing.T, text []byte) (all [][]byte) {
	t.Helper()
	root := decoded(t, text)
	keep := func() {
		out, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, out)
	}
	keep()
	var walk func(value any)
	walk = func(value any) {
		switch v := value.(type) {
		case map[string]any:
			for key, member := range v {
				walk(member)
				delete(v, key)
				keep()
				for _, other := range others {
					v[key] = other
					keep()
				}
				v[key] = member
			}
		case []any:
			for i, item := range v {
				walk(item)
				for _, other := range others {
					v[i] = other
					keep()
				}
				v[i] = item
			}
		}
	}
	walk(root)
	return all
}

var others = []any{nil, true, json.Number("-1.5"), "text", []any{nil}, map[string]any{}}
