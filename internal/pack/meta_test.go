package pack

import (
	"io/fs"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

// TestMetaSchemas holds the schemas that editors use to the files that we load:
// what one accepts the other must not refuse.
func TestMetaSchemas(t *testing.T) {
	for _, set := range []struct {
		schema, glob string
		keys         any
	}{
		{"contract", "contracts/*/contract.yaml", contractFile{}},
		{"probes", "probes/*.yaml", probesFile{}},
	} {
		file := path.Join("schemas/meta", set.schema+".schema.json")
		raw := readJSON(t, file)
		compiler := jsonschema.NewCompiler()
		if err := compiler.AddResource("file:///"+file, raw); err != nil {
			t.Fatal(err)
		}
		compiled, err := compiler.Compile("file:///" + file)
		if err != nil {
			t.Fatal(err)
		}
		names, err := fs.Glob(loginwatch.Embedded, set.glob)
		if err != nil || len(names) == 0 {
			t.Fatalf("no files: %v", err)
		}
		for _, name := range names {
			if err := compiled.Validate(readYAML(t, name)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		m := metaChecker{t, raw.(map[string]any), map[reflect.Type]bool{}}
		m.compare(set.schema, m.root, reflect.TypeOf(set.keys))
	}
}

func readJSON(t *testing.T, name string) any {
	t.Helper()
	data, err := fs.ReadFile(loginwatch.Embedded, name)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func readYAML(t *testing.T, name string) any {
	t.Helper()
	data, err := fs.ReadFile(loginwatch.Embedded, name)
	if err != nil {
		t.Fatal(err)
	}
	doc, problems := strictyaml.Parse(name, data)
	if problems != nil {
		t.Fatal(problems)
	}
	var v any
	doc.Decode(&v)
	return v
}

// metaChecker compares the keys of our structs with the properties of a schema,
// struct by struct.
type metaChecker struct {
	t    *testing.T
	root map[string]any
	seen map[reflect.Type]bool
}

func (m *metaChecker) compare(at string, schema any, typ reflect.Type) {
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		typ = typ.Elem() // Map and OneOrMany are slices as well
	}
	if strings.HasPrefix(typ.Name(), "Entry[") {
		typ = typ.Field(2).Type
		schema = m.resolve(schema)["additionalProperties"]
	}
	s := m.resolve(schema)
	if items, ok := s["items"]; ok {
		s = m.resolve(items)
	}
	if typ.Kind() != reflect.Struct || typ.PkgPath() != reflect.TypeFor[contractFile]().PkgPath() || m.seen[typ] {
		return
	}
	m.seen[typ] = true
	keys, required := map[string]reflect.Type{}, []string{}
	collectKeys(typ, keys, &required)
	properties, _ := s["properties"].(map[string]any)
	if got, want := slices.Sorted(maps.Keys(properties)), slices.Sorted(maps.Keys(keys)); !slices.Equal(got, want) {
		m.t.Errorf("%s: the schema has the keys %v, the loader %v", at, got, want)
	}
	var inSchema []string
	list, _ := s["required"].([]any)
	for _, r := range list {
		inSchema = append(inSchema, r.(string))
	}
	slices.Sort(inSchema)
	slices.Sort(required)
	if !slices.Equal(inSchema, required) {
		m.t.Errorf("%s: the schema requires %v, the loader %v", at, inSchema, required)
	}
	for key, field := range keys {
		m.compare(at+"."+key, properties[key], field)
	}
}

func (m *metaChecker) resolve(schema any) map[string]any {
	s, _ := schema.(map[string]any)
	if ref, ok := s["$ref"].(string); ok {
		target, found := loginwatch.Lookup(m.root, strings.TrimPrefix(ref, "#"))
		if !found {
			m.t.Fatalf("reference %s leads nowhere", ref)
		}
		return m.resolve(target)
	}
	return s
}

func collectKeys(typ reflect.Type, keys map[string]reflect.Type, required *[]string) {
	for i := range typ.NumField() {
		name, option, _ := strings.Cut(typ.Field(i).Tag.Get("yaml"), ",")
		switch {
		case option == "inline":
			collectKeys(typ.Field(i).Type, keys, required)
		case name != "" && name != "-":
			keys[name] = typ.Field(i).Type
			if option == "required" {
				*required = append(*required, name)
			}
		}
	}
}
