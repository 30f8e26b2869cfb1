package app

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// Supervisor tells systemd how the daemon stands, as sd_notify(3) has it. Where nobody
// asked for that (NOTIFY_SOCKET is not set) it tells nobody; a nil one neither.
type Supervisor struct {
	send   func(state string) error
	logger *slog.Logger

	mu       sync.Mutex
	stopping bool // nothing is told any more
}

// NewSupervisor gives what tells the service manager that started this process.
func NewSupervisor(logger *slog.Logger) *Supervisor {
	return &Supervisor{logger: logger, send: func(state string) error {
		_, err := daemon.SdNotify(false, state)
		return err
	}}
}

func (s *Supervisor) tell(state string) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return
	}
	s.stopping = strings.HasPrefix(state, daemon.SdNotifyStopping)
	if err := s.send(state); err != nil {
		s.logger.Error("the service manager can't be told how we stand", "error", err)
	}
}

// Ready tells that what was begun, the start or a reload, is done; status is one line
// for a person.
func (s *Supervisor) Ready(status string) {
	s.tell(daemon.SdNotifyReady + "\nSTATUS=" + status)
}

// Reloading tells that the configuration is read again, until the next Ready. systemd
// compares the time with that of its own request (systemd.service(5), Type=notify-reload).
func (s *Supervisor) Reloading() {
	s.tell(daemon.SdNotifyReloading + "\n" + daemon.SdNotifyMonotonicUsec() + "STATUS=Reading the configuration again")
}

// Stopping tells that the end has begun, and is the last that is told.
func (s *Supervisor) Stopping() {
	s.tell(daemon.SdNotifyStopping + "\nSTATUS=The running probes finish first")
}

// Watch keeps the watchdog quiet as long as alive says so, until the context ends. It asks
// four times in the time that the service manager waits: one that comes at a bad moment, as
// when the clock was just set, ends nothing.
func (s *Supervisor) Watch(ctx context.Context, alive func() bool) {
	if s == nil {
		return
	}
	patience, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		s.logger.Error("the service manager's watchdog is not served", "error", err)
	}
	if patience <= 0 {
		return
	}
	s.watch(ctx, patience/4, alive)
}

func (s *Supervisor) watch(ctx context.Context, every time.Duration, alive func() bool) {
	again := time.NewTicker(every)
	defer again.Stop()
	for told := false; ; {
		is := alive()
		switch {
		case ctx.Err() != nil:
			return
		case is:
			s.tell(daemon.SdNotifyWatchdog)
		case !told:
			s.logger.Error("slots are due and the planner does not decide them: the service manager's watchdog is no longer told that all is well")
		}
		told = !is
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}
