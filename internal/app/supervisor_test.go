package app

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// The watchdog is told that all is well as long as the planner is alive, and once more
// after it has recovered; the log is told each time that it is not.
func TestSupervisorWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex // waiting for the clock orders nothing
		var told []string
		var log strings.Builder
		s := &Supervisor{logger: slog.New(slog.NewTextHandler(&log, nil)), send: func(state string) error {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, state)
			return nil
		}}
		var alive atomic.Bool
		alive.Store(true)
		ctx, cancel := context.WithCancel(t.Context())
		go s.watch(ctx, 30*time.Second, alive.Load)
		wait := func(d time.Duration) {
			time.Sleep(d)
			synctest.Wait()
		}
		times := func() int {
			mu.Lock()
			defer mu.Unlock()
			return len(told)
		}
		for _, phase := range []struct {
			alive bool
			more  int
		}{{true, 4}, {false, 0}, {true, 4}, {false, 0}} {
			alive.Store(phase.alive)
			before := times()
			if wait(119 * time.Second); before == 0 {
				before = 1 // told at once
			}
			if got := times() - before; got != phase.more-1 && got != phase.more {
				t.Errorf("alive %t: told %d times in two minutes, want %d", phase.alive, got, phase.more)
			}
			wait(time.Second)
		}
		cancel()
		synctest.Wait()
		if n := strings.Count(log.String(), "does not decide them"); n != 2 {
			t.Errorf("the log says %d times that the planner is not alive:\n%s", n, log.String())
		}
		mu.Lock()
		defer mu.Unlock()
		if slices.ContainsFunc(told, func(s string) bool { return s != "WATCHDOG=1" }) {
			t.Errorf("told: %q", told)
		}
	})
}

// After STOPPING=1 nothing else is told: a late READY=1 would say that it goes on.
func TestSupervisorEndsWithStopping(t *testing.T) {
	var told []string
	s := &Supervisor{logger: slog.New(slog.DiscardHandler), send: func(state string) error {
		first, _, _ := strings.Cut(state, "\n")
		told = append(told, first)
		return errors.New("nobody listens")
	}}
	s.Ready("a")
	s.Stopping()
	s.Reloading()
	s.Ready("b")
	s.Stopping()
	if want := []string{"READY=1", "STOPPING=1"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}
