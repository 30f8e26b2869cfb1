package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// exception is a known disagreement: one validator refuses by a keyword what
// the other accepts, for values of a form.
type exception struct {
	Refuses string // "ours" or "theirs"
	Keyword string // "format date-time", "pattern", …
	Value   string // expression that the value matches as JSON
	Reason  string
	used    int
}

// On every schema of the pack, and on two that hold every keyword and format,
// our validator and an independent one of the whole draft-07 suite must agree
// about thousands of generated instances, apart from a list with reasons.
func TestCountsAgreement(t *testing.T) {
	exceptions := readExceptions(t)
	seen, agreed, refused := 0, 0, 0
	schemas := packSchemas(t)
	perSchema := 12_000/len(schemas) + 1
	for _, file := range slices.Sorted(maps.Keys(schemas)) {
		seeds := examplesBeside(t, file)
		r := compare(t, file, schemas[file], seeds, perSchema, exceptions)
		seen, agreed, refused = seen+r.seen, agreed+r.agreed, refused+r.refused
	}
	t.Logf("pack: %d distinct instances of %d schemas, %d refused by both, %d disagreements on the list",
		seen, len(schemas), refused, seen-agreed)
	if seen < 10_000 {
		t.Errorf("only %d instances", seen)
	}
	if refused < seen/4 || refused > seen*9/10 {
		t.Errorf("%d of %d instances are refused: the generator is lopsided", refused, seen)
	}
	for _, name := range []string{"formats", "keywords"} {
		file := "testdata/agreement/" + name + ".schema.json"
		data, err := os.ReadFile(filepath.FromSlash(file))
		if err != nil {
			t.Fatal(err)
		}
		r := compare(t, file, data, nil, 3_000, exceptions)
		t.Logf("%s: %d distinct instances, %d refused by both, %d disagreements on the list", name, r.seen, r.refused, r.seen-r.agreed)
	}
	for _, e := range exceptions {
		if e.used == 0 {
			t.Errorf("unused exception: %s refuses %s of %s", e.Refuses, e.Keyword, e.Value)
		}
	}
}

func readExceptions(t *testing.T) []*exception {
	t.Helper()
	data, err := os.ReadFile("testdata/agreement/exceptions.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []*exception
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if e.Reason == "" || e.Refuses != "ours" && e.Refuses != "theirs" {
			t.Errorf("incomplete exception: %+v", *e)
		}
	}
	return list
}

// examplesBeside gives the documented bodies of the vendor of a schema.
func examplesBeside(t *testing.T, schema string) []any {
	t.Helper()
	files, err := fs.Glob(loginwatch.Embedded, "contracts/"+path.Base(path.Dir(schema))+"/examples/*")
	if err != nil {
		t.Fatal(err)
	}
	var docs []any
	for _, f := range files {
		data, err := loginwatch.Embedded.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if doc, refusal := guard.Decode(data, guard.Defaults()); refusal == nil {
			docs = append(docs, doc)
		}
	}
	return docs
}

type tally struct{ seen, agreed, refused int }

func compare(t *testing.T, file string, data []byte, seeds []any, want int, exceptions []*exception) tally {
	t.Helper()
	ours, err := Compile(file, data)
	if err != nil {
		t.Fatal(err)
	}
	theirs := secondOpinion(t, data)
	g := &generator{rand.New(rand.NewPCG(7, 11)), decoded(t, string(data))}
	var r tally
	known := map[string]bool{}
	for tries := 0; r.seen < want && tries < 50*want; tries++ {
		doc, text := instance(g, seeds)
		if doc == nil || known[text] {
			continue
		}
		known[text] = true
		r.seen++
		violations, err := ours.Validate(doc)
		if err != nil {
			t.Fatalf("%s: %s: %v", file, text, err)
		}
		other := theirs.Validate(doc)
		if (len(violations) > 0) == (other != nil) {
			r.agreed++
			if other != nil {
				r.refused++
			}
			continue
		}
		if what := disagreement(doc, violations, other); !excused(exceptions, what) {
			t.Errorf("%s: %s refuses %s of %s in %s", file, what[0], what[1], what[2], text)
		}
	}
	return r
}

// instance makes one that guard lets through; nil when it does not.
func instance(g *generator, seeds []any) (doc any, text string) {
	if len(seeds) > 0 && g.IntN(4) == 0 {
		doc = clone(pick(g, seeds))
	} else {
		doc = g.value(g.root)
	}
	for range []int{0, 1, 1, 1, 2, 3}[g.IntN(6)] {
		doc = g.mutate(doc)
	}
	data, err := json.Marshal(doc)
	if err != nil {
		return nil, ""
	}
	doc, refusal := guard.Decode(data, guard.Defaults())
	if refusal != nil {
		return nil, ""
	}
	return doc, string(data)
}

func secondOpinion(t *testing.T, data []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	c.AssertFormat()
	if err := c.AddResource("urn:test", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("urn:test")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// disagreement names who refuses, by which keyword, and what value, as JSON.
func disagreement(doc any, ours []loginwatch.Violation, theirs error) [3]string {
	text := func(pointer string) string {
		v, _ := tree.Lookup(doc, pointer)
		data, _ := json.Marshal(v)
		return string(data)
	}
	if theirs == nil {
		v := ours[0]
		return [3]string{"ours", string(v.Kind) + " " + v.Documented, text(v.Pointer)}
	}
	leaf := new(jsonschema.ValidationError)
	if !errors.As(theirs, &leaf) {
		return [3]string{"theirs", theirs.Error(), ""}
	}
	for len(leaf.Causes) > 0 {
		leaf = leaf.Causes[0]
	}
	pointer := ""
	for _, token := range leaf.InstanceLocation {
		pointer = tree.JoinPointer(pointer, token)
	}
	keyword := strings.Join(leaf.ErrorKind.KeywordPath(), "/")
	if f, ok := leaf.ErrorKind.(*kind.Format); ok {
		keyword = fmt.Sprint("format ", f.Want)
	}
	return [3]string{"theirs", keyword, text(pointer)}
}

func excused(exceptions []*exception, what [3]string) bool {
	for _, e := range exceptions {
		if e.Refuses == what[0] && e.Keyword == what[1] && regexp.MustCompile(e.Value).MatchString(what[2]) {
			e.used++
			return true
		}
	}
	return false
}
