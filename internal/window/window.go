// Package window reads when something is on or off for a while, as operators, vendors'
// documents and their contracts say it: once, on days of the week, on a schedule, or by a
// calendar file.
package window

import (
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/calendar"
	"github.com/loginwatch/loginwatch/internal/zone"
)

// Once is on from one instant up to another one.
type Once struct{ Since, Until time.Time }

// Stretches implements [loginwatch.Calendar].
func (o Once) Stretches(from, to time.Time) [][2]time.Time {
	if o.Since.Before(to) && from.Before(o.Until) {
		return [][2]time.Time{{o.Since, o.Until}}
	}
	return nil
}

// Weekly is on between two times of a zone's clock, on some days of the week.
type Weekly struct {
	Weekdays []time.Weekday // all when empty
	From, To time.Duration  // since midnight
	Zone     *time.Location
}

// Stretches implements [loginwatch.Calendar]. What a zone's clock leaves out is not on, and
// what it shows twice is on twice.
func (w Weekly) Stretches(from, to time.Time) (all [][2]time.Time) {
	// A stretch is a day long at most, and so is a jump of a clock.
	for _, span := range spans(from.AddDate(0, 0, -2), to.AddDate(0, 0, 2), w.Zone) {
		for day := midnight(span.from); day.Before(span.to); day = day.AddDate(0, 0, 1) {
			begin, end := zone.Later(day.Add(w.From), span.from), zone.Earlier(day.Add(w.To), span.to)
			if (len(w.Weekdays) == 0 || slices.Contains(w.Weekdays, day.Weekday())) && begin.Before(end) && begin.Before(to) && from.Before(end) {
				all = append(all, [2]time.Time{begin, end})
			}
		}
	}
	return all
}

// Schedule says when something begins.
type Schedule interface {
	// Next is the first begin after t, or zero.
	Next(t time.Time) time.Time
}

// Recurring is on for a while, each time that a schedule is due.
type Recurring struct {
	Schedule Schedule
	Duration time.Duration
}

// Stretches implements [loginwatch.Calendar].
func (r Recurring) Stretches(from, to time.Time) (all [][2]time.Time) {
	for at := r.Schedule.Next(from.Add(-r.Duration)); !at.IsZero() && at.Before(to); at = r.Schedule.Next(at) {
		all = append(all, [2]time.Time{at, at.Add(r.Duration)})
	}
	return all
}

// Over tells whether something is not on any more from an instant on.
func Over(c loginwatch.Calendar, now time.Time) bool {
	switch c := c.(type) {
	case Once:
		return !c.Until.After(now)
	case *calendar.Calendar:
		if len(c.Stretches(now, now.AddDate(1, 0, 0))) > 0 {
			return false // mostly so, and found sooner
		}
		last, ends := c.Last()
		return ends && !last.After(now)
	}
	return false
}

// endless tells whether something that comes again and again is on without a break. What a
// schedule says of itself is told where that is read.
func endless(c loginwatch.Calendar) bool {
	switch c := c.(type) {
	case Weekly:
		days := map[time.Weekday]bool{}
		for _, d := range c.Weekdays {
			days[d] = true
		}
		return c.From == 0 && c.To == 24*time.Hour && (len(days) == 0 || len(days) == 7)
	case *calendar.Calendar:
		// Any year would do that comes when all has begun.
		from := time.Date(2036, time.January, 1, 0, 0, 0, 0, time.UTC)
		to := from.AddDate(1, 0, 0)
		_, ends := c.Last()
		all := c.Stretches(from, to)
		return !ends && len(all) == 1 && !all[0][0].After(from) && !all[0][1].Before(to)
	}
	return false
}
