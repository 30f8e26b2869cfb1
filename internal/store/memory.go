package store

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

// sweepEvery is how often what no longer matters is dropped.
const sweepEvery = time.Minute

// memory is an engine that forgets with the process. What it keeps is bounded by the
// credentials and targets in use and by the documented limits.
type memory struct {
	mu      sync.Mutex
	known   map[budgetKey]*credential
	inUse   map[string]budgetKey  // by name of a credential: its value as it was claimed last
	blocked map[target]time.Time  // until when the vendor asked us to wait
	windows map[operation]*window // of the operations that have a documented limit
	usages  map[target]*usage     // of the quotas
	tickets map[int64]*granted    // and not settled
	slots   map[slotKey]struct{}
	kept    map[recordName]string // other texts: bounded by the configuration
	last    int64                 // ticket
	history remembered
	swept   time.Time
}

// granted is a ticket that is out.
type granted struct {
	ticket
	slot loginwatch.Slot
	lost bool
}

// slotKey is what a slot is taken by.
type slotKey struct {
	loginwatch.Key
	due int64 // nanoseconds since the epoch
}

// NewMemory gives an empty ledger that forgets with the process. Zero fields of budget
// mean the defaults.
func NewMemory(budget Budget) *Ledger {
	key := make([]byte, keyBytes)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the process first
	return newLedger(&memory{
		known:   map[budgetKey]*credential{},
		inUse:   map[string]budgetKey{},
		blocked: map[target]time.Time{},
		windows: map[operation]*window{},
		usages:  map[target]*usage{},
		tickets: map[int64]*granted{},
		slots:   map[slotKey]struct{}{},
		kept:    map[recordName]string{},
		history: remembered{history.NewRing(ringOf)},
	}, key, budget)
}

func (m *memory) claim(_ context.Context, slot loginwatch.Slot, t ticket, decide func(*page, int64) loginwatch.Admission) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := slotKey{slot.Key, slot.Due.UnixNano()}
	if _, taken := m.slots[key]; taken {
		decide(m.page(t), 0)
		return nil
	}
	m.slots[key] = struct{}{}
	p := m.page(t)
	m.last++
	if decide(p, m.last).Granted {
		m.tickets[m.last] = &granted{ticket: t, slot: slot}
	}
	if t.Credential.Name != "" {
		m.inUse[t.Credential.Name] = budgetOf(t.inUse(p))
	}
	m.keep(t, p)
	return nil
}

func (m *memory) book(_ context.Context, id int64, settles bool, change func(ticket, *page)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	g, open := m.tickets[id]
	if !open {
		return nil
	}
	if settles {
		delete(m.tickets, id)
	}
	p := m.page(g.ticket)
	change(g.ticket, p)
	m.keep(g.ticket, p)
	return nil
}

// page gives a ticket's page. Call with mu held.
func (m *memory) page(t ticket) *page {
	p := &page{blocked: m.blocked[t.Target], windows: make([]*window, len(t.Operations))}
	if t.Credential.Name != "" {
		p.credential = m.copyOf(t.Credential)
	}
	if t.Next.Digest != "" {
		p.next = m.copyOf(t.Next)
	}
	if t.Quota {
		if p.usage = m.usages[t.Target]; p.usage == nil {
			p.usage = &usage{}
		}
	}
	for i, op := range t.Operations {
		if p.windows[i] = m.windows[op]; p.windows[i] == nil {
			p.windows[i] = &window{}
		}
	}
	return p
}

// copyOf gives what is known of a credential: others read it. Call with mu held.
func (m *memory) copyOf(c loginwatch.Credential) *credential {
	if known := m.known[budgetOf(c)]; known != nil {
		return known.clone()
	}
	return &credential{}
}

// keep keeps what was changed on a page. Call with mu held.
func (m *memory) keep(t ticket, p *page) {
	if p.credential != nil {
		m.known[budgetOf(t.Credential)] = p.credential
	}
	if p.next != nil {
		m.known[budgetOf(t.Next)] = p.next
	}
	if p.usage != nil {
		m.usages[t.Target] = p.usage
	}
	if !p.blocked.IsZero() {
		m.blocked[t.Target] = p.blocked
	}
	for i, op := range t.Operations {
		if len(p.windows[i].Requests) > 0 {
			m.windows[op] = p.windows[i]
		}
	}
}

func (m *memory) lost(_ context.Context, now time.Time, mine func(loginwatch.Key) bool) ([]loginwatch.Slot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var slots []loginwatch.Slot
	for _, g := range m.tickets {
		if !g.lost && !now.Before(g.At.Add(g.Held)) && mine(g.slot.Key) {
			g.lost = true
			slots = append(slots, g.slot)
		}
	}
	return slots, nil
}

func (m *memory) resume(_ context.Context, name string, change func(*credential)) (known bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.known[m.inUse[name]]
	if c != nil {
		change(c)
	}
	return c != nil, nil
}

func (m *memory) alter(_ context.Context, kind, key string, _ time.Time, change func(string) (string, error)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	name := recordName{kind, key}
	text, err := change(m.kept[name])
	if err == nil {
		m.kept[name] = text
	}
	return err
}

func (m *memory) texts(_ context.Context, kind, key string) (map[string]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[string]string{}
	for name, text := range m.kept {
		if name.kind == kind && (key == "" || name.key == key) {
			all[name.key] = text
		}
	}
	return all, nil
}

func (m *memory) credentials(context.Context) (map[string]*credential, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := make(map[string]*credential, len(m.inUse))
	for name, key := range m.inUse {
		if c := m.known[key]; c != nil {
			known[name] = c.clone()
		}
	}
	return known, nil
}

func (m *memory) forget(_ context.Context, now time.Time, b Budget) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now.Sub(m.swept).Abs() < sweepEvery {
		return nil
	}
	m.swept = now
	for at, until := range m.blocked {
		if !now.Before(until) {
			delete(m.blocked, at)
		}
	}
	for op, w := range m.windows {
		if w.drop(now); len(w.Requests) == 0 && !w.matters().After(now) {
			delete(m.windows, op)
		}
	}
	for at, u := range m.usages {
		if now.After(u.matters()) {
			delete(m.usages, at)
		}
	}
	for id, t := range m.tickets {
		if now.Sub(t.At) > ticketLife {
			delete(m.tickets, id)
		}
	}
	for slot := range m.slots {
		if now.Sub(time.Unix(0, slot.due)) > ticketLife {
			delete(m.slots, slot)
		}
	}
	for key, c := range m.known {
		if c.forgettable(now, b) {
			delete(m.known, key)
		}
	}
	for name, key := range m.inUse {
		if m.known[key] == nil {
			delete(m.inUse, name)
		}
	}
	return nil
}

func (m *memory) end() error { return nil }
