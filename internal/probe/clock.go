package probe

import (
	"context"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch"
)

// timed bounds the exchange of a step by what is left of the run's time, or for a cleanup by
// a time of its own. Nothing but exchanges takes of it: what a store needs between them is
// not the vendor's. sent is to be called at its end, and may be called again.
func (s *session) timed(ctx context.Context, step *loginwatch.Step) (_ context.Context, sent func()) {
	switch {
	case s.plan.Probe.Timeout <= 0:
		return ctx, func() {}
	case step.Role == loginwatch.RoleCleanup:
		return context.WithTimeout(ctx, s.plan.Probe.Timeout)
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, s.plan.Probe.Timeout-s.took)
	return ctx, sync.OnceFunc(func() {
		s.took += time.Since(began)
		cancel()
	})
}

// over tells whether the run's time is.
func (s *session) over(ctx context.Context) bool {
	return ctx.Err() != nil || s.plan.Probe.Timeout > 0 && s.took >= s.plan.Probe.Timeout
}
