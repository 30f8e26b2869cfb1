package plan

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/loginwatch/loginwatch"
)

func TestMissedSlots(t *testing.T) {
	tests := []struct {
		name, schedule string
		slept          time.Duration
		late           time.Duration // behind the newest slot
		planned, ran   int
		reasons        string
	}{
		{"newest in time", "@every 10m", 3 * time.Hour, 30 * time.Second, 18, 1, "map[missed:17]"},
		{"newest too late", "@every 10m", 3 * time.Hour, 61 * time.Second, 18, 0, "map[missed:18]"},
		{"bounded", "@every 1s", 30 * time.Hour, 0, 1000, 1, "map[missed:999]"},
		{"a clock that began in 1970", "@every 1s", 56 * 365 * 24 * time.Hour, 0, 1000, 1, "map[missed:999]"},
		{"exact for uneven schedules", "0,1 0 * * *", 72 * time.Hour, 0, 6, 1, "map[missed:5]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLedger()
				p := New(l.options())
				replace(t, p, l.job(t, "a", tt.schedule, 0))
				p.Start()
				e := p.entries[loginwatch.Key{Vendor: "acme", Probe: "a", Target: "sim"}]
				woke := e.Next(time.Now().Add(tt.slept).Add(-e.task.Schedule.Interval()))
				if tt.schedule == "0,1 0 * * *" {
					woke = e.Next(time.Now().Add(tt.slept).Add(-24 * time.Hour)).Add(time.Minute)
				}
				p.rearm(woke.Add(tt.late).UTC())
				synctest.Wait()
				l.want(t, "a", tt.planned, tt.ran, tt.reasons)
				stop(t, p)
				l.want(t, "a", tt.planned, tt.ran, tt.reasons)
			})
		})
	}
}

func TestClockSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		p := New(l.options())
		replace(t, p, l.job(t, "a", "@every 10m", 0))
		p.Start()
		synctest.Wait()
		e := p.entries[loginwatch.Key{Vendor: "acme", Probe: "a", Target: "sim"}]
		e.cursor = time.Now().Add(24 * time.Hour) // as if the clock had been a day ahead
		e.notBefore = e.cursor
		p.rearm(time.Now().UTC())
		time.Sleep(time.Hour)
		synctest.Wait()
		if planned, ran, _ := l.count("a"); ran < 4 || planned != ran {
			t.Errorf("planned %d, ran %d within an hour of the step", planned, ran)
		}
		// A small correction repeats no slot.
		_, before, _ := l.count("a")
		p.rearm(time.Now().Add(-3 * time.Second).UTC())
		p.rearm(time.Now().UTC())
		synctest.Wait()
		if _, ran, _ := l.count("a"); ran != before {
			t.Errorf("%d more runs after a small step", ran-before)
		}
		time.Sleep(time.Hour)
		stop(t, p)
		seen := map[time.Time]bool{}
		for _, s := range l.starts {
			if seen[s.slot.Due] {
				t.Errorf("slot %s ran twice", s.slot.Due)
			}
			seen[s.slot.Due] = true
		}
	})
}
