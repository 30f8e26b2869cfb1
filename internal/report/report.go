// Package report renders what one verify found: as text for people, and as
// JSON, JUnit XML, SARIF and GitHub annotations for tools.
//
// It renders and nothing else: it judges no answer, reads no file (source lines
// come through a function) and never sees a vendor's bytes or a secret. What it
// prints may still hold foreign text, such as the name of an undocumented field,
// so every string passes [printable] once before any format gets to see it.
package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
)

// Result is one executed or skipped case.
type Result struct {
	Vendor      string
	Case        string
	Expectation string // what the document promises for the case, in words; may be empty
	Place       string // FILE:LINE of the case in its contract; may be empty
	Target      string // name or base URL; user information, query and fragment are never printed
	Run         string // id of the run
	Verdict     loginwatch.Verdict
	Reason      loginwatch.Reason  // "" for OK
	Refusal     loginwatch.Refusal // whether the credential was, or may have been, refused
	Outcome     string             // id of the documented outcome; "" when none fits
	HTTPStatus  int                // 0 when no answer came
	Duration    time.Duration      // 0 when nothing was sent
	Phases      map[loginwatch.Phase]time.Duration
	Findings    []loginwatch.Finding
	Signs       []loginwatch.Sign // what the answer showed beyond the reason
	Detail      string            // a sentence for people: which secret is missing, which host did not resolve

	Works bool // the run's own verdict is OK, whatever the report makes of its findings; set while it is written
}

// Report is everything that one verify found.
type Report struct {
	Results []Result // in the order in which they ran
	Started time.Time
	Version string // of loginwatch
}

// Options say how a report looks. Color and Width are for text; excerpts of the
// contract that Sources gives also appear in the text inside JUnit XML.
type Options struct {
	Color bool
	Width int // columns; 0 means that lines are not wrapped
	// Sources gives the line of a contract or schema file that a finding points
	// to; ok is false when there is none. A nil function gives none.
	Sources func(file string, line int) (text string, ok bool)
	// Address names a contract or schema file for what shows a repository (SARIF
	// and GitHub annotations): relative to its root, or absolute when it is
	// elsewhere. A nil function leaves names as they are.
	Address func(file string) string
}

type format struct {
	name   string
	render func(*bytes.Buffer, Report, Options) error
}

func formats() []format {
	return []format{
		{"text", renderText},
		{"json", renderJSON},
		{"junit", renderJUnit},
		{"sarif", renderSARIF},
		{"github", renderGitHub},
	}
}

// Formats lists the names that [Write] knows, the default one first.
func Formats() []string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return names
}

// Write renders the report in one of [Formats] and writes it at once, so that a
// failure while rendering leaves no half a document behind.
func Write(w io.Writer, format string, r Report, opts Options) error {
	for _, f := range formats() {
		if f.name != format {
			continue
		}
		var b bytes.Buffer
		if err := f.render(&b, normalise(r), opts); err != nil {
			return fmt.Errorf("render %s report: %w", format, err)
		}
		if _, err := w.Write(b.Bytes()); err != nil {
			return fmt.Errorf("write %s report: %w", format, err)
		}
		return nil
	}
	return fmt.Errorf("format %q: not one of %s", format, strings.Join(Formats(), ", "))
}

// FromRun makes the result of one case from its run. The case's own step gives
// outcome and status of a run that is well, the step that decided the run those
// of any other; the detail says when that is not the case itself.
func FromRun(run *loginwatch.Run, c *loginwatch.Case) Result {
	r := Result{
		Vendor:      run.Vendor,
		Case:        c.ID,
		Expectation: expectation(c),
		Place:       c.Pos.FileLine(),
		Target:      run.Target,
		Run:         run.ID,
		Verdict:     run.Verdict,
		Reason:      run.Reason,
		Refusal:     run.Refusal(),
		Signs:       run.Signs(),
		Duration:    run.Duration,
		Phases:      run.Phases(),
		Findings:    run.Findings(),
		Detail:      run.Detail,
	}
	last := run.Deciding()
	if last == nil { // nothing was sent, so there is no login whose time could be told
		r.Duration = 0
		return r
	}
	if run.Verdict == loginwatch.OK {
		for i := range run.Steps {
			if run.Steps[i].Case == c.ID {
				last = &run.Steps[i]
			}
		}
	}
	r.Outcome, r.HTTPStatus = last.Outcome, last.HTTPStatus
	if last.Case != c.ID && run.Verdict != loginwatch.OK {
		r.Detail = strings.TrimSuffix("decided by the step "+last.Case+" before it: "+run.Detail, ": ")
	}
	return r
}

func expectation(c *loginwatch.Case) string {
	var ids []string
	for _, o := range c.Expect {
		ids = append(ids, o.ID)
	}
	if c.Undocumented {
		ids = append(ids, "an undocumented answer")
	}
	if len(ids) == 0 {
		return c.Title
	}
	outcomes := "outcome " + strings.Join(ids, " or ")
	if c.Title == "" {
		return outcomes
	}
	return c.Title + " (" + outcomes + ")"
}

// The exit codes of verify. The shell's 2 for wrong usage is not decided here.
const (
	exitOK         = 0 // all as documented
	exitBreaking   = 1 // a breaking finding
	exitVendor     = 3 // the vendor was unavailable, throttled us or rejected the credential
	exitOurs       = 4 // our contract, configuration or secrets are wrong, or nothing ran
	nothingRan     = "no case ran: nothing is known about any vendor"
	nothingRanNext = "name vendors or cases that exist, and give the secrets that they need"
)

// ExitCode is what verify ends with: 1 when anything breaks the contract, else
// 4 when we are at fault, else 3 when a vendor did not let us in, else 0. A
// report in which nothing ran, that was interrupted, or in which a case could not be
// sent though nothing failed gives 4: silence is never success. Cases skipped beside
// others count for nothing when there was no need of them.
func ExitCode(r Report) int {
	code := exitOK
	if r.silent() {
		code = exitOurs
	}
	for _, res := range normalise(r).Results {
		if c := res.code(); rank(c) < rank(code) {
			code = c
		}
	}
	if code == exitOK && slices.ContainsFunc(r.Results, Result.held) {
		return exitOurs
	}
	return code
}

// failed tells whether the result needs somebody to look at it.
func (r Result) failed() bool {
	return r.Verdict != loginwatch.OK && r.Verdict != loginwatch.Skipped
}

// breaks tells whether the answer broke the contract.
func (r Result) breaks() bool {
	return r.Verdict == loginwatch.Drift || len(r.class(loginwatch.Breaking)) > 0
}

// class gives the findings of one class.
func (r Result) class(c loginwatch.Class) []loginwatch.Finding {
	var fs []loginwatch.Finding
	for _, f := range r.Findings {
		if f.Class == c {
			fs = append(fs, f)
		}
	}
	return fs
}

// targets gives the distinct targets of a report in the order they appear.
func (r Report) targets() []string {
	var ts []string
	for _, res := range r.Results {
		if !slices.Contains(ts, res.Target) {
			ts = append(ts, res.Target)
		}
	}
	return ts
}
