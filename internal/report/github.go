package report

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// renderGitHub writes one workflow command for each finding and for each failure
// without one, worst first, because GitHub shows only ten of a kind for a step.
// Escaping follows actions/runner, ActionCommand.cs.
func renderGitHub(b *bytes.Buffer, r Report, _ TextOptions) error {
	if len(r.Results) == 0 {
		annotate(b, "error", "", "loginwatch", nothingRan+"; "+nothingRanNext)
		return nil
	}
	for _, res := range r.Results {
		if res.failed() && len(res.class(loginwatch.Breaking)) == 0 {
			annotate(b, "error", res.Place, runTitle(res), runMessage(res))
		}
	}
	for _, class := range loginwatch.Classes {
		for _, res := range r.Results {
			for _, f := range res.class(class) {
				title := fmt.Sprintf("%s %s: %s", res.Vendor, res.Case, f.Kind)
				annotate(b, githubLevel(class), f.Contract, title, findingMessage(res, f))
			}
		}
	}
	b.WriteString(summaryLine(r) + "\n")
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

// runTitle names a failed run in one line.
func runTitle(res Result) string {
	title := fmt.Sprintf("%s %s: %s", res.Vendor, res.Case, res.Verdict)
	if res.Reason != "" {
		title += " (" + string(res.Reason) + ")"
	}
	return title
}

// runMessage explains a failure that has no breaking finding.
func runMessage(res Result) string {
	fault, next := adviceFor(res)
	return sentences("Answer: "+answerText(res), res.Detail, "Likely fault: "+fault, "Next: "+next)
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
