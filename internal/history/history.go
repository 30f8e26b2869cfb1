package history

import (
	"context"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
)

// History is told of every slot, and tells what came of those that it still knows.
type History interface {
	loginwatch.Recorder
	Reader
}

// Reader tells what came of slots.
type Reader interface {
	// Entries gives the newest entries that a query asks for, oldest first.
	Entries(ctx context.Context, q Query) ([]Entry, error)
	// Run gives what was written down of a run; nil when nothing is known of it.
	Run(ctx context.Context, id string) (*Record, error)
	// Totals counts the slots of each job whose due times lie in the query's period,
	// by key. Its verdict, reason and limit don't matter.
	Totals(ctx context.Context, q Query) ([]*Totals, error)
	// Incidents gives the confirmed incidents that overlap the query's period, whole, by
	// key and beginning. Its verdict, reason and limit don't matter.
	Incidents(ctx context.Context, q Query) ([]Incident, error)
	// Standings tells how the jobs of some keys, or, with none, all jobs stand, by key.
	// Of each it looks at the newest [LookBack] slots at most. A job of which nothing is
	// told has none.
	Standings(ctx context.Context, keys []loginwatch.Key) ([]loginwatch.Standing, error)
	// Dropped is the time before which entries may have been dropped, since they were
	// old; zero when none was.
	Dropped(ctx context.Context) (time.Time, error)
}

// Query says what is asked for. Empty fields ask for everything.
type Query struct {
	Vendor   string
	Probe    string
	Target   string
	Location string
	Verdict  loginwatch.Verdict
	Reason   loginwatch.Reason
	Since    time.Time // of due times
	Until    time.Time // excluded
	Limit    int       // the newest so many
}

// names tells whether the query asks for a job.
func (q Query) names(k loginwatch.Key) bool {
	for _, n := range []struct{ asked, is string }{{q.Vendor, k.Vendor}, {q.Probe, k.Probe}, {q.Target, k.Target}, {q.Location, k.Location}} {
		if n.asked != "" && n.asked != n.is {
			return false
		}
	}
	return true
}

// covers tells whether a time lies in the query's period.
func (q Query) covers(at time.Time) bool {
	return !at.Before(q.Since) && (q.Until.IsZero() || at.Before(q.Until))
}

// Entry is one line of the history: what came of one slot.
type Entry struct {
	loginwatch.Key
	Due     time.Time // of the slot
	At      time.Time // when its run began, or was planned to
	Verdict loginwatch.Verdict
	Reason  loginwatch.Reason
	Latency time.Duration // as [loginwatch.Run.Latency]; 0 where nothing was measured
	Run     string        // its id while the run itself is kept; "" for a skipped slot
}

// EntryOf gives the entry of a run. Times are kept to the microsecond. A run was
// executed, whatever it says: skipped is for slots.
func EntryOf(r *loginwatch.Run) Entry {
	if r.Verdict == loginwatch.Skipped || !slices.Contains(loginwatch.Verdicts, r.Verdict) {
		odd := *r
		odd.Verdict, odd.Reason = loginwatch.Broken, loginwatch.ReasonInternal
		r = &odd
	}
	e := Entry{Key: r.Key, Due: r.Due.UTC(), At: r.Started.UTC().Truncate(time.Microsecond), Verdict: r.Verdict, Reason: r.Reason, Run: r.ID}
	if r.Verdict != loginwatch.Broken && len(r.Steps) > 0 {
		e.Latency = max(r.Latency().Truncate(time.Microsecond), time.Microsecond)
	}
	return e
}

// EntryOfSkip gives the entry of a slot that was not run; ok is false for one that
// somebody else has, who tells of it.
func EntryOfSkip(s loginwatch.SkippedSlot) (e Entry, ok bool) {
	return Entry{
		Key: s.Key, Due: s.Due.UTC(), At: s.Planned.UTC().Truncate(time.Microsecond), Verdict: loginwatch.Skipped, Reason: s.Reason,
	}, s.Reason != loginwatch.ReasonElsewhere
}

// Silent are the verdicts that tell nothing of the vendor: such an entry neither
// begins an incident nor goes on with it nor ends it.
var Silent = []loginwatch.Verdict{loginwatch.Broken, loginwatch.Skipped}

// Tells tells whether a verdict says anything of the vendor.
func Tells(v loginwatch.Verdict) bool { return !slices.Contains(Silent, v) }

// Confirmed is how many runs in a row end with the same failing verdict before they
// are an incident (docs/adr/0008-alerts-count-in-the-daemon.md).
const Confirmed = 3

// Incident is a row of runs that failed alike, from the first to the next run that
// did not.
type Incident struct {
	loginwatch.Key
	Verdict loginwatch.Verdict
	Began   time.Time // the start of its first run
	Ended   time.Time // the start of the first run after it; zero while it goes on
	Runs    int
}

// Overlaps tells whether the incident has a part in the query's period.
func (i Incident) Overlaps(q Query) bool {
	return (q.Until.IsZero() || i.Began.Before(q.Until)) && (i.Ended.IsZero() || i.Ended.After(q.Since))
}

// Record is what was written down of a run.
type Record struct {
	Run     *loginwatch.Run
	LeftOut int // findings that were too many to keep
}
