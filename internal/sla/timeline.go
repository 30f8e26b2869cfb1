package sla

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
	"github.com/loginwatch/loginwatch/internal/zone"
)

// State is what is known of a stretch of time.
type State string

// The states. Only Up and Down count.
const (
	Up   State = "up"
	Down State = "down"
	Out  State = "excluded" // for a reason
)

// Stretch is a time of one state, to the second.
type Stretch struct {
	From, To time.Time
	State    State
	Reason   string // of Out, and of the run of Down
	outage   int    // that Down is a part of, counted from 1
}

// Length is how long it is.
func (s Stretch) Length() time.Duration { return s.To.Sub(s.From) }

const unwatched = "nothing was tried: no login was due, or loginwatch was not running"

// observation is what one slot says from its time on.
type observation struct {
	at     time.Time
	state  State
	reason string
	run    bool // it goes on with a row of bad runs or ends it
	outage int  // that it is a part of, counted from 1; 0 for none
}

// tells tells whether a verdict goes on with a row of bad runs or ends it.
func (c *Clause) tells(v loginwatch.Verdict) bool {
	return history.Tells(v) && !slices.Contains(c.Ignored, v)
}

func (c *Clause) bad(v loginwatch.Verdict) bool { return slices.Contains(c.Bad, v) }

// observe gives what the slots of a job say, in their order. Bad runs that no others
// confirm say nothing.
func (c *Clause) observe(entries []history.Entry) []observation {
	entries = slices.Clone(entries)
	slices.SortStableFunc(entries, func(a, b history.Entry) int { return cmp.Or(a.At.Compare(b.At), a.Due.Compare(b.Due)) })
	all := make([]observation, len(entries))
	var row []int
	outages := 0
	end := func() {
		confirmed := len(row) >= c.Confirm
		if confirmed {
			outages++
		}
		for _, i := range row {
			if confirmed {
				all[i].outage = outages
				continue
			}
			all[i].state = Out
			all[i].reason = fmt.Sprintf("a failure (%s) that was not confirmed: %d in a row make an outage", all[i].reason, c.Confirm)
		}
		row = nil
	}
	for i, e := range entries {
		o := observation{at: e.At.Truncate(time.Second), run: true}
		switch {
		case e.Verdict == loginwatch.Skipped:
			o.state, o.reason, o.run = Out, "not tried: "+string(e.Reason), false
		case !history.Tells(e.Verdict):
			o.state, o.reason, o.run = Out, "broken on our side: "+string(e.Reason), false
		case !c.tells(e.Verdict):
			o.state, o.reason, o.run = Out, "by the clause, "+string(e.Verdict)+" does not count", false
		case c.bad(e.Verdict):
			o.state, o.reason = Down, string(e.Verdict)+" "+string(e.Reason)
		default:
			o.state = Up
		}
		if all[i] = o; o.state == Down {
			row = append(row, i)
		} else if o.run {
			end()
		}
	}
	end()
	return all
}

// speaksFor is how long a run speaks for what comes after it: as the clause says, or
// three times the usual distance of a period's slots from those before them.
func (c *Clause) speaksFor(all []observation, from, to time.Time) time.Duration {
	if c.Speaks > 0 {
		return c.Speaks
	}
	var gaps []time.Duration
	for i := 1; i < len(all); i++ {
		if at := all[i].at; !at.Before(from) && at.Before(to) {
			gaps = append(gaps, at.Sub(all[i-1].at))
		}
	}
	if len(gaps) == 0 {
		return time.Hour
	}
	slices.Sort(gaps)
	return max(3*gaps[len(gaps)/2], time.Minute)
}

// timeline gives the state of each second of a period, as stretches in their order. What
// was observed before and after it belongs to it too.
func (c *Clause) timeline(all []observation, speaks time.Duration, from, to time.Time) []Stretch {
	t := line{from: from, to: to}
	next := from
	for i, o := range all {
		t.add(Stretch{From: next, To: o.at, State: Out, Reason: unwatched})
		if next = o.at.Add(speaks); i+1 < len(all) {
			next = zone.Earlier(next, all[i+1].at)
		}
		t.add(Stretch{o.at, next, o.state, o.reason, o.outage})
	}
	t.add(Stretch{From: next, To: to, State: Out, Reason: unwatched})
	for _, w := range c.Excluded {
		for _, part := range w.When.Stretches(from, to) {
			t.exclude(part[0], part[1], w.Reason)
		}
	}
	return t.merged()
}

// line is a timeline that is being made.
type line struct {
	from, to time.Time
	all      []Stretch
}

func (l *line) add(s Stretch) {
	if s.From, s.To = zone.Later(s.From, l.from), zone.Earlier(s.To, l.to); s.From.Before(s.To) {
		l.all = append(l.all, s)
	}
}

// exclude puts a window over what is there, but for what another window took before.
func (l *line) exclude(from, to time.Time, reason string) {
	const by = "by the clause: "
	var all []Stretch
	for _, s := range l.all {
		if !s.From.Before(to) || !from.Before(s.To) || s.State == Out && len(s.Reason) >= len(by) && s.Reason[:len(by)] == by {
			all = append(all, s)
			continue
		}
		part := line{from: s.From, to: s.To}
		first, last := s, s
		first.To, last.From = from, to
		part.add(first)
		part.add(Stretch{From: from, To: to, State: Out, Reason: by + reason})
		part.add(last)
		all = append(all, part.all...)
	}
	l.all = all
}

// merged joins neighbours that say the same.
func (l *line) merged() []Stretch {
	var all []Stretch
	for _, s := range l.all {
		if n := len(all) - 1; n >= 0 && all[n].To.Equal(s.From) && all[n].State == s.State && all[n].Reason == s.Reason && all[n].outage == s.outage {
			all[n].To = s.To
			continue
		}
		all = append(all, s)
	}
	return all
}
