package sla

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
	"github.com/loginwatch/loginwatch/internal/store"
	"github.com/loginwatch/loginwatch/internal/window"
)

// lived is a history, and a period of it that is judged by a clause.
type lived struct {
	key      loginwatch.Key
	clause   *Clause
	from, to time.Time
	entries  []history.Entry
}

// keeps has histories written down and gives who tells of each.
type keeps func(t *testing.T, all []lived) func(i int) history.Reader

// A thousand random histories, to the second: what the dossier adds up of stretches, of
// what it asks for, is what a look at each second by itself says of the runs.
func TestEachSecond(t *testing.T) {
	t.Run("memory", func(t *testing.T) { eachSecond(t, 1_000, inMemory) })
	t.Run("SQLite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "loginwatch.db")
		eachSecond(t, 200, inStore(func() (*store.Ledger, error) { return store.OpenSQLite(t.Context(), path, store.Budget{}) }))
	})
}

func eachSecond(t *testing.T, histories int, keep keeps) {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 7))
	all := make([]lived, 0, histories)
	for i := range histories {
		l := randomLife(t, r, i)
		if !slices.ContainsFunc(l.entries, func(e history.Entry) bool { return !e.At.Before(l.from) && e.At.Before(l.to) }) {
			continue // and so no dossier
		}
		all = append(all, l)
	}
	past := keep(t, all)
	downs, outs := 0, 0
	for i, h := range all {
		l := read(t, h, past(i))
		compare(t, i, h, l)
		if l.Down > 0 {
			downs++
		}
		outs += len(l.Excluded)
	}
	if downs < histories/5 || outs < histories {
		t.Errorf("only %d histories have an outage, and there are %d exclusions", downs, outs)
	}
}

func inMemory(t *testing.T, all []lived) func(i int) history.Reader {
	return func(i int) history.Reader {
		ring := history.NewRing(len(all[i].entries) + 1)
		for _, e := range all[i].entries {
			record(t, ring, e)
		}
		return ring
	}
}

// inStore keeps all of them in one store, which has everything once it was closed.
func inStore(open func() (*store.Ledger, error)) keeps {
	return func(t *testing.T, all []lived) func(i int) history.Reader {
		const atOnce = 50 // a daemon keeps only so many slots that are not written yet
		for some := range slices.Chunk(all, atOnce) {
			l, err := open()
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range some {
				for _, e := range h.entries {
					record(t, l.Past(), e)
				}
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		}
		l, err := open()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		return func(int) history.Reader { return l.Past() }
	}
}

// randomLife is of a vendor of its own.
func randomLife(t *testing.T, r *rand.Rand, i int) lived {
	t.Helper()
	newYork := location(t, "America/New_York")
	forward, back := time.Date(2026, time.March, 8, 6, 0, 0, 0, time.UTC), time.Date(2026, time.November, 1, 5, 0, 0, 0, time.UTC)
	c := DefaultClause()
	c.Confirm, c.Speaks = 1+r.IntN(3), time.Duration(60+r.IntN(1200))*time.Second
	if r.IntN(4) == 0 {
		c.Speaks = time.Duration(1+r.IntN(31)) * 24 * time.Hour
	}
	begin := november
	if c.Zone = []*time.Location{time.UTC, location(t, "Asia/Kolkata"), newYork}[r.IntN(3)]; c.Zone == newYork {
		begin = []time.Time{forward, back}[r.IntN(2)] // an hour before its clocks change
	}
	if r.IntN(2) == 0 {
		c.Bad = append(c.Bad, loginwatch.Drift)
	}
	if r.IntN(2) == 0 {
		c.Ignored = []loginwatch.Verdict{loginwatch.Throttled}
	}
	for range r.IntN(3) {
		from := time.Duration(r.IntN(22*60)) * time.Minute
		if c.Zone == newYork {
			from = time.Duration(r.IntN(4*60)) * time.Minute
		}
		weekly := window.Weekly{From: from, To: from + time.Duration(1+r.IntN(90))*time.Minute, Zone: c.Zone}
		if r.IntN(2) == 0 {
			weekly.Weekdays = []time.Weekday{time.Sunday, time.Monday}
		}
		w := loginwatch.Maintenance{Reason: "weekly", When: weekly}
		if r.IntN(3) == 0 {
			since := begin.Add(time.Duration(r.IntN(7200)) * time.Second)
			w = loginwatch.Maintenance{Reason: "announced", When: window.Once{Since: since, Until: since.Add(time.Duration(1+r.IntN(3600)) * time.Second)}}
		}
		c.Excluded = append(c.Excluded, w)
	}
	h := lived{key: key, clause: c}
	h.key.Vendor = fmt.Sprint("vendor-", i)
	h.from = begin.Add(time.Duration(r.IntN(3600)) * time.Second)
	h.to = h.from.Add(time.Duration(1+r.IntN(7200)) * time.Second)
	h.entries = randomEntries(r, begin)
	for n := range h.entries {
		h.entries[n].Key = h.key
	}
	return h
}

// compare holds what was read against each second.
func compare(t *testing.T, i int, h lived, l Login) {
	t.Helper()
	want := map[State]time.Duration{}
	rows := map[int]time.Duration{}
	for at := h.from; at.Before(h.to); at = at.Add(time.Second) {
		state, row := h.clause.stateAt(h.entries, at)
		if want[state] += time.Second; state == Down {
			rows[row] += time.Second
		}
	}
	got := map[State]time.Duration{Up: l.Total - l.Out - l.Down, Down: l.Down, Out: l.Out}
	for _, s := range []State{Up, Down, Out} {
		if got[s] != want[s] {
			t.Fatalf("history %d: %s for %s, want %s\n%+v", i, s, got[s], want[s], h.clause)
		}
	}
	bad := 0
	for n, row := range slices.Sorted(maps.Keys(rows)) {
		if len(l.Outages) != len(rows) || l.Outages[n].Length != rows[row] {
			t.Fatalf("history %d: %+v, want %v\n%+v", i, l.Outages, rows, h.clause)
		}
		bad += l.Outages[n].Runs
	}
	if bad != l.Bad {
		t.Errorf("history %d: %d bad runs, and %d in the outages", i, l.Bad, bad)
	}
}

// randomEntries are close to each other in the hours in which the test looks, and in a
// part of the histories far from each other before and after.
func randomEntries(r *rand.Rand, begin time.Time) []history.Entry {
	var all []history.Entry
	mood := loginwatch.OK
	add := func(since, until time.Time, most time.Duration) {
		for at := since; ; {
			if at = at.Add(time.Duration(1+r.IntN(int(most/time.Second))) * time.Second); !at.Before(until) {
				return
			}
			if r.IntN(3) == 0 {
				mood = []loginwatch.Verdict{loginwatch.OK, loginwatch.Unavailable, loginwatch.Unavailable, loginwatch.Drift, loginwatch.Throttled, loginwatch.Broken, loginwatch.Skipped}[r.IntN(7)]
			}
			all = append(all, history.Entry{Key: key, Due: at, At: at, Verdict: mood, Reason: loginwatch.ReasonTimeout})
		}
	}
	since, until := begin.Add(-time.Hour), begin.Add(4*time.Hour)
	far := r.IntN(3) == 0
	if far {
		since, until = begin.Add(time.Duration(r.IntN(5400))*time.Second), begin.Add(time.Duration(5400+r.IntN(5400))*time.Second)
		add(begin.AddDate(0, 0, -100), since, 10*24*time.Hour)
	}
	add(since, until, 10*time.Minute)
	if far {
		add(until, begin.AddDate(0, 0, 100), 10*24*time.Hour)
	}
	return all
}

// read reads a period of a history as of a month.
func read(t *testing.T, h lived, past history.Reader) Login {
	t.Helper()
	d := &Dossier{Vendor: h.key.Vendor, Clause: h.clause, From: h.from, To: h.to}
	err := d.read(t.Context(), past, h.to.AddDate(0, 0, 200))
	if err != nil || len(d.Logins) != 1 {
		t.Fatal(d.Logins, err)
	}
	return d.Logins[0]
}

func location(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// stateAt looks at one second alone. row is the first run of the outage.
func (c *Clause) stateAt(entries []history.Entry, at time.Time) (_ State, row int) {
	for _, w := range c.Excluded {
		if once, ok := w.When.(window.Once); ok {
			if !at.Before(once.Since) && at.Before(once.Until) {
				return Out, 0
			}
			continue
		}
		weekly := w.When.(window.Weekly)
		local := at.In(c.Zone)
		hour, minute, second := local.Clock()
		since := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second
		if since >= weekly.From && since < weekly.To && (len(weekly.Weekdays) == 0 || slices.Contains(weekly.Weekdays, local.Weekday())) {
			return Out, 0
		}
	}
	last := -1
	for i, e := range entries {
		if !e.At.After(at) {
			last = i
		}
	}
	if last < 0 || at.Sub(entries[last].At) >= c.Speaks {
		return Out, 0
	}
	silent := func(v loginwatch.Verdict) bool { return v == loginwatch.Broken || v == loginwatch.Skipped }
	switch v := entries[last].Verdict; {
	case silent(v), slices.Contains(c.Ignored, v):
		return Out, 0
	case !slices.Contains(c.Bad, v):
		return Up, 0
	}
	row = last
	runs := 1
	for _, step := range []int{-1, 1} {
		for i := last + step; i >= 0 && i < len(entries); i += step {
			if silent(entries[i].Verdict) || slices.Contains(c.Ignored, entries[i].Verdict) {
				continue
			}
			if !slices.Contains(c.Bad, entries[i].Verdict) {
				break
			}
			row, runs = min(row, i), runs+1
		}
	}
	if runs < c.Confirm {
		return Out, 0
	}
	return Down, row
}
