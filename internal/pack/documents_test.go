package pack_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/pack"
)

// documentsVariable names the folder of the documents, which stay outside the
// repository. Who sets it means it: then a folder without them is a failure.
const documentsVariable = "LOGINWATCH_DOCUMENTS"

// vendorDocuments gives the folder of the documents: the one that the variable
// names, or the usual one beside a checkout. A clone without either has nothing
// to compare, and ok is false.
func vendorDocuments(t *testing.T) (folder string, ok bool) {
	t.Helper()
	folder, set := os.LookupEnv(documentsVariable)
	if !set {
		folder = filepath.Join("..", "..", "..", "shared", "vendor-docs")
	}
	_, err := os.Stat(folder)
	switch {
	case err == nil:
		return folder, true
	case set || !errors.Is(err, fs.ErrNotExist):
		t.Fatalf("%s: %v", documentsVariable, err)
	}
	t.Logf("the vendors' documents are not in %s: their samples are not compared", folder)
	return "", false
}

// noSample is a block in braces of a document that is no printed sample of a
// body, or is too broken to be one.
type noSample struct {
	Document string // file name
	Begins   string // of the block, without white space
	Why      string
}

// TestPrintedSamples holds the packs to the documents: whatever stands in
// braces there is an example, a request that the request schema accepts, a
// negative, or listed with a reason. So no printed sample is forgotten.
func TestPrintedSamples(t *testing.T) {
	folder, ok := vendorDocuments(t)
	if !ok {
		return
	}
	listed := readNoSamples(t)
	used := map[noSample]bool{}
	count := 0
	for _, c := range embedded(t).Contracts {
		for _, d := range c.Documents {
			if d.File == "" {
				continue // a public page, which nobody keeps
			}
			text, err := os.ReadFile(filepath.Join(folder, d.File))
			if err != nil {
				t.Error(err)
				continue
			}
			blocks, err := inBraces(string(text))
			if err != nil || len(blocks) == 0 {
				t.Errorf("%s: %d blocks in braces, %v", d.File, len(blocks), err)
			}
			for _, block := range blocks {
				kind := sampleKind(c, block)
				for _, l := range listed {
					if kind == "" && l.Document == d.File && strings.HasPrefix(squeeze(block), l.Begins) {
						kind, used[l] = l.Why, true
						refusedEverywhere(t, c, block)
					}
				}
				if kind == "" {
					t.Errorf("%s: this sample is no example, request or negative of the contract, and not listed:\n%s", d.File, block)
				}
				count++
			}
		}
	}
	for _, l := range listed {
		if !used[l] {
			t.Errorf("%s has no block that begins with %q: remove it from the list", l.Document, l.Begins)
		}
	}
	t.Logf("%d blocks in braces, %d kinds of them listed as no sample", count, len(listed))
}

// TestSamples judges every example and every negative of the embedded pack by
// the schemas, without the loader's own check.
func TestSamples(t *testing.T) {
	examples, negatives := 0, 0
	for _, c := range embedded(t).Contracts {
		for _, op := range c.Operations {
			for _, o := range op.Outcomes {
				if o.Example == nil {
					continue
				}
				examples++
				if err := accepts(o, o.Example.Body); err != nil {
					t.Errorf("%s %s.%s: %v", c.Vendor, op.ID, o.ID, err)
				}
			}
		}
		for _, n := range c.Negatives {
			for _, p := range n.Against {
				negatives++
				if err := refused(c, p, n.Body); err != nil {
					t.Errorf("%s, negative %s: %v", c.Vendor, n.ID, err)
				}
			}
		}
	}
	t.Logf("%d examples accepted, %d negatives refused", examples, negatives)
	if examples == 0 || negatives == 0 {
		t.Errorf("%d examples, %d negatives", examples, negatives)
	}
}

func embedded(t *testing.T) *pack.Catalog {
	t.Helper()
	catalog, problems := pack.Load(pack.Options{}, pack.Source{FS: loginwatch.Embedded})
	if problems != nil {
		t.Fatal(problems)
	}
	return catalog
}

// readNoSamples reads the list, which names documents and so is no code.
func readNoSamples(t *testing.T) []noSample {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "no-samples.json"))
	if err != nil {
		t.Fatal(err)
	}
	var listed []noSample
	if err := json.Unmarshal(data, &listed); err != nil {
		t.Fatal(err)
	}
	return listed
}

// inBraces gives the outermost blocks in braces. Quotes are not looked at, as
// broken samples and prose leave them open.
func inBraces(text string) ([]string, error) {
	var blocks []string
	depth, start := 0, 0
	for i, r := range text {
		switch r {
		case '{':
			if depth == 0 {
				start = i
			}
			depth++
		case '}':
			if depth--; depth < 0 {
				return blocks, fmt.Errorf("a brace closes at byte %d that none opened", i)
			}
			if depth == 0 {
				blocks = append(blocks, text[start:i+1])
			}
		}
	}
	if depth > 0 {
		return blocks, fmt.Errorf("the brace at byte %d is not closed", start)
	}
	return blocks, nil
}

func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// sampleKind says what a printed sample is in the contract; "" when it is
// nothing.
func sampleKind(c *loginwatch.Contract, block string) string {
	same := func(body []byte) bool { return squeeze(string(body)) == squeeze(block) }
	for _, op := range c.Operations {
		for _, o := range op.Outcomes {
			if o.Example != nil && same(o.Example.Body) && accepts(o, []byte(block)) == nil {
				return "the example of " + op.ID + "." + o.ID
			}
		}
	}
	for _, n := range c.Negatives {
		if same(n.Body) && !slices.ContainsFunc(n.Against, func(p loginwatch.Statement) bool { return refused(c, p, []byte(block)) != nil }) {
			return "the negative " + n.ID
		}
	}
	doc, refusal := guard.Decode([]byte(block), guard.Defaults())
	if refusal != nil {
		return ""
	}
	for _, k := range c.Cases {
		if k.Body == nil || !k.SuccessDue() || !reflect.DeepEqual(shape(k.Body), shape(doc)) {
			continue
		}
		if violations, err := k.Operation.Request.Schema.Validate(doc); err == nil && len(violations) == 0 {
			return "the request of case " + k.ID
		}
	}
	return ""
}

// shape keeps a value's members and types.
func shape(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			out[k] = shape(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = shape(e)
		}
		return out
	}
	return fmt.Sprintf("%T", v)
}

// refusedEverywhere makes sure that the list hides no body that a schema takes
// for right.
func refusedEverywhere(t *testing.T, c *loginwatch.Contract, block string) {
	t.Helper()
	for _, op := range c.Operations {
		for _, part := range []string{"request", "*"} {
			p := loginwatch.Statement{Operation: op.ID, Outcome: part}
			if len(schemasOf(c, p)) == 0 {
				continue
			}
			if err := refused(c, p, []byte(block)); err != nil {
				t.Errorf("%s: listed as no sample, yet against %s.%s: %v", c.Vendor, op.ID, part, err)
			}
		}
	}
}

// accepts tells why an outcome does not accept a body. A documented field that
// the schema does not name is a reason as well.
func accepts(o *loginwatch.Outcome, body []byte) error {
	if o.Schema == nil {
		if !strings.Contains(strings.ToLower(string(body)), strings.ToLower(o.Contains)) {
			return fmt.Errorf("the example lacks %q", o.Contains)
		}
		return nil
	}
	doc, refusal := guard.Decode(body, guard.Defaults())
	if refusal != nil {
		return refusal
	}
	violations, err := o.Schema.Validate(doc)
	if err != nil {
		return err
	}
	if extra := o.Schema.Extra(doc); len(violations)+len(extra) > 0 {
		return fmt.Errorf("violations %v, undescribed fields %v", violations, extra)
	}
	return nil
}

// refused tells which schema of a statement lets a body pass that it must not.
func refused(c *loginwatch.Contract, p loginwatch.Statement, body []byte) error {
	schemas := schemasOf(c, p)
	if len(schemas) == 0 {
		return errors.New("there is no schema that could refuse it")
	}
	doc, refusal := guard.Decode(body, guard.Defaults())
	if refusal != nil {
		return nil
	}
	for _, s := range schemas {
		violations, err := s.Validate(doc)
		if err != nil {
			return err
		}
		if len(violations) == 0 {
			return fmt.Errorf("schema %s lets it pass", s.Name)
		}
	}
	return nil
}

func schemasOf(c *loginwatch.Contract, p loginwatch.Statement) []*loginwatch.SchemaRef {
	op := c.Operation(p.Operation)
	schemas := []*loginwatch.SchemaRef{op.Request.Schema}
	if p.Outcome != "request" {
		schemas = nil
		for _, o := range op.Outcomes {
			if p.Outcome == "*" || p.Outcome == o.ID {
				schemas = append(schemas, o.Schema)
			}
		}
	}
	return slices.DeleteFunc(schemas, func(s *loginwatch.SchemaRef) bool { return s == nil })
}
