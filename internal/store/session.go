package store

import (
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/persist"
)

const (
	// leftOpenLife is how long a session that was left open is remembered.
	leftOpenLife = 30 * 24 * time.Hour
	// leftOpenMost is how many of them are, of one credential.
	leftOpenMost = 20
)

// left is a session that was left open.
type left struct {
	Ticket int64 // of its run, which may be settled after all
	loginwatch.OpenSession
	More persist.Members `json:",embed"`
}

// opening is the session of a run that is under way.
type opening struct {
	Opened bool // it is known to be open
	Token  string
	At     time.Time
	More   persist.Members `json:",embed"`
}

// sessionOpen tells until when a session of the account may be open at most.
func (c *credential) sessionOpen(now time.Time) (until time.Time, open bool) {
	for id := range c.Opening {
		if ends := c.UnderWay[id]; ends.After(now) && ends.After(until) {
			until = ends
		}
	}
	return until, !until.IsZero()
}

func (c *credential) open(ticket int64, now time.Time) {
	if c.Opening == nil {
		c.Opening = map[int64]opening{}
	}
	c.Opening[ticket] = opening{At: now}
}

// opened notes that a run's session is open.
func (c *credential) opened(ticket int64, token string) {
	if o, underWay := c.Opening[ticket]; underWay {
		o.Opened, o.Token = true, token
		c.Opening[ticket] = o
	}
}

// shut ends the session of a run; one that is left open is remembered.
func (c *credential) shut(ticket int64, leftOpen bool) {
	o, known := c.Opening[ticket]
	delete(c.Opening, ticket)
	was := slices.IndexFunc(c.LeftOpen, func(l left) bool { return l.Ticket == ticket })
	switch {
	case was >= 0 && leftOpen: // it was told before, when its run was lost
		return
	case was >= 0:
		c.LeftOpen = slices.Delete(c.LeftOpen, was, was+1)
		return
	case !leftOpen || !known:
		return
	}
	c.LeftOpen = append(c.LeftOpen, left{Ticket: ticket, OpenSession: loginwatch.OpenSession{Token: o.Token, Since: o.At}})
	if excess := len(c.LeftOpen) - leftOpenMost; excess > 0 {
		c.LeftOpen = slices.Delete(c.LeftOpen, 0, excess)
	}
}

// leftOpen gives the sessions that are worth telling of.
func (c *credential) leftOpen(now time.Time) (open []loginwatch.OpenSession) {
	for _, l := range c.LeftOpen {
		if now.Sub(l.Since) <= leftOpenLife {
			open = append(open, l.OpenSession)
		}
	}
	return open
}
