package daemon

import (
	"context"
	"log/slog"
	"sync"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
	"github.com/loginwatch/loginwatch/internal/flow"
)

// next gives the plan of the same run with the secrets that are to come, and claims for
// it as well: the ledger says which of the two is run. nil where there is none.
func (e *Executor) next(plan *flow.Plan, claim *loginwatch.Claim) *flow.Plan {
	next, err := plan.Next()
	if e.coming.failed(plan.Target.Name, err) {
		e.Logger.Warn("the next secret can't be used, the current one goes on", "vendor", claim.Slot.Vendor, "target", claim.Slot.Target, "error", err)
	}
	if next != nil {
		claim.Next, claim.TriesNext = e.credentials.of(next, e.Key), e.TriesNext && next.SendsComing()
	}
	return next
}

// inUse gives that of a claim's credentials which a state is of.
func inUse(c loginwatch.Claim, state loginwatch.CredentialState) loginwatch.Credential {
	if state.Next.Standing == loginwatch.NextTakenOver {
		return c.Next
	}
	return c.Credential
}

// coming is what was told of the secrets that are to come, so that each is told once.
type coming struct {
	mu       sync.Mutex
	told     map[string]loginwatch.NextState // by name of the credential
	problems map[string]string               // by target
}

// failed tells whether an error is news.
func (c *coming) failed(target string, err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		delete(c.problems, target)
		return false
	}
	if c.problems == nil {
		c.problems = map[string]string{}
	}
	was := c.problems[target]
	c.problems[target] = err.Error()
	return was != err.Error()
}

// stands tells whether how a next secret stands is news. That there is none is none: it
// may be another target of the credential that names one.
func (c *coming) stands(name string, now loginwatch.NextState) bool {
	if now.Standing == "" {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.told[name]
	if c.told == nil {
		c.told = map[string]loginwatch.NextState{}
	}
	c.told[name] = now
	return was.Standing != now.Standing || was.Digest != now.Digest || !was.Again.Equal(now.Again)
}

// heardOfNext logs once what became of a next secret.
func (e *Executor) heardOfNext(ctx context.Context, name string, state loginwatch.NextState) {
	if !e.coming.stands(name, state) {
		return
	}
	says := advice.ForNext(state)
	attrs := []slog.Attr{slog.String("credential", name), slog.String("detail", says.Says)}
	if says.Next != "" {
		attrs = append(attrs, slog.String("next", says.Next))
	}
	switch {
	case state.Standing == loginwatch.NextTakenOver:
		e.Logger.LogAttrs(ctx, slog.LevelInfo, "the next secret has taken over", attrs...)
	case state.Standing == loginwatch.NextRefused || state.Standing == loginwatch.NextUndecided:
		e.Logger.LogAttrs(ctx, slog.LevelWarn, "the next secret has not taken over", attrs...)
	case !state.Again.IsZero():
		e.Logger.LogAttrs(ctx, slog.LevelInfo, "the next secret is tried again", append(attrs, slog.Time("until", state.Again))...)
	}
}
