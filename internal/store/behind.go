package store

import (
	"maps"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch/internal/persist"
)

// apart is how far the clocks of those who share a store may be apart.
const apart = time.Minute

// reading is how clocks read a time that to them lies further in the future than the rules
// can have put it. Either a clock was wrong that wrote it, and is right by now, or the one
// that reads it is behind: nobody can tell. So what was written stays as it is for all to
// whom it can be true, and to the others it is what it would have been at the latest when
// the first of them met it: neither does a clock that is behind loosen what another replica
// keeps to, nor does one that was years ahead bar an account for years.
type reading struct {
	Of, As time.Time
	More   persist.Members `json:",embed"`
}

// readings are those of a record. Of one time there is more than one where clocks are behind
// each other.
type readings []reading

// reader is the clock that a page is read by.
type reader struct {
	now time.Time
	b   Budget
	// late is one of a run that may have ended long ago: what lies behind that is no wonder.
	late bool
}

// read gives a time as a clock reads it to which it can be at most latest, and was, the time
// itself, where that is another one.
func (by reader) read(rs *readings, t, latest time.Time) (as, was time.Time) {
	possible := latest.Add(apart)
	if !t.After(possible) {
		return t, time.Time{}
	}
	for _, r := range *rs {
		if r.Of.Equal(t) && !r.As.After(possible) && r.As.After(as) {
			as = r.As
		}
	}
	switch {
	case as.IsZero() && by.late:
		return t, time.Time{}
	case as.IsZero():
		as = latest
		*rs = append(*rs, reading{Of: t, As: as})
	}
	return as, t
}

// written gives what is to be written in the place of a time that was read as another one,
// and is now: what was put off for those who are behind is put off for the others, too, and
// what is over is over for all.
func (rs *readings) written(now, as, was time.Time) time.Time {
	switch {
	case was.IsZero(), now.IsZero(), !now.Before(was):
		return now
	case now.Equal(as):
		return was
	}
	for i, r := range *rs {
		if r.Of.Equal(was) && r.As.Equal(as) {
			(*rs)[i].As = now
		}
	}
	return was
}

// keep forgets the readings of times that do not stand in the record any more.
func (rs *readings) keep(stands func(time.Time) bool) {
	*rs = slices.DeleteFunc(*rs, func(r reading) bool { return !stands(r.Of) })
	if len(*rs) == 0 {
		*rs = nil
	}
}

// twice is a time as it is read, and as it is written where that is another one.
type twice struct{ as, was time.Time }

// read reads a page by a clock. What is read so must be written before it is kept.
func (p *page) read(by reader) {
	for _, w := range p.windows {
		for i, r := range w.Requests {
			w.Requests[i].At, w.Requests[i].was = by.read(&w.Readings, r.At, by.now)
		}
	}
	for _, c := range p.credentials() {
		c.read(by)
	}
	if p.credential == nil { // who sends none has nowhere to note it
		p.blocked, _ = by.read(new(readings), p.blocked, by.now.Add(maxWait))
		return
	}
	p.wait.as, p.wait.was = by.read(&p.credential.Readings, p.blocked, by.now.Add(maxWait))
	p.blocked = p.wait.as
}

// write puts everything back that was read as something else, but a wait that is over.
func (p *page) write(now time.Time) {
	for _, w := range p.windows {
		for i, r := range w.Requests {
			if !r.was.IsZero() {
				w.Requests[i].At, w.Requests[i].was = r.was, time.Time{}
			}
		}
		w.Readings.keep(func(t time.Time) bool {
			return slices.ContainsFunc(w.Requests, func(r request) bool { return r.At.Equal(t) })
		})
	}
	if c := p.credential; c != nil && (p.blocked.After(now) || p.blocked.After(p.wait.as)) {
		p.blocked = c.Readings.written(p.blocked, p.wait.as, p.wait.was)
	}
	for _, c := range p.credentials() {
		c.write()
		c.tidy(p.blocked)
	}
	p.wait = twice{}
}

// read reads a credential by a clock.
func (c *credential) read(by reader) {
	rs := &c.Readings
	for i, r := range c.Rejections {
		c.Rejections[i].At, c.Rejections[i].was = by.read(rs, r.At, by.now)
	}
	c.until.as, c.until.was = by.read(rs, c.Until, by.now.Add(by.b.CoolDownMax))
	c.again.as, c.again.was = by.read(rs, c.Try.Again, by.now.Add(by.b.CoolDownMax))
	c.Until, c.Try.Again = c.until.as, c.again.as
	c.ends = nil
	for id, ends := range c.UnderWay {
		if as, was := by.read(rs, ends, by.now.Add(ticketLife)); !was.IsZero() {
			if c.ends == nil {
				c.ends = map[int64]time.Time{}
			}
			c.UnderWay[id], c.ends[id] = as, was
		}
	}
}

// write puts what was read as something else back.
func (c *credential) write() {
	for i, r := range c.Rejections {
		if !r.was.IsZero() {
			c.Rejections[i].At, c.Rejections[i].was = r.was, time.Time{}
		}
	}
	c.Until = c.Readings.written(c.Until, c.until.as, c.until.was)
	c.Try.Again = c.Readings.written(c.Try.Again, c.again.as, c.again.was)
	for id, was := range c.ends {
		if _, underWay := c.UnderWay[id]; underWay {
			c.UnderWay[id] = was
		}
	}
	c.until, c.again, c.ends = twice{}, twice{}, nil
}

// tidy forgets what it does not need to read itself, or the wait of its address.
func (c *credential) tidy(wait time.Time) {
	c.Readings.keep(func(t time.Time) bool {
		return t.Equal(wait) || t.Equal(c.Until) || t.Equal(c.Try.Again) ||
			slices.ContainsFunc(c.Rejections, func(r rejection) bool { return r.At.Equal(t) }) ||
			slices.ContainsFunc(slices.Collect(maps.Values(c.UnderWay)), t.Equal)
	})
}
