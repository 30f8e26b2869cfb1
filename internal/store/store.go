// Package store remembers what was sent and decides what may be sent next:
// credential budgets, Retry-After and documented rate limits, behind
// [loginwatch.Ledger]. [Memory] forgets with the process.
//
// The behaviour is written down once, as the tests of package storetest, which
// every implementation runs. This package never sends anything and never sees
// a credential: it knows credentials by the names of the configuration and by
// digests that nobody can turn back.
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
	// lease is how long a granted run may stay unsettled, at least, before it
	// counts as lost and its requests as sent at its start.
	lease = 5 * time.Minute
	// ticketLife is how long a run may take to be settled at all: what comes later
	// is of no run that still goes on.
	ticketLife = 24 * time.Hour
	// sweepEvery is how often what no longer matters is dropped.
	sweepEvery = time.Minute
)

// Memory is a ledger in memory. It is safe for concurrent use; what it keeps is
// bounded by the credentials and targets in use and by the documented limits.
type Memory struct {
	budget Budget

	mu          sync.Mutex
	credentials map[budgetKey]*credential
	inUse       map[string]budgetKey  // by name of a credential: its value as it was claimed last
	blocked     map[target]time.Time  // until when the vendor asked us to wait
	windows     map[operation]*window // of the operations that have a documented limit
	tickets     map[int64]ticket      // granted and not settled
	last        int64                 // ticket
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

// budgetKey is what a budget belongs to: the digest of a credential's values,
// or its name while none is known.
type budgetKey struct{ digest, name string }

func budgetOf(c loginwatch.Credential) budgetKey {
	if c.Digest != "" {
		return budgetKey{digest: c.Digest}
	}
	return budgetKey{name: c.Name}
}

// ticket is what a settlement needs to know of what was admitted.
type ticket struct {
	at         time.Time
	target     target
	credential loginwatch.Credential
}

// NewMemory gives an empty ledger. Zero fields of budget mean the defaults.
func NewMemory(budget Budget) *Memory {
	return &Memory{
		budget:      budget.withDefaults(),
		credentials: map[budgetKey]*credential{},
		inUse:       map[string]budgetKey{},
		blocked:     map[target]time.Time{},
		windows:     map[operation]*window{},
		tickets:     map[int64]ticket{},
	}
}

// Admit implements [loginwatch.Ledger]. It fails when ctx has ended or a limit
// of the claim makes no sense. A refused claim counts against nothing.
func (m *Memory) Admit(ctx context.Context, claim loginwatch.Claim) (loginwatch.Ticket, error) {
	if err := ctx.Err(); err != nil {
		return loginwatch.Ticket{}, fmt.Errorf("admit %s/%s: %w", claim.Slot.Vendor, claim.Slot.Probe, err)
	}
	if err := checkLimits(claim.Limits); err != nil {
		return loginwatch.Ticket{}, fmt.Errorf("admit %s/%s: %w", claim.Slot.Vendor, claim.Slot.Probe, err)
	}
	at := targetOf(claim)

	m.mu.Lock()
	defer m.mu.Unlock()
	m.sweep(claim.At)
	var cred *credential
	if claim.Credential.Name != "" {
		cred = m.credential(claim.Credential, claim.At)
		m.inUse[claim.Credential.Name] = budgetOf(claim.Credential)
	}
	answer := loginwatch.Ticket{Admission: m.decide(claim, at, cred)}
	if answer.Granted {
		m.last++
		answer.ID = m.last
		m.tickets[answer.ID] = ticket{claim.At, at, claim.Credential}
		m.count(answer.ID, claim, at)
		if cred != nil {
			cred.admit(answer.ID, claim.At, held(claim), m.budget)
		}
	}
	if cred != nil {
		answer.Credential = m.state(claim.Credential.Name, cred, claim.At)
	}
	return answer, nil
}

func (m *Memory) decide(claim loginwatch.Claim, at target, cred *credential) loginwatch.Admission {
	if cred != nil {
		if until, suspended := cred.suspendedUntil(claim.At); suspended {
			return refuse(loginwatch.ReasonSuspended, until)
		}
		if until, exhausts := cred.wouldExhaustBudget(claim.At, m.budget); exhausts {
			return refuse(loginwatch.ReasonOverlap, until)
		}
	}
	if until := m.blocked[at]; claim.At.Before(until) {
		return refuse(loginwatch.ReasonRetryAfter, until)
	}
	if until := m.roomIn(claim, at); !until.IsZero() {
		return refuse(loginwatch.ReasonRateLimit, until)
	}
	return loginwatch.Admission{Granted: true}
}

// held is how long the run of a claim counts as under way: until it has surely
// ended, with a minute for the booking.
func held(c loginwatch.Claim) time.Duration { return max(lease, c.Longest+time.Minute) }

func refuse(reason loginwatch.Reason, until time.Time) loginwatch.Admission {
	return loginwatch.Admission{Reason: reason, Until: until}
}

// Settle implements [loginwatch.Ledger]. A run may be settled late, within a
// day, or, after a crash, never. A refusal outweighs Accepted. It never fails and
// ignores its context: the refusal of a run that a shutdown cut short counts too.
func (m *Memory) Settle(_ context.Context, granted loginwatch.Ticket, result loginwatch.Settlement) (loginwatch.CredentialState, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, open := m.tickets[granted.ID]
	if !open {
		return loginwatch.CredentialState{}, nil
	}
	delete(m.tickets, granted.ID)
	m.settleRequests(granted.ID, t.target, result.At)
	if wait := waitAfter(result); wait > 0 {
		if until := result.At.Add(wait); until.After(m.blocked[t.target]) {
			m.blocked[t.target] = until
		}
	}
	if t.credential.Name == "" {
		return loginwatch.CredentialState{}, nil
	}
	cred := m.credential(t.credential, result.At)
	cred.settle(granted.ID, result, m.budget)
	return m.state(t.credential.Name, cred, result.At), nil
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
	states := make([]loginwatch.CredentialState, 0, len(m.inUse))
	for name, key := range m.inUse {
		if c := m.credentials[key]; c != nil {
			states = append(states, m.state(name, c, now))
		}
	}
	slices.SortFunc(states, func(a, b loginwatch.CredentialState) int {
		return strings.Compare(a.Credential, b.Credential)
	})
	return states, nil
}

func (m *Memory) state(name string, c *credential, now time.Time) loginwatch.CredentialState {
	state := c.state(now, m.budget)
	state.Credential = name
	return state
}

func (m *Memory) credential(of loginwatch.Credential, now time.Time) *credential {
	key := budgetOf(of)
	c := m.credentials[key]
	if c == nil {
		c = &credential{}
		m.credentials[key] = c
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
	for op, w := range m.windows {
		if w.drop(now); len(w.requests) == 0 {
			delete(m.windows, op)
		}
	}
	for id, t := range m.tickets {
		if now.Sub(t.at) > ticketLife {
			delete(m.tickets, id)
		}
	}
	for key, c := range m.credentials {
		if c.forgettable(now, m.budget) {
			delete(m.credentials, key)
		}
	}
	for name, key := range m.inUse {
		if m.credentials[key] == nil {
			delete(m.inUse, name)
		}
	}
}
