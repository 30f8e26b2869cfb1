package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

const schemaFile = "schemas/meta/report.schema.json"

// reportSchema gives the published schema, closed: with it a field that the
// schema does not describe fails, while consumers may be given more than that.
func reportSchema(t *testing.T) (compiled *jsonschema.Schema, doc map[string]any) {
	t.Helper()
	text, err := loginwatch.Embedded.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	closeObjects(doc)
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("urn:report", doc); err != nil {
		t.Fatal(err)
	}
	if compiled, err = compiler.Compile("urn:report"); err != nil {
		t.Fatal(err)
	}
	return compiled, doc
}

func closeObjects(node any) {
	if list, ok := node.([]any); ok {
		for _, x := range list {
			closeObjects(x)
		}
	}
	if object, ok := node.(map[string]any); ok {
		for _, x := range object {
			closeObjects(x)
		}
		if object["type"] == "object" {
			object["additionalProperties"] = false
		}
	}
}

func TestJSONFollowsItsSchema(t *testing.T) {
	compiled, _ := reportSchema(t)
	check := func(t interface{ Fatal(...any) }, text string) {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled.Validate(doc); err != nil {
			t.Fatal(err)
		}
	}
	check(t, render(t, "json", everything(), Options{}))
	check(t, render(t, "json", Report{}, Options{}))
	check(t, render(t, "json", Report{Results: []Result{{Vendor: "v", Case: "c"}}}, Options{}))
	rapid.Check(t, func(rt *rapid.T) {
		var b strings.Builder
		if err := Write(&b, "json", hostileReport(rt), Options{}); err != nil {
			rt.Fatal(err)
		}
		check(rt, b.String())
	})
}

// The schema repeats the closed lists; a word added to one must be added there.
func TestSchemaKnowsTheClosedLists(t *testing.T) {
	_, doc := reportSchema(t)
	tests := []struct {
		pointer, list string
		want          []string
	}{
		{"/definitions/verdict/enum", "values", words(loginwatch.Verdicts)},
		{"/definitions/reason/enum", "values", append([]string{""}, words(loginwatch.Reasons)...)},
		{"/definitions/finding/properties/kind/enum", "values", words(loginwatch.Kinds)},
		{"/definitions/finding/properties/class/enum", "values", words(loginwatch.Classes)},
		{"/definitions/result/properties/refusal/enum", "values", words([]loginwatch.Refusal{
			loginwatch.RefusalNone, loginwatch.RefusalPossible, loginwatch.RefusalCertain,
		})},
		{"/definitions/result/properties/phases/properties", "keys", words(loginwatch.Phases)},
		{"/properties/summary/properties", "keys", words(loginwatch.Verdicts)},
		{"/properties/summary/required", "values", words(loginwatch.Verdicts)},
	}
	for _, tc := range tests {
		node, found := tree.Lookup(doc, tc.pointer)
		if !found {
			t.Errorf("%s: not in %s", tc.pointer, schemaFile)
			continue
		}
		var got []string
		switch node := node.(type) {
		case []any:
			for _, x := range node {
				got = append(got, fmt.Sprint(x))
			}
		case map[string]any:
			for k := range node {
				got = append(got, k)
			}
		}
		slices.Sort(got)
		slices.Sort(tc.want)
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, but the nouns have %q", tc.pointer, got, tc.want)
		}
	}
}

func words[S ~[]K, K ~string](list S) []string {
	var ws []string
	for _, k := range list {
		ws = append(ws, string(k))
	}
	return ws
}

// checkSARIF validates against the schema of OASIS, which go-sarif carries, and
// refuses what its types do not know.
func checkSARIF(text string) (*sarif.Report, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	var strict sarif.Report
	if err := decoder.Decode(&strict); err != nil {
		return nil, err
	}
	log, err := sarif.FromString(text)
	if err != nil {
		return nil, err
	}
	for _, run := range log.Runs { // it gives absent fields a zero value, where the schema has these defaults
		run.Language, run.Tool.Driver.Language = "en-US", "en-US"
		run.NewlineSequences = []string{"\r\n", "\n"}
	}
	return log, log.Validate()
}

func TestSARIF(t *testing.T) {
	if _, err := checkSARIF(render(t, "sarif", Report{}, Options{})); err != nil {
		t.Error(err)
	}
	log, err := checkSARIF(render(t, "sarif", everything(), Options{}))
	if err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	levels := map[string]int{}
	for i, result := range run.Results {
		levels[result.Level]++
		if got := *run.Tool.Driver.Rules[result.RuleIndex].ID; got != *result.RuleID {
			t.Errorf("result %d: rule index leads to %s, rule id is %s", i, got, *result.RuleID)
		}
		if result.PartialFingerprints["loginwatch/v1"] == "" {
			t.Errorf("result %d has no fingerprint", i)
		}
		physical := result.Locations[0].PhysicalLocation
		if uri := *physical.ArtifactLocation.URI; !strings.HasPrefix(uri, "contracts/") || *physical.ArtifactLocation.URIBaseID != "%SRCROOT%" {
			t.Errorf("result %d points to %q", i, uri)
		}
		if *physical.Region.StartLine < 1 {
			t.Errorf("result %d points to line %d", i, *physical.Region.StartLine)
		}
	}
	if levels["error"] != 6 || levels["warning"] != 1 || levels["note"] != 2 {
		t.Errorf("levels %v: 2 breaking findings and 4 failures are errors, 1 warning, 2 notes", levels)
	}
}

// Hostile text changes neither the structure nor the number of results. A few
// dozen draws are validated, since the schema of OASIS is compiled each time.
func TestSARIFUnderHostileText(t *testing.T) {
	draws := 0
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		r := hostileReport(t)
		if err := Write(&b, "sarif", r, Options{}); err != nil {
			t.Fatal(err)
		}
		var log sarifLog
		if err := json.Unmarshal([]byte(b.String()), &log); err != nil {
			t.Fatal(err)
		}
		want := 4 // failures without a breaking finding
		for _, res := range r.Results {
			want += len(res.Findings)
		}
		if got := len(log.Runs[0].Results); got != want {
			t.Fatalf("%d results, want %d", got, want)
		}
		if draws++; draws%4 != 0 {
			return
		}
		if _, err := checkSARIF(b.String()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSARIFPlaces(t *testing.T) {
	for place, want := range map[string]sarifPhysical{
		"contracts/v/contract.yaml:7":      {sarifArtifact{"contracts/v/contract.yaml", srcRoot}, &sarifRegion{7}},
		"my pack/contracts/50%/a.yaml:1":   {sarifArtifact{"my%20pack/contracts/50%25/a.yaml", srcRoot}, &sarifRegion{1}},
		"contracts/v/contract.yaml":        {sarifArtifact{"contracts/v/contract.yaml", srcRoot}, nil},
		"/srv/my pack/contracts/v/c.yaml:": {sarifArtifact{"file:///srv/my%20pack/contracts/v/c.yaml:", ""}, nil},
	} {
		got := sarifPlace(place)
		gotText, _ := json.Marshal(got)
		wantText, _ := json.Marshal(want)
		if !bytes.Equal(gotText, wantText) {
			t.Errorf("%s: got %s, want %s", place, gotText, wantText)
		}
	}
}

// junitRead is the part of JUnit XML that CI systems count.
type junitRead struct {
	Tests  int `xml:"tests,attr"`
	Fails  int `xml:"failures,attr"`
	Errors int `xml:"errors,attr"`
	Skips  int `xml:"skipped,attr"`
	Suites []struct {
		Cases []struct {
			Name    string     `xml:"name,attr"`
			Failure []struct{} `xml:"failure"`
			Error   []struct{} `xml:"error"`
			Skipped []struct{} `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

func TestJUnitStaysWellFormed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b bytes.Buffer
		if err := Write(&b, "junit", hostileReport(t), Options{Color: true, Sources: hostileSources(t)}); err != nil {
			t.Fatal(err)
		}
		var got junitRead
		if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatalf("%v in\n%s", err, b.String())
		}
		var tests, fails, errs, skips int
		for _, s := range got.Suites {
			for _, c := range s.Cases {
				tests++
				fails += len(c.Failure)
				errs += len(c.Error)
				skips += len(c.Skipped)
			}
		}
		if tests != 7 || fails != 1 || errs != 4 || skips != 1 {
			t.Fatalf("%d tests, %d failures, %d errors, %d skipped; want 7, 1, 4, 1", tests, fails, errs, skips)
		}
		if got.Tests != tests || got.Fails != fails || got.Errors != errs || got.Skips != skips {
			t.Fatalf("the totals %+v are not those of the cases", got)
		}
	})
}

// Two targets of one vendor are two test cases, with names of their own.
func TestJUnitNamesTargets(t *testing.T) {
	got := render(t, "junit", Report{Results: []Result{
		{Vendor: "v", Case: "c", Target: "a", Verdict: loginwatch.OK},
		{Vendor: "v", Case: "c", Target: "b", Verdict: loginwatch.OK},
	}}, Options{})
	for _, name := range []string{`name="c @ a"`, `name="c @ b"`} {
		if !strings.Contains(got, name) {
			t.Errorf("lacks %s:\n%s", name, got)
		}
	}
}

func TestGitHubCannotBeForged(t *testing.T) {
	command := regexp.MustCompile(`^::(error|warning|notice) (?:file=[^:,]+,line=\d+,)?title=[^:,]*::.+$`)
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		r := hostileReport(t)
		if err := Write(&b, "github", r, Options{}); err != nil {
			t.Fatal(err)
		}
		want := 4 // failures without a breaking finding
		for _, res := range r.Results {
			want += len(res.Findings)
		}
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		for _, line := range lines[:len(lines)-1] {
			if !command.MatchString(line) {
				t.Fatalf("%q is no annotation of ours", line)
			}
		}
		if len(lines)-1 != want {
			t.Fatalf("%d annotations, want %d", len(lines)-1, want)
		}
		if last := lines[len(lines)-1]; !strings.HasPrefix(last, "7 cases: ") || strings.Contains(last, "##[") {
			t.Fatalf("summary %q", last)
		}
	})
}

func TestGitHubEscapes(t *testing.T) {
	var b bytes.Buffer
	annotate(&b, "error", "a,b:c%.yaml:7", "x: 100%, y", "1: 50%\r\n2")
	want := "::error file=a%2Cb%3Ac%25.yaml,line=7,title=x%3A 100%25%2C y::1: 50%25%0D%0A2\n"
	if got := b.String(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
