package store

import (
	"maps"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/persist"
)

// Budget is a budget that cools credentials down. Its zero fields are those of
// the default.
type Budget loginwatch.Budget

// DefaultBudget is the budget of whoever gives none.
func DefaultBudget() Budget { return Budget(loginwatch.DefaultBudget()) }

func (b Budget) withDefaults() Budget {
	d := DefaultBudget()
	if b.Rejections > 0 {
		d.Rejections = b.Rejections
	}
	if b.Per > 0 {
		d.Per = b.Per
	}
	if b.CoolDown > 0 {
		d.CoolDown = b.CoolDown
	}
	if b.CoolDownMax > 0 {
		d.CoolDownMax = b.CoolDownMax
	}
	d.CoolDownMax = max(d.CoolDownMax, d.CoolDown)
	return d
}

// coolDown is how long the credential rests after its trials were rejected
// level times.
func (b Budget) coolDown(level int) time.Duration {
	wait := b.CoolDown
	for range level {
		if wait >= b.CoolDownMax/2 {
			return b.CoolDownMax
		}
		wait *= 2
	}
	return wait
}

// credential is a circuit breaker: closed while rejections stay below the
// budget, open while it cools down, half open while one trial decides.
type credential struct {
	Rejections []rejection         // newest last; at most as many as the budget allows
	Suspended  bool                // open or half open: until a run is accepted
	Until      time.Time           // end of the cool-down
	Level      int                 // trials rejected in a row
	Certain    bool                // one of the refusals that the suspension rests on was no mere possibility
	Trial      int64               // the ticket of the trial that is under way; 0 for none
	UnderWay   map[int64]time.Time // tickets granted and not settled, until when each holds its place
	Seen       time.Time

	Opening  map[int64]opening `json:",omitempty"` // by ticket: the sessions of runs under way
	LeftOpen []left            `json:",omitempty"` // newest last

	Try    try     `json:",omitzero"`  // what became of it when it was to take another one's place
	Beside *beside `json:",omitempty"` // of its next one, or of itself once that has taken its place
	Retry  bool    `json:",omitempty"` // the next one may be tried once more

	Readings readings        `json:",omitempty"`
	More     persist.Members `json:",embed"` // of a newer version, here and below

	until, again twice               // while it is read by a clock
	ends         map[int64]time.Time // of those under way that are read as something else
}

// rejection is one refusal, or possible refusal, that counts.
type rejection struct {
	At      time.Time
	Certain bool
	Lost    int64           `json:",omitempty"` // the ticket of a run that nobody settled; 0 for an answer
	More    persist.Members `json:",embed"`

	was time.Time // while it is read by a clock
}

// suspendedUntil tells whether a run has to wait, and for how long.
func (c *credential) suspendedUntil(now time.Time) (time.Time, bool) {
	ends := c.UnderWay[c.Trial] // of none
	switch {
	case !c.Suspended:
		return time.Time{}, false
	case now.Before(c.Until):
		return c.Until, true
	case now.Before(ends):
		return ends, true
	}
	return time.Time{}, false
}

// wouldExhaustBudget tells whether the runs under way could, if all were rejected, use up
// more than the budget; until says when the first place is free at the latest.
func (c *credential) wouldExhaustBudget(now time.Time, b Budget) (until time.Time, exhausts bool) {
	for _, ends := range c.UnderWay {
		if until.IsZero() || ends.Before(until) {
			until = ends
		}
	}
	return until, len(c.UnderWay) > 0 && len(c.recent(now, b))+len(c.UnderWay) >= b.Rejections
}

// countLost counts the runs that can't be under way any more and were never settled, as
// after a crash: nobody saw what they brought, and it may have been a refusal, of a
// trial too.
func (c *credential) countLost(now time.Time, b Budget) {
	for _, id := range slices.Sorted(maps.Keys(c.UnderWay)) {
		ends := c.UnderWay[id]
		if now.Before(ends) {
			continue
		}
		delete(c.UnderWay, id)
		c.shut(id, c.Opening[id].Opened)
		c.reject(rejection{At: ends, Lost: id}, c.endTrial(id), b)
	}
}

// endTrial ends the trial if a ticket is its, and tells whether it is.
func (c *credential) endTrial(ticket int64) bool {
	is := c.Trial == ticket
	if is {
		c.Trial = 0
	}
	return is
}

// hold suspends a credential that was refused as often as the budget allows: one that was
// booked under a larger budget, of another process or of a configuration before this one.
func (c *credential) hold(now time.Time, b Budget) {
	if recent := c.recent(now, b); !c.Suspended && len(recent) >= b.Rejections {
		last := recent[len(recent)-1]
		c.Rejections = recent[:len(recent)-1]
		c.reject(last, false, b)
	}
}

// clone is a copy that shares nothing.
func (c *credential) clone() *credential {
	copied := *c
	copied.Rejections, copied.UnderWay = slices.Clone(c.Rejections), maps.Clone(c.UnderWay)
	copied.Opening, copied.LeftOpen = maps.Clone(c.Opening), slices.Clone(c.LeftOpen)
	copied.Readings = slices.Clone(c.Readings)
	return &copied
}

// admit books a granted run; of a suspended credential it is the trial, and no other one
// is granted while it may be under way.
func (c *credential) admit(ticket int64, now time.Time, held time.Duration, opens bool) {
	if opens {
		c.open(ticket, now)
	}
	if c.UnderWay == nil {
		c.UnderWay = map[int64]time.Time{}
	}
	c.UnderWay[ticket] = now.Add(held)
	if c.Suspended {
		c.Trial = ticket
	}
}

func (c *credential) settle(ticket int64, result loginwatch.Settlement, b Budget) {
	delete(c.UnderWay, ticket)
	c.shut(ticket, result.LeftOpen)
	c.Rejections = slices.DeleteFunc(c.Rejections, func(r rejection) bool { return r.Lost == ticket }) // now it is known
	isTrial := c.endTrial(ticket)                                                                      // undecided, for example because the vendor was down: the next run is a trial again
	switch {
	case result.Refusal != loginwatch.RefusalNone:
		c.reject(rejection{At: result.At, Certain: result.Refusal == loginwatch.RefusalCertain}, isTrial, b)
	case result.Accepted:
		c.accept(result.At)
	}
}

// accept forgets what came before: an accepted credential is not being locked out. What
// was refused after that, though it was booked before, stays with what it led to.
func (c *credential) accept(at time.Time) {
	since := slices.DeleteFunc(slices.Clone(c.Rejections), func(r rejection) bool { return !r.At.After(at) })
	if len(since) > 0 {
		c.Rejections = since
		return
	}
	c.Rejections, c.Suspended, c.Until, c.Level, c.Certain, c.Trial = nil, false, time.Time{}, 0, false, 0
}

func (c *credential) reject(r rejection, isTrial bool, b Budget) {
	c.Rejections = append(c.recent(r.At, b), r)
	if excess := len(c.Rejections) - b.Rejections; excess > 0 {
		c.Rejections = c.Rejections[excess:]
	}
	switch {
	case isTrial:
		c.Level++
	case !c.Suspended && len(c.Rejections) < b.Rejections:
		return
	case !c.Suspended:
		c.Suspended, c.Level = true, 0
	}
	c.Certain = c.Certain || slices.ContainsFunc(c.Rejections, func(r rejection) bool { return r.Certain })
	// A run that was under way when the credential was suspended and is
	// rejected afterwards extends the cool-down without doubling it.
	if until := r.At.Add(b.coolDown(c.Level)); until.After(c.Until) {
		c.Until = until
	}
}

// recent gives the rejections that still count. Those that a corrected clock
// puts into the future do.
func (c *credential) recent(now time.Time, b Budget) []rejection {
	return slices.DeleteFunc(slices.Clone(c.Rejections), func(r rejection) bool { return !r.At.After(now.Add(-b.Per)) })
}

// see notes that the credential is in use.
func (c *credential) see(now time.Time) {
	if now.After(c.Seen) {
		c.Seen = now
	}
}

func (c *credential) state(name string, now time.Time, b Budget) loginwatch.CredentialState {
	refusal := loginwatch.RefusalPossible
	if c.Certain {
		refusal = loginwatch.RefusalCertain
	}
	state := loginwatch.CredentialState{Credential: name, Suspended: c.Suspended, LeftOpen: c.leftOpen(now), Next: c.Beside.state()}
	until, wait := c.suspendedUntil(now)
	switch {
	case wait:
		state.Refusal, state.Until = refusal, until
	case c.Suspended:
		state.Refusal, state.Remaining = refusal, 1 // a trial is due; one more rejection starts another cool-down
	default:
		state.Remaining = max(0, b.Rejections-len(c.recent(now, b)))
	}
	return state
}

// forgettable tells whether a credential has been out of use for so long that
// nothing about it can matter.
func (c *credential) forgettable(now time.Time, b Budget) bool {
	return now.Sub(c.matters()) > b.idle()
}

// matters is when the credential was last in use, or will rest until, or a session that
// it left open is told of, or must not be tried again.
func (c *credential) matters() time.Time {
	last := c.Seen
	if c.Until.After(last) {
		last = c.Until
	}
	if told := c.Seen.Add(triedLife); c.Try.Ended != "" && told.After(last) {
		last = told
	}
	if n := len(c.LeftOpen); n > 0 {
		if told := c.LeftOpen[n-1].Since.Add(leftOpenLife); told.After(last) {
			last = told
		}
	}
	return last
}

// idle is how long what nobody uses is remembered.
func (b Budget) idle() time.Duration { return 2*b.CoolDownMax + b.Per }
