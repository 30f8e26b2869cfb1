package app

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

const (
	// keepUpEvery is how often is read what came of slots that others had: twice within
	// the shortest interval that people give a login.
	keepUpEvery = 10 * time.Second
	// standingPatience is how long a start waits for it.
	standingPatience = 10 * time.Second
	// standingGivenUp is when nobody tells any more what came of a slot.
	standingGivenUp = time.Hour
)

// standings has this process know how its logins stand: as they stood before its start,
// and as others have run them since. What it runs itself it is told as a recorder, before
// those that count it.
type standings struct {
	past   history.Reader
	resume func(loginwatch.Standing)
	logger *slog.Logger
	now    func() time.Time

	reading sync.Mutex // one at a time
	mu      sync.Mutex
	latest  map[loginwatch.Key]time.Time // of the watched jobs: start of the last run that is known here
	behind  map[loginwatch.Key]time.Time // of those with more to know: due time of the slot that another process had; zero at first
	failing bool                         // and the log knows
}

var _ loginwatch.Recorder = (*standings)(nil)

// watch takes the jobs, and reads how those stand that are new.
func (s *standings) watch(ctx context.Context, jobs []loginwatch.Job) {
	s.mu.Lock()
	latest, behind := map[loginwatch.Key]time.Time{}, map[loginwatch.Key]time.Time{}
	for _, j := range jobs {
		k := j.Key()
		was, known := s.latest[k]
		latest[k] = was
		if due, waits := s.behind[k]; waits || !known {
			behind[k] = due
		}
	}
	s.latest, s.behind = latest, behind
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, standingPatience)
	defer cancel()
	s.keepUp(ctx)
}

// RecordPlanned implements [loginwatch.Recorder].
func (s *standings) RecordPlanned(context.Context, loginwatch.Slot) error { return nil }

// RecordRun implements [loginwatch.Recorder].
func (s *standings) RecordRun(_ context.Context, r *loginwatch.Run) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, watched := s.latest[r.Key]; watched {
		s.latest[r.Key] = r.Started.Truncate(time.Microsecond) // as it is written down
	}
	return nil
}

// RecordSkip implements [loginwatch.Recorder]: of a slot that is elsewhere there will be
// something to read.
func (s *standings) RecordSkip(_ context.Context, skipped loginwatch.SkippedSlot) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, watched := s.latest[skipped.Key]; watched && skipped.Reason == loginwatch.ReasonElsewhere {
		s.behind[skipped.Key] = skipped.Due
	}
	return nil
}

// keepUp reads how those logins stand of which others know more.
func (s *standings) keepUp(ctx context.Context) {
	s.reading.Lock()
	defer s.reading.Unlock()
	s.mu.Lock()
	wanted := slices.Collect(maps.Keys(s.behind))
	s.mu.Unlock()
	if len(wanted) == 0 {
		return
	}
	all, err := s.past.Standings(ctx, wanted)
	if errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	if err != nil {
		if !s.failing {
			s.logger.Error("how logins stand can't be read yet: until it can, their failures in a row are counted without what came before", "logins", len(wanted), "error", err)
		}
		s.failing = true
		return
	}
	s.failing = false
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range wanted {
		if due := s.behind[k]; due.IsZero() || s.now().Sub(due) > standingGivenUp {
			delete(s.behind, k) // what is told of it is among what was read
		}
	}
	for _, standing := range all {
		s.take(standing)
	}
}

// take has what shows a login say how it stands, unless this process knows more of it.
// Call with mu held: a run that ends meanwhile is counted after it.
func (s *standings) take(standing loginwatch.Standing) {
	latest, watched := s.latest[standing.Key]
	if !watched {
		return
	}
	if n := len(standing.Runs); n > 0 {
		started := standing.Runs[n-1].Started
		if started.Before(latest) {
			return // our own last run is not written down yet
		}
		s.latest[standing.Key] = started
		s.resume(standing)
	}
	if due, waits := s.behind[standing.Key]; waits && !standing.Told.Before(due) {
		delete(s.behind, standing.Key)
	}
}
