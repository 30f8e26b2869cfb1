package calendar

import (
	"time"

	"github.com/teambition/rrule-go"

	"github.com/loginwatch/loginwatch/internal/zone"
)

// event is a VEVENT. Times of day are told by the clock of its zone, and held in UTC as that
// clock shows them.
type event struct {
	uid    string
	zone   *time.Location
	begin  time.Time      // as the clock shows it
	days   int            // that it lasts, by the calendar, and
	length time.Duration  // beside them
	rule   *rrule.ROption // nil for one that comes once
	more   []time.Time    // RDATE, as the clock shows them
	except map[time.Time]bool
	of     time.Time // the begin, in UTC, of that which it takes the place of
	cancel bool
}

// stretches gives when an event is on, of what begins from one instant up to another one,
// and how many times had to be looked at.
func (e *event) stretches(from, to time.Time) (all [][2]time.Time, looked int) {
	if e.cancel {
		return nil, 0
	}
	add := func(shown time.Time) (further bool) {
		begin := instant(shown, e.zone)
		if !begin.Before(to) {
			return false
		}
		if !begin.Before(from) && !e.except[begin] {
			all = append(all, [2]time.Time{begin, instant(shown.AddDate(0, 0, e.days), e.zone).Add(e.length)})
		}
		return true
	}
	for _, shown := range e.more {
		add(shown)
		looked++
	}
	if e.rule == nil {
		add(e.begin)
		return all, looked + 1
	}
	// RFC 5545, section 3.8.5.3: the begin is the first, whether or not the rule has it.
	first, last := true, e.begin
	r, err := rrule.NewRRule(*e.rule)
	if err != nil {
		return all, looked // was refused when it was read
	}
	for next := r.Iterator(); ; {
		shown, ok := next()
		if first && (!ok || !shown.Equal(e.begin)) {
			add(e.begin)
		}
		first = false
		if !ok {
			shown = zone.Later(last, e.rule.Until)
		}
		looked += 1 + e.passed(last, zone.Earlier(shown, to))
		if last = shown; !ok || !add(shown) {
			return all, looked
		}
	}
}

// passed is how many days, weeks, months or years of a rule lie between two times: each is
// looked into, also where the rule leaves it out.
func (e *event) passed(from, to time.Time) int {
	days := map[rrule.Frequency]int{rrule.DAILY: 1, rrule.WEEKLY: 7, rrule.MONTHLY: 30, rrule.YEARLY: 365}[e.rule.Freq]
	return max(0, int(to.Sub(from)/(24*time.Hour))/(days*max(1, e.rule.Interval))-1)
}

// instant gives when a zone's clock shows a time. One that it shows twice is the first, and
// one that it leaves out is told by how it went before (RFC 5545, section 3.3.5).
func instant(shown time.Time, in *time.Location) time.Time {
	at := shown.Add(-26 * time.Hour).In(in) // no offset is as long
	for {
		_, offset := at.Zone()
		found := shown.Add(-time.Duration(offset) * time.Second)
		ends := zone.Until(at)
		if ends.IsZero() || found.Before(ends) || after(ends, shown) {
			return found.UTC()
		}
		at = ends
	}
}

// after tells whether a clock that is changed at an instant shows more than a time then.
func after(ends, shown time.Time) bool {
	_, offset := ends.Zone()
	return ends.Add(time.Duration(offset) * time.Second).UTC().After(shown)
}
