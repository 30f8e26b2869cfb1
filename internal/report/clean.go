package report

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
)

// Bounds in characters. Pointers and shapes can hold names that a vendor chose:
// people get at most maxShown of one, tools maxMachine, so that a pointer of any
// documented field stays whole for them.
const (
	maxShown    = 80
	maxMachine  = 256
	maxSentence = 600
)

// normalise gives a copy of the report that every format can print as it is:
// strings are printable and bounded, targets carry no user information, and the
// verdict agrees with the findings. An unknown verdict becomes Broken and a
// success with breaking findings Drift: neither may pass for a success because
// of a mistake of ours.
func normalise(r Report) Report {
	results := slices.Clone(r.Results)
	for i := range results {
		results[i] = normaliseResult(results[i])
	}
	r.Results = results
	r.Version = printable(r.Version, maxShown)
	return r
}

func normaliseResult(r Result) Result {
	if !slices.Contains(loginwatch.Verdicts, r.Verdict) {
		r.Detail = strings.TrimSpace("the run ended without a known verdict. " + r.Detail)
		r.Verdict, r.Reason = loginwatch.Broken, loginwatch.ReasonInternal
	}
	r.Works = r.Works || r.Verdict == loginwatch.OK
	if !r.failed() && len(r.class(loginwatch.Breaking)) > 0 {
		r.Verdict, r.Reason = loginwatch.Drift, loginwatch.ReasonContract
	}
	for _, s := range []*string{&r.Vendor, &r.Case, &r.Run, &r.Outcome, (*string)(&r.Reason)} {
		*s = printable(*s, maxShown)
	}
	r.Target = printable(withoutUser(r.Target), maxMachine)
	r.Place = printable(r.Place, maxMachine)
	r.Expectation = printable(r.Expectation, maxSentence)
	r.Detail = printable(r.Detail, maxSentence)
	findings := make([]loginwatch.Finding, 0, len(r.Findings)) // never nil: JSON promises an array
	for _, f := range r.Findings {
		findings = append(findings, normaliseFinding(f))
	}
	r.Findings = findings
	return r
}

func normaliseFinding(f loginwatch.Finding) loginwatch.Finding {
	for _, s := range []*string{
		(*string)(&f.Class), (*string)(&f.Kind), &f.Pointer, &f.Documented, &f.Got,
		&f.Contract, &f.Schema, &f.Document, &f.Quote, &f.Defect, &f.Fingerprint,
	} {
		*s = printable(*s, maxMachine)
	}
	return f
}

// printable makes text safe to show anywhere: control characters, invisible and
// direction-changing ones and invalid bytes become Go escapes, and the text ends
// with an ellipsis when it is longer than limit characters. The sequence "##["
// is broken up because GitHub's runner takes it for a command wherever it stands
// in a line (actions/runner, ActionCommand.cs, TryParse).
func printable(s string, limit int) string {
	var b strings.Builder
	n := 0
	for i, size := 0, 0; i < len(s); i += size {
		var r rune
		r, size = utf8.DecodeRuneInString(s[i:])
		piece := s[i : i+size]
		switch {
		case r == utf8.RuneError && size == 1:
			piece = `\x` + strconv.FormatUint(uint64(s[i]), 16)
		case !unicode.IsPrint(r):
			piece = strings.Trim(strconv.QuoteRune(r), "'")
		case r == '[' && strings.HasSuffix(b.String(), "##"):
			piece = `\[`
		}
		width := utf8.RuneCountInString(piece)
		if n+width > limit || n+width == limit && i+size < len(s) {
			return b.String() + "…"
		}
		b.WriteString(piece)
		n += width
	}
	return b.String()
}

// Line is a text of foreign bytes as it may stand in a line for a person: nothing in it
// moves the cursor, ends the line or turns its direction.
func Line(s string) string { return printable(s, maxMachine) }

// withoutUser leaves scheme, host and path of a base URL; a target's name stays
// as it is. What can't be read as a URL loses everything up to its last "@",
// where user information would end.
func withoutUser(target string) string {
	if u, err := url.Parse(target); err == nil && u.Host != "" {
		return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
	}
	if i := strings.IndexAny(target, "?#"); i >= 0 {
		target = target[:i]
	}
	return target[strings.LastIndexByte(target, '@')+1:]
}

// splitPlace takes FILE:LINE apart; line is 0 when there is none.
func splitPlace(place string) (file string, line int) {
	i := strings.LastIndexByte(place, ':')
	if i < 0 {
		return place, 0
	}
	n, err := strconv.Atoi(place[i+1:])
	if err != nil || n < 1 {
		return place, 0
	}
	return place[:i], n
}

// place names FILE:LINE for what shows a repository.
func (o Options) place(place string) string {
	file, line := splitPlace(place)
	if file == "" || o.Address == nil {
		return place
	}
	return loginwatch.Pos{File: printable(o.Address(file), maxMachine), Line: line}.FileLine()
}
