package store

import (
	"fmt"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/persist"
)

// operation is what a documented limit is known by, wherever it is written and
// whatever its figures are now.
type operation struct {
	Target target
	ID     string
	Whose  string // of a limit that is the account's; "" for one that is the address's
}

// window is what was sent to an operation with a documented limit.
type window struct {
	Per      time.Duration // of the limit as it was claimed last: so long requests are kept
	Requests []request
	Last     time.Time       `json:",omitzero"` // that a one-time code was made
	Readings readings        `json:",omitempty"`
	More     persist.Members `json:",embed"`
}

// request is one request counted against a limit.
type request struct {
	Ticket  int64
	At      time.Time     // when its run was admitted, then when it was settled
	Held    time.Duration // how long it counts as under way
	Settled bool
	More    persist.Members `json:",embed"`

	was time.Time // while it is read by a clock
}

// leaves is when a request no longer counts. A run's requests go out at some
// time between admission and settlement, so the window begins at the later one.
func (r request) leaves(per time.Duration) time.Time {
	if r.Settled {
		return r.At.Add(per)
	}
	return r.At.Add(max(per, r.Held))
}

// drop forgets the requests that no longer count.
func (w *window) drop(now time.Time) {
	w.Requests = slices.DeleteFunc(w.Requests, func(r request) bool { return !r.leaves(w.Per).After(now) })
}

// behind is how far a clock may be behind that made the last one-time code, for none to be
// made before that time has come again: the vendor has taken those of its steps. Beyond it
// the other one was wrong.
const behind = 2 * time.Hour

// matters is until when one of the requests counts, or the last code.
func (w *window) matters() time.Time {
	var last time.Time
	if !w.Last.IsZero() {
		last = w.Last.Add(w.Per + behind)
	}
	for _, r := range w.Requests {
		if t := r.leaves(w.Per); t.After(last) {
			last = t
		}
	}
	return last
}

// checkLimits refuses limits that no run could keep.
func checkLimits(limits []loginwatch.OperationLimit) error {
	for i, l := range limits {
		if l.Limit.Requests <= 0 || l.Limit.Per <= 0 || l.Requests <= 0 {
			return fmt.Errorf("rate limit at %s: %d requests in %s allow none of %d", l.Limit.Pos, l.Limit.Requests, l.Limit.Per, l.Requests)
		}
		if slices.ContainsFunc(limits[:i], func(o loginwatch.OperationLimit) bool { return o.Operation == l.Operation }) {
			return fmt.Errorf("rate limit at %s: the operation %q is claimed twice", l.Limit.Pos, l.Operation)
		}
	}
	return nil
}

// roomIn tells when every limit has room for what is wanted; zero when they
// have it now. A run that needs more than a limit ever allows is told to come
// again after the limit's time, and is refused then as well.
func (p *page) roomIn(claim loginwatch.Claim) time.Time {
	var until time.Time
	for i, l := range claim.Limits {
		w := p.windows[i]
		w.Per = l.Limit.Per
		if last := w.Last.Add(w.Per); w.Last.After(claim.At) && w.Last.Sub(claim.At) <= behind && last.After(until) {
			until = last
		}
		var leaves []time.Time
		for _, r := range w.Requests {
			if t := r.leaves(l.Limit.Per); t.After(claim.At) {
				leaves = append(leaves, t)
			}
		}
		excess := len(leaves) + l.Requests - l.Limit.Requests
		if excess <= 0 {
			continue
		}
		room := claim.At.Add(l.Limit.Per)
		if excess <= len(leaves) {
			slices.SortFunc(leaves, time.Time.Compare)
			room = leaves[excess-1]
		}
		if room.After(until) {
			until = room
		}
	}
	return until
}

// count books the requests of a granted claim.
func (p *page) count(ticket int64, claim loginwatch.Claim) {
	for i, l := range claim.Limits {
		w := p.windows[i]
		w.drop(claim.At)
		if l.Account != "" {
			w.made(claim.At)
		}
		for range l.Requests {
			w.Requests = append(w.Requests, request{Ticket: ticket, At: claim.At, Held: held(claim)})
		}
	}
}

// made notes that a one-time code was made, no later than at a time. One that lies far
// ahead is of a clock that was wrong.
func (w *window) made(at time.Time) {
	if at.After(w.Last) || w.Last.Sub(at) > behind {
		w.Last = at
	}
}

// settle lets the window of a run's requests begin at its end; those that were not sent
// it gives back.
func (w *window) settle(ticket int64, result loginwatch.Settlement) {
	if result.Unsent {
		w.Requests = slices.DeleteFunc(w.Requests, func(r request) bool { return r.Ticket == ticket })
		return
	}
	for i := range w.Requests {
		if w.Requests[i].Ticket == ticket {
			w.Requests[i].At, w.Requests[i].was, w.Requests[i].Settled = result.At, time.Time{}, true
			if !w.Last.IsZero() {
				w.made(result.At)
			}
		}
	}
}
