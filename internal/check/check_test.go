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
	"github.com/loginwatch/loginwatch/internal/advice"
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
	Headers     map[string]string
	Body        string
	Want        string   // verdict, reason ("-" for none) and outcome, if any
	Findings    []string // class, kind and pointer
	Refusal     loginwatch.Refusal
	Got         []string      // in this order somewhere in what findings say they got
	Says        string        // in the sentence for people
	Next        string        // in what to do first
	Blame       advice.Blame  // of the sentence; any when empty
	Wait        time.Duration // that the vendor asked for
}

func TestJudgeDecisions(t *testing.T) {
	catalog := documentEach(small(t))
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
		vendor, _, _ := strings.Cut(filepath.Base(file), ".")
		c := catalog.Contract(vendor)
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
	for name, value := range d.Headers {
		x.Header.Set(name, value)
	}
	j := check.Judge(check.Input{Contract: c, Case: c.Case(id), Exchange: x, Key: []byte("key")}).Judgement
	d.sentence(t, j)
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
		if f.Documented == "" || f.Got == "" || f.Contract == "" || f.Document != documentOf(f.Quote) || f.Quote == "" || f.Fingerprint == "" {
			t.Errorf("incomplete finding: %+v", f)
		}
	}
	if diff := cmp.Diff(d.Findings, findings); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	got := ""
	for _, f := range j.Findings {
		got += f.Got + "\n"
	}
	for _, want := range d.Got {
		_, rest, found := strings.Cut(got, want)
		if !found {
			t.Errorf("got says %q, want %q", got, want)
		}
		got = rest
	}
	if j.RetryAfter != d.Wait {
		t.Errorf("waits %s, want %s", j.RetryAfter, d.Wait)
	}
	if j.Refusal != d.Refusal {
		t.Errorf("refusal %q, want %q", j.Refusal, d.Refusal)
	}
}

// sentence reads what people are told of the judgement.
func (d decision) sentence(t *testing.T, j loginwatch.Judgement) {
	t.Helper()
	run := loginwatch.Run{Verdict: j.Verdict, Reason: j.Reason, Steps: []loginwatch.StepResult{{Role: loginwatch.RoleSubject, Judgement: j}}}
	a := advice.For(run.Verdict, run.Reason, run.Signs()...)
	if !strings.Contains(a.Says, d.Says) || !strings.Contains(a.Next, d.Next) || d.Blame != "" && a.Blame != d.Blame {
		t.Errorf("%s: %s; %s\nwant %s: %s; %s", a.Blame, a.Says, a.Next, d.Blame, d.Says, d.Next)
	}
	if strings.Contains(a.Says, "may have been refused") != (j.Refusal == loginwatch.RefusalPossible) {
		t.Errorf("the refusal is %q and the sentence says: %s", j.Refusal, a.Says)
	}
}
