package sla

import (
	"fmt"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

// A row of bad runs is looked at whole, however far it goes beyond the month, and so is
// the last run before it. What comes after now is not known.
func TestBeyondTheMonth(t *testing.T) {
	const day = 24 * time.Hour
	december := november.AddDate(0, 1, 0)
	type row struct {
		since, every time.Duration // from the begin of December
		runs         int
		verdict      loginwatch.Verdict
	}
	for i, tt := range []struct {
		confirm int
		speaks  time.Duration
		rows    []row
		month   string
		now     time.Duration
		down    time.Duration
	}{
		{3, time.Hour, []row{{-3 * time.Hour, time.Hour, 1, loginwatch.OK}, {-2 * time.Hour, time.Hour, 3, loginwatch.Unavailable}, {time.Hour, time.Hour, 2, loginwatch.OK}}, "2026-11", 2 * day, 2 * time.Hour},
		{3, time.Hour, []row{{-3 * time.Hour, time.Hour, 1, loginwatch.OK}, {-2 * time.Hour, time.Hour, 3, loginwatch.Unavailable}, {time.Hour, time.Hour, 2, loginwatch.OK}}, "2026-12", 2 * day, time.Hour},
		{3, time.Hour, []row{{-2 * time.Hour, time.Hour, 3, loginwatch.Unavailable}}, "2026-11", time.Minute, 2 * time.Hour},
		{3, time.Hour, []row{{-2 * time.Hour, time.Hour, 3, loginwatch.Unavailable}}, "2026-11", 0, 0}, // not yet
		{3, time.Hour, []row{{-2 * time.Hour, time.Hour, 2, loginwatch.Unavailable}, {0, time.Hour, 100, loginwatch.Skipped}, {100 * time.Hour, time.Hour, 1, loginwatch.Unavailable}}, "2026-11", 30 * day, 2 * time.Hour},
		{3, time.Hour, []row{{-2 * time.Hour, time.Hour, 2, loginwatch.Unavailable}, {100 * time.Hour, time.Hour, 1, loginwatch.OK}, {101 * time.Hour, time.Hour, 9, loginwatch.Unavailable}}, "2026-11", 30 * day, 0},
		{100, day, []row{{-99 * day, day, 100, loginwatch.Unavailable}, {day, day, 1, loginwatch.OK}}, "2026-12", 30 * day, day},
		{100, day, []row{{-98 * day, day, 99, loginwatch.Unavailable}, {day, day, 1, loginwatch.OK}}, "2026-12", 30 * day, 0},
		{1, 31 * day, []row{{-20 * day, day, 1, loginwatch.Unavailable}, {5 * day, day, 1, loginwatch.OK}}, "2026-12", 30 * day, 5 * day},
		{1, 0, []row{{-53 * day, 7 * day, 6, loginwatch.OK}, {-11 * day, day, 1, loginwatch.Unavailable}, {3 * day, 7 * day, 4, loginwatch.OK}}, "2026-12", 31 * day, 3 * day},
		{1, 0, []row{{-3000 * day, day, 1, loginwatch.Unavailable}, {day, day, 1, loginwatch.Broken}}, "2026-12", 31 * day, day},
	} {
		c := DefaultClause()
		c.Confirm, c.Speaks = tt.confirm, tt.speaks
		ring := history.NewRing(1_000)
		for _, r := range tt.rows {
			for n := range r.runs {
				if at := december.Add(r.since + time.Duration(n)*r.every); at.Before(december.Add(tt.now)) {
					record(t, ring, history.Entry{Key: key, Due: at, At: at, Verdict: r.verdict, Reason: loginwatch.ReasonTimeout})
				}
			}
		}
		other := key
		other.Location = "elsewhere" // speaks for itself alone
		record(t, ring, history.Entry{Key: other, Due: december.Add(-time.Minute), At: december.Add(-time.Minute), Verdict: loginwatch.OK})
		d, err := Make(t.Context(), ring, "acme", tt.month, c, december.Add(tt.now))
		if err != nil {
			t.Fatal(i, err)
		}
		if got := d.Logins[0].Down; got != tt.down {
			t.Errorf("%d: down for %s, want %s: %s", i, got, tt.down, fmt.Sprint(d.Logins[0].Excluded))
		}
	}
}
