package report

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// renderGitHub writes one workflow command for each finding and for each failure
// without one, in the order of [Report.issues], because GitHub shows only ten of
// a kind for a step. Escaping follows actions/runner, ActionCommand.cs.
func renderGitHub(b *bytes.Buffer, r Report, opts Options) error {
	if r.silent() {
		annotate(b, "error", "", "loginwatch", nothingRan+"; "+nothingRanNext)
	}
	for _, i := range r.issues() {
		target := labelled("Target: ", printable(i.Target, maxShown))
		if i.finding == nil {
			annotate(b, "error", opts.place(i.Place), runTitle(i.Result), sentences(runMessage(i.Result), target))
			continue
		}
		title := subject(i.Result) + ": " + string(i.finding.Kind)
		annotate(b, githubLevel(i.finding.Class), opts.place(i.finding.Contract), title, sentences(findingMessage(i.Result, *i.finding), target))
	}
	if len(r.Results) > 0 {
		b.WriteString(summaryLine(r) + "\n")
	}
	return nil
}

func githubLevel(c loginwatch.Class) string {
	switch c {
	case loginwatch.Breaking:
		return "error"
	case loginwatch.Tolerated:
		return "warning"
	}
	return "notice"
}

func annotate(b *bytes.Buffer, level, place, title, message string) {
	var props []string
	if file, line := splitPlace(place); line > 0 {
		props = append(props, "file="+escapeProperty(file), fmt.Sprintf("line=%d", line))
	}
	props = append(props, "title="+escapeProperty(title))
	fmt.Fprintf(b, "::%s %s::%s\n", level, strings.Join(props, ","), escapeData(message))
}

func escapeData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func escapeProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}

// subject names what was run: the same case may run against several targets.
func subject(res Result) string {
	return strings.TrimSuffix(fmt.Sprintf("%s %s at %s", res.Vendor, res.Case, printable(res.Target, maxShown)), " at ")
}

// runTitle names a failed run in one line.
func runTitle(res Result) string {
	title := fmt.Sprintf("%s: %s", subject(res), res.Verdict)
	if res.Reason != "" {
		title += " (" + string(res.Reason) + ")"
	}
	return title
}

// runMessage explains a failure that has no breaking finding.
func runMessage(res Result) string {
	fault, next := adviceFor(res)
	return sentences("Answer: "+answerText(res), res.Detail, "Likely fault: "+fault, labelled("Next: ", next))
}

// findingMessage explains one finding; what breaks also gets the advice.
func findingMessage(res Result, f loginwatch.Finding) string {
	parts := []string{difference(f), citation(f)}
	if f.Defect != "" {
		parts = append(parts, "Allowed by the ruling "+printable(f.Defect, maxShown))
	}
	if f.Class == loginwatch.Breaking {
		fault, next := adviceFor(res)
		parts = append(parts, "Likely fault: "+fault, "Next: "+next)
	}
	return sentences(parts...)
}

// labelled gives nothing for an empty text.
func labelled(label, text string) string {
	if text == "" {
		return ""
	}
	return label + text
}

// sentences joins the parts that are not empty, each on a line of its own.
func sentences(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "\n")
}
