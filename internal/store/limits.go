package store

import (
	"fmt"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
)

// operation is what a documented limit is known by, wherever it is written and
// whatever its figures are now.
type operation struct {
	target
	id    string
	whose string // of a limit that is the account's; "" for one that is the address's
}

func operationOf(l loginwatch.OperationLimit, at target) operation {
	return operation{target: at, id: l.Operation, whose: l.Account}
}

// window is what was sent to an operation with a documented limit.
type window struct {
	per      time.Duration // of the limit as it was claimed last: so long requests are kept
	requests []request
}

// request is one request counted against a limit.
type request struct {
	ticket  int64
	at      time.Time     // when its run was admitted, then when it was settled
	held    time.Duration // how long it counts as under way
	settled bool
}

// leaves is when a request no longer counts. A run's requests go out at some
// time between admission and settlement, so the window begins at the later one.
func (r request) leaves(per time.Duration) time.Time {
	if r.settled {
		return r.at.Add(per)
	}
	return r.at.Add(max(per, r.held))
}

// drop forgets the requests that no longer count.
func (w *window) drop(now time.Time) {
	w.requests = slices.DeleteFunc(w.requests, func(r request) bool { return !r.leaves(w.per).After(now) })
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
func (m *Memory) roomIn(claim loginwatch.Claim, at target) time.Time {
	var until time.Time
	for _, l := range claim.Limits {
		w := m.windows[operationOf(l, at)]
		if w == nil {
			w = &window{} // nothing is known to have been sent
		}
		w.per = l.Limit.Per
		var leaves []time.Time
		for _, r := range w.requests {
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
func (m *Memory) count(ticket int64, claim loginwatch.Claim, at target) {
	for _, l := range claim.Limits {
		op := operationOf(l, at)
		w := m.windows[op]
		if w == nil {
			w = &window{per: l.Limit.Per}
			m.windows[op] = w
		}
		for range l.Requests {
			w.requests = append(w.requests, request{ticket: ticket, at: claim.At, held: held(claim)})
		}
	}
}

// settleRequests lets the windows of a run's requests begin at its end.
func (m *Memory) settleRequests(ticket int64, at target, end time.Time) {
	for op, w := range m.windows {
		if op.target != at {
			continue
		}
		for i := range w.requests {
			if w.requests[i].ticket == ticket {
				w.requests[i].at, w.requests[i].settled = end, true
			}
		}
	}
}
