package sla

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
	"github.com/loginwatch/loginwatch/internal/window"
	"github.com/loginwatch/loginwatch/internal/zone"
)

// Dossier is a month of a vendor's logins against a clause.
type Dossier struct {
	Vendor   string
	Location string // whose runs alone are judged; "" for all
	Clause   *Clause
	From, To time.Time // of the month, or of what is over of it
	Ends     time.Time // when the month itself is over
	Made     time.Time
	Logins   []Login
}

// Login is one job of the vendor's.
type Login struct {
	loginwatch.Key
	Total, Out, Down time.Duration // Total = Out + what counts
	Runs, Bad, Left  int           // runs that count, those of them that were bad, and slots that don't count
	Share            float64       // that was good, of the time or of the runs that count
	Counts           bool          // something counts
	Outcome          Outcome
	Speaks           time.Duration // how long a run of it speaks for what comes after it
	Outages          []Outage
	Excluded         []Stretch
}

// Outcome is what came of a promise.
type Outcome string

// The outcomes.
const (
	NoPromise Outcome = "no promise"
	Kept      Outcome = "kept"
	NotKept   Outcome = "not kept"
	Untold    Outcome = "untold" // nothing counts
)

// Outage is a row of bad runs, with all that was left out between them.
type Outage struct {
	From, To time.Time     // the first second that counts, and the end of the last one
	Length   time.Duration // of what counts
	Runs     int           // that count
	Reasons  []string      // of those, and of the time that counts
}

// outages are those of a login, by their numbers.
type outages map[int]*Outage

// part adds a time, or a run, to an outage.
func (all outages) part(number int, from, to time.Time, reason string) *Outage {
	o := all[number]
	if o == nil {
		o = &Outage{From: from}
		all[number] = o
	}
	o.From, o.To = zone.Earlier(o.From, from), zone.Later(o.To, to)
	if !slices.Contains(o.Reasons, reason) {
		o.Reasons = append(o.Reasons, reason)
	}
	return o
}

// Of such a month there is no dossier.
var (
	ErrNotBegun = errors.New("has not begun")
	ErrNothing  = errors.New("nothing ran in that month")
)

// Month reads a month, as 2026-11, in a clause's zone.
func (c *Clause) Month(text string) (from, to time.Time, err error) {
	month, err := time.Parse("2006-01", text)
	if err != nil {
		return from, to, errors.New("must be a month, as 2026-11")
	}
	return window.DayBegins(month.Year(), month.Month(), 1, c.Zone), window.DayBegins(month.Year(), month.Month()+1, 1, c.Zone), nil
}

// Make makes the dossier of a month, as far as it is over.
func Make(ctx context.Context, past history.Reader, vendor, location, month string, c *Clause, now time.Time) (*Dossier, error) {
	from, ends, err := c.Month(month)
	if err != nil {
		return nil, err
	}
	d := &Dossier{Vendor: vendor, Location: location, Clause: c, From: from, To: zone.Earlier(ends, now.Truncate(time.Second)), Ends: ends, Made: now.Truncate(time.Second)}
	if !d.From.Before(d.To) {
		return nil, fmt.Errorf("%s %w", month, ErrNotBegun)
	}
	return d, d.read(ctx, past, now)
}

// login counts one job.
func (c *Clause) login(k loginwatch.Key, entries []history.Entry, from, to time.Time) Login {
	l := Login{Key: k, Total: to.Sub(from)}
	all := c.observe(entries)
	l.Speaks = c.speaksFor(all, from, to)
	stretches := c.timeline(all, l.Speaks, from, to)
	outages := outages{}
	for _, s := range stretches {
		switch s.State {
		case Out:
			l.Out += s.Length()
			l.Excluded = append(l.Excluded, s)
		case Down:
			l.Down += s.Length()
			outages.part(s.outage, s.From, s.To, s.Reason).Length += s.Length()
		}
	}
	for _, o := range all {
		i := slices.IndexFunc(stretches, func(s Stretch) bool { return !o.at.Before(s.From) && o.at.Before(s.To) })
		switch {
		case i < 0:
		case o.state == Out || stretches[i].State == Out:
			l.Left++
		case o.state == Down:
			l.Bad++
			l.Runs++
			outages.part(o.outage, o.at, o.at, o.reason).Runs++
		default:
			l.Runs++
		}
	}
	for _, number := range slices.Sorted(maps.Keys(outages)) {
		l.Outages = append(l.Outages, *outages[number])
	}
	good, counts := float64(l.Total-l.Out-l.Down), float64(l.Total-l.Out)
	if c.Runs {
		good, counts = float64(l.Runs-l.Bad), float64(l.Runs)
	}
	if l.Counts = counts > 0; l.Counts {
		l.Share = good / counts
	}
	switch {
	case c.Promise == 0:
		l.Outcome = NoPromise
	case !l.Counts:
		l.Outcome = Untold
	case l.Share >= c.Promise:
		l.Outcome = Kept
	default:
		l.Outcome = NotKept
	}
	return l
}

// Of gives the logins with an outcome.
func (d *Dossier) Of(o Outcome) (all []loginwatch.Key) {
	for _, l := range d.Logins {
		if l.Outcome == o {
			all = append(all, l.Key)
		}
	}
	return all
}

// Deadline is when a claim has to be made; zero when the clause says nothing.
func (d *Dossier) Deadline() time.Time {
	if d.Clause.Days == 0 {
		return time.Time{}
	}
	ends := d.Ends.In(d.Clause.Zone)
	return window.DayBegins(ends.Year(), ends.Month(), ends.Day()+d.Clause.Days, d.Clause.Zone)
}

// Reason is what was left out for one reason.
type Reason struct {
	Reason string
	Out    time.Duration
	Times  int
}

// Reasons adds up what was left out, the most first.
func (l Login) Reasons() []Reason {
	var all []Reason
	for _, s := range l.Excluded {
		i := slices.IndexFunc(all, func(r Reason) bool { return r.Reason == s.Reason })
		if i < 0 {
			all = append(all, Reason{Reason: s.Reason})
			i = len(all) - 1
		}
		all[i].Out += s.Length()
		all[i].Times++
	}
	slices.SortStableFunc(all, func(a, b Reason) int { return int((b.Out - a.Out) / time.Second) })
	return all
}
