package plan

import (
	"context"
	"sync"
	"time"
)

// More logins may come due than the machine can carry out, and each of those under way
// would be slowed by all others: then a vendor is blamed for our own slowness, and what is
// held for each takes all memory. So a run that starts late waits until the machine keeps
// up again, some at a time, and whoever waits too long is skipped.
const (
	// behind is how late a run starts on a machine that does not keep up.
	behind = 50 * time.Millisecond
	// slack is how late a short wait may end on one that does.
	slack = 10 * time.Millisecond
	// pause is between two looks at whether it does, while somebody waits.
	pause = 5 * time.Millisecond
	// patience is how long a slot waits.
	patience = 5 * time.Second
	// mostRunning is how many logins are under way at once: ten thousand a minute, all of
	// which end with a time-out of ten seconds.
	mostRunning = 2000
	mostWaiting = 2000
	mostAtOnce  = 16
)

// gate lets runs start.
type gate struct {
	late      func(time.Time) time.Duration     // how long ago something was due
	overshoot func(time.Duration) time.Duration // how much longer than asked for a wait takes

	mu      sync.Mutex
	running int
	waiting []chan struct{} // closed to let one start
	letting bool            // a goroutine lets those who wait start
}

func newGate() *gate {
	return &gate{late: time.Since, overshoot: func(d time.Duration) time.Duration {
		before := time.Now()
		time.Sleep(d)
		return time.Since(before) - d
	}}
}

// enter waits until the run of a slot may start; false when it may not any more. Who was let
// in has to leave.
func (g *gate) enter(ctx context.Context, planned time.Time) bool {
	late := g.late(planned)
	g.mu.Lock()
	if late < behind && len(g.waiting) == 0 && g.running < mostRunning {
		g.running++
		g.mu.Unlock()
		return true
	}
	if len(g.waiting) >= mostWaiting {
		g.mu.Unlock()
		return false
	}
	mine := make(chan struct{})
	g.waiting = append(g.waiting, mine)
	if !g.letting {
		g.letting = true
		go g.let()
	}
	g.mu.Unlock()
	enough := time.NewTimer(patience)
	defer enough.Stop()
	select {
	case <-mine:
		return true
	case <-enough.C:
	case <-ctx.Done():
	}
	return !g.giveUp(mine)
}

// giveUp takes one who waits out; false when it was let in at the last moment.
func (g *gate) giveUp(mine chan struct{}) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, w := range g.waiting {
		if w == mine {
			g.waiting = append(g.waiting[:i], g.waiting[i+1:]...)
			return true
		}
	}
	return false
}

func (g *gate) leave() {
	g.mu.Lock()
	g.running--
	g.mu.Unlock()
}

// let lets those who wait start while the machine keeps up, more at once the longer it
// does, until nobody waits.
func (g *gate) let() {
	for atOnce := 1; ; {
		if g.overshoot(pause) > slack {
			atOnce = 0
		}
		g.mu.Lock()
		for range min(atOnce, len(g.waiting), mostRunning-g.running) {
			close(g.waiting[0])
			g.waiting = g.waiting[1:]
			g.running++
		}
		if len(g.waiting) == 0 {
			g.waiting, g.letting = nil, false
			g.mu.Unlock()
			return
		}
		g.mu.Unlock()
		atOnce = min(max(2*atOnce, 1), mostAtOnce)
	}
}
