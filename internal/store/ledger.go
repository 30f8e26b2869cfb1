package store

import (
	"context"
	"errors"
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
)

// Ledger is a [loginwatch.Ledger]: the rules, over an engine that keeps what they
// need to know. It is safe for concurrent use.
type Ledger struct {
	budget Budget
	engine engine
	key    []byte
	// patience is how long a claim waits to be decided.
	patience time.Duration
	// steady tells whether the clock is to be trusted with what can't be taken back.
	steady func(now time.Time) bool

	settling chan struct{} // holds one while somebody settles what is in later
	mu       sync.Mutex
	later    []settlement // that the engine could not keep when they came, oldest first
}

// newLedger gives a ledger over an engine.
func newLedger(e engine, key []byte, budget Budget) *Ledger {
	return &Ledger{budget: budget.withDefaults(), engine: e, key: key, patience: patience, steady: newClock().steady, settling: make(chan struct{}, 1)}
}

// settlement is what came of a granted ticket.
type settlement struct {
	id     int64
	result loginwatch.Settlement
}

var _ loginwatch.Ledger = (*Ledger)(nil)

// Admit implements [loginwatch.Ledger]. It fails when ctx has ended, the engine can't
// be asked, or a limit of the claim makes no sense. A refused claim counts against
// nothing.
func (l *Ledger) Admit(ctx context.Context, claim loginwatch.Claim) (loginwatch.Ticket, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, l.patience, errPatience)
	defer cancel()
	answer, err := l.admit(ctx, claim)
	if err != nil {
		return loginwatch.Ticket{}, fmt.Errorf("admit %s/%s: %w", claim.Slot.Vendor, claim.Slot.Probe, err)
	}
	return answer, nil
}

// patience is how long a claim waits to be decided, and how long any call asks a server
// that can't be reached or whose standby does not answer: long enough for a promotion,
// and short enough for what a claim says of the time to be true still.
const patience = 5 * time.Second

var errPatience = errors.New("it was not answered within " + patience.String())

func (l *Ledger) admit(ctx context.Context, claim loginwatch.Claim) (answer loginwatch.Ticket, err error) {
	if err := ctx.Err(); err != nil {
		return answer, err
	}
	if err := checkLimits(claim.Limits); err != nil {
		return answer, err
	}
	if q := claim.Quota; q != nil && q.Logins < 1 {
		return answer, fmt.Errorf("quota at %s: %d logins allow none", q.Pos, q.Logins)
	}
	if err := l.settleLate(ctx); err != nil {
		return answer, err
	}
	if l.steady(claim.At) {
		if err := l.engine.forget(ctx, claim.At, l.budget); err != nil {
			return answer, err
		}
	}
	err = l.engine.claim(ctx, claim.Slot, ticketOf(claim), func(p *page, id int64) loginwatch.Admission {
		answer = loginwatch.Ticket{Admission: refuse(loginwatch.ReasonElsewhere, time.Time{})}
		p.remember(claim.Next)
		p.read(reader{now: claim.At, b: l.budget})
		defer p.write(claim.At)
		if id > 0 {
			for _, c := range p.credentials() {
				c.countLost(claim.At, l.budget)
				c.loseTry(claim.At, l.budget)
				c.hold(claim.At, l.budget)
			}
			if p.usage != nil {
				p.usage.turn(*claim.Quota, claim.At)
			}
			answer.Admission = p.decide(claim, l.budget)
			answer.Next = answer.Granted && (p.takenOver() || p.tries(claim, l.budget))
		}
		for _, c := range p.credentials() {
			c.see(claim.At)
		}
		if answer.Granted {
			answer.ID = id
			p.count(id, claim)
			p.admit(id, claim, answer.Next)
			if p.usage != nil {
				p.usage.admit(id, claim.At.Add(held(claim)))
			}
		}
		if id > 0 && p.usage != nil {
			answer.Quota = p.usage.state(*claim.Quota)
		}
		p.note(claim.Next)
		if c := p.inUse(); c != nil {
			answer.Credential = c.state(claim.Credential.Name, claim.At, l.budget)
		}
		return answer.Admission
	})
	return answer, err
}

func (p *page) decide(claim loginwatch.Claim, b Budget) loginwatch.Admission {
	if c := p.inUse(); c != nil {
		if until, suspended := c.suspendedUntil(claim.At); suspended {
			return refuse(loginwatch.ReasonSuspended, until)
		}
		if until, exhausts := c.wouldExhaustBudget(claim.At, b); exhausts {
			return refuse(loginwatch.ReasonOverlap, until)
		}
		if until, open := c.sessionOpen(claim.At); open && claim.Opens {
			return refuse(loginwatch.ReasonOverlap, until)
		}
	}
	if claim.At.Before(p.blocked) {
		return refuse(loginwatch.ReasonRetryAfter, p.blocked)
	}
	if until := p.roomIn(claim); !until.IsZero() {
		return refuse(loginwatch.ReasonRateLimit, until)
	}
	if p.usage != nil {
		if q := p.usage.state(*claim.Quota); q.Used >= q.Logins {
			return refuse(loginwatch.ReasonQuota, q.Ends)
		}
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
// day, or, after a crash, never. A refusal outweighs Accepted. It ignores that its
// context has ended: the refusal of a run that a shutdown cut short counts too. What
// the engine can't keep is kept here until it can, and nothing is granted before that.
func (l *Ledger) Settle(ctx context.Context, granted loginwatch.Ticket, result loginwatch.Settlement) (loginwatch.CredentialState, error) {
	s := settlement{granted.ID, result}
	state, err := l.settle(context.WithoutCancel(ctx), s)
	if err != nil {
		l.mu.Lock()
		l.later = append(l.later, s)
		l.mu.Unlock()
		return loginwatch.CredentialState{}, fmt.Errorf("settle: %w", err)
	}
	return state, nil
}

func (l *Ledger) settle(ctx context.Context, s settlement) (state loginwatch.CredentialState, err error) {
	err = l.engine.book(ctx, s.id, true, func(t ticket, p *page) {
		if s.result.At.Sub(t.At) > ticketLife {
			return
		}
		p.read(reader{now: s.result.At, b: l.budget, late: true})
		defer p.write(s.result.At)
		for _, w := range p.windows {
			w.settle(s.id, s.result)
		}
		if wait := waitAfter(s.result); wait > 0 {
			if until := s.result.At.Add(wait); until.After(p.blocked) {
				p.blocked = until
			}
		}
		if p.usage != nil {
			p.usage.settle(s.id, s.result)
		}
		if p.credential == nil {
			return
		}
		p.remember(t.Next)
		for _, c := range p.ranWith(s.id) {
			c.see(s.result.At)
		}
		p.settle(s.id, s.result, l.budget)
		p.note(t.Next)
		state = p.inUse().state(t.Credential.Name, s.result.At, l.budget)
	})
	return state, err
}

// Opened implements [loginwatch.Ledger].
func (l *Ledger) Opened(ctx context.Context, granted loginwatch.Ticket, token string) error {
	err := l.engine.book(context.WithoutCancel(ctx), granted.ID, false, func(_ ticket, p *page) {
		for _, c := range p.ranWith(granted.ID) {
			c.opened(granted.ID, token)
		}
	})
	if err != nil {
		return fmt.Errorf("a session is open: %w", err)
	}
	return nil
}

// settleLate settles what could not be kept before.
func (l *Ledger) settleLate(ctx context.Context) error {
	for _, any := l.oldest(); any; _, any = l.oldest() {
		select {
		case l.settling <- struct{}{}:
		case <-ctx.Done():
			return fmt.Errorf("a run before this one is not settled: %w", context.Cause(ctx))
		}
		err := l.settleOldest(ctx)
		<-l.settling
		if err != nil {
			return fmt.Errorf("a run before this one is not settled: %w", err)
		}
	}
	return nil
}

func (l *Ledger) oldest() (s settlement, any bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.later) == 0 {
		return s, false
	}
	return l.later[0], true
}

// settleOldest settles the oldest, if it is still there. Call while settling.
func (l *Ledger) settleOldest(ctx context.Context) error {
	s, any := l.oldest()
	if !any {
		return nil
	}
	if _, err := l.settle(ctx, s); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.later = l.later[1:]
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

// TrustsClock tells whether the clock, which says now, has run steadily for long enough to
// drop what can't be had back.
func (l *Ledger) TrustsClock(now time.Time) bool { return l.steady(now) }

// Key is what digests of credentials are made with, so that they say nothing to whoever
// sees what is kept. As long as the engine remembers, it stays the same.
func (l *Ledger) Key() []byte { return l.key }

// Lasts tells whether what is kept outlives the process.
func (l *Ledger) Lasts() bool {
	_, inMemory := l.engine.(*memory)
	return !inMemory
}

// Close keeps everything and ends the ledger.
func (l *Ledger) Close() error {
	return errors.Join(l.settleLate(context.Background()), l.engine.end())
}

// Lost implements [loginwatch.Ledger].
func (l *Ledger) Lost(ctx context.Context, now time.Time, mine func(loginwatch.Key) bool) ([]loginwatch.Slot, error) {
	if err := l.settleLate(ctx); err != nil { // or a run of ours would be told as lost
		return nil, fmt.Errorf("lost slots: %w", err)
	}
	slots, err := l.engine.lost(ctx, now, mine)
	if err != nil {
		return nil, fmt.Errorf("lost slots: %w", err)
	}
	return slots, nil
}

// Resume lets a suspended credential be tried at once, as after its account was
// unlocked: the next run is its trial, and after a refusal it rests again. Beside one that
// is not suspended, a next one that is not tried any more is tried once more. It gives how it
// stood before; known is false when nothing is remembered under the name.
func (l *Ledger) Resume(ctx context.Context, name string, now time.Time) (before loginwatch.CredentialState, known bool, err error) {
	known, err = l.engine.resume(ctx, name, func(c *credential) {
		c.read(reader{now: now, b: l.budget})
		c.countLost(now, l.budget)
		c.hold(now, l.budget)
		before = c.state(name, now, l.budget)
		switch {
		case c.Suspended:
			c.Until, c.Level, c.until = now, 0, twice{} // for all clocks; a trial that is under way comes first
		case c.Beside != nil && c.Beside.Ended != "" && c.Beside.Ended != loginwatch.NextTakenOver:
			c.Retry = true
		}
		c.write()
	})
	if err != nil {
		return before, false, fmt.Errorf("resume %s: %w", name, err)
	}
	return before, known, nil
}

// Credentials implements [loginwatch.Ledger].
func (l *Ledger) Credentials(ctx context.Context, now time.Time) ([]loginwatch.CredentialState, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("credentials: %w", err)
	}
	known, err := l.engine.credentials(ctx)
	if err != nil {
		return nil, fmt.Errorf("credentials: %w", err)
	}
	return standing(known, l.budget, now), nil
}

// standing says how credentials stand, by name.
func standing(known map[string]*credential, b Budget, now time.Time) []loginwatch.CredentialState {
	states := make([]loginwatch.CredentialState, 0, len(known))
	for name, c := range known {
		c.read(reader{now: now, b: b})
		c.countLost(now, b)
		c.hold(now, b)
		states = append(states, c.state(name, now, b))
	}
	slices.SortFunc(states, func(a, b loginwatch.CredentialState) int {
		return strings.Compare(a.Credential, b.Credential)
	})
	return states
}
