package sla

import (
	"errors"
	"fmt"
	"strings"
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
		d, err := Make(t.Context(), ring, "acme", "", tt.month, c, december.Add(tt.now))
		if err != nil {
			t.Fatal(i, err)
		}
		if got := d.Logins[0].Down; got != tt.down {
			t.Errorf("%d: down for %s, want %s: %s", i, got, tt.down, fmt.Sprint(d.Logins[0].Excluded))
		}
	}
}

// A login that nobody tried in the month is listed as such, if there was one by then.
func TestLoginsThatNobodyTried(t *testing.T) {
	const day = 24 * time.Hour
	ring := history.NewRing(1_000)
	job := func(target string) loginwatch.Key {
		return loginwatch.Key{Vendor: "acme", Probe: "login", Target: target}
	}
	for k, days := range map[loginwatch.Key][]int{
		job("a-gap"): {-20, 40}, job("ended"): {-20}, job("later"): {40}, job("ran"): {-1, 1, 2, 3}, job("skipped"): {5},
		{Vendor: "other", Probe: "login", Target: "a-gap"}: {-20},
	} {
		for _, n := range days {
			v := loginwatch.OK
			if k.Target == "skipped" {
				v = loginwatch.Skipped
			}
			record(t, ring, history.Entry{Key: k, Due: november.Add(time.Duration(n) * day), At: november.Add(time.Duration(n) * day), Verdict: v})
		}
	}
	c := DefaultClause()
	c.Promise = 0.9
	d, err := Make(t.Context(), ring, "acme", "", "2026-11", c, november.AddDate(0, 3, 0))
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, l := range d.Logins {
		got += fmt.Sprintf("%s: %s; %s, %s\n", l.Target, d.sentence(l), l.Out, l.Outcome)
	}
	const untold = ": nobody can tell whether the promise of 90.0000 % was kept; 720h0m0s, untold\n"
	want := "a-gap: nothing ran, so nothing counts" + untold + "ended: nothing ran, so nothing counts" + untold +
		"ran: 100.0000 % of the time that counts was good: the promise of 90.0000 % was kept; 576h0m0s, kept\n" +
		"skipped: nothing counts, all of it was left out" + untold
	if got != want {
		t.Errorf("it says\n%swant\n%s", got, want)
	}
}

// A month of which lines may be gone is not judged, and nor is one whose beginning
// depends on lines that may be.
func TestDroppedLines(t *testing.T) {
	const day = 24 * time.Hour
	ok, bad := loginwatch.OK, loginwatch.Unavailable
	for name, tt := range map[string]struct {
		gone   time.Duration // the last line that is dropped, from the month's begin
		kept   []time.Duration
		first  loginwatch.Verdict // of those
		refuse bool
	}{
		"in the month":                    {2 * day, []time.Duration{3 * day, 4 * day}, ok, true},
		"all of the month":                {40 * day, nil, ok, true},
		"long before":                     {-30 * day, []time.Duration{-2 * day, 0}, ok, false},
		"before the last run before it":   {-3 * day, []time.Duration{-2 * day, -day, 0}, ok, false},
		"and that one too":                {-day, []time.Duration{0, day, 2 * day}, ok, true},
		"a row that may have been longer": {-2 * day, []time.Duration{-day, 0, day}, bad, true},
		"a row that is whole":             {-30 * time.Hour, []time.Duration{-23 * time.Hour, -11 * time.Hour, 0, day}, bad, false},
		"a login that is new":             {-30 * day, []time.Duration{0, day, 2 * day}, bad, false},
	} {
		ring := history.NewRing(max(len(tt.kept), 1))
		tell := func(at time.Duration, v loginwatch.Verdict) {
			record(t, ring, history.Entry{Key: key, Due: november.Add(at), At: november.Add(at), Verdict: v, Reason: loginwatch.ReasonTimeout})
		}
		tell(tt.gone, ok)
		for i, at := range tt.kept {
			tell(at, map[bool]loginwatch.Verdict{true: tt.first, false: ok}[i == 0])
		}
		if len(tt.kept) == 0 {
			tell(tt.gone+day, ok)
		}
		_, err := Make(t.Context(), ring, "acme", "", "2026-11", DefaultClause(), november.AddDate(0, 2, 0))
		if tt.refuse != (err != nil && strings.Contains(err.Error(), "keep_failures_days")) || !tt.refuse && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Of a fleet in several places one can be judged alone, and the dossier says so.
func TestOneLocation(t *testing.T) {
	ring := history.NewRing(100)
	for n, location := range []string{"", "east", "west"} {
		k := key
		k.Location = location
		for hour := range 4 {
			v := loginwatch.OK
			if n == 2 {
				v = loginwatch.Unavailable
			}
			at := november.Add(time.Duration(hour) * time.Hour)
			record(t, ring, history.Entry{Key: k, Due: at, At: at, Verdict: v, Reason: loginwatch.ReasonTimeout})
		}
	}
	for location, want := range map[string]string{
		"":     "acme/login/production 0s, acme/login/production/east 0s, acme/login/production/west 6h0m0s",
		"east": "acme/login/production/east 0s",
		"west": "acme/login/production/west 6h0m0s",
	} {
		d, err := Make(t.Context(), ring, "acme", location, "2026-11", DefaultClause(), november.AddDate(0, 2, 0))
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, l := range d.Logins {
			all = append(all, fmt.Sprint(l.Key, " ", l.Down))
		}
		if got := strings.Join(all, ", "); got != want {
			t.Errorf("%q: got %s, want %s", location, got, want)
		}
		says := strings.Contains(strings.Join(d.rules(), " "), "Left out is what ran from elsewhere than "+location+".")
		if says != (location != "") || d.json().Location != location {
			t.Errorf("%q: the rules are %q", location, d.rules())
		}
	}
	if _, err := Make(t.Context(), ring, "acme", "north", "2026-11", DefaultClause(), november.AddDate(0, 2, 0)); !errors.Is(err, ErrNothing) {
		t.Errorf("of nowhere: %v", err)
	}
}
