package plan

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loginwatch/loginwatch"
)

// To wind clocks takes time, more of it the more jobs there are: what comes due meanwhile is
// woken for at once, and not with the slot after it.
func TestDueWhileClocksAreWound(t *testing.T) {
	tests := map[string]func(*Planner, Task) error{
		"a reload that adds another job": func(p *Planner, t Task) error {
			e := p.entries[t.Key]
			other := t
			for i := 0; other.Key == t.Key || clockOf(&entry{offset: spread(other.Key, time.Hour)}) != clockOf(e); i++ { // of the same clock
				other.Target = fmt.Sprint("other-", i)
			}
			return p.Replace([]Task{t, other})
		},
		"a step of the clock": func(p *Planner, _ Task) error { p.rearm(time.Now().Add(-11 * time.Second).UTC()); return nil },
	}
	for name, wind := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLedger()
				p := New(l.options())
				job := l.job(t, "a", "@every 1h", 0)
				replace(t, p, job)
				p.Start()
				synctest.Wait()
				e := p.entries[job.Key]
				due := e.Next(time.Now())
				// Ten seconds after it was due, its clock has not woken it.
				p.mu.Lock()
				for _, c := range p.clocks {
					if c != nil {
						c.Stop()
					}
				}
				p.mu.Unlock()
				time.Sleep(time.Until(due) + 10*time.Second)
				if err := wind(p, job); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second) // what is late is let in once waits end in time
				l.want(t, "a", 1, 1, "map[]")
				stop(t, p)
			})
		})
	}
}

// A reload that renames everything costs each job about the same, however many there are:
// the logins that are due meanwhile wait for it.
func TestWindingIsNotSquare(t *testing.T) {
	schedule, err := Parse("@every 24h")
	if err != nil {
		t.Fatal(err)
	}
	tasks := func(name string, n int) (all []Task) {
		for i := range n {
			key := loginwatch.Key{Vendor: "acme", Probe: "a", Target: fmt.Sprint(name, i)}
			all = append(all, Task{Key: key, Schedule: schedule, Run: func(context.Context, loginwatch.Slot) {}})
		}
		return all
	}
	cost := func(n int) time.Duration { // of one
		best := time.Hour
		for round := range 3 {
			p := New(Options{})
			replace(t, p, tasks("before", n)...)
			p.Start()
			renamed := tasks(fmt.Sprint("after", round), n)
			began := time.Now()
			replace(t, p, renamed...)
			best = min(best, time.Since(began))
			stop(t, p)
		}
		return best / time.Duration(n)
	}
	few, many := cost(1_600), cost(16_000)
	for round := 0; many > 4*few && round < 3; round++ { // the machine has others to do
		few, many = max(few, cost(1_600)), min(many, cost(16_000))
	}
	if many > 4*few {
		t.Errorf("a job of 1,600 costs %s, one of 16,000 %s", few, many)
	}
	t.Logf("a reload that renames all costs %s for each of 1,600 jobs, %s for each of 16,000", few, many)
}
