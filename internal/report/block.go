package report

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
)

// Every line of a block starts with a gutter or a word of ours, so that wrapped
// foreign text can never stand at the start of a line and pose as a row, or as a
// command of the CI system that reads the log.
const (
	gutter       = "      | "
	defaultWidth = 140 // of excerpts, when lines are not wrapped
	minWidth     = 50
)

// block collects the lines of one failure.
type block struct {
	strings.Builder
	painter
	opts  Options
	shown string // the place of the latest excerpt: many findings share one
}

// failureBlock tells one failure: what was expected, what came, where the
// contract says so, whose fault it likely is and what to do next.
func failureBlock(res Result, opts Options) string {
	b := &block{painter: painter(opts.Color), opts: opts}
	head := b.paint(verdictColor(res.Verdict), string(res.Verdict)) + b.paint(bold, ": "+res.Vendor+" "+res.Case)
	if res.Reason != "" {
		head += " (" + string(res.Reason) + ")"
	}
	b.line(head)
	breaking := res.class(loginwatch.Breaking)
	if len(breaking) == 0 {
		b.excerpt(res.Place)
	}
	b.field("expected", res.Expectation)
	b.field("answer", answerText(res))
	b.field("time", phasesText(res))
	b.field("detail", res.Detail)
	b.field("target", strings.TrimPrefix(printable(res.Target, maxShown)+", run "+res.Run, ", "))
	for i, f := range breaking {
		if i == maxBlocks {
			b.line(gutter)
			b.field("more", fmt.Sprintf("%d further breaking findings; --format json lists all", len(breaking)-i))
			break
		}
		b.finding(f)
	}
	fault, next := adviceFor(res)
	b.line(gutter)
	b.field("fault", fault)
	b.field("next", next)
	return b.String()
}

func (b *block) finding(f loginwatch.Finding) {
	b.line(gutter)
	head := b.paint(classColor(f.Class), string(f.Kind))
	if f.Pointer != "" {
		head += b.paint(bold, ": "+printable(f.Pointer, maxShown))
	}
	b.line(gutter + head)
	b.excerpt(f.Contract)
	if f.Schema != f.Contract {
		b.excerpt(f.Schema)
	}
	b.field("documented", printable(f.Documented, maxShown))
	b.field("got", printable(f.Got, maxShown))
	b.field("document", citation(f))
}

// excerpt points to a line of a contract or schema, with carets under its first
// word; findings know the line and not the column.
func (b *block) excerpt(place string) {
	if place == "" {
		return
	}
	b.line(b.paint(dim, "  --> ") + place)
	file, line := splitPlace(place)
	if line == 0 || b.opts.Sources == nil || place == b.shown {
		return
	}
	b.shown = place
	text, ok := b.opts.Sources(file, line)
	if !ok {
		return
	}
	width := b.opts.Width
	if width == 0 {
		width = defaultWidth
	}
	text = strings.ReplaceAll(strings.TrimRight(text, " \t\r\n"), "\t", "  ")
	text = printable(text, max(width, minWidth)-len(gutter))
	indent, word := firstWord(text)
	if word == 0 {
		return
	}
	b.line(fmt.Sprintf("%5d | %s", line, text))
	b.line(gutter + indent + b.paint(red, strings.Repeat("^", word)))
}

// firstWord gives the indent of a line and the length of the key after it.
func firstWord(text string) (indent string, length int) {
	rest := strings.TrimLeft(text, " ")
	indent = text[:len(text)-len(rest)]
	rest = strings.TrimPrefix(rest, "- ")
	if i := strings.IndexAny(rest, ": ,"); i > 0 {
		rest = rest[:i]
	}
	if strings.HasPrefix(text[len(indent):], "- ") {
		indent += "  "
	}
	return indent, utf8.RuneCountInString(rest)
}

// field writes "label  text", wrapped to the width; nothing for an empty text.
func (b *block) field(label, text string) {
	if text == "" {
		return
	}
	room := 1 << 20
	if b.opts.Width > 0 {
		room = max(b.opts.Width, minWidth) - len(gutter) - 12
	}
	label = pad(label, 12, false)
	for _, line := range wrap(text, room) {
		b.line(gutter + b.paint(dim, label) + line)
		label = pad("", 12, false)
	}
}

func (b *block) line(text string) { b.WriteString(strings.TrimRight(text, " ") + "\n") }

// wrap breaks text between words into lines of at most width characters; a
// longer word gets a line of its own.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}

// answerText says what came back, in words.
func answerText(res Result) string {
	if res.HTTPStatus == 0 {
		if res.Duration == 0 {
			return "none, nothing was sent"
		}
		return "none, failed after " + durationText(res.Duration)
	}
	outcome := "no documented outcome fits"
	switch res.Reason {
	case loginwatch.ReasonReset, loginwatch.ReasonTimeout, loginwatch.ReasonProtocol:
		outcome = "not complete" // so that nobody held it against the document
	}
	if res.Outcome != "" {
		outcome = "outcome " + res.Outcome
	}
	return fmt.Sprintf("HTTP %d, %s, after %s", res.HTTPStatus, outcome, durationText(res.Duration))
}

// phasesText says where the time of a login that did not answer went.
func phasesText(res Result) string {
	if res.Verdict != loginwatch.Unavailable {
		return ""
	}
	return phaseTimes(res.Phases)
}

func phaseTimes(phases map[loginwatch.Phase]time.Duration) string {
	var parts []string
	for _, p := range loginwatch.Phases {
		if d, took := phases[p]; took {
			parts = append(parts, string(p)+" "+durationText(max(d, time.Microsecond)))
		}
	}
	return strings.Join(parts, ", ")
}
