package plan

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loginwatch/loginwatch"
)

// machine is one that carries out so many logins in a second: with more under way than it
// can, whoever waits for it waits longer.
type machine struct {
	perSecond int
	mu        sync.Mutex
	underWay  int
	most      int
	slowest   time.Duration
}

// login takes a tenth of a second on a machine that keeps up, and longer on one that does
// not: the work of all that are under way.
func (m *machine) login() {
	m.mu.Lock()
	m.underWay++
	m.most = max(m.most, m.underWay)
	m.mu.Unlock()
	time.Sleep(100*time.Millisecond + m.lag())
	m.mu.Lock()
	m.slowest = max(m.slowest, m.lagOf(m.underWay))
	m.underWay--
	m.mu.Unlock()
}

// lagOf is how much later than asked for things happen with so many under way.
func (m *machine) lagOf(underWay int) time.Duration {
	able := m.perSecond / 10 // of a tenth of a second each
	return time.Duration(max(underWay-able, 0)) * time.Second / time.Duration(m.perSecond)
}

func (m *machine) lag() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lagOf(m.underWay)
}

// A machine that is asked for more than it can do carries out what it can, without making
// that slow, and the rest is skipped: all is accounted for.
func TestMoreThanTheMachineCanDo(t *testing.T) {
	tests := []struct {
		name      string
		perSecond int // that it can
		jobs      int // one login a second each
		want      float64
	}{
		{"less than it can", 1000, 500, 1},
		{"twice what it can", 500, 1000, 0.5},
		{"ten times what it can", 200, 2000, 0.1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &machine{perSecond: tt.perSecond}
				var mu sync.Mutex
				planned, run, skipped := 0, 0, map[loginwatch.Reason]int{}
				p := New(Options{
					Planned: func(context.Context, loginwatch.Slot) { mu.Lock(); planned++; mu.Unlock() },
					Skip: func(_ context.Context, _ loginwatch.Slot, r loginwatch.Reason) {
						mu.Lock()
						skipped[r]++
						mu.Unlock()
					},
				})
				p.gate.late = func(planned time.Time) time.Duration { return time.Since(planned) + m.lag() }
				p.gate.overshoot = func(d time.Duration) time.Duration { lag := m.lag(); time.Sleep(d + lag); return lag }
				schedule, err := Parse("@every 1s")
				if err != nil {
					t.Fatal(err)
				}
				tasks := make([]Task, tt.jobs)
				for i := range tasks {
					tasks[i] = Task{
						Key: loginwatch.Key{Vendor: "acme", Probe: "login", Target: fmt.Sprint("account-", i)}, Schedule: schedule,
						Run: func(context.Context, loginwatch.Slot) { m.login(); mu.Lock(); run++; mu.Unlock() },
					}
				}
				replace(t, p, tasks...)
				p.Start()
				time.Sleep(time.Minute)
				if err := p.Stop(t.Context()); err != nil {
					t.Error(err)
				}
				total := run
				for _, n := range skipped {
					total += n
				}
				t.Logf("planned %d, run %d, skipped %v, at most %d at once, slowed by at most %v", planned, run, skipped, m.most, m.slowest)
				if total != planned {
					t.Errorf("planned %d, run and skipped %d", planned, total)
				}
				if m.slowest > 4*behind {
					t.Errorf("logins were slowed by %v", m.slowest)
				}
				if share := float64(run) / float64(planned); share < 0.8*tt.want {
					t.Errorf("%.2f of them were run, the machine can %.2f", share, tt.want)
				}
			})
		})
	}
}

// What waited to start is run as it is by then: a reload may have changed it meanwhile, or
// taken it out, and who stops the planner wants no more of it.
func TestWaitingRunsFollowReloads(t *testing.T) {
	for name, tt := range map[string]struct {
		meanwhile func(*testing.T, *Planner, Task, Task)
		old, anew int
		skipped   string
	}{
		"nothing":   {func(*testing.T, *Planner, Task, Task) {}, 1, 0, "map[]"},
		"changed":   {func(t *testing.T, p *Planner, _, anew Task) { replace(t, p, anew) }, 0, 1, "map[]"},
		"taken out": {func(t *testing.T, p *Planner, _, _ Task) { replace(t, p) }, 0, 0, "map[missed:1]"},
		"taken out and put back": {func(t *testing.T, p *Planner, _, anew Task) {
			replace(t, p)
			replace(t, p, anew)
		}, 0, 1, "map[]"},
		"stopped": {func(t *testing.T, p *Planner, _, _ Task) {
			go func() { _ = p.Stop(context.Background()) }()
			synctest.Wait()
		}, 0, 0, "map[shutdown:1]"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var busy atomic.Bool
				busy.Store(true)
				l := newLedger()
				p := New(l.options())
				p.gate.late = func(time.Time) time.Duration { return behind }
				p.gate.overshoot = func(d time.Duration) time.Duration {
					time.Sleep(d)
					if busy.Load() {
						return time.Second
					}
					return 0
				}
				var old, anew atomic.Int64
				task := l.job(t, "a", "@every 1h", 0)
				task.Run = func(context.Context, loginwatch.Slot) { old.Add(1) }
				changed := task
				changed.Run = func(context.Context, loginwatch.Slot) { anew.Add(1) }
				replace(t, p, task)
				p.Start()
				time.Sleep(time.Until(p.Upcoming()[0].Planned) + 100*time.Millisecond)
				tt.meanwhile(t, p, task, changed)
				busy.Store(false)
				time.Sleep(time.Second)
				if got := l.reasons("a"); int(old.Load()) != tt.old || int(anew.Load()) != tt.anew || got != tt.skipped {
					t.Errorf("run %d times as it was and %d times as it is, skipped %s", old.Load(), anew.Load(), got)
				}
				if name != "stopped" {
					stop(t, p)
				}
			})
		})
	}
}
