package loginwatch

import "time"

// Maintenance is a time, once or again and again, in which no login is tried: its vendor
// documents that it works on it then, or the operator knows so.
type Maintenance struct {
	Reason string // one line, for people
	Cite   Cite   // of a contract's; empty for the operator's own
	Pos    Pos
	When   Calendar
}

// Calendar says when something is on.
type Calendar interface {
	// Stretches gives the times that it is on, as they were written and in order of their
	// begins, as far as a period from one instant up to another one has a part in them.
	// They may overlap.
	Stretches(from, to time.Time) [][2]time.Time
}

// AnyMaintenance gives the maintenance that an instant is in, and until when there is some
// without a break; until is zero where it has no end within a year. A begin belongs to it,
// an end does not.
func AnyMaintenance(all []Maintenance, at time.Time) (m Maintenance, until time.Time, in bool) {
	covering := func(at time.Time) (found Maintenance, end time.Time) {
		for _, m := range all {
			for _, s := range m.When.Stretches(at, at.Add(1)) {
				if !s[0].After(at) && s[1].After(at) && s[1].After(end) {
					found, end = m, s[1]
				}
			}
		}
		return found, end
	}
	if m, until = covering(at); until.IsZero() {
		return Maintenance{}, time.Time{}, false
	}
	for {
		_, further := covering(until)
		switch {
		case further.IsZero():
			return m, until, true
		case further.After(at.AddDate(1, 0, 0)):
			return m, time.Time{}, true
		}
		until = further
	}
}
