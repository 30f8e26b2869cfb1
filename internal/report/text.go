package report

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
)

// At most this many findings of one result are shown to people; a hostile answer
// can hold thousands.
const (
	maxBlocks = 10
	maxNotes  = 5
)

// renderText writes a table of all results, one block for each failure, the
// findings that break nothing, and a summary line.
func renderText(b *bytes.Buffer, r Report, opts Options) error {
	p := painter(opts.Color)
	if len(r.Results) == 0 {
		fmt.Fprintf(b, "%s\n%s\n", p.paint(red, nothingRan), "next: "+nothingRanNext)
		return nil
	}
	r = worstFirst(r)
	renderTable(b, r, p)
	for _, res := range r.Results {
		if res.failed() {
			b.WriteString("\n" + failureBlock(res, opts))
		}
	}
	renderNotes(b, r, p)
	fmt.Fprintf(b, "\n%s\n", p.paint(summaryColor(r), summaryLine(r)))
	return nil
}

// row is one line of the table; the last cell is not padded.
type row struct {
	cells []string
	color string
}

func renderTable(b *bytes.Buffer, r Report, p painter) {
	targets := len(r.targets()) > 1
	head := []string{"VERDICT", "VENDOR", "CASE", "HTTP", "TIME"}
	if targets {
		head = append(head, "TARGET")
	}
	rows := []row{{append(head, "REASON"), dim}}
	for _, res := range r.Results {
		cells := []string{string(res.Verdict), res.Vendor, res.Case, statusText(res.HTTPStatus), durationText(res.Duration)}
		if targets {
			cells = append(cells, printable(res.Target, maxShown))
		}
		rows = append(rows, row{append(cells, whyText(res)), verdictColor(res.Verdict)})
	}
	table{rows: rows, right: map[int]bool{3: true, 4: true}}.write(b, p, 0)
}

// table is rows below a head.
type table struct {
	rows  []row
	right map[int]bool // columns whose figures stand under each other
}

// write writes the table, with one column of each row in its colour.
func (t table) write(b *bytes.Buffer, p painter, colored int) {
	widths := make([]int, len(t.rows[0].cells)-1)
	for _, w := range t.rows {
		for i := range widths {
			widths[i] = max(widths[i], utf8.RuneCountInString(w.cells[i]))
		}
	}
	for n, w := range t.rows {
		var line strings.Builder
		for i, cell := range w.cells {
			if i < len(widths) {
				cell = pad(cell, widths[i], t.right[i])
			}
			if n == 0 || i == colored {
				cell = p.paint(w.color, cell)
			}
			line.WriteString(cell + "  ")
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

// whyText is the reason, and for a skipped case the whole story: it gets no
// block of its own.
func whyText(res Result) string {
	why := string(res.Reason)
	if res.Verdict == loginwatch.Skipped && res.Detail != "" {
		why = strings.TrimPrefix(why+": "+res.Detail, ": ")
	}
	return why
}

// renderNotes lists the findings that break nothing, a few for each result.
func renderNotes(b *bytes.Buffer, r Report, p painter) {
	first := true
	for _, res := range r.Results {
		notes := append(res.class(loginwatch.Tolerated), res.class(loginwatch.Additive)...)
		if len(notes) == 0 {
			continue
		}
		if first {
			b.WriteString("\n" + p.paint(bold, "Worth knowing, breaks nothing") + "\n")
			first = false
		}
		fmt.Fprintf(b, "  %s %s\n", res.Vendor, res.Case)
		if !res.failed() && slices.Contains(res.Signs, loginwatch.SignLeftOpen) { // which has no block to say so
			fault, next := adviceFor(res)
			fmt.Fprintf(b, "    %s; next: %s\n", fault, next)
		}
		for i, f := range notes {
			if i == maxNotes {
				fmt.Fprintf(b, "    and %d more; --format json lists all\n", len(notes)-i)
				break
			}
			fmt.Fprintf(b, "    %s %s\n", p.paint(classColor(f.Class), pad(string(f.Class), 9, false)), noteText(f))
		}
	}
}

// noteText says a finding in one line.
func noteText(f loginwatch.Finding) string {
	text := difference(f)
	if f.Defect != "" {
		text += ", allowed by the ruling " + printable(f.Defect, maxShown)
	}
	if f.Contract != "" {
		text += " (" + f.Contract + ")"
	}
	return text
}

// difference says what differs and where: "type at /ttl: documented integer,
// got string".
func difference(f loginwatch.Finding) string {
	text := string(f.Kind)
	if f.Pointer != "" {
		text += " at " + printable(f.Pointer, maxShown)
	}
	var sides []string
	if f.Documented != "" {
		sides = append(sides, "documented "+printable(f.Documented, maxShown))
	}
	if f.Got != "" {
		sides = append(sides, "got "+printable(f.Got, maxShown))
	}
	return strings.TrimSuffix(text+": "+strings.Join(sides, ", "), ": ")
}

// citation is the vendor's document with the words to look for.
func citation(f loginwatch.Finding) string {
	document, quote := printable(f.Document, maxShown), printable(f.Quote, maxShown)
	switch {
	case quote == loginwatch.Todo:
		return loginwatch.NotLookedUp
	case quote == "":
		return document
	case strings.HasPrefix(quote, "not in the document"), document == "":
		return quote
	}
	return document + ": “" + quote + "”"
}

func summaryLine(r Report) string {
	verdicts := map[loginwatch.Verdict]int{}
	classes := map[loginwatch.Class]int{}
	for _, res := range r.Results {
		verdicts[res.Verdict]++
		for _, f := range res.Findings {
			classes[f.Class]++
		}
	}
	line := plural(len(r.Results), "case") + ": " + tally(loginwatch.Verdicts, verdicts)
	if t := tally(loginwatch.Classes, classes); t != "" {
		line += "; findings: " + t
	}
	if targets := r.targets(); len(targets) == 1 && targets[0] != "" {
		line += "; target " + printable(targets[0], maxShown)
	}
	return line
}

// tally is "2 ok, 1 drift": what does not occur is left out.
func tally[K ~string](order []K, counts map[K]int) string {
	var parts []string
	for _, k := range order {
		if counts[k] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[k], k))
		}
	}
	return strings.Join(parts, ", ")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func statusText(status int) string {
	if status == 0 {
		return "-"
	}
	return fmt.Sprint(status)
}

// durationText has three figures at most, since nobody compares more by eye.
func durationText(d time.Duration) string {
	switch {
	case d <= 0:
		return "-"
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

func pad(s string, width int, right bool) string {
	space := strings.Repeat(" ", max(width-utf8.RuneCountInString(s), 0))
	if right {
		return space + s
	}
	return s + space
}
