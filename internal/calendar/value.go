package calendar

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// moment is a DATE or DATE-TIME: what a zone's clock shows.
type moment struct {
	shown time.Time
	zone  *time.Location
	day   bool // a DATE
}

func (m moment) at() time.Time { return instant(m.shown, m.zone) }

// moment reads one value of a property (RFC 5545, sections 3.3.4 and 3.3.5).
func (r *reader) moment(l line, value string, zone *time.Location) (m moment, ok bool) {
	value = strings.TrimSpace(value)
	if name := l.parameter("TZID"); name != "" {
		if zone = r.location(l, name); zone == nil {
			return m, false
		}
	}
	layout := "20060102T150405"
	switch {
	case len(value) == len("20060102"):
		layout, m.day = "20060102", true
	case strings.HasSuffix(value, "Z"):
		value, zone = strings.TrimSuffix(value, "Z"), time.UTC
	}
	shown, err := time.Parse(layout, value)
	switch {
	case err != nil || strings.Contains(value, "."):
		r.problem(l.number, l.Value, "%s must be a date such as 20261205 or a time such as 20261205T220000Z", l.IANAToken)
		return m, false
	case shown.Before(earliest) || !shown.Before(latest):
		r.problem(l.number, value, "%s must be of a year from %d to %d", l.IANAToken, earliest.Year(), latest.Year()-1)
		return m, false
	}
	m.shown, m.zone = shown, zone
	return m, true
}

// location finds a time zone by its name, which some write as the end of a path.
func (r *reader) location(l line, name string) *time.Location {
	name = strings.TrimSpace(name)
	for at := name; at != "" && !strings.EqualFold(at, "Local"); {
		if zone, err := time.LoadLocation(strings.TrimPrefix(at, "/")); err == nil && strings.TrimPrefix(at, "/") != "" {
			return zone
		}
		_, after, _ := strings.Cut(strings.TrimPrefix(at, "/"), "/")
		at = after
	}
	r.problem(l.number, name, "%.60q is no time zone of the time zone database, such as Europe/Berlin: what the file says of it (VTIMEZONE) is not read", name)
	return nil
}

// length reads how long an event lasts.
func (r *reader) length(e *event, begin moment, number int, only map[string]line) {
	end, ends := only["DTEND"]
	lasts, given := only["DURATION"]
	switch {
	case ends && given:
		r.problem(lasts.number, "DURATION", "the event has DTEND already, in line %d", end.number)
	case ends:
		r.until(e, begin, end)
	case given:
		days, length, ok := duration(lasts.value())
		if !ok || days == 0 && length == 0 {
			r.problem(lasts.number, lasts.Value, "DURATION must be more than nothing, such as PT2H30M or P1D")
		}
		if begin.day && length != 0 {
			r.problem(lasts.number, lasts.Value, "DURATION must be whole days, as the event begins with a day")
		}
		e.days, e.length = days, length
		r.short(e, lasts)
	case begin.day: // RFC 5545, section 3.6.1
		e.days = 1
	default:
		r.problem(number, "", "the event has no end: DTEND or DURATION is due")
	}
}

// until reads DTEND.
func (r *reader) until(e *event, begin moment, l line) {
	end, ok := r.moment(l, l.Value, begin.zone)
	switch {
	case !ok:
		return
	case end.day != begin.day:
		r.problem(l.number, l.Value, "DTEND must be a date if DTSTART is one, and a time if that is one")
		return
	case begin.day:
		e.days = int(end.shown.Sub(begin.shown) / (24 * time.Hour))
	default:
		e.length = end.at().Sub(begin.at())
	}
	if e.days < 0 || e.length < 0 || e.days == 0 && e.length == 0 {
		r.problem(l.number, l.Value, "DTEND must be later than DTSTART")
		return
	}
	r.short(e, l)
}

func (r *reader) short(e *event, l line) {
	if time.Duration(e.days)*24*time.Hour+e.length > Longest {
		r.problem(l.number, l.Value, "the event lasts longer than 31 days")
	}
}

var durations = regexp.MustCompile(`^\+?P(?:(\d{1,4})W|(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,7})S)?)?)$`)

// duration reads a DURATION (RFC 5545, section 3.3.6): days and weeks are those of the
// calendar.
func duration(text string) (days int, length time.Duration, ok bool) {
	found := durations.FindStringSubmatch(strings.ToUpper(text))
	if found == nil {
		return 0, 0, false
	}
	number := func(i int) int {
		n, _ := strconv.Atoi(found[i]) // digits, or nothing
		return n
	}
	length = time.Duration(number(3))*time.Hour + time.Duration(number(4))*time.Minute + time.Duration(number(5))*time.Second
	return 7*number(1) + number(2), length, true
}

// of reads which of the times of another event this one takes the place of.
func (r *reader) of(e *event, begin moment, l line) {
	if l.parameter("RANGE") != "" {
		r.problem(l.number, "RANGE", "RANGE is not understood: write an event of its own for what comes after")
		return
	}
	if m, ok := r.moment(l, l.Value, begin.zone); ok {
		e.of = m.at()
	}
}

// dates reads times that an event comes as well, or does not.
func (r *reader) dates(e *event, begin moment, l line) {
	for value := range strings.SplitSeq(l.value(), ",") {
		if strings.Contains(value, "/") {
			r.problem(l.number, value, "%s with a period is not understood: write an event of its own", l.IANAToken)
			return
		}
		m, ok := r.moment(l, value, begin.zone)
		if !ok {
			return
		}
		if m.day != begin.day {
			r.problem(l.number, value, "%s must be dates if DTSTART is one, and times if that is one", l.IANAToken)
			return
		}
		if l.IANAToken == "EXDATE" {
			e.except[m.at()] = true
			continue
		}
		at := m.at().In(begin.zone) // as the clock of the event shows it
		e.more = append(e.more, shownBy(at))
	}
}

// shownBy gives what a clock shows, in UTC.
func shownBy(at time.Time) time.Time {
	return time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, time.UTC)
}
