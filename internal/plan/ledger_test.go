package plan

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

// ledger counts what the planner says, per probe.
type ledger struct {
	mu      sync.Mutex
	planned map[string]int
	ran     map[string]int
	skipped map[string]map[loginwatch.Reason]int
	starts  []start
	active  map[string]bool
	overlap string // a probe that ran twice at once
}

type start struct {
	slot loginwatch.Slot
	at   time.Time
}

func newLedger() *ledger {
	return &ledger{planned: map[string]int{}, ran: map[string]int{}, skipped: map[string]map[loginwatch.Reason]int{}, active: map[string]bool{}}
}

func (l *ledger) options() Options {
	return Options{
		Planned: func(_ context.Context, s loginwatch.Slot) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.planned[s.Probe]++
		},
		Skip: func(_ context.Context, s loginwatch.Slot, r loginwatch.Reason) {
			l.mu.Lock()
			defer l.mu.Unlock()
			if l.skipped[s.Probe] == nil {
				l.skipped[s.Probe] = map[loginwatch.Reason]int{}
			}
			l.skipped[s.Probe][r]++
		},
	}
}

// job runs for as long as lasting, or until it is cancelled.
func (l *ledger) job(t testing.TB, probe, schedule string, lasting time.Duration) Task {
	t.Helper()
	s, err := Parse(schedule)
	if err != nil {
		t.Fatal(err)
	}
	return Task{Key: loginwatch.Key{Vendor: "acme", Probe: probe, Target: "sim"}, Schedule: s, Run: func(ctx context.Context, s loginwatch.Slot) {
		l.mu.Lock()
		l.ran[s.Probe]++
		l.starts = append(l.starts, start{s, time.Now()})
		if l.active[s.Probe] {
			l.overlap = s.Probe
		}
		l.active[s.Probe] = true
		l.mu.Unlock()
		defer func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.active[s.Probe] = false
		}()
		if lasting > 0 {
			select {
			case <-time.After(lasting):
			case <-ctx.Done():
			}
		}
	}}
}

func (l *ledger) count(probe string) (planned, ran, skipped int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range l.skipped[probe] {
		skipped += n
	}
	return l.planned[probe], l.ran[probe], skipped
}

func (l *ledger) reasons(probe string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return fmt.Sprint(l.skipped[probe])
}

func (l *ledger) want(t *testing.T, probe string, planned, ran int, reasons string) {
	t.Helper()
	p, r, s := l.count(probe)
	if p != planned || r != ran || l.reasons(probe) != reasons || p != r+s {
		t.Errorf("%s: planned %d, ran %d, skipped %s; want %d, %d, %s", probe, p, r, l.reasons(probe), planned, ran, reasons)
	}
}
