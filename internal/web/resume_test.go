package web

import (
	"strings"
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

// What is counted here is not all there was: slots that a process before this one has
// skipped, and failures beyond those that are kept.
func TestCountsSayWhatTheyCount(t *testing.T) {
	k := loginwatch.Key{Vendor: "acme", Probe: "login", Target: "production"}
	for name, tt := range map[string]struct {
		failures int
		resumed  bool
		want     []string
	}{
		"none was run":          {0, false, []string{"Skipped so far, 2 times <code"}},
		"all is known":          {1, false, []string{"Skipped since then, 2 times:"}},
		"the last run is older": {1, true, []string{"Skipped since then, at least 2 times:"}},
		"one is earlier":        {keepRuns + 1, false, []string{">1 earlier failure, "}},
		"some are earlier":      {keepRuns + 3, false, []string{">3 earlier failures, the first "}},
		"more than are kept":    {keepRuns + keepFailures + 5, false, []string{">The last 20 earlier failures, the first of these "}},
	} {
		t.Run(name, func(t *testing.T) {
			b := NewBoard(func() time.Time { return start.Add(time.Hour) })
			b.SetJobs([]loginwatch.Job{job("acme")})
			for i := range tt.failures {
				r := run("acme", start.Add(time.Duration(i)*time.Second), loginwatch.Rejected, loginwatch.ReasonCredential, 401)
				if tt.resumed {
					b.Resume(loginwatch.Standing{Key: k, Runs: []*loginwatch.Run{r}})
				} else {
					recorded(t, b.RecordRun(t.Context(), r))
				}
			}
			for range 2 {
				recorded(t, b.RecordSkip(t.Context(), loginwatch.SkippedSlot{Slot: loginwatch.Slot{Key: k, Due: start}, Reason: loginwatch.ReasonSuspended}))
			}
			var shown strings.Builder
			if err := newPage().render(&shown, overview(t, b), "", everything); err != nil {
				t.Fatal(err)
			}
			page := shown.String()
			for _, want := range tt.want {
				if !strings.Contains(page, want) {
					t.Errorf("%q is not on the page:\n%s", want, page)
				}
			}
		})
	}
}
