package pack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/compute"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
	"github.com/loginwatch/loginwatch/internal/tree"
)

const (
	contractMeta = "schemas/meta/contract.schema.json"
	probesMeta   = "schemas/meta/probes.schema.json"
)

// sixthVendor is the pack that docs/adding-a-vendor.md builds.
var sixthVendor = filepath.Join("..", "..", "cmd", "loginwatch", "testdata", "script", "sixth_vendor.txtar")

// TestMetaAccepts holds every file that the loader takes to the schemas that
// editors complete and check such files by.
func TestMetaAccepts(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	checked := map[string]int{}
	for name, data := range contractsAndProbes(t) {
		meta := probesMeta
		if path.Base(name) == "contract.yaml" {
			meta = contractMeta
		}
		if checked[meta]++; checked[meta] == 1 {
			if err := compiler.AddResource(meta, metaSchema(t, meta)); err != nil {
				t.Fatal(err)
			}
		}
		schema, err := compiler.Compile(meta)
		if err != nil {
			t.Fatal(err)
		}
		doc, problems := strictyaml.Parse(name, data)
		if problems != nil {
			t.Fatal(problems)
		}
		var value any
		doc.Decode(&value)
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s is refused by %s: %v", name, meta, err)
		}
	}
	if checked[contractMeta] < 3 || checked[probesMeta] < 3 {
		t.Errorf("too few files: %v", checked)
	}
}

// TestMetaRefuses shows that the conditions hold which no list of keys says.
func TestMetaRefuses(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(contractMeta, metaSchema(t, contractMeta)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		definition, value string
		good              bool
	}{
		{"case", `{"operation": "login", "expect": "success", "cite": "Sign in"}`, true},
		{"case", `{"operation": "login", "expect": "success", "evidence": "inferred"}`, true},
		{"case", `{"operation": "login", "expect": "success", "cite": "Sign in", "in": "guide"}`, true},
		{"case", `{"operation": "login", "expect": "success", "evidence": "inferred", "in": "guide"}`, false},
		{"case", `{"operation": "login", "expect": "success"}`, false},
		{"case", `{"operation": "login", "expect": "success", "cite": "Sign in", "evidence": "inferred"}`, false},
		{"case", `{"operation": "login", "expect": "success", "cite": "Sign in", "body": {}, "raw": "{"}`, false},
		{"defect", `{"document": "a", "sample": "b", "ruling": "a", "cite": "c", "tolerate": {"type": "string", "minLength": 1}}`, true},
		{"defect", `{"document": "a", "sample": "b", "ruling": "a", "cite": "c", "tolerate": {"status": [200]}}`, true},
		{"defect", `{"document": "a", "sample": "b", "ruling": "a", "cite": "c", "tolerate": {"status": [200], "type": "string"}}`, false},
		{"answerPlace", `""`, true},
		{"answerPlace", `"/a~1b/0"`, true},
		{"answerPlace", `"header:X-Auth-Token"`, true},
		{"answerPlace", `"cookie:sid"`, true},
		{"answerPlace", `"text"`, true},
		{"answerPlace", `"header:"`, false},
		{"answerPlace", `"body"`, false},
		{"lifetime", `{"at": "/ttl", "unit": "s", "fixed": true, "cite": "a"}`, true},
		{"lifetime", `{"at": "/ttl", "fixed": true, "cite": "a"}`, false},
		{"lifetime", `{"at": "cookie:sid", "fixed": true, "cite": "a"}`, true},
		{"lifetime", `{"until": "/ends", "written": "date-time", "fixed": true, "cite": "a"}`, true},
		{"lifetime", `{"until": "/ends", "fixed": true, "cite": "a"}`, false},
		{"lifetime", `{"until": "/ends", "written": "unix", "at": "/ttl", "unit": "s", "fixed": true, "cite": "a"}`, false},
		{"keys", `{"from": "jwks", "cite": "a"}`, true},
		{"keys", `{"pinned": "${key}", "cite": "a"}`, true},
		{"keys", `{"from": "jwks", "pinned": "${key}", "cite": "a"}`, false},
		{"keys", `{"cite": "a"}`, false},
		{"claim", `{"value": "${client_id}", "cite": "a"}`, true},
		{"claim", `{"hash_of": "/access_token", "cite": "a"}`, true},
		{"claim", `{"value": "a", "hash_of": "/access_token", "cite": "a"}`, false},
		{"claim", `{"value": "a"}`, false},
		{"scalar", `200`, true},
		{"scalar", `null`, true},
		{"scalar", `[]`, false},
		{"document", `{"title": "a", "file": "a.txt", "address": "https://docs.example/login", "read": "2026-01-31", "sha256": "%s"}`, true},
		{"document", `{"title": "a", "file": "a.txt", "read": "2026-01-31", "sha256": "%s"}`, true},
		{"document", `{"title": "a", "file": "a.txt", "address": "https://docs.example/login", "read": "2026-01-31"}`, false},
		{"document", `{"title": "a", "address": "https://docs.example/login", "read": "2026-01-31", "sha256": "%s"}`, false},
		{"document", `{"title": "a", "address": "https://docs.example/login", "read": "2026-01-31"}`, true},
		{"document", `{"title": "a", "read": "2026-01-31"}`, false},
		{"documents", `{"title": "a", "address": "https://docs.example/login", "read": "2026-01-31"}`, true},
		{"documents", `[{"title": "a", "address": "https://docs.example/login", "read": "2026-01-31"}]`, true},
		{"documents", `[{"name": "a", "title": "a", "address": "https://a.example", "read": "2026-01-31"}, {"name": "b", "title": "b", "address": "https://b.example", "read": "2026-01-31"}]`, true},
		{"documents", `[{"name": "a", "title": "a", "address": "https://a.example", "read": "2026-01-31"}, {"title": "b", "address": "https://b.example", "read": "2026-01-31"}]`, false},
		{"documents", `[]`, false},
		{"document", `{"title": "a", "address": "https://docs.example/login", "read": "2026-01-31", "extent": "whole"}`, true},
		{"document", `{"title": "a", "address": "https://docs.example/login", "read": "2026-01-31", "extent": "half"}`, false},
		{"server", `{"server": "LoopBack", "version": "3.28"}`, true},
		{"server", `{"server": "LoopBack"}`, false},
		{"document", `{"title": "a", "file": "a.txt", "address": "docs.example/login", "read": "2026-01-31", "sha256": "%s"}`, false},
		{"document", `{"title": "a", "file": "a.txt", "address": "https://docs.example/login", "read": "2026-13-31", "sha256": "%s"}`, false},
	} {
		schema, err := compiler.Compile(contractMeta + "#/definitions/" + tt.definition)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.Replace(tt.value, "%s", strings.Repeat("a", 64), 1)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); (err == nil) != tt.good {
			t.Errorf("%s %s: accepted %t, want %t: %v", tt.definition, tt.value, err == nil, tt.good, err)
		}
	}
}

// contractsAndProbes gives those of the embedded pack and of the sixth vendor.
func contractsAndProbes(t *testing.T) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, pattern := range []string{"contracts/*/contract.yaml", "probes/*.yaml"} {
		names, err := fs.Glob(loginwatch.Embedded, pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("no %s: %v", pattern, err)
		}
		for _, name := range names {
			data, err := fs.ReadFile(loginwatch.Embedded, name)
			if err != nil {
				t.Fatal(err)
			}
			files[name] = data
		}
	}
	archive, err := txtar.ParseFile(sixthVendor)
	if err != nil {
		t.Fatal(err)
	}
	before := len(files)
	for _, f := range archive.Files {
		name, ofPack := strings.CutPrefix(f.Name, "mypack/")
		if ofPack && (path.Base(name) == "contract.yaml" || path.Dir(name) == "probes") {
			files[f.Name] = f.Data
		}
	}
	if len(files) != before+2 {
		t.Errorf("mypack in %s has %d contracts and probes, want one of each", sixthVendor, len(files)-before)
	}
	return files
}

func metaSchema(t *testing.T, name string) any {
	t.Helper()
	data, err := fs.ReadFile(loginwatch.Embedded, name)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestMetaKeys compares the keys of the schemas with those that the loader
// decodes, and which of them it asks for, so that neither has one alone.
func TestMetaKeys(t *testing.T) {
	for _, tt := range []struct {
		meta   string
		format reflect.Type
	}{
		{contractMeta, reflect.TypeFor[contractFile]()},
		{probesMeta, reflect.TypeFor[probesFile]()},
	} {
		loader, meta := keys{}, keys{}
		loader.ofType(tt.format, "")
		root := metaSchema(t, tt.meta).(map[string]any)
		meta.ofSchema(t, root, root, "")
		if diff := cmp.Diff(loader, meta); diff != "" {
			t.Errorf("%s (-loader +schema):\n%s", tt.meta, diff)
		}
		if len(loader) < 10 {
			t.Errorf("%s: only %d keys", tt.meta, len(loader))
		}
	}
}

// keys are all keys of a format, by their place: "cases.*.body" is the key body
// below any name below cases. The value tells whether the key is required.
type keys map[string]bool

// ofType reads the struct tags that [strictyaml.Document.Decode] goes by.
func (k keys) ofType(typ reflect.Type, at string) {
	switch typ.Kind() {
	case reflect.Pointer:
		k.ofType(typ.Elem(), at)
		return
	case reflect.Slice:
		item := typ.Elem()
		switch {
		case strings.HasPrefix(typ.Name(), "Map["): // entries with a key and a value
			value, _ := item.FieldByName("Value")
			k.ofType(value.Type, at+".*")
		default:
			k.ofType(item, at+"[]")
		}
		return
	case reflect.Struct:
	default:
		return
	}
	for i := range typ.NumField() {
		field := typ.Field(i)
		name, option, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		switch {
		case option == "inline":
			k.ofType(field.Type, at)
		case name != "" && name != "-":
			k[at+"."+name] = option == "required"
			k.ofType(field.Type, at+"."+name)
		}
	}
}

// ofSchema reads the properties of a schema whose objects are closed. An open
// object is any JSON value to the loader.
func (k keys) ofSchema(t *testing.T, root, s map[string]any, at string) {
	if ref, ok := s["$ref"].(string); ok {
		definitions := root["definitions"].(map[string]any)
		s = definitions[strings.TrimPrefix(ref, "#/definitions/")].(map[string]any)
	}
	if forms, ok := s["anyOf"].([]any); ok { // where one or a list will do, the list's items say what one is
		for _, form := range forms {
			if list := form.(map[string]any); list["items"] != nil {
				k.ofSchema(t, root, list, at)
			}
		}
	}
	if items, ok := s["items"].(map[string]any); ok {
		k.ofSchema(t, root, items, at+"[]")
	}
	if values, ok := s["additionalProperties"].(map[string]any); ok {
		k.ofSchema(t, root, values, at+".*")
		return
	}
	properties, _ := s["properties"].(map[string]any)
	if s["additionalProperties"] != false {
		if len(properties) > 0 && at != ".defects.*.tolerate" {
			t.Errorf("%s: the object is open: it takes keys that the loader refuses", at)
		}
		return
	}
	required, _ := s["required"].([]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		k[at+"."+name] = slices.Contains(required, any(name))
		k.ofSchema(t, root, properties[name].(map[string]any), at+"."+name)
	}
}

// TestMetaLists compares the closed lists.
func TestMetaLists(t *testing.T) {
	root := metaSchema(t, contractMeta)
	forms := []string{string(loginwatch.TokenOpaque), string(loginwatch.TokenJWT), string(loginwatch.TokenUnstated)}
	var functions []string
	for _, f := range compute.Functions() {
		functions = append(functions, f.Name)
	}
	for pointer, want := range map[string][]string{
		"/definitions/computed/properties/function/enum":                                         functions,
		"/definitions/request/properties/body/enum":                                              bodyFormats,
		"/definitions/outcome/properties/means/enum":                                             meanings,
		"/definitions/outcome/properties/when/items/enum":                                        conditionNames(),
		"/definitions/request/properties/method/enum":                                            methods,
		"/definitions/token/properties/form/enum":                                                forms,
		"/definitions/lifetime/properties/unit/enum":                                             slices.Collect(maps.Keys(units)),
		"/definitions/lifetime/properties/written/enum":                                          instants(),
		"/definitions/outcome/properties/cookies/additionalProperties/properties/same_site/enum": sameSites,
		"/definitions/case/properties/risk/const":                                                {loginwatch.RiskLockOut},
		"/definitions/outcome/properties/body/enum":                                              formats,
		"/definitions/cite/maxLength":                                                            {fmt.Sprint(maxCite)},
		"/definitions/outcome/properties/content_type/default":                                   {jsonType},
		"/definitions/defect/properties/tolerate/properties/moved_to":                            nil,
		"/definitions/defect/properties/tolerate/properties/status":                              nil,
	} {
		got, found := tree.Lookup(root, pointer)
		if !found {
			t.Errorf("%s is not in the schema", pointer)
			continue
		}
		if want == nil {
			continue
		}
		if diff := cmp.Diff(slices.Sorted(slices.Values(want)), texts(got)); diff != "" {
			t.Errorf("%s (-loader +schema):\n%s", pointer, diff)
		}
	}
}

// texts gives a scalar or a list of them as sorted texts.
func texts(v any) []string {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var out []string
	for _, e := range list {
		if n, ok := e.(json.Number); ok {
			e = n.String()
		}
		out = append(out, fmt.Sprint(e))
	}
	slices.Sort(out)
	return out
}
