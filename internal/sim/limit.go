package sim

import (
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

// The values that one operation hands out for another are remembered so long
// and no longer than so many.
const (
	handedOutFor = time.Hour
	handedOutMax = 1000
)

// handedOut remembers fresh values; the oldest make room for new ones.
type handedOut struct {
	mu    sync.Mutex
	items []handedOutItem
	next  int
}

type handedOutItem struct {
	value     string
	operation string
	at        time.Time
}

func (h *handedOut) add(value, operation string, at time.Time) {
	if value == "" {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	item := handedOutItem{value, operation, at}
	if len(h.items) < handedOutMax {
		h.items = append(h.items, item)
		return
	}
	h.items[h.next] = item
	h.next = (h.next + 1) % handedOutMax
}

// has tells whether an operation other than the given one handed the value out
// in the last hour.
func (h *handedOut) has(value, operation string, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.ContainsFunc(h.items, func(i handedOutItem) bool {
		return i.value == value && i.operation != operation && now.Sub(i.at) < handedOutFor
	})
}

// knows tells whether the value is remembered at all.
func (h *handedOut) knows(value string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.ContainsFunc(h.items, func(i handedOutItem) bool { return i.value == value })
}

// latest gives the values that were handed out last, the newest first.
func (h *handedOut) latest(n int) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var values []string
	for i := range min(n, len(h.items)) {
		at := (h.next - 1 - i + 2*len(h.items)) % len(h.items)
		values = append(values, h.items[at].value)
	}
	return values
}
