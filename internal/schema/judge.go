package schema

import (
	"errors"
	"fmt"

	"github.com/xeipuuv/gojsonschema"
)

// judge applies one schema. full decides; plain lacks the keywords whose
// messages gojsonschema mixes up (the errors of an anyOf's branches stand among
// all others), so that its errors can be reported as they are.
type judge struct {
	full  *gojsonschema.Schema
	plain *gojsonschema.Schema
}

func newJudge(root, schema any) (*judge, error) {
	full, err := compile(root, schema, false)
	if err != nil {
		return nil, err
	}
	plain, err := compile(root, schema, true)
	if err != nil {
		return nil, err
	}
	return &judge{full: full, plain: plain}, nil
}

func compile(root, schema any, plain bool) (compiled *gojsonschema.Schema, err error) {
	defer func() {
		if r := recover(); r != nil {
			compiled, err = nil, fmt.Errorf("gojsonschema failed with a %T", r)
		}
	}()
	registerFormats()
	top := map[string]any{"allOf": []any{copySchema(schema, plain)}}
	if m, ok := root.(map[string]any); ok {
		if defs, ok := m["definitions"].(map[string]any); ok {
			top["definitions"] = copyTable(defs, plain)
		}
	}
	// A loader for each: a shared one races. Its Validate option stays off: it
	// replaces our loader factory by one that reads files and addresses, and
	// inspect has checked more than the meta-schema asks for.
	loader := gojsonschema.NewSchemaLoader()
	loader.AutoDetect = false
	loader.Draft = gojsonschema.Draft7
	return loader.Compile(newValue(top))
}

// combinators are the keywords that explainer takes apart itself.
var combinators = map[string]bool{
	"anyOf": true, "oneOf": true, "not": true, "if": true, "then": true, "else": true,
	"contains": true, "propertyNames": true,
}

// copySchema copies what a schema asserts and nothing else: gojsonschema writes
// into the schema it compiles, and searches "default" and "examples" for
// references. Identifiers are left out, so that references mean this file.
func copySchema(v any, plain bool) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	out := make(map[string]any, len(m))
	for k, e := range m {
		if plain && combinators[k] {
			continue
		}
		switch keywords[k] {
		case note, noteText, noteBool, noteList, identifier:
		case oneSchema:
			out[k] = copySchema(e, plain)
		case schemaList:
			out[k] = copyList(e, plain)
		case schemaTable, patternTable, dependencyTable:
			out[k] = copyTable(e, plain)
		case schemaOrList:
			if _, ok := e.([]any); ok {
				out[k] = copyList(e, plain)
			} else {
				out[k] = copySchema(e, plain)
			}
		default:
			if k != "definitions" {
				out[k] = e
			}
		}
	}
	return out
}

func copyList(v any, plain bool) any {
	list, _ := v.([]any)
	out := make([]any, len(list))
	for i, e := range list {
		out[i] = copySchema(e, plain)
	}
	return out
}

func copyTable(v any, plain bool) any {
	table, _ := v.(map[string]any)
	out := make(map[string]any, len(table))
	for k, e := range table {
		out[k] = copySchema(e, plain)
	}
	return out
}

// value hands decoded JSON to gojsonschema as it is: the raw loader neither
// copies nor marshals. Its own factory would follow http and file references.
type value struct{ gojsonschema.JSONLoader }

func newValue(v any) value { return value{gojsonschema.NewRawLoader(v)} }

// LoaderFactory gives what opens every reference out of the file: nothing.
func (value) LoaderFactory() gojsonschema.JSONLoaderFactory { return refuser{} }

type refuser struct{}

func (refuser) New(string) gojsonschema.JSONLoader { return refused{newValue(nil)} }

type refused struct{ value }

func (refused) LoadJSON() (any, error) {
	return nil, errors.New("a reference leads out of the file")
}
