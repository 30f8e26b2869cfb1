package main

import (
	"cmp"
	"database/sql"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// countingVendor answers as documented, whoever asks, and notes when a login came to which
// target: each has an address of its own, /t/TARGET.
type countingVendor struct {
	base string
	// answers takes the place of the documented answer to a login where it gives true.
	answers func(target string, n int, w http.ResponseWriter, r *http.Request) bool

	mu   sync.Mutex
	came map[string][]time.Time // by target
}

func newCountingVendor(t *testing.T) *countingVendor {
	t.Helper()
	well := documentedAnswer(t)
	v := &countingVendor{came: map[string][]time.Time{}}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !strings.Contains(string(body), "password@123") { // a control case, which is no login
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		target, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/t/"), "/")
		v.mu.Lock()
		v.came[target] = append(v.came[target], time.Now())
		n := len(v.came[target])
		v.mu.Unlock()
		if v.answers == nil || !v.answers(target, n, w, r) {
			well(w)
		}
	}))
	t.Cleanup(s.Close)
	v.base = s.URL
	return v
}

func (v *countingVendor) logins() (n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, all := range v.came {
		n += len(all)
	}
	return n
}

// shift has what came look as if it had come later, as to who sets the clock back.
func (v *countingVendor) shift(by time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, all := range v.came {
		for i := range all {
			all[i] = all[i].Add(by)
		}
	}
}

// life is the time in which a process watched.
type life struct {
	from, to time.Time
	killed   bool // and had no time to decide what was due at that moment
}

// keptSlot is what a store knows of a slot.
type keptSlot struct {
	due, planned, admitted time.Time
	claimed                bool
	reason                 string // why it was not granted
	settled, lost          bool
	at                     time.Time // when it was settled
	verdict, told          string    // what the history says came of it, and why
	logins                 int       // by the vendor's count
}

func (s *keptSlot) granted() bool { return s.claimed && s.reason == "" }

// books are a store's, held against what the vendor counted.
type books struct {
	slots    map[string][]*keptSlot // by target, in the order of their due times
	executed int
	skipped  map[string]int // by reason
	lost     int            // granted, and nobody told the end
	open     int            // granted, and not told yet
	unsent   int            // granted, and no login came
	untold   int            // executed, and not in the history
	doubled  int            // logins beyond the one that a slot may have, or of no slot at all
	logins   int
}

// readBooks reads a store that nobody uses any more.
func readBooks(t *testing.T, path string, v *countingVendor) *books {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	b := &books{slots: map[string][]*keptSlot{}, skipped: map[string]int{}, logins: v.logins()}
	at := map[string]*keptSlot{}
	of := func(target string, due int64) *keptSlot {
		name := fmt.Sprint(target, " ", due)
		if at[name] == nil {
			at[name] = &keptSlot{due: time.Unix(0, due)}
			b.slots[target] = append(b.slots[target], at[name])
		}
		return at[name]
	}
	each(t, db, `SELECT target, due, planned, admitted, reason, ticket IS NULL, lost IS NOT NULL, coalesce(settled, 0) FROM slot JOIN job ON job.id = slot.job`, func(scan func(...any) error) error {
		var target, reason string
		var due, planned, admitted, at int64
		var settled, lost bool
		if err := scan(&target, &due, &planned, &admitted, &reason, &settled, &lost, &at); err != nil {
			return err
		}
		s := of(target, due)
		s.claimed, s.planned, s.admitted, s.reason, s.settled, s.lost, s.at = true, time.Unix(0, planned), time.Unix(0, admitted), reason, settled, lost, time.Unix(0, at)
		return nil
	})
	each(t, db, `SELECT target, due, verdict, reason FROM run JOIN job ON job.id = run.job`, func(scan func(...any) error) error {
		var target, verdict, reason string
		var due int64
		if err := scan(&target, &due, &verdict, &reason); err != nil {
			return err
		}
		s := of(target, due)
		s.verdict, s.told = verdict, reason
		return nil
	})
	b.add(v)
	return b
}

func each(t *testing.T, db *sql.DB, query string, row func(scan func(...any) error) error) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// add gives each login to the slot that was the last to be granted before it came, and adds
// up. A job's slots follow each other, so there is one.
func (b *books) add(v *countingVendor) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, target := range slices.Sorted(maps.Keys(v.came)) {
		if b.slots[target] == nil {
			b.doubled += len(v.came[target])
		}
	}
	for target, slots := range b.slots {
		slices.SortFunc(slots, func(a, b *keptSlot) int { return a.due.Compare(b.due) })
		var granted []*keptSlot
		for _, s := range slots {
			if s.granted() {
				granted = append(granted, s)
			}
		}
		slices.SortFunc(granted, func(a, b *keptSlot) int { return a.admitted.Compare(b.admitted) })
		for _, came := range v.came[target] {
			i, _ := slices.BinarySearchFunc(granted, came, func(s *keptSlot, came time.Time) int {
				return cmp.Or(s.admitted.Compare(came), -1) // the first that was granted later
			})
			if i == 0 {
				b.doubled++
				continue
			}
			granted[i-1].logins++
		}
		for _, s := range slots {
			b.count(s)
		}
	}
}

func (b *books) count(s *keptSlot) {
	b.doubled += max(s.logins-1, 0)
	if s.granted() && s.logins == 0 {
		b.unsent++
	}
	if s.granted() && s.settled && s.verdict == "" {
		b.untold++
	}
	switch {
	case s.granted() && s.lost:
		b.lost++
	case s.granted() && !s.settled:
		b.open++
	case s.granted():
		b.executed++
	case s.claimed:
		b.skipped[s.reason]++
	default:
		b.skipped[s.told]++
	}
}

// planned is how many slots are known in all.
func (b *books) planned() (n int) {
	for _, slots := range b.slots {
		n += len(slots)
	}
	return n
}

func (b *books) String() string {
	var reasons []string
	for _, reason := range slices.Sorted(maps.Keys(b.skipped)) {
		reasons = append(reasons, fmt.Sprintf("%s %d", reason, b.skipped[reason]))
	}
	skipped := "skipped 0"
	if len(reasons) > 0 {
		skipped = "skipped " + strings.Join(reasons, ", ")
	}
	return fmt.Sprintf("%d planned = %d executed + %s + %d lost; %d logins came, %d doubled", b.planned(), b.executed, skipped, b.lost, b.logins, b.doubled)
}

// gaps gives the due times of a target that nobody knows of, though a process watched when
// they were planned; of one that was killed, those before the last that it knew of. The
// offset of a job is the same for all its slots.
func (b *books) gaps(target string, every time.Duration, lives ...life) (missing []time.Time) {
	known := map[int64]bool{}
	var offset time.Duration
	for _, s := range b.slots[target] {
		known[s.due.UnixNano()] = true
		if s.claimed {
			offset = s.planned.Sub(s.due)
		}
	}
	for _, l := range lives {
		until := l.to
		if l.killed {
			until = l.from
			for _, s := range b.slots[target] {
				if at := s.due.Add(offset); !at.After(l.to) {
					until = at
				}
			}
		}
		from := l.from.Add(-offset).UnixNano()
		for due := time.Unix(0, from-from%int64(every)).Add(every); !due.Add(offset).After(until); due = due.Add(every) {
			if !known[due.UnixNano()] {
				missing = append(missing, due)
			}
		}
	}
	return missing
}
