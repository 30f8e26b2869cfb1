package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

// What can't be written of the history fails no login: it waits, that is told once, and
// it is written as soon as that can be done, or with the last breath.
func TestHistoryThatCanNotBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "loginwatch.db")
	l := openAt(t, path)
	s, _ := l.engine.(*sqlite)
	do := func(statement string) {
		t.Helper()
		if err := s.run(t.Context(), func(s *sqlite) error { return s.exec(statement) }); err != nil {
			t.Fatal(err)
		}
	}
	told := 0
	login := func(minute int) {
		t.Helper()
		c := claimed(minute)
		a, err := l.Admit(t.Context(), c)
		if err != nil || !a.Granted {
			t.Fatalf("minute %d: %+v, %v", minute, a, err)
		}
		if _, err := l.Settle(t.Context(), a, loginwatch.Settlement{At: c.At, Accepted: true}); err != nil {
			t.Fatal(err)
		}
		run := &loginwatch.Run{ID: fmt.Sprint("run-", minute), Key: c.Slot.Key, Due: c.Slot.Due, Started: c.At, Verdict: loginwatch.OK}
		if err := l.Past().RecordRun(t.Context(), run); err != nil {
			told++
			if !strings.Contains(err.Error(), "the history waits") {
				t.Error(err)
			}
		}
	}
	login(0)
	flush(t, s)
	do("ALTER TABLE run RENAME TO away")
	for minute := 1; minute < 10; minute++ {
		login(minute)
	}
	waitUntil(t, func() bool {
		s.pending.mu.Lock()
		defer s.pending.mu.Unlock()
		return s.pending.failing != nil
	})
	for minute := 10; minute < 20; minute++ {
		login(minute)
	}
	if told != 1 {
		t.Errorf("it was told %d times", told)
	}
	do("ALTER TABLE away RENAME TO run")
	login(20)
	if err := l.Close(); err != nil {
		t.Errorf("in the end: %v", err)
	}
	l = openAt(t, path)
	if entries, err := l.Past().Entries(t.Context(), history.Query{}); err != nil || len(entries) != 21 {
		t.Errorf("%d entries, %v", len(entries), err)
	}
	if n := l.Past().Unwritten(); n != 0 {
		t.Errorf("%d are lost", n)
	}
	s, _ = l.engine.(*sqlite)
	do("ALTER TABLE run RENAME TO away")
	login(21)
	if err := l.Close(); err == nil || !strings.Contains(err.Error(), "slots that are not in the history: 1: ") {
		t.Errorf("closed with %v", err)
	}
}

// What waits is bounded, and what had no room is counted.
func TestHistoryThatWaitsIsBounded(t *testing.T) {
	p := newPending()
	p.failing, p.waking = errors.New("the disk is full"), true
	for range mostWaiting + 7 {
		_ = p.add(event{})
	}
	if len(p.events) != mostWaiting || p.dropped != 7 {
		t.Errorf("%d wait, %d are lost", len(p.events), p.dropped)
	}
}

// waitUntil waits for what another goroutine does.
func waitUntil(t testing.TB, is func() bool) {
	t.Helper()
	for begun := time.Now(); !is(); time.Sleep(time.Millisecond) {
		if time.Since(begun) > 20*time.Second {
			t.Fatal("it does not come")
		}
	}
}
