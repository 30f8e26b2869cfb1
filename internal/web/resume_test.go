package web

import (
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

// What others ran, or a process before this one, is shown as far as it is newer than what
// the board knows, and each run once.
func TestResume(t *testing.T) {
	k := loginwatch.Key{Vendor: "acme", Probe: "login", Target: "production"}
	at := func(minute int, v loginwatch.Verdict) *loginwatch.Run {
		return &loginwatch.Run{Key: k, Started: time.Date(2026, time.November, 21, 10, minute, 0, 0, time.UTC), Verdict: v}
	}
	b := NewBoard(nil)
	b.Resume(loginwatch.Standing{Key: k, Runs: []*loginwatch.Run{at(0, loginwatch.OK)}}) // nobody watches it
	b.SetJobs([]loginwatch.Job{{
		Probe:  &loginwatch.Probe{Contract: &loginwatch.Contract{Vendor: "acme"}, Name: "login"},
		Target: &loginwatch.Target{Name: "production"},
	}})
	for _, step := range []struct {
		resume []*loginwatch.Run
		run    *loginwatch.Run
		runs   int
		last   loginwatch.Verdict
	}{
		{[]*loginwatch.Run{at(1, loginwatch.OK), at(2, loginwatch.Drift)}, nil, 2, loginwatch.Drift},
		{nil, at(3, loginwatch.OK), 3, loginwatch.OK},
		{[]*loginwatch.Run{at(2, loginwatch.Drift), at(3, loginwatch.OK)}, nil, 3, loginwatch.OK},
		{[]*loginwatch.Run{at(3, loginwatch.OK), at(4, loginwatch.Unavailable)}, nil, 4, loginwatch.Unavailable},
	} {
		if step.run != nil {
			if err := b.RecordRun(t.Context(), step.run); err != nil {
				t.Error(err)
			}
		}
		b.Resume(loginwatch.Standing{Key: k, Runs: step.resume})
		e := b.byKey[k]
		if len(e.runs) != step.runs || e.last.Verdict != step.last || e.lastSuccess.IsZero() {
			t.Errorf("%d runs, the last one %s, a success at %s; want %d, %s", len(e.runs), e.last.Verdict, e.lastSuccess, step.runs, step.last)
		}
	}
}
