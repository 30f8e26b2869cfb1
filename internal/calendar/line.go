package calendar

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"

	"github.com/loginwatch/loginwatch"
)

// Bounds of a file: a calendar of years of maintenance needs a hundredth of them.
const (
	MaxBytes    = 1 << 20
	mostEvents  = 2000
	mostLine    = 8 << 10 // bytes of a line that is looked into, once it is unfolded
	mostDeep    = 8
	mostListed  = 10      // problems
	mostLooked  = 200_000 // times that all events come in ten years
	mostTimes   = 48      // in a day
	mostBetween = 1000    // days, weeks, months or years
)

// line is a content line: what it says, and where it begins.
type line struct {
	*ics.BaseProperty
	number int
}

// looked are the properties that are looked into. All others, which may be long, are not.
var looked = []string{"BEGIN", "END", "X-WR-TIMEZONE", "UID", "STATUS", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"}

// reader reads a file.
type reader struct {
	name     string
	raw      [][]byte // its lines, as they are
	problems loginwatch.Problems
	enough   bool // is wrong, or has cost too much
}

// problem reports what is wrong in a line; part is what to point at, if it is there.
func (r *reader) problem(number int, part, format string, args ...any) {
	if r.full() {
		return
	}
	p := loginwatch.Problem{Pos: loginwatch.Pos{File: r.name, Line: number, Column: 1}, Message: fmt.Sprintf(format, args...)}
	if number > 0 && number <= len(r.raw) {
		source := string(r.raw[number-1][:min(len(r.raw[number-1]), 200)])
		p.Source = strings.ToValidUTF8(source, "\uFFFD")
		p.Width = max(1, utf8.RuneCountInString(p.Source))
		if before, _, found := strings.Cut(p.Source, part); found && part != "" {
			p.Pos.Column, p.Width = utf8.RuneCountInString(before)+1, utf8.RuneCountInString(part)
		}
	}
	r.problems = append(r.problems, p)
}

// full tells whether enough is wrong.
func (r *reader) full() bool { return r.enough || len(r.problems) >= mostListed }

// lines gives the content lines that are looked into. RFC 5545, section 3.1: one that begins
// with a space or tab goes on with that before it.
func (r *reader) lines(data []byte) (all []line) {
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	for raw := range bytes.SplitSeq(data, []byte("\n")) {
		r.raw = append(r.raw, bytes.TrimSuffix(raw, []byte("\r")))
	}
	for i := 0; i < len(r.raw) && !r.full(); {
		begin := i
		for i++; i < len(r.raw) && len(r.raw[i]) > 0 && (r.raw[i][0] == ' ' || r.raw[i][0] == '\t'); i++ {
		}
		if len(r.raw[begin]) == 0 && i == begin+1 {
			continue
		}
		if l := r.line(begin, i); l != nil {
			all = append(all, *l)
		}
	}
	return all
}

// line reads the content line of some lines; nil for one that is not looked into.
func (r *reader) line(begin, end int) *line {
	var text []byte
	for i, raw := range r.raw[begin:end] {
		if i > 0 {
			raw = raw[1:]
		}
		if text = append(text, raw...); len(text) > mostLine {
			break
		}
	}
	name, _, found := bytes.Cut(text, []byte(":"))
	name, _, _ = bytes.Cut(name, []byte(";"))
	switch word := strings.ToUpper(string(name)); {
	case !found:
		r.problem(begin+1, "", "is no line of an iCalendar file: a name, a colon and a value")
		return nil
	case !slices.Contains(looked, word):
		return nil
	case len(text) > mostLine:
		r.problem(begin+1, "", "%s is longer than %d bytes", word, mostLine)
		return nil
	}
	property, err := ics.ParseProperty(ics.ContentLine(text))
	if err != nil || property == nil {
		r.problem(begin+1, "", "can't be read: a name, parameters, a colon and a value are due")
		return nil
	}
	property.IANAToken = strings.ToUpper(property.IANAToken)
	return &line{property, begin + 1}
}

// parameter gives the value of a parameter, or "".
func (l line) parameter(name string) string {
	for key, values := range l.ICalParameters {
		if strings.EqualFold(key, name) && len(values) == 1 {
			return values[0]
		}
	}
	return ""
}

// copied gives a property that can be changed.
func copied(l line) *ics.BaseProperty {
	property := *l.BaseProperty
	return &property
}
