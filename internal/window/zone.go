package window

import (
	"time"

	"github.com/loginwatch/loginwatch/internal/zone"
)

// span is a time in which a zone's clock runs on. Its ends are told by that clock alone,
// whose days have 24 hours: a clock time that is left out when the clocks go forward is
// in no span, and one that comes twice when they go back is in two.
type span struct{ from, to time.Time }

// spans parts a period where a zone's clock is put forward or back.
func spans(from, to time.Time, in *time.Location) (all []span) {
	for from.Before(to) {
		at := from.In(in)
		name, offset := at.Zone()
		ends := zone.Until(at)
		if ends.IsZero() || to.Before(ends) {
			ends = to
		}
		fixed := time.FixedZone(name, offset)
		all = append(all, span{at.In(fixed), ends.In(fixed)})
		from = ends
	}
	return all
}

func midnight(at time.Time) time.Time {
	year, month, day := at.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, at.Location())
}

// DayBegins gives the first instant of a day by a zone's clock, which need not have a
// midnight, or may have two.
func DayBegins(year int, month time.Month, day int, in *time.Location) time.Time {
	from := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	all := spans(from.AddDate(0, 0, -2), from.AddDate(0, 0, 2), in)
	for _, s := range all {
		if at := time.Date(year, month, day, 0, 0, 0, 0, s.from.Location()); at.Before(s.to) {
			return zone.Later(at, s.from).In(in)
		}
	}
	return all[len(all)-1].to // an offset of more than a day: there is none
}
