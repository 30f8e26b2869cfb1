package calendar

import (
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
)

// Longest bounds what is on at a time: more is a slip of the pen.
const Longest = 31 * 24 * time.Hour

var (
	earliest = time.Date(1970, time.January, 2, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2200, time.January, 1, 0, 0, 0, 0, time.UTC)
)

// Read reads a file's text. Days and times of day without a zone are those of
// the zone given; where that is nil, of the file's X-WR-TIMEZONE, or of UTC. The calendar is
// nil when something is wrong.
func Read(name string, data []byte, zone *time.Location) (*Calendar, loginwatch.Problems) {
	r := &reader{name: name}
	if len(data) > MaxBytes {
		r.problem(0, "", "is larger than %d KB", MaxBytes>>10)
		return nil, r.problems
	}
	found := r.components(r.lines(data))
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	if zone == nil {
		zone = time.UTC
		if l := found.zone; l != nil {
			if zone = r.location(*l, l.Value); zone == nil {
				return nil, r.problems
			}
		}
	}
	var events []*event
	looked := 0
	for _, v := range found.events {
		if r.full() {
			break
		}
		e := r.event(v, zone)
		if e == nil {
			continue
		}
		// What a year has is found by counting from the begin.
		_, n := e.stretches(earliest, e.begin.AddDate(10, 0, 0))
		if looked += n; looked > mostLooked {
			r.problem(v.begin, "", "the events of the file come again more than %d times in ten years, or leave as many days out", mostLooked)
			break
		}
		events = append(events, e)
	}
	if len(found.events) == 0 {
		r.problem(0, "", "has no event (VEVENT)")
	}
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	replace(events)
	return &Calendar{events: events, years: map[int][][2]time.Time{}}, nil
}

// replace leaves out of each event that comes again what others take the place of.
func replace(events []*event) {
	of := map[string][]*event{}
	for _, e := range events {
		if e.of.IsZero() {
			of[e.uid] = append(of[e.uid], e)
		}
	}
	for _, e := range events {
		if !e.of.IsZero() && e.uid != "" {
			for _, m := range of[e.uid] {
				m.except[e.of] = true
			}
		}
	}
}

// components are what a file has.
type components struct {
	zone   *line
	events []vevent
}

// vevent is an event as it is written.
type vevent struct {
	begin int // its line
	lines []line
}

// components parts the lines: what is inside of an event's alarms, or of what is no event,
// is left alone.
func (r *reader) components(lines []line) (found components) {
	var open []line
	for _, l := range lines {
		word := strings.ToUpper(strings.TrimSpace(l.Value))
		switch {
		case l.IANAToken == "BEGIN":
			if len(open) == 0 && word != "VCALENDAR" || len(open) > mostDeep {
				r.problem(l.number, "", "an iCalendar file begins with BEGIN:VCALENDAR")
				return found
			}
			if open = append(open, l); len(open) == 2 && word == "VEVENT" {
				found.events = append(found.events, vevent{begin: l.number})
			}
			if len(found.events) > mostEvents {
				r.problem(l.number, "", "has more than %d events", mostEvents)
				return found
			}
		case len(open) == 0:
			r.problem(l.number, "", "an iCalendar file begins with BEGIN:VCALENDAR")
			return found
		case l.IANAToken == "END":
			last := open[len(open)-1]
			if !strings.EqualFold(strings.TrimSpace(last.Value), word) {
				r.problem(l.number, "", "ends what was not begun: line %d began %s", last.number, strings.ToUpper(last.Value))
				return found
			}
			open = open[:len(open)-1]
		case len(open) == 1 && l.IANAToken == "X-WR-TIMEZONE":
			found.zone = &l
		case len(open) == 2 && strings.EqualFold(strings.TrimSpace(open[1].Value), "VEVENT"):
			last := &found.events[len(found.events)-1]
			last.lines = append(last.lines, l)
		}
	}
	if len(open) > 0 {
		last := open[len(open)-1]
		r.problem(last.number, "", "begins what does not end: the file is cut off")
	}
	return found
}

// event reads an event; nil with a problem.
func (r *reader) event(v vevent, zone *time.Location) *event {
	before := len(r.problems)
	e := &event{zone: zone, except: map[time.Time]bool{}}
	only := v.only(r)
	start, given := only["DTSTART"]
	if !given {
		r.problem(v.begin, "", "the event has no DTSTART")
		return nil
	}
	e.uid = only["UID"].value()
	e.cancel = strings.EqualFold(only["STATUS"].value(), "CANCELLED")
	begin, ok := r.moment(start, start.Value, zone)
	if !ok {
		return nil
	}
	e.begin, e.zone = begin.shown, begin.zone
	r.length(e, begin, v.begin, only)
	if l, given := only["RECURRENCE-ID"]; given {
		r.of(e, begin, l)
	}
	for _, l := range v.lines {
		switch l.IANAToken {
		case "EXRULE":
			r.problem(l.number, "EXRULE", "EXRULE is not understood: write each exception as EXDATE")
		case "RDATE", "EXDATE":
			r.dates(e, begin, l)
		}
	}
	if l, given := only["RRULE"]; given && len(r.problems) == before {
		r.rule(e, begin, l)
	}
	if len(r.problems) > before {
		return nil
	}
	return e
}

func (l line) value() string {
	if l.BaseProperty == nil {
		return ""
	}
	return strings.TrimSpace(l.Value)
}

// only gives the lines of which an event has one.
func (v vevent) only(r *reader) map[string]line {
	found := map[string]line{}
	for _, l := range v.lines {
		if slices.Contains([]string{"RDATE", "EXDATE", "EXRULE"}, l.IANAToken) {
			continue
		}
		if other, twice := found[l.IANAToken]; twice {
			r.problem(l.number, "", "the event has %s already, in line %d", l.IANAToken, other.number)
			continue
		}
		found[l.IANAToken] = l
	}
	return found
}
