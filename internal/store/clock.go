package store

import (
	"sync"
	"time"
)

const (
	// steadyFor is how long a clock has to run as time does before anything is forgotten by
	// it: longer than a machine takes, after its start, to have its clock set.
	steadyFor = 10 * time.Minute
	// steadyWithin is how far it may go wrong meanwhile: claims may have waited.
	steadyWithin = time.Minute
)

// clock tells whether the wall clock is to be trusted with what can't be taken back. A
// single look at it says nothing: once it is days ahead, what still rests seems to be
// long over.
type clock struct {
	elapsed func() time.Duration // monotonic

	mu    sync.Mutex
	began time.Time     // wall clock, from when on it has run as time does
	since time.Duration // elapsed then
	known bool
}

// newClock begins to watch the clock.
func newClock() *clock {
	start := time.Now()
	return &clock{elapsed: func() time.Duration { return time.Since(start) }}
}

// steady tells whether the wall clock, which says now, has run for long as time does.
func (c *clock) steady(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	elapsed := c.elapsed()
	ran, passed := now.Round(0).Sub(c.began), elapsed-c.since // of two readings of one clock Sub would look at the monotonic ones
	if !c.known || (ran-passed).Abs() > steadyWithin {
		c.began, c.since, c.known = now.Round(0), elapsed, true
		return false
	}
	return passed >= steadyFor
}
