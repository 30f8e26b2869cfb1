package config

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/plan"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

func readRoot(t *testing.T, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// asJSON is a YAML file as a schema validator sees it.
func asJSON(t *testing.T, text []byte) any {
	t.Helper()
	doc, problems := strictyaml.Parse("file", text)
	if doc == nil {
		t.Fatal(problems)
	}
	var value any
	doc.Decode(&value)
	return value
}

var commented = regexp.MustCompile(`(?m)^( *)#(- |[a-z])`)

// wholeExample is the example with the keys that it has in comments.
func wholeExample(t *testing.T) []byte {
	t.Helper()
	return commented.ReplaceAll(readRoot(t, "loginwatch.example.yaml"), []byte("$1$2"))
}

// TestExample: the example is a good file for the embedded pack, and a copy of
// it needs no other file; with all its keys it is a good file, too.
func TestExample(t *testing.T) {
	asItStands := readRoot(t, "loginwatch.example.yaml")
	c := checkExample(t, asItStands, os.ReadFile)
	if len(c.Packs) > 0 || c.WebConfig != "" || strings.Contains(string(asItStands), ": file:") {
		t.Error("a copy of the example names files that nobody has")
	}
	checkExample(t, wholeExample(t), nil)
}

func checkExample(t *testing.T, text []byte, readFile func(string) ([]byte, error)) *Config {
	t.Helper()
	c, problems := Parse("loginwatch.example.yaml", text)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	catalog, problems := pack.Load(pack.Options{}, pack.Source{FS: loginwatch.Embedded})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	all, problems := c.Assign(catalog.Contracts, catalog.Probes, Options{
		CheckSchedule: func(expr string) error { _, err := plan.Parse(expr); return err },
		ReadFile:      readFile,
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if len(all) != len(c.targets) {
		t.Errorf("%d jobs for %d targets", len(all), len(c.targets))
	}
	if diff := cmp.Diff(Default().Budget, c.Budget); diff != "" {
		t.Errorf("the example says that its budget is the default (-default +example):\n%s", diff)
	}
	return c
}

// TestExampleHasEveryKey, and no reader needs to look anywhere else.
func TestExampleHasEveryKey(t *testing.T) {
	found := map[string]bool{}
	keysOfValue(asJSON(t, wholeExample(t)), reflect.TypeFor[configFile](), "", found)
	want := map[string]bool{}
	keysOfType(reflect.TypeFor[configFile](), "", want)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(found))); diff != "" {
		t.Errorf("keys (-structs +example):\n%s", diff)
	}
}

// TestSchemaHasEveryKey holds the schema that editors use and the structs together.
func TestSchemaHasEveryKey(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(readRoot(t, "schemas", "meta", "config.schema.json"), &schema); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	keysOfSchema(schema, schema, "", found)
	want := map[string]bool{}
	keysOfType(reflect.TypeFor[configFile](), "", want)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(found))); diff != "" {
		t.Errorf("keys (-structs +schema):\n%s", diff)
	}
}

// TestSchemaAgrees: what the schema refuses, Parse refuses, and the good files
// pass both.
func TestSchemaAgrees(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	var schema any
	if err := json.Unmarshal(readRoot(t, "schemas", "meta", "config.schema.json"), &schema); err != nil {
		t.Fatal(err)
	}
	if err := compiler.AddResource("config.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("config.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"example": wholeExample(t), "everything": []byte(everything)} {
		if err := compiled.Validate(asJSON(t, text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	const good = `targets: {bolt: {vendor: bolt-login, base_url: "https://bolt.example.com"}}`
	for _, bad := range []string{
		strings.Replace(good, "bolt:", "Bolt:", 1),
		strings.Replace(good, "https", "ftp", 1),
		strings.Replace(good, "bolt.", "me:secret@bolt.", 1),
		strings.Replace(good, "}}", ", documented: production}}", 1),
		strings.Replace(good, "}}", ", secrets: {token: HUNTER2}}}", 1),
		strings.Replace(good, "}}", ", ip_version: 5}}", 1),
		strings.Replace(good, "}}", ", proxy: proxy.example.com}}", 1),
		strings.Replace(good, "}}", ", paths: {login: v2}}}", 1),
		strings.Replace(good, "}}", ", client_certificate: {cert_file: a}}}", 1),
		good + "\nlog: {level: loud}",
		good + "\nlisten: here",
		good + "\ncredential_budget: {rejections: 0}",
		good + "\ncredential_budget: {per: 60}",
		good + "\nprobes: {bolt-login/login: {objectives: {availability: 1}}}",
		good + "\nprobes: {bolt-login/login: {objectives: {latency: {quantile: 0.5}}}}",
		good + "\nprobes: {bolt-login/login: {timeout: soon}}",
	} {
		if _, problems := Parse("loginwatch.yaml", []byte(bad)); len(problems) == 0 {
			t.Errorf("Parse takes %s", bad)
		}
		if compiled.Validate(asJSON(t, []byte(bad))) == nil {
			t.Errorf("the schema takes %s", bad)
		}
	}
	if _, problems := Parse("loginwatch.yaml", []byte(good)); len(problems) > 0 || compiled.Validate(asJSON(t, []byte(good))) != nil {
		t.Errorf("the good file is refused: %v", problems)
	}
}

// keysOfType collects the paths of all keys of a file's struct; "*" is any key
// of a mapping with free keys.
func keysOfType(typ reflect.Type, path string, keys map[string]bool) {
	typ = structOf(typ)
	if isMap(typ) {
		keysOfType(mapValue(typ), path+"/*", keys)
		return
	}
	if typ.Kind() != reflect.Struct {
		return
	}
	if strings.HasPrefix(typ.Name(), "ScalarOr[") {
		keysOfType(more(typ), path, keys)
	}
	for i := range typ.NumField() {
		if name, _, _ := strings.Cut(typ.Field(i).Tag.Get("yaml"), ","); name != "" {
			keys[path+"/"+name] = true
			keysOfType(typ.Field(i).Type, path+"/"+name, keys)
		}
	}
}

func structOf(typ reflect.Type) reflect.Type {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	return typ
}

// isMap recognises a strictyaml.Map, a slice of entries.
func isMap(typ reflect.Type) bool {
	return typ.Kind() == reflect.Slice && strings.HasPrefix(typ.Name(), "Map[")
}

// more is what stands in the place of a scalar.
func more(typ reflect.Type) reflect.Type {
	field, _ := typ.FieldByName("More")
	return field.Type
}

func mapValue(typ reflect.Type) reflect.Type {
	field, _ := typ.Elem().FieldByName("Value")
	return field.Type
}

func keysOfValue(value any, typ reflect.Type, path string, keys map[string]bool) {
	m, ok := value.(map[string]any)
	if !ok {
		return
	}
	typ = structOf(typ)
	if strings.HasPrefix(typ.Name(), "ScalarOr[") {
		typ = structOf(more(typ))
	}
	for key, inside := range m {
		if isMap(typ) {
			keysOfValue(inside, mapValue(typ), path+"/*", keys)
			continue
		}
		keys[path+"/"+key] = true
		for i := range typ.NumField() {
			if name, _, _ := strings.Cut(typ.Field(i).Tag.Get("yaml"), ","); name == key {
				keysOfValue(inside, typ.Field(i).Type, path+"/"+key, keys)
			}
		}
	}
}

func keysOfSchema(root, schema map[string]any, path string, keys map[string]bool) {
	if ref, ok := schema["$ref"].(string); ok {
		definitions := root["definitions"].(map[string]any)
		schema = definitions[strings.TrimPrefix(ref, "#/definitions/")].(map[string]any)
	}
	either, _ := schema["anyOf"].([]any)
	for _, form := range either {
		keysOfSchema(root, form.(map[string]any), path, keys)
	}
	properties, _ := schema["properties"].(map[string]any)
	for key, inside := range properties {
		keys[path+"/"+key] = true
		keysOfSchema(root, inside.(map[string]any), path+"/"+key, keys)
	}
	if free, ok := schema["additionalProperties"].(map[string]any); ok {
		keysOfSchema(root, free, path+"/*", keys)
	}
}
