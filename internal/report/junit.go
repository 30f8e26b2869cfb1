package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
)

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Name    string       `xml:"name,attr"`
	Tests   int          `xml:"tests,attr"`
	Fails   int          `xml:"failures,attr"`
	Errors  int          `xml:"errors,attr"`
	Skipped int          `xml:"skipped,attr"`
	Time    string       `xml:"time,attr"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name      string        `xml:"name,attr"`
	Tests     int           `xml:"tests,attr"`
	Fails     int           `xml:"failures,attr"`
	Errors    int           `xml:"errors,attr"`
	Skipped   int           `xml:"skipped,attr"`
	Time      string        `xml:"time,attr"`
	Timestamp string        `xml:"timestamp,attr,omitempty"`
	Props     []junitProp   `xml:"properties>property"`
	Cases     []junitCase   `xml:"testcase"`
	total     time.Duration // of the cases
}

type junitProp struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitProblem `xml:"failure"`
	Error   *junitProblem `xml:"error"`
	Skipped *junitProblem `xml:"skipped"`
	Out     *junitOutput  `xml:"system-out"`
}

type junitProblem struct {
	Message string `xml:"message,attr,omitempty"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",cdata"`
}

type junitOutput struct {
	Text string `xml:",cdata"`
}

// renderJUnit writes one suite for each vendor. Drift is a failure; everything
// that kept us from judging the answer is an error. A report without results
// holds one error, because many CI systems read nothing but this file.
func renderJUnit(b *bytes.Buffer, r Report, opts Options) error {
	opts.Color, opts.Width = false, 0
	r = worstFirst(r)
	out := junitSuites{Name: "loginwatch verify"}
	for _, vendor := range vendorsOf(r) {
		out.Suites = append(out.Suites, suiteOf(vendor, r, opts))
	}
	if len(r.Results) == 0 {
		out.Suites = []junitSuite{{
			Name: "loginwatch", Tests: 1, Errors: 1, Time: junitSeconds(0), Timestamp: junitTime(r.Started),
			Props: []junitProp{{"loginwatch.version", r.Version}},
			Cases: []junitCase{{
				Name: "verify", Class: "loginwatch", Time: junitSeconds(0),
				Error: &junitProblem{Message: nothingRan, Type: string(loginwatch.ReasonInternal), Text: nothingRanNext},
			}},
		}}
	}
	var total time.Duration
	for _, s := range out.Suites {
		out.Tests += s.Tests
		out.Fails += s.Fails
		out.Errors += s.Errors
		out.Skipped += s.Skipped
		total += s.total
	}
	out.Time = junitSeconds(total)
	b.WriteString(xml.Header)
	enc := xml.NewEncoder(b)
	enc.Indent("", "  ")
	if err := enc.Encode(out); err != nil {
		return err
	}
	b.WriteByte('\n')
	return nil
}

func vendorsOf(r Report) []string {
	var vs []string
	for _, res := range r.Results {
		if !slices.Contains(vs, res.Vendor) {
			vs = append(vs, res.Vendor)
		}
	}
	return vs
}

func suiteOf(vendor string, r Report, opts Options) junitSuite {
	mine := Report{}
	for _, res := range r.Results {
		if res.Vendor == vendor {
			mine.Results = append(mine.Results, res)
		}
	}
	targets := mine.targets()
	s := junitSuite{Name: vendor, Timestamp: junitTime(r.Started), Props: []junitProp{
		{"loginwatch.version", r.Version}, {"target", strings.Join(targets, " ")},
	}}
	for _, res := range mine.Results {
		c := caseOf(res, opts)
		if len(targets) > 1 { // CI systems tell test cases apart by name
			c.Name += " @ " + res.Target
		}
		s.Cases = append(s.Cases, c)
		s.Tests++
		s.total += res.Duration
		switch {
		case c.Failure != nil:
			s.Fails++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
	s.Time = junitSeconds(s.total)
	return s
}

func caseOf(res Result, opts Options) junitCase {
	c := junitCase{Name: res.Case, Class: res.Vendor, Time: junitSeconds(res.Duration)}
	switch res.Verdict {
	case loginwatch.OK:
	case loginwatch.Skipped:
		c.Skipped = &junitProblem{Message: whyText(res)}
	case loginwatch.Drift:
		c.Failure = problemOf(res, opts)
	default:
		c.Error = problemOf(res, opts)
	}
	var notes []string
	for _, f := range res.Findings {
		if f.Class != loginwatch.Breaking && len(notes) < maxNotes {
			notes = append(notes, string(f.Class)+": "+noteText(f))
		}
	}
	if len(notes) > 0 {
		c.Out = &junitOutput{"\n" + strings.Join(notes, "\n") + "\n"}
	}
	return c
}

func problemOf(res Result, opts Options) *junitProblem {
	message := runTitle(res)
	if breaking := res.class(loginwatch.Breaking); len(breaking) > 0 {
		message = plural(len(breaking), "breaking finding") + ": " + difference(breaking[0])
	}
	return &junitProblem{Message: message, Type: string(res.Reason), Text: "\n" + failureBlock(res, opts)}
}

func junitSeconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

// junitTime has no zone, as the format's schema wants it; it is UTC.
func junitTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05")
}
