package sim

import (
	"crypto/sha256"
	"slices"
	"sync"
	"time"
)

// window counts the requests of the last moments against a documented limit.
// It keeps one instant for each request that it let pass, so never more than
// the limit.
type window struct {
	limit  int
	per    time.Duration
	mu     sync.Mutex
	passed []time.Time
}

// admit counts a request. It gives how long to wait when the limit is reached
// and 0 when the request may pass; refused requests are not counted.
func (w *window) admit(now time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	// An instant after now means that the clock was set back: keeping it would
	// close the window for as long as the jump was wide.
	w.passed = slices.DeleteFunc(w.passed, func(t time.Time) bool {
		return t.After(now) || now.Sub(t) >= w.per
	})
	if len(w.passed) < w.limit {
		w.passed = append(w.passed, now)
		return 0
	}
	if len(w.passed) == 0 {
		return w.per // a limit of no requests at all
	}
	return w.per - now.Sub(w.passed[0])
}

// The values that one operation hands out for another are good for so long, or for as
// long as the token among them lives, and no more of them are remembered than so many:
// some 27 a second for an hour, in 24 MB.
const (
	handedOutFor = time.Hour
	handedOutMax = 100_000
)

// handedOutTried is how many values that were handed out stand in for a secret
// when a computed value may be made of one of them.
const handedOutTried = 32

// handedOut remembers fresh values, and whether they were ended; the oldest make room
// for new ones. One that it does not know any more is dead, so no dead one comes alive again.
type handedOut struct {
	mu     sync.Mutex
	values map[digest]given
	order  []digest // of values; a ring when it is full
	next   int      // to make room
	recent []string // the values that came last
}

type digest [sha256.Size]byte

type given struct {
	operation string
	until     time.Time
	ended     bool // it was taken or revoked
}

func (h *handedOut) add(value, operation string, until time.Time) {
	if value == "" {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	key := digest(sha256.Sum256([]byte(value)))
	if _, again := h.values[key]; !again && len(h.order) < handedOutMax {
		h.order = append(h.order, key)
	} else if !again {
		delete(h.values, h.order[h.next])
		h.order[h.next] = key
		h.next = (h.next + 1) % handedOutMax
	}
	h.values[key] = given{operation: operation, until: until}
	h.recent = append(h.recent[max(0, len(h.recent)-handedOutTried+1):], value)
}

// end makes a value that was taken or revoked dead.
func (h *handedOut) end(value string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := digest(sha256.Sum256([]byte(value)))
	if g, known := h.values[key]; known {
		g.ended = true
		h.values[key] = g
	}
}

// endedOne tells whether the value is one that was taken or revoked, as far as it is
// still remembered.
func (h *handedOut) endedOne(value string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.values[sha256.Sum256([]byte(value))].ended
}

// has tells whether an operation other than the given one handed the value out, and
// it is still good.
func (h *handedOut) has(value, operation string, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	g, known := h.values[sha256.Sum256([]byte(value))]
	return known && !g.ended && g.operation != operation && now.Before(g.until)
}

// latest gives the values that were handed out last and are still good, the newest
// first.
func (h *handedOut) latest(now time.Time) []string {
	h.mu.Lock()
	recent := slices.Clone(h.recent)
	h.mu.Unlock()
	slices.Reverse(recent)
	return slices.DeleteFunc(recent, func(value string) bool { return !h.has(value, "", now) })
}
