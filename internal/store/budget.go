package store

import (
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
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
	rejections []rejection         // newest last; at most as many as the budget allows
	suspended  bool                // open or half open: until a run is accepted
	until      time.Time           // end of the cool-down
	level      int                 // trials rejected in a row
	certain    bool                // one of the refusals that the suspension rests on was no mere possibility
	trial      *trial              // under way, or lost
	underWay   map[int64]time.Time // tickets granted and not settled, until when each holds its place
	seen       time.Time
}

// rejection is one refusal, or possible refusal, that counts.
type rejection struct {
	at      time.Time
	certain bool
}

type trial struct {
	ticket int64
	until  time.Time // when another may be granted if this one is never settled
}

// suspendedUntil tells whether a run has to wait, and for how long.
func (c *credential) suspendedUntil(now time.Time) (time.Time, bool) {
	switch {
	case !c.suspended:
		return time.Time{}, false
	case now.Before(c.until):
		return c.until, true
	case c.trial != nil && now.Before(c.trial.until):
		return c.trial.until, true
	}
	return time.Time{}, false
}

// wouldExhaustBudget tells whether the runs under way could, if all were rejected, use up
// more than the budget; until says when the first place is free at the latest.
func (c *credential) wouldExhaustBudget(now time.Time, b Budget) (until time.Time, exhausts bool) {
	for id, lost := range c.underWay {
		if !now.Before(lost) {
			delete(c.underWay, id)
		} else if until.IsZero() || lost.Before(until) {
			until = lost
		}
	}
	return until, len(c.underWay) > 0 && len(c.recent(now, b))+len(c.underWay) >= b.Rejections
}

// admit books a granted run; of a suspended credential it is the trial. A trial
// that is never settled may have been a rejection that nobody saw: the next one
// waits for another cool-down.
func (c *credential) admit(ticket int64, now time.Time, held time.Duration, b Budget) {
	if c.underWay == nil {
		c.underWay = map[int64]time.Time{}
	}
	c.underWay[ticket] = now.Add(held)
	if c.suspended {
		c.trial = &trial{ticket: ticket, until: now.Add(b.coolDown(c.level))}
	}
}

func (c *credential) settle(ticket int64, result loginwatch.Settlement, b Budget) {
	delete(c.underWay, ticket)
	isTrial := c.trial != nil && c.trial.ticket == ticket
	if isTrial {
		c.trial = nil // undecided, for example because the vendor was down: the next run is a trial again
	}
	switch {
	case result.Refusal != loginwatch.RefusalNone:
		c.reject(rejection{result.At, result.Refusal == loginwatch.RefusalCertain}, isTrial, b)
	case result.Accepted:
		// An accepted credential is not being locked out, whatever came before.
		*c = credential{seen: c.seen, underWay: c.underWay}
	}
}

func (c *credential) reject(r rejection, isTrial bool, b Budget) {
	c.rejections = append(c.recent(r.at, b), r)
	if excess := len(c.rejections) - b.Rejections; excess > 0 {
		c.rejections = c.rejections[excess:]
	}
	switch {
	case isTrial:
		c.level++
	case !c.suspended && len(c.rejections) < b.Rejections:
		return
	case !c.suspended:
		c.suspended, c.level = true, 0
	}
	c.certain = c.certain || slices.ContainsFunc(c.rejections, func(r rejection) bool { return r.certain })
	// A run that was under way when the credential was suspended and is
	// rejected afterwards extends the cool-down without doubling it.
	if until := r.at.Add(b.coolDown(c.level)); until.After(c.until) {
		c.until = until
	}
}

// recent gives the rejections that still count. Those that a corrected clock
// puts into the future do.
func (c *credential) recent(now time.Time, b Budget) []rejection {
	return slices.DeleteFunc(slices.Clone(c.rejections), func(r rejection) bool { return !r.at.After(now.Add(-b.Per)) })
}

func (c *credential) state(now time.Time, b Budget) loginwatch.CredentialState {
	refusal := loginwatch.RefusalPossible
	if c.certain {
		refusal = loginwatch.RefusalCertain
	}
	if until, wait := c.suspendedUntil(now); wait {
		return loginwatch.CredentialState{Suspended: true, Refusal: refusal, Until: until}
	}
	if c.suspended {
		return loginwatch.CredentialState{Suspended: true, Refusal: refusal, Remaining: 1} // a trial is due; one more rejection starts another cool-down
	}
	return loginwatch.CredentialState{Remaining: b.Rejections - len(c.recent(now, b))}
}

// forgettable tells whether a credential has been out of use for so long that
// nothing about it can matter.
func (c *credential) forgettable(now time.Time, b Budget) bool {
	idle := 2*b.CoolDownMax + b.Per
	return now.Sub(c.seen) > idle && now.Sub(c.until) > idle
}
