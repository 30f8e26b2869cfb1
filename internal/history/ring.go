package history

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch"
)

// Ring is a [History] in memory, of the last slots alone.
type Ring struct {
	most int

	mu      sync.Mutex
	entries []Entry // a circle once there are most of them
	oldest  int     // of the circle
	at      map[slot]int
	dropped time.Time
	runs    map[string]*Record
}

// slot tells entries apart.
type slot struct {
	loginwatch.Key
	due int64
}

func slotOf(e Entry) slot { return slot{e.Key, e.Due.UnixNano()} }

var _ History = (*Ring)(nil)

// NewRing gives a ring that keeps so many slots.
func NewRing(most int) *Ring {
	return &Ring{most: most, at: map[slot]int{}, runs: map[string]*Record{}}
}

// RecordPlanned implements [loginwatch.Recorder]: what came of the slot is told later.
func (h *Ring) RecordPlanned(context.Context, loginwatch.Slot) error { return nil }

// RecordSkip implements [loginwatch.Recorder].
func (h *Ring) RecordSkip(_ context.Context, s loginwatch.SkippedSlot) error {
	if e, ok := EntryOfSkip(s); ok {
		h.add(e, nil)
	}
	return nil
}

// RecordRun implements [loginwatch.Recorder].
func (h *Ring) RecordRun(_ context.Context, r *loginwatch.Run) error {
	h.add(EntryOf(r), recordOf(r))
	return nil
}

// add adds an entry, or puts a run in the place of a slot that was told as skipped.
func (h *Ring) add(e Entry, r *Record) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if i, known := h.at[slotOf(e)]; known {
		if h.entries[i].Verdict != loginwatch.Skipped || r == nil {
			return
		}
		h.entries[i] = e
	} else {
		h.append(e)
	}
	if r != nil {
		h.runs[e.Run] = r
	}
}

// append puts a new entry in the place of the oldest one, once there is no room.
func (h *Ring) append(e Entry) {
	if len(h.entries) < h.most {
		h.at[slotOf(e)] = len(h.entries)
		h.entries = append(h.entries, e)
		return
	}
	old := &h.entries[h.oldest]
	delete(h.runs, old.Run)
	delete(h.at, slotOf(*old))
	if !old.Due.Before(h.dropped) {
		h.dropped = old.Due.Add(1)
	}
	*old, h.at[slotOf(e)] = e, h.oldest
	h.oldest = (h.oldest + 1) % h.most
}

// Entries implements [Reader].
func (h *Ring) Entries(_ context.Context, q Query) ([]Entry, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var found []Entry
	for _, e := range h.entries {
		if q.names(e.Key) && q.covers(e.Due) && (q.Verdict == "" || q.Verdict == e.Verdict) && (q.Reason == "" || q.Reason == e.Reason) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b Entry) int {
		return cmp.Or(a.At.Compare(b.At), CompareKeys(a.Key, b.Key), a.Due.Compare(b.Due))
	})
	if q.Limit > 0 && len(found) > q.Limit {
		found = found[len(found)-q.Limit:]
	}
	return found, nil
}

// Run implements [Reader].
func (h *Ring) Run(_ context.Context, id string) (*Record, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.runs[id], nil
}

// CompareKeys orders keys as reports do.
func CompareKeys(a, b loginwatch.Key) int {
	return cmp.Or(strings.Compare(a.Vendor, b.Vendor), strings.Compare(a.Probe, b.Probe), strings.Compare(a.Target, b.Target), strings.Compare(a.Location, b.Location))
}

// byJob gives entries in the order of their slots, by the jobs that a query names.
func (h *Ring) byJob(q Query) (keys []loginwatch.Key, of map[loginwatch.Key][]Entry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	of = map[loginwatch.Key][]Entry{}
	for _, e := range h.entries {
		if !q.names(e.Key) {
			continue
		}
		if of[e.Key] == nil {
			keys = append(keys, e.Key)
		}
		of[e.Key] = append(of[e.Key], e)
	}
	slices.SortFunc(keys, CompareKeys)
	for _, es := range of {
		slices.SortFunc(es, func(a, b Entry) int { return a.Due.Compare(b.Due) })
	}
	return keys, of
}

// Totals implements [Reader].
func (h *Ring) Totals(_ context.Context, q Query) ([]*Totals, error) {
	var all []*Totals
	keys, of := h.byJob(q)
	for _, k := range keys {
		t := &Totals{Key: k}
		for _, e := range of[k] {
			if !q.covers(e.Due) {
				continue
			}
			t.Add(e.Verdict, e.Reason, 1)
			if e.Latency > 0 {
				t.Latency[Class(e.Latency)]++
			}
		}
		if len(t.Counts) > 0 {
			all = append(all, t)
		}
	}
	return all, nil
}

// Incidents implements [Reader].
func (h *Ring) Incidents(_ context.Context, q Query) ([]Incident, error) {
	var all []Incident
	keys, of := h.byJob(q)
	for _, k := range keys {
		var row Incident
		end := func(at time.Time) {
			if row.Ended = at; row.Runs >= Confirmed && row.Overlaps(q) {
				all = append(all, row)
			}
			row = Incident{}
		}
		for _, e := range of[k] {
			switch {
			case !Tells(e.Verdict):
			case e.Verdict == row.Verdict:
				row.Runs++
			default:
				end(e.At)
				if slices.Contains(loginwatch.FailingVerdicts, e.Verdict) {
					row = Incident{Key: k, Verdict: e.Verdict, Began: e.At, Runs: 1}
				}
			}
		}
		end(time.Time{})
	}
	return all, nil
}

// Dropped implements [Reader].
func (h *Ring) Dropped(context.Context) (time.Time, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dropped, nil
}
