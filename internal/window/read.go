package window

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/calendar"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

// File is a window as it is written. It is since an instant until another one, from a time
// of day to another one, on days of the week if not on each, for a duration each time
// that a schedule is due, or as long as the events of a calendar file.
type File struct {
	Reason   strictyaml.Text   `yaml:"reason,required"`
	Since    strictyaml.Text   `yaml:"since"`
	Until    strictyaml.Text   `yaml:"until"`
	Days     []strictyaml.Text `yaml:"days"`
	From     strictyaml.Text   `yaml:"from"`
	To       strictyaml.Text   `yaml:"to"`
	Zone     strictyaml.Text   `yaml:"zone"`
	Schedule strictyaml.Text   `yaml:"schedule"`
	Duration strictyaml.Text   `yaml:"duration"`
	Calendar strictyaml.Text   `yaml:"calendar"`
}

// Options are what reading a window needs beside its text.
type Options struct {
	Zone *time.Location // of days and times of day, where the window names none
	// Parse reads a schedule; nil leaves windows that have one without a time.
	Parse func(expr string) (Schedule, error)
	// ReadFile reads a calendar file, and tells what it is called where the window's own file
	// is read; nil leaves windows that name one without a time.
	ReadFile func(name string) (called string, data []byte, err error)
}

// Read reads a window. What is wrong goes to the document's problems, and then the window
// is good for nothing.
func (f File) Read(doc *strictyaml.Document, o Options) loginwatch.Maintenance {
	r := reader{doc, o, o.Zone}
	r.line(f.Reason)
	m := loginwatch.Maintenance{Reason: f.Reason.Value, Pos: f.Reason.Pos, When: Once{}}
	if given(f.Zone.Span) {
		zone, err := time.LoadLocation(f.Zone.Value)
		r.must(f.Zone.Span, err == nil && f.Zone.Value != "" && f.Zone.Value != "Local", `"zone" must name a time zone such as Asia/Kolkata`)
		if err == nil {
			r.zone = zone
		}
	}
	forms := []struct {
		keys []strictyaml.Span // all of them, and
		may  []strictyaml.Span // no others
		read func(File) loginwatch.Calendar
	}{
		{[]strictyaml.Span{f.Since.Span, f.Until.Span}, nil, r.once},
		{[]strictyaml.Span{f.From.Span, f.To.Span}, append(spansOf(f.Days), f.Zone.Span), r.weekly},
		{[]strictyaml.Span{f.Schedule.Span, f.Duration.Span}, nil, r.recurring},
		{[]strictyaml.Span{f.Calendar.Span}, []strictyaml.Span{f.Zone.Span}, r.calendar},
	}
	have := 0
	for _, at := range slices.Concat(forms[0].keys, forms[1].keys, forms[2].keys, forms[3].keys, forms[1].may) {
		if given(at) {
			have++
		}
	}
	for _, form := range forms {
		its := slices.DeleteFunc(append(form.may, form.keys...), func(at strictyaml.Span) bool { return !given(at) })
		if len(its) == have && !slices.ContainsFunc(form.keys, func(at strictyaml.Span) bool { return !given(at) }) {
			m.When, m.Words = form.read(f), f.words(r.zone)
			r.must(form.keys[len(form.keys)-1], !endless(m.When), "it would be on without a break, and no login would ever be tried or count")
			return m
		}
	}
	r.must(f.Reason.Span, false, `a window has "since" and "until", or "from" and "to" and perhaps "days" and "zone", or "schedule" and "duration", or "calendar" and perhaps "zone"`)
	return m
}

// words say when it is, as it is written.
func (f File) words(in *time.Location) string {
	zone := ""
	if in != nil {
		zone = " (" + in.String() + ")"
	}
	switch {
	case given(f.Since.Span):
		return "since " + f.Since.Value + " until " + f.Until.Value
	case given(f.From.Span):
		days := make([]string, len(f.Days))
		for i, d := range f.Days {
			days[i] = d.Value
		}
		on := "daily"
		if len(days) > 0 {
			on = "on " + strings.Join(days, ", ")
		}
		return "from " + f.From.Value + " to " + f.To.Value + " " + on + zone
	case given(f.Schedule.Span):
		return f.Duration.Value + " from each time that the schedule " + f.Schedule.Value + " is due"
	}
	return "as in the calendar " + f.Calendar.Value
}

func spansOf(texts []strictyaml.Text) (all []strictyaml.Span) {
	for _, t := range texts {
		all = append(all, t.Span)
	}
	return all
}

type reader struct {
	doc  *strictyaml.Document
	opts Options
	zone *time.Location
}

func given(at strictyaml.Span) bool { return at.Pos.Line > 0 }

// must reports a value that is given and not as it must be.
func (r reader) must(at strictyaml.Span, is bool, format string, args ...any) {
	if given(at) && !is {
		r.doc.Problemf(at.Pos, at.Width, format, args...)
	}
}

// line holds a text that goes to terminals to be one line: nothing that moves a cursor,
// breaks the line or turns around how it is read.
func (r reader) line(t strictyaml.Text) {
	r.must(t.Span, strings.TrimSpace(t.Value) != "", `"reason" is empty`)
	r.must(t.Span, OneLine(t.Value), `"reason" must be one line, without control characters`)
}

// OneLine tells whether a text moves no cursor, breaks no line and turns nothing around.
func OneLine(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return unicode.In(c, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control) })
}

func (r reader) once(f File) loginwatch.Calendar {
	w := Once{r.instant(f.Since), r.instant(f.Until)}
	r.must(f.Until.Span, w.Since.IsZero() || w.Until.IsZero() || w.Since.Before(w.Until), `"until" must be later than "since"`)
	return w
}

// calendar reads a file of iCalendar. Where the window names no zone, the file may.
func (r reader) calendar(f File) loginwatch.Calendar {
	if r.opts.ReadFile == nil {
		return Once{}
	}
	called, data, err := r.opts.ReadFile(f.Calendar.Value)
	if err != nil {
		r.must(f.Calendar.Span, false, "%v", err)
		return Once{}
	}
	zone := r.zone
	if !given(f.Zone.Span) {
		zone = nil
	}
	c, problems := calendar.Read(called, data, zone)
	if len(problems) > 0 {
		r.doc.Include(problems)
		return Once{}
	}
	return c
}

func (r reader) instant(t strictyaml.Text) time.Time {
	at, err := time.Parse(time.RFC3339, t.Value)
	r.must(t.Span, err == nil && at.Nanosecond() == 0, "must be an instant to the second, as 2026-11-08T02:00:00Z or 2026-11-08T07:30:00+05:30")
	return at
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func (r reader) weekly(f File) loginwatch.Calendar {
	from, fromOK := r.clock(f.From)
	to, toOK := r.clock(f.To)
	w := Weekly{From: from, To: to, Zone: r.zone}
	r.must(f.To.Span, from < to || !fromOK || !toOK, `"to" must be later than "from": write what crosses midnight as two windows, one to 24:00`)
	for _, d := range f.Days {
		i := slices.Index(weekdays, d.Value)
		r.must(d.Span, i >= 0, "must be one of %s", strings.Join(weekdays, ", "))
		w.Weekdays = append(w.Weekdays, time.Weekday(max(i, 0)))
	}
	return w
}

// clock reads a time of day.
func (r reader) clock(t strictyaml.Text) (since time.Duration, ok bool) {
	if t.Value == "24:00" {
		return 24 * time.Hour, true
	}
	at, err := time.Parse("15:04", t.Value)
	r.must(t.Span, err == nil, `must be a time of day in quotes, as "02:30", up to "24:00"`)
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, err == nil
}

func (r reader) recurring(f File) loginwatch.Calendar {
	d, err := time.ParseDuration(f.Duration.Value)
	if err != nil || d <= 0 || d > calendar.Longest {
		r.must(f.Duration.Span, false, `"duration" must be more than 0 and at most 31 days, as 2h30m`)
		return Once{}
	}
	if r.opts.Parse == nil {
		return Once{}
	}
	schedule, err := r.opts.Parse(f.Schedule.Value)
	if err != nil {
		r.must(f.Schedule.Span, false, "%v", err)
		return Once{}
	}
	w := Recurring{schedule, d}
	switch shortest, longest := gaps(w); {
	case shortest < time.Hour/2: // a clock that is put back repeats a time after half an hour or more
		r.must(f.Schedule.Span, false, "the schedule is due again within half an hour: that is no maintenance")
	case longest <= d:
		r.must(f.Duration.Span, false, "the schedule is due again before %s are over, each time: it would be on without a break", loginwatch.Span(d))
	}
	return w
}

// gaps gives the shortest and the longest time from one begin to the next one, as far as it
// makes sense to look.
func gaps(w Recurring) (shortest, longest time.Duration) {
	at := w.Schedule.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	shortest = forever
	for n := 0; n < 1000 && at.Year() < 2036; n++ {
		next := w.Schedule.Next(at)
		if next.IsZero() {
			return shortest, forever
		}
		shortest, longest = min(shortest, next.Sub(at)), max(longest, next.Sub(at))
		at = next
	}
	return shortest, longest
}

const forever = time.Duration(1<<63 - 1)
