package loginwatch

import (
	"slices"
	"time"
)

// Maintenance is a time, once or again and again, in which no login is tried: its vendor
// documents that it works on it then, or the operator knows so.
type Maintenance struct {
	Reason string // one line, for people
	Words  string // when, as it is written: "from 01:30 to 03:00 on sat, sun (Asia/Kolkata)"
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
	for _, one := range all {
		for _, s := range one.When.Stretches(at, at.Add(1)) {
			if !s[0].After(at) && s[1].After(at) && s[1].After(until) {
				m, until, in = one, s[1], true
			}
		}
	}
	if !in {
		return Maintenance{}, time.Time{}, false
	}
	year := at.AddDate(1, 0, 0)
	for piece := 24 * time.Hour; ; piece = min(2*piece, 32*24*time.Hour) {
		upTo := until.Add(piece)
		further := withoutBreak(all, until, upTo)
		switch {
		case further.After(until) && further.After(year):
			return m, time.Time{}, true
		case further.Before(upTo):
			return m, further, true
		}
		until = further
	}
}

// withoutBreak gives until when one maintenance follows on another from an instant on, as
// far as they begin before a later one. A year may have thousands, so each calendar is asked
// once for the whole period.
func withoutBreak(all []Maintenance, from, to time.Time) time.Time {
	var stretches [][2]time.Time
	for _, m := range all {
		stretches = append(stretches, m.When.Stretches(from, to)...)
	}
	slices.SortFunc(stretches, func(a, b [2]time.Time) int { return a[0].Compare(b[0]) })
	for _, s := range stretches {
		if s[0].After(from) {
			break
		}
		if s[1].After(from) {
			from = s[1]
		}
	}
	return from
}

// MaintenanceAt answers for many jobs what [Job.InMaintenance] says of one instant. Jobs
// that share their lists are looked up once. It is for one goroutine.
type MaintenanceAt struct {
	at    time.Time
	known map[[2]list]maintenanceNow
}

// list is which list of maintenance it is: where it begins, and how long it is.
type list struct {
	first *Maintenance
	n     int
}

type maintenanceNow struct {
	Maintenance
	until time.Time
	in    bool
}

// NewMaintenanceAt is about an instant.
func NewMaintenanceAt(at time.Time) *MaintenanceAt {
	return &MaintenanceAt{at, map[[2]list]maintenanceNow{}}
}

// Of gives what [Job.InMaintenance] does.
func (a *MaintenanceAt) Of(j Job) (m Maintenance, until time.Time, in bool) {
	key := [2]list{listed(j.Maintenance), listed(j.Probe.Contract.Maintenance)}
	now, known := a.known[key]
	if !known {
		now.Maintenance, now.until, now.in = j.InMaintenance(a.at)
		a.known[key] = now
	}
	return now.Maintenance, now.until, now.in
}

func listed(all []Maintenance) list {
	if len(all) == 0 {
		return list{}
	}
	return list{&all[0], len(all)}
}
