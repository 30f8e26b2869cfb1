package openapi_test

import (
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch/internal/importer/golden"
	"github.com/loginwatch/loginwatch/internal/importer/openapi"
	"github.com/loginwatch/loginwatch/internal/schema"
)

var update = flag.Bool("update", false, "rewrite the expected output under testdata")

func TestCorpus(t *testing.T) {
	golden.Hold(t, "testdata/*.yaml", 9, *update, openapi.Read)
	golden.Hold(t, "testdata/*.json", 1, *update, openapi.Read)
}

// TestSchemas holds every schema of the corpus against the room that judges by it, and
// every example against the schema beside it.
func TestSchemas(t *testing.T) {
	schemas, bodies := 0, 0
	for _, file := range corpus(t) {
		recording, err := openapi.Read(read(t, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range recording.Exchanges {
			if e.Request.Body != nil && e.Request.Body.Schema != nil {
				compiled(t, file+" "+e.At.String(), e.Request.Body.Schema)
				schemas++
			}
			for _, a := range e.Answers {
				if a.Schema == nil {
					continue
				}
				s := compiled(t, file+" "+a.At.String(), a.Schema)
				schemas++
				if s == nil || a.Body == nil || !strings.Contains(a.ContentType, "json") {
					continue
				}
				bodies++
				if wrong, err := s.Validate(decoded(t, a.Body)); err != nil || len(wrong) > 0 {
					t.Errorf("%s %s: the example is not as its schema: %v %v", file, a.At, wrong, err)
				}
			}
		}
	}
	if schemas < 25 || bodies < 10 {
		t.Errorf("%d schemas and %d bodies are too few to say much", schemas, bodies)
	}
}

func compiled(t *testing.T, where string, text []byte) *schema.Schema {
	s, err := schema.Compile("", text)
	if err != nil {
		t.Errorf("%s: %v\n%s", where, err, text)
	}
	// What remains is what a draft adds: whose schema it is, and where its words are from.
	for _, p := range schema.Lint("", text) {
		if !strings.Contains(p.Message, `"$id"`) && !strings.Contains(p.Message, "x-cite") {
			t.Errorf("%s: %s\n%s", where, p.Message, text)
		}
	}
	return s
}

func corpus(t testing.TB) []string {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return append(files, "testdata/relative.json")
}

func read(t testing.TB, file string) []byte {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

const head = "openapi: 3.1.0\ninfo: {title: A, version: '1'}\n"

// TestRefused has the exact error of what can't be read.
func TestRefused(t *testing.T) {
	operation := func(text string) string { return head + "paths:\n  /a:\n    post:\n" + text }
	answer := func(text string) string { return operation("      responses: {'200': " + text + "}\n") }
	golden.Refused(t, map[string][2]string{
		"empty":                 {" \n", "nothing stands in it"},
		"no document":           {"a: 1\n", `line 1: no OpenAPI document: "openapi" is missing`},
		"a list":                {"[]", `line 1: no OpenAPI document: "openapi" is missing`},
		"swagger":               {"swagger: '2.0'\npaths: {}\n", "line 1, /swagger: this is Swagger 2.0: convert it to OpenAPI 3 first, for example with npx swagger2openapi FILE, and read what that gives"},
		"swagger in JSON":       {"{\n\"swagger\": \"2.0\"}", "line 2, /swagger: this is Swagger 2.0: convert it to OpenAPI 3 first, for example with npx swagger2openapi FILE, and read what that gives"},
		"a newer version":       {"openapi: 4.0.0\n", "line 1, /openapi: this version of OpenAPI is not read: 3.0 and 3.1 are"},
		"no operation":          {head + "paths: {}\n", "line 1: the document has no operation"},
		"not UTF-8":             {"openapi: \xff", "not UTF-8"},
		"not JSON":              {"{\n\"openapi\": tru }", "line 2: not JSON from here on"},
		"half a JSON":           {"{\"openapi\":\n\n\"3.0.0\"", "line 3: the JSON ends in the middle"},
		"two JSONs":             {"{\"openapi\":\"3.0.0\"}\n{}", "line 2: something stands behind the JSON value"},
		"a key twice":           {"{\"openapi\": \"3.0.0\",\n\"openapi\": \"3.1.0\"}", "line 2, /openapi: this key stands twice"},
		"a key twice in YAML":   {head + "openapi: 3.0.0\n", "line 3: this key stands twice"},
		"deep JSON":             {`{"openapi": "3.0.0", "x": ` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}", "line 1, /x" + strings.Repeat("/0", 63) + ": nested deeper than 64 levels"},
		"deep YAML":             {head + "x: " + strings.Repeat("[", 100) + strings.Repeat("]", 100), "line 3: nested deeper than 32 levels"},
		"an alias bomb":         {head + "a: &a [x, x]\nb: [*a, *a]\n", "line 3: anchors (&) are not supported: write the value out, or in quotes if it begins with &"},
		"another file":          {head + "paths:\n  /a: {$ref: 'secret-name.yaml#/a'}\n", "line 4, /paths/~1a/$ref: this reference leads to another file, which is not opened: make one file of all first, for example with npx @redocly/cli bundle"},
		"a file of the system":  {answer("{$ref: /etc/passwd}"), "line 6, /paths/~1a/post/responses/200/$ref: this reference leads to another file, which is not opened: make one file of all first, for example with npx @redocly/cli bundle"},
		"file:":                 {answer("{$ref: 'file:///etc/passwd'}"), "line 6, /paths/~1a/post/responses/200/$ref: this reference leads to an address, which is not opened: make one file of all first, for example with npx @redocly/cli bundle"},
		"an address":            {answer("{content: {application/json: {schema: {$ref: 'http://127.0.0.1:1/a.yaml'}}}}"), "line 6, /paths/~1a/post/responses/200/content/application~1json/schema/$ref: this reference leads to an address, which is not opened: make one file of all first, for example with npx @redocly/cli bundle"},
		"an anchor":             {answer("{$ref: '#somewhere'}"), "line 6, /paths/~1a/post/responses/200/$ref: this reference names an anchor: only those such as #/components/schemas/Login are followed"},
		"nowhere":               {answer("{$ref: '#/components/responses/None'}"), "line 6, /paths/~1a/post/responses/200/$ref: this reference points nowhere"},
		"a circle":              {answer("{$ref: '#/x'}") + "x: {$ref: '#/y'}\ny: {$ref: '#/x'}\n", "line 7, /x/$ref: these references lead back to each other"},
		"itself":                {answer("{$ref: '#/x'}") + "x: {$ref: '#/x'}\n", "line 7, /x/$ref: these references lead back to each other"},
		"a circle of schemas":   {answer("{content: {application/json: {schema: {$ref: '#/x'}}}}") + "x: {$ref: '#/y'}\ny: {$ref: '#/x'}\n", "line 7, /x/$ref: these references lead back to each other"},
		"an odd status":         {operation("      responses: {'2000': {description: a}}\n"), `line 6, /paths/~1a/post/responses/2000: a response is that of a status, a range such as 4XX, or "default"`},
		"no operation's shape":  {head + "paths: {/a: {post: here}}\n", "line 3, /paths/~1a/post: an operation is a mapping"},
		"an odd parameter":      {operation("      parameters: [{name: a, in: body}]\n"), `line 6, /paths/~1a/post/parameters/0: a parameter is in "path", "query", "header" or "cookie"`},
		"no name":               {operation("      parameters: [{in: query}]\n"), "line 6, /paths/~1a/post/parameters/0: the parameter has no name"},
		"no scheme":             {operation("      security: [{none: []}]\n"), "line 6, /paths/~1a/post/security/0/none: no security scheme has this name"},
		"an odd type":           {answer("{content: {application/json: {schema: {type: text}}}}"), "line 6, /paths/~1a/post/responses/200/content/application~1json/schema/type: no type of a schema has this name"},
		"no schema":             {answer("{content: {application/json: {schema: [1]}}}"), "line 6, /paths/~1a/post/responses/200/content/application~1json/schema: a schema is a mapping"},
		"an odd length":         {answer("{content: {application/json: {schema: {type: string, minLength: -1}}}}"), `line 6, /paths/~1a/post/responses/200/content/application~1json/schema/minLength: this is no value for "minLength"`},
		"a server without more": {head + "servers: [{description: a}]\n", "line 3, /servers/0: the server has no url"},
		"a name to hurt":        {head + "paths: {\"/a\\e[31m" + strings.Repeat("b", 100) + "\": {post: here}}\n", "line 3, /paths/~1a?[31m" + strings.Repeat("b", 53) + "…/post: an operation is a mapping"},
	}, openapi.Read)
}

// TestHostile has documents that are small and would become large. What is not refused
// stays small.
func TestHostile(t *testing.T) {
	for name, c := range hostile() {
		recording, err := openapi.Read([]byte(c.text))
		switch {
		case err == nil && c.refused != "":
			t.Errorf("%s is read", name)
		case err == nil:
			if size := len(golden.Text(recording)); size > 100<<10 {
				t.Errorf("%s became %d KB", name, size>>10)
			}
		case c.refused == "" || !strings.HasSuffix(err.Error(), ": "+c.refused):
			t.Errorf("%s: %v", name, err)
		}
	}
}

func hostile() map[string]struct{ text, refused string } {
	answer := func(schema string) string {
		return head + "paths: {/a: {get: {responses: {'200': {description: a, content: {application/json: {schema: " + schema + "}}}}}}}\n"
	}
	repeated := func(n int, line string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.NewReplacer("<N>", strconv.Itoa(i), "<M>", strconv.Itoa(i+1)).Replace(line))
		}
		return b.String()
	}
	calls := head + "x: {get: {responses: {'201': {$ref: '#/z'}}}, put: {responses: {'200': {$ref: '#/z'}}}}\nz: {description: a, content: {application/json: {example: " +
		strings.Repeat("a", 100_000) + "}}}\npaths:\n"
	return map[string]struct{ text, refused string }{
		"a tree of references": {answer("{$ref: '#/x/a0'}") + "x:\n" +
			repeated(60, "  a<N>: {type: object, required: [a], properties: {a: {$ref: '#/x/a<M>'}, b: {$ref: '#/x/a<M>'}}, allOf: [{$ref: '#/x/a<M>'}, {$ref: '#/x/a<M>'}]}\n") +
			"  a60: {type: string, example: a}\n", ""},
		"a chain of references":             {answer("{$ref: '#/x/a0/items'}") + "x:\n" + repeated(2_000, "  a<N>: {items: {items: {$ref: '#/x/a<M>'}}}\n") + "  a2000: {type: string}\n", "this schema is reached through more than 100 others"},
		"a chain of nothing but references": {answer("{$ref: '#/x/a0'}") + "x:\n" + repeated(2_000, "  a<N>: {$ref: '#/x/a<M>'}\n") + "  a2000: {type: string}\n", ""},
		"many references": {answer("{$ref: '#/x'}") + "x:\n  type: object\n  properties:\n" + repeated(3_000, "    p<N>: {$ref: '#/components/schemas/S'}\n") +
			"components: {schemas: {S: {type: string}}}\n", ""},
		"one example for many calls": {calls + repeated(500, "  /a<N>: {$ref: '#/x'}\n"), "what the document describes up to here comes to more than 32 MiB"},
		"one schema under many names": {head + "x:\n  type: object\n  properties:\n" + repeated(2_000, "    p<N>: {type: string, example: a}\n") +
			"paths:\n" + repeated(300, "  /a<N>: {get: {responses: {'200': {description: a, content: {application/json: {schema: {allOf: [{$ref: '#/x'}]}}}}}}}\n"), "schemas up to here refer to each other more than 500000 times"},
	}
}
