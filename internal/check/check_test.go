package check_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/check"
	"github.com/loginwatch/loginwatch/internal/pack"
)

func embedded(t testing.TB) *pack.Catalog {
	t.Helper()
	c, problems := pack.Load(pack.Options{}, pack.Source{FS: loginwatch.Embedded})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return c
}

// small is the pack of these tests: every sort of contract, and no real vendor.
func small(t testing.TB) *pack.Catalog {
	t.Helper()
	c, problems := pack.Load(pack.Options{}, pack.Source{FS: os.DirFS("testdata/pack")})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return c
}

// instant is when every exchange of these tests took place.
var instant = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// decision is one answer that people argue about, and what is decided.
type decision struct {
	Name        string
	Case        string // valid-credentials when empty
	Status      int
	ContentType string `yaml:"content_type"`
	Body        string
	Want        string   // verdict, reason ("-" for none) and outcome, if any
	Findings    []string // class, kind and pointer
	Refused     bool     // counts against the credential's budget
}

func TestJudgeDecisions(t *testing.T) {
	catalog := small(t)
	files, err := filepath.Glob("testdata/decisions/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no decisions: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var decisions []decision
		if err := yaml.UnmarshalWithOptions(data, &decisions, yaml.Strict()); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		c := catalog.Contract(strings.TrimSuffix(filepath.Base(file), ".yaml"))
		for _, d := range decisions {
			t.Run(c.Vendor+"/"+d.Name, func(t *testing.T) { d.check(t, c) })
		}
	}
}

func (d decision) check(t *testing.T, c *loginwatch.Contract) {
	id := d.Case
	if id == "" {
		id = "valid-credentials"
	}
	x := &loginwatch.Exchange{Status: d.Status, Header: http.Header{}, Body: []byte(d.Body), Finished: instant}
	if d.ContentType != "" {
		x.Header.Set("Content-Type", d.ContentType)
	}
	j := check.Judge(check.Input{Contract: c, Case: c.Case(id), Exchange: x, Key: []byte("key")})
	reason := j.Reason
	if reason == "" {
		reason = "-"
	}
	if got := strings.TrimSpace(fmt.Sprintf("%s %s %s", j.Verdict, reason, j.Outcome)); got != d.Want {
		t.Errorf("judged %q, want %q", got, d.Want)
	}
	var findings []string
	for _, f := range j.Findings {
		findings = append(findings, strings.TrimSpace(fmt.Sprintf("%s %s %s", f.Class, f.Kind, f.Pointer)))
		if f.Documented == "" || f.Got == "" || f.Contract == "" || f.Document == "" || f.Quote == "" || f.Fingerprint == "" {
			t.Errorf("incomplete finding: %+v", f)
		}
	}
	if diff := cmp.Diff(d.Findings, findings); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if j.RefusedCredential != d.Refused {
		t.Errorf("refused credential: %v, want %v", j.RefusedCredential, d.Refused)
	}
}
