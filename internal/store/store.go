// Package store remembers what was sent and decides what may be sent next:
// credential budgets, Retry-After and documented rate limits, behind
// [loginwatch.Ledger]. [Memory] forgets with the process.
//
// The behaviour is written down once, as the tests of package storetest, which
// every implementation runs. This package never sends anything and never sees
// a credential: it knows credentials by the closed names of the configuration.
package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch"
)

const (
	// maxWait bounds what a vendor can make us wait.
	maxWait = 24 * time.Hour
	// defaultWait follows a rate limit without Retry-After.
	defaultWait = time.Minute
	// lease is how long a granted run may stay unsettled before its requests
	// count as sent at its start: longer than any run lasts.
	lease = 5 * time.Minute
	// sweepEvery is how often what no longer matters is dropped.
	sweepEvery = time.Minute
)

// Memory is a ledger in memory. It is safe for concurrent use; what it keeps is
// bounded by the credentials and targets in use and by the documented limits.
type Memory struct {
	budget Budget

	mu          sync.Mutex
	credentials map[string]*credential
	blocked     map[target]time.Time // until when the vendor asked us to wait
	windows     map[window][]request
	swept       time.Time
}

var _ loginwatch.Ledger = (*Memory)(nil)

// target is what a vendor's waits and limits hold for.
type target struct{ vendor, address string }

func targetOf(c loginwatch.Claim) target {
	if c.Address != "" {
		return target{c.Slot.Vendor, c.Address}
	}
	return target{c.Slot.Vendor, "target " + c.Slot.Target}
}

// window is one documented limit at one target. Pos tells apart two limits that
// happen to have the same figures.
type window struct {
	target
	requests int
	per      time.Duration
	pos      loginwatch.Pos
}

// request is one request counted against a limit.
type request struct {
	claim   claimID
	at      time.Time // when its run was admitted, then when it was settled
	settled bool
}

// leaves is when a request no longer counts. A run's requests go out at some
// time between admission and settlement, so the window begins at the later one.
func (r request) leaves(per time.Duration) time.Time {
	if r.settled {
		return r.at.Add(per)
	}
	return r.at.Add(max(per, lease))
}

// claimID finds the run again that a settlement is about.
type claimID struct {
	vendor, probe, target string
	due, at               int64
}

func identify(c loginwatch.Claim) claimID {
	return claimID{c.Slot.Vendor, c.Slot.Probe, c.Slot.Target, c.Slot.Due.UnixNano(), c.At.UnixNano()}
}

// NewMemory gives an empty ledger. Zero fields of budget mean the defaults.
func NewMemory(budget Budget) *Memory {
	return &Memory{
		budget:      budget.withDefaults(),
		credentials: map[string]*credential{},
		blocked:     map[target]time.Time{},
		windows:     map[window][]request{},
	}
}

// Admit implements [loginwatch.Ledger]. It fails when ctx has ended or a limit
// of the claim makes no sense. A refused claim counts against nothing.
func (m *Memory) Admit(ctx context.Context, claim loginwatch.Claim) (loginwatch.Admission, error) {
	if err := ctx.Err(); err != nil {
		return loginwatch.Admission{}, fmt.Errorf("admit %s/%s: %w", claim.Slot.Vendor, claim.Slot.Probe, err)
	}
	at := targetOf(claim)
	wanted := map[window]int{}
	for _, l := range claim.Limits {
		if l.Requests <= 0 || l.Per <= 0 {
			return loginwatch.Admission{}, fmt.Errorf("admit %s/%s: rate limit at %s: %d requests in %s allow nothing",
				claim.Slot.Vendor, claim.Slot.Probe, l.Pos, l.Requests, l.Per)
		}
		wanted[window{at, l.Requests, l.Per, l.Pos}]++
	}

	m.mu.Lock()
	defer m.mu.Unlock()
	m.sweep(claim.At)
	var cred *credential
	if claim.Credential != "" {
		cred = m.credential(claim.Credential, claim.At)
		if until, suspended := cred.suspendedUntil(claim.At); suspended {
			return refuse(loginwatch.ReasonSuspended, until), nil
		}
		if until, crowded := cred.crowded(claim.At, m.budget); crowded {
			return refuse(loginwatch.ReasonOverlap, until), nil
		}
	}
	if until := m.blocked[at]; claim.At.Before(until) {
		return refuse(loginwatch.ReasonRetryAfter, until), nil
	}
	if until := m.roomIn(wanted, claim.At); !until.IsZero() {
		return refuse(loginwatch.ReasonRateLimit, until), nil
	}

	id := identify(claim)
	for w, n := range wanted {
		for range n {
			m.windows[w] = append(m.windows[w], request{claim: id, at: claim.At})
		}
	}
	if cred != nil {
		cred.admit(id, claim.At, m.budget)
	}
	return loginwatch.Admission{Granted: true}, nil
}

func refuse(reason loginwatch.Reason, until time.Time) loginwatch.Admission {
	return loginwatch.Admission{Reason: reason, Until: until}
}

// roomIn tells when every limit has room for what is wanted; zero when they
// have it now. A run that needs more than a limit ever allows is told to come
// again after the limit's time, and is refused then as well.
func (m *Memory) roomIn(wanted map[window]int, now time.Time) time.Time {
	var until time.Time
	for w, n := range wanted {
		var leaves []time.Time
		for _, r := range m.windows[w] {
			if at := r.leaves(w.per); at.After(now) {
				leaves = append(leaves, at)
			}
		}
		excess := len(leaves) + n - w.requests
		if excess <= 0 {
			continue
		}
		room := now.Add(w.per)
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

// Settle implements [loginwatch.Ledger]. A run may be settled late or, after a
// crash, never. Refused outweighs Accepted. It never fails and ignores its
// context: the rejection of a run that a shutdown cut short counts too.
func (m *Memory) Settle(_ context.Context, claim loginwatch.Claim, result loginwatch.Settlement) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	id := identify(claim)
	at := targetOf(claim)
	for w, requests := range m.windows {
		if w.target != at {
			continue
		}
		for i := range requests {
			if requests[i].claim == id && !requests[i].settled {
				requests[i].at, requests[i].settled = result.At, true
			}
		}
	}
	if wait := waitAfter(result); wait > 0 {
		if until := result.At.Add(wait); until.After(m.blocked[at]) {
			m.blocked[at] = until
		}
	}
	if claim.Credential != "" {
		m.credential(claim.Credential, result.At).settle(id, result, m.budget)
	}
	return nil
}

func waitAfter(result loginwatch.Settlement) time.Duration {
	switch {
	case result.RetryAfter > 0:
		return min(result.RetryAfter, maxWait)
	case result.Throttled:
		return defaultWait
	}
	return 0
}

// Credentials implements [loginwatch.Ledger].
func (m *Memory) Credentials(ctx context.Context, now time.Time) ([]loginwatch.CredentialState, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("credentials: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	states := make([]loginwatch.CredentialState, 0, len(m.credentials))
	for name, c := range m.credentials {
		state := c.state(now, m.budget)
		state.Credential = name
		states = append(states, state)
	}
	slices.SortFunc(states, func(a, b loginwatch.CredentialState) int {
		return strings.Compare(a.Credential, b.Credential)
	})
	return states, nil
}

func (m *Memory) credential(name string, now time.Time) *credential {
	c := m.credentials[name]
	if c == nil {
		c = &credential{}
		m.credentials[name] = c
	}
	if now.After(c.seen) {
		c.seen = now
	}
	return c
}

// sweep drops what can no longer change an answer. Call with mu held.
func (m *Memory) sweep(now time.Time) {
	if now.Sub(m.swept).Abs() < sweepEvery {
		return
	}
	m.swept = now
	for at, until := range m.blocked {
		if !now.Before(until) {
			delete(m.blocked, at)
		}
	}
	for w, requests := range m.windows {
		requests = slices.DeleteFunc(requests, func(r request) bool { return !r.leaves(w.per).After(now) })
		if len(requests) == 0 {
			delete(m.windows, w)
			continue
		}
		m.windows[w] = requests
	}
	for name, c := range m.credentials {
		if c.forgettable(now, m.budget) {
			delete(m.credentials, name)
		}
	}
}
