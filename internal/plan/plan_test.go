package plan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/loginwatch/loginwatch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func replace(t *testing.T, p *Planner, jobs ...Task) {
	t.Helper()
	if err := p.Replace(jobs); err != nil {
		t.Fatal(err)
	}
}

func stop(t *testing.T, p *Planner) {
	t.Helper()
	if err := p.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestSlotsAreSpreadAndStable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		p := New(l.options())
		replace(t, p, l.job(t, "a", "*/5 * * * *", 0), l.job(t, "b", "*/5 * * * *", 0), l.job(t, "fast", "@every 2s", 0))
		p.Start()
		time.Sleep(time.Hour)
		stop(t, p)
		l.want(t, "a", 12, 12, "map[]")
		l.want(t, "b", 12, 12, "map[]")
		l.want(t, "fast", 1800, 1800, "map[]")

		offsets := map[string]time.Duration{}
		for _, s := range l.starts {
			offset := s.slot.Planned.Sub(s.slot.Due)
			if known, seen := offsets[s.slot.Probe]; seen && known != offset {
				t.Fatalf("%s: offsets %s and %s", s.slot.Probe, known, offset)
			}
			offsets[s.slot.Probe] = offset
			if !s.at.Equal(s.slot.Planned) {
				t.Fatalf("%s started %s after its slot", s.slot.Probe, s.at.Sub(s.slot.Planned))
			}
			if s.slot.Due.Nanosecond() != 0 || s.slot.Due.Location() != time.UTC {
				t.Fatalf("%s: due %s is no UTC instant of the schedule", s.slot.Probe, s.slot.Due)
			}
		}
		if offsets["a"] == offsets["b"] {
			t.Errorf("two probes share the offset %s", offsets["a"])
		}
		if offsets["fast"] >= 2*time.Second || offsets["a"] >= time.Minute {
			t.Errorf("offsets leave their interval: %v", offsets)
		}
	})
}

// The offset is part of a slot's identity between instances and versions: it
// must not change by accident.
func TestSpreadKeepsItsValues(t *testing.T) {
	key := loginwatch.Key{Vendor: "acme", Probe: "login", Target: "production"}
	for interval, want := range map[time.Duration]time.Duration{
		time.Second: 663 * time.Millisecond, 5 * time.Minute: 28663 * time.Millisecond, 24 * time.Hour: 28663 * time.Millisecond,
	} {
		if got := spread(key, interval); got != want {
			t.Errorf("interval %s: got %s, want %s", interval, got, want)
		}
	}
}

func TestOverlapIsSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		p := New(l.options())
		replace(t, p, l.job(t, "slow", "@every 10s", 25*time.Second))
		p.Start()
		time.Sleep(90 * time.Second)
		stop(t, p)
		l.want(t, "slow", 9, 3, "map[overlap:6]")
	})
}

func TestImmediate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		opts := l.options()
		opts.Immediate = true
		p := New(opts)
		began := time.Now()
		a := l.job(t, "a", "@every 2s", 0)
		replace(t, p, a)
		p.Start()
		synctest.Wait()
		if len(l.starts) != 1 || !l.starts[0].at.Equal(began) {
			t.Fatalf("no run at the start: %v", l.starts)
		}
		replace(t, p, a, l.job(t, "b", "*/5 * * * *", 0))
		synctest.Wait()
		l.want(t, "b", 1, 1, "map[]")
		time.Sleep(time.Minute)
		stop(t, p)
		for _, s := range l.starts[1:] {
			if s.slot.Probe == "a" && s.at.Sub(began) < time.Second {
				t.Errorf("a second login %s after the first", s.at.Sub(began))
			}
		}
		if planned, ran, _ := l.count("a"); planned != ran || ran < 30 {
			t.Errorf("planned %d, ran %d", planned, ran)
		}
	})
}

func TestReplace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		p := New(l.options())
		replace(t, p, l.job(t, "stays", "@every 10s", 0), l.job(t, "leaves", "@every 10s", 8*time.Second), l.job(t, "changes", "@every 10s", 0))
		p.Start()
		next := p.Upcoming()
		time.Sleep(10 * time.Second) // every job has started once; "leaves" may still run
		stays := l.job(t, "stays", "@every  10s", 0)
		renewed := 0
		stays.Run = func(context.Context, loginwatch.Slot) { renewed++ }
		if err := p.Replace([]Task{stays, l.job(t, "changes", "@every 1m", 0), l.job(t, "new", "@every 10s", 0)}); err != nil {
			t.Fatal(err)
		}
		after := p.Upcoming()
		if after[0].Probe != "stays" || after[0].Planned.Sub(next[0].Planned) != 10*time.Second {
			t.Errorf("an unchanged job's next slot moved: %v, then %v", next[0].Planned, after[0].Planned)
		}
		time.Sleep(time.Minute)
		stop(t, p)
		if planned, ran, skipped := l.count("stays"); planned != 7 || ran != 1 || renewed != 6 || skipped != 0 {
			t.Errorf("stays: planned %d, old Run %d, new Run %d, skipped %d; want 7, 1, 6, 0", planned, ran, renewed, skipped)
		}
		l.want(t, "leaves", 1, 1, "map[]")
		l.want(t, "changes", 2, 2, "map[]")
		l.want(t, "new", 6, 6, "map[]")
	})
}

func TestReplaceKeepsOverlapOfAReaddedJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		p := New(l.options())
		slow := l.job(t, "a", "@every 10s", 15*time.Second)
		replace(t, p, slow)
		p.Start()
		time.Sleep(10 * time.Second)
		if err := p.Replace(nil); err != nil {
			t.Fatal(err)
		}
		if err := p.Replace([]Task{slow}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		l.want(t, "a", 2, 1, "map[overlap:1]")
		stop(t, p)
	})
}

func TestBadJobs(t *testing.T) {
	l := newLedger()
	p := New(l.options())
	good := l.job(t, "a", "@every 10s", 0)
	replace(t, p, good)
	noSchedule, noRun, noTarget := good, good, good
	noSchedule.Schedule = Schedule{}
	noRun.Run = nil
	noTarget.Target = ""
	refuse := func(want string, tasks ...Task) {
		t.Helper()
		for name, err := range map[string]error{"Check": p.Check(tasks), "Replace": p.Replace(tasks)} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q", name, err, want)
			}
		}
	}
	refuse("no schedule", noSchedule)
	refuse("nothing to run", good, noRun)
	refuse("target are needed", noTarget)
	refuse("given twice", good, good)
	if err := p.Check([]Task{l.job(t, "b", "@every 10s", 0)}); err != nil {
		t.Error(err)
	}
	if slots := p.Upcoming(); len(slots) != 1 || slots[0].Probe != "a" {
		t.Errorf("after refused changes: %v", slots)
	}
	stop(t, p)
	stop(t, p) // again is fine
	if slots := p.Upcoming(); len(slots) != 0 {
		t.Errorf("to come after the end: %v", slots)
	}
	refuse("was stopped", l.job(t, "b", "@every 10s", 0))
	refuse("was stopped")
}

func TestStopWaitsThenCancels(t *testing.T) {
	tests := []struct {
		name             string
		patience, lasted time.Duration
		cut              bool
	}{
		{"in time", 10 * time.Second, 5 * time.Second, false},
		{"cut short", 2 * time.Second, 2 * time.Second, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLedger()
				opts := l.options()
				opts.Immediate = true
				p := New(opts)
				replace(t, p, l.job(t, "a", "@every 1h", 5*time.Second))
				p.Start()
				synctest.Wait()
				ctx, cancel := context.WithTimeout(t.Context(), tt.patience)
				defer cancel()
				began := time.Now()
				err := p.Stop(ctx)
				if errors.Is(err, context.DeadlineExceeded) != tt.cut {
					t.Errorf("Stop: %v", err)
				}
				if took := time.Since(began); took != tt.lasted {
					t.Errorf("Stop took %s, want %s", took, tt.lasted)
				}
				l.want(t, "a", 1, 1, "map[]")
			})
		})
	}
}

func TestSlotDueAtShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		p := New(l.options())
		replace(t, p, l.job(t, "a", "@every 10s", 0))
		p.Start()
		// The slot came due and cron has not said so yet.
		synctest.Wait()
		e := p.entries[loginwatch.Key{Vendor: "acme", Probe: "a", Target: "sim"}]
		e.notBefore = time.Now().Add(-10 * time.Second)
		e.cursor = e.notBefore
		stop(t, p)
		l.want(t, "a", 1, 0, "map[shutdown:1]")
	})
}

func TestPanicEndsOneRunAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		l := newLedger()
		opts := l.options()
		opts.Logger = slog.New(slog.NewTextHandler(&log, nil))
		p := New(opts)
		bad := l.job(t, "bad", "@every 10s", 0)
		run := bad.Run
		bad.Run = func(ctx context.Context, s loginwatch.Slot) {
			run(ctx, s)
			panic("hunter2")
		}
		replace(t, p, bad, l.job(t, "good", "@every 10s", 0))
		p.Start()
		time.Sleep(time.Minute)
		stop(t, p)
		l.want(t, "bad", 6, 6, "map[]")
		l.want(t, "good", 6, 6, "map[]")
		if s := log.String(); strings.Contains(s, "hunter2") || !strings.Contains(s, "panic=string") || !strings.Contains(s, "probe=bad") {
			t.Errorf("log: %s", s)
		}
	})
}

// A slot that nobody dealt with stays the next one: its planned time tells for
// how long the planner has been hanging.
func TestUpcomingOfAPlannerThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		p := New(l.options())
		replace(t, p, l.job(t, "login", "@every 1m", 0))
		p.mu.Lock()
		p.state = started
		p.dispatch(p.arm(p.entries[p.order[0]], time.Now().UTC()))
		p.wind()
		p.clocks[clockOf(p.entries[p.order[0]])].Stop()
		p.mu.Unlock()
		time.Sleep(10 * time.Minute)
		if late := time.Since(p.Upcoming()[0].Planned); late < 9*time.Minute || late > 10*time.Minute {
			t.Errorf("the next slot is %v late", late)
		}
	})
}

// The jobs of one schedule are shared out among all clocks, evenly.
func TestJobsAreSharedOut(t *testing.T) {
	for _, schedule := range []string{"@every 1s", "@every 10s", "*/5 * * * *", "@daily"} {
		parsed, err := Parse(schedule)
		if err != nil {
			t.Fatal(err)
		}
		var of [manyClocks]int
		const jobs = 10_000
		for i := range jobs {
			key := loginwatch.Key{Vendor: "acme", Probe: "login", Target: fmt.Sprint("account-", i)}
			of[clockOf(&entry{offset: spread(key, parsed.Interval())})]++
		}
		for i, n := range of {
			if n > 2*jobs/manyClocks {
				t.Errorf("%s: clock %d has %d of %d jobs", schedule, i, n, jobs)
			}
		}
	}
}
