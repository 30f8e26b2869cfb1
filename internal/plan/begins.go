package plan

import (
	"time"

	"github.com/robfig/cron/v3"

	"github.com/loginwatch/loginwatch/internal/zone"
)

// Begins is a schedule of what lasts, such as maintenance. A slot of a time that a zone's
// clock leaves out is none; but what would begin then begins as the clock goes forward.
type Begins struct{ Schedule }

// ParseBegins reads what [Parse] does.
func ParseBegins(expr string) (Begins, error) {
	s, err := Parse(expr)
	return Begins{s}, err
}

// Next is the first begin after t, in UTC; zero when there is none within five years.
func (b Begins) Next(t time.Time) time.Time {
	next := b.Schedule.Next(t)
	spec, ok := b.source.(*cron.SpecSchedule)
	if !ok {
		return next
	}
	last := next
	if last.IsZero() {
		last = t.AddDate(5, 0, 0)
	}
	for at := t.In(spec.Location); ; {
		changes := zone.Until(at)
		if changes.IsZero() || changes.After(last) {
			return next
		}
		name, before := at.Zone()
		_, after := changes.Zone()
		as := *spec // as if the clock had not been changed
		as.Location = time.FixedZone(name, before)
		if lost := as.Next(changes.Add(-1)); !lost.IsZero() && lost.Before(changes.Add(time.Duration(after-before)*time.Second)) {
			return changes.UTC()
		}
		at = changes
	}
}
