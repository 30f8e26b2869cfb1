package web

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/loginwatch/loginwatch"
)

const (
	// keepRuns is how many runs of each probe the page shows.
	keepRuns = 20
	// keepFailures is how many failed runs are kept after they left those: a
	// login that failed at midnight is still there in the morning.
	keepFailures = 20
	keepFindings = 50  // of one run
	keepRunes    = 200 // of one text
)

// Board remembers the last runs of every job in memory, for the status page.
// It implements [loginwatch.Recorder] and is safe for concurrent use. Runs of a
// job that is not in its list are not kept.
type Board struct {
	now func() time.Time

	mu    sync.Mutex
	jobs  []*entry
	byKey map[loginwatch.Key]*entry
}

var _ loginwatch.Recorder = (*Board)(nil)

// entry is what is known of one job. Its runs are never changed once stored.
type entry struct {
	job         loginwatch.Job
	name        string // VENDOR/PROBE → TARGET in lower case, to be found by
	last        *Run
	lastFailure *Run
	lastSuccess time.Time
	skip        *Skip
	resumed     bool   // the last run is of another process, which may have skipped slots since
	runs        []Past // oldest first
	failures    []Past // that left runs; oldest first
}

// NewBoard gives a board without jobs. now is its clock; nil means time.Now.
func NewBoard(now func() time.Time) *Board {
	if now == nil {
		now = time.Now
	}
	return &Board{now: now, byKey: map[loginwatch.Key]*entry{}}
}

// SetJobs replaces the list; jobs that stay keep their history.
func (b *Board) SetJobs(jobs []loginwatch.Job) {
	b.mu.Lock()
	defer b.mu.Unlock()
	byKey := make(map[loginwatch.Key]*entry, len(jobs))
	b.jobs = b.jobs[:0]
	for _, j := range jobs {
		k := j.Key()
		if byKey[k] != nil {
			continue
		}
		e := b.byKey[k]
		if e == nil {
			e = &entry{name: strings.ToLower(k.Vendor + "/" + k.Probe + " → " + k.Target)}
		}
		e.job = j
		byKey[k] = e
		b.jobs = append(b.jobs, e)
	}
	b.byKey = byKey
}

// RecordPlanned implements [loginwatch.Recorder]. The page shows what came of a
// slot, and asks the planner for the next one.
func (b *Board) RecordPlanned(context.Context, loginwatch.Slot) error { return nil }

// RecordRun implements [loginwatch.Recorder].
func (b *Board) RecordRun(_ context.Context, r *loginwatch.Run) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.byKey[r.Key]; e != nil {
		e.book(r)
		e.resumed = false
	}
	return nil
}

// Resume has the board show how a login stands by runs of others, or of a process before
// this one, as far as they are newer than what it knows.
func (b *Board) Resume(s loginwatch.Standing) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.byKey[s.Key]
	if e == nil {
		return
	}
	for _, r := range s.Runs {
		if e.last == nil || r.Started.After(e.last.Started) {
			e.book(r)
			e.resumed = true
		}
	}
}

// book adds a run as the last one.
func (e *entry) book(r *loginwatch.Run) {
	run := keep(r)
	e.last, e.skip = run, nil
	if r.Verdict == loginwatch.OK {
		e.lastSuccess = r.Started.Add(r.Duration)
	} else {
		e.lastFailure = run
	}
	e.runs = append(e.runs, run.Past)
	if len(e.runs) > keepRuns {
		if e.runs[0].Verdict != loginwatch.OK {
			e.failures = append(e.failures, e.runs[0])
			e.failures = slices.Delete(e.failures, 0, max(len(e.failures)-keepFailures, 0))
		}
		e.runs = slices.Delete(e.runs, 0, 1)
	}
}

// RecordSkip implements [loginwatch.Recorder].
func (b *Board) RecordSkip(_ context.Context, s loginwatch.SkippedSlot) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.byKey[s.Key]; e != nil {
		count := 1
		if e.skip != nil {
			count = e.skip.Count + 1
		}
		e.skip = &Skip{Due: s.Due.UTC(), Reason: s.Reason, Count: count, AtLeast: e.resumed, Refusal: s.Refusal}
	}
	return nil
}

// keep copies what the page shows of a run, bounded: what a vendor sends must
// not make the process grow.
func keep(r *loginwatch.Run) *Run {
	run := &Run{
		Past: Past{
			ID: r.ID, Started: r.Started.UTC(), Seconds: r.Duration.Seconds(), Verdict: r.Verdict, Reason: r.Reason,
		},
		Detail: printable(r.Detail),
		signs:  r.Signs(),
	}
	for _, s := range r.Steps {
		if s.Token.Present {
			run.Token = &Token{DocumentedSeconds: s.Token.Documented.Seconds()}
			if s.Token.HasLifetime {
				lifetime := s.Token.Lifetime.Seconds()
				run.Token.LifetimeSeconds = &lifetime
			}
		}
	}
	if s := r.Deciding(); s != nil {
		run.Case, run.HTTPStatus, run.Outcome = s.Case, s.HTTPStatus, s.Outcome
	}
	findings := worstFirst(r.Findings())
	run.Findings = make([]loginwatch.Finding, 0, min(len(findings), keepFindings))
	for _, f := range findings[:min(len(findings), keepFindings)] {
		f.Pointer, f.Documented, f.Got = printable(f.Pointer), printable(f.Documented), printable(f.Got)
		f.Quote = printable(f.Quote)
		run.Findings = append(run.Findings, f)
	}
	run.FindingsLeftOut = len(findings) - len(run.Findings)
	return run
}

func worstFirst(fs []loginwatch.Finding) []loginwatch.Finding {
	slices.SortStableFunc(fs, func(a, b loginwatch.Finding) int {
		return slices.Index(loginwatch.Classes, a.Class) - slices.Index(loginwatch.Classes, b.Class)
	})
	return fs
}

// printable bounds foreign text and replaces what could disturb a page, a
// terminal or a reader, such as control and bidirectional characters.
func printable(s string) string {
	out := make([]rune, 0, min(len(s), keepRunes+1))
	for _, r := range s {
		if len(out) == keepRunes {
			return string(append(out, '…'))
		}
		if !unicode.IsPrint(r) {
			r = '\uFFFD'
		}
		out = append(out, r)
	}
	return string(out)
}
