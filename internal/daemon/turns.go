package daemon

import (
	"context"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch"
)

// standBack is how long a daemon lets another one go first that had the job's slot
// before. So one of them runs a job as long as it lives, and claims meet less often. When it is gone, another one's claim comes that much later.
const standBack = 250 * time.Millisecond

// turns knows which jobs others run.
type turns struct {
	mu     sync.Mutex
	others map[loginwatch.Key]bool
}

// wait lets the one go first who had the job's slot before.
func (t *turns) wait(ctx context.Context, k loginwatch.Key) {
	t.mu.Lock()
	after := t.others[k]
	t.mu.Unlock()
	if !after {
		return
	}
	wait := time.NewTimer(standBack)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
	}
}

// answered notes whose the job is now.
func (t *turns) answered(k loginwatch.Key, a loginwatch.Admission) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a.Reason != loginwatch.ReasonElsewhere {
		delete(t.others, k)
		return
	}
	if t.others == nil {
		t.others = map[loginwatch.Key]bool{}
	}
	t.others[k] = true
}
