package history

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
)

// The ring keeps what a list would keep from which the oldest is taken: a slot once, the last
// ones, and a run in the place of a skip.
func TestRingIsAList(t *testing.T) {
	const most = 7
	random := rand.New(rand.NewPCG(5, 7))
	begin := time.Date(2026, time.November, 21, 10, 0, 0, 0, time.UTC)
	ring := NewRing(most)
	var list []Entry
	for n := range 2000 {
		due := begin.Add(time.Duration(n/3+random.IntN(4)) * time.Minute)
		e := Entry{Key: loginwatch.Key{Vendor: "v", Probe: "p", Target: fmt.Sprint(random.IntN(2))}, Due: due, At: due, Verdict: loginwatch.Skipped}
		var r *Record
		if random.IntN(2) == 0 {
			e.Verdict, e.Run = loginwatch.OK, fmt.Sprint("run-", n)
			r = &Record{}
		}
		switch i := slices.IndexFunc(list, func(o Entry) bool { return o.Key == e.Key && o.Due.Equal(e.Due) }); {
		case i < 0:
			list = append(list, e)
		case r != nil && list[i].Verdict == loginwatch.Skipped:
			list[i] = e
		}
		if len(list) > most {
			list = list[1:]
		}
		ring.add(e, r)
		want := slices.SortedFunc(slices.Values(list), func(a, b Entry) int {
			if order := a.At.Compare(b.At); order != 0 {
				return order
			}
			return CompareKeys(a.Key, b.Key)
		})
		got, err := ring.Entries(t.Context(), Query{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("after %d (-list +ring):\n%s", n, diff)
		}
		runs := 0
		for _, e := range list {
			if kept, err := ring.Run(t.Context(), e.Run); e.Run != "" && (err != nil || kept == nil) {
				t.Fatalf("after %d there is no run %s: %v", n, e.Run, err)
			}
			if e.Run != "" {
				runs++
			}
		}
		if len(ring.runs) != runs || len(ring.at) != len(list) {
			t.Fatalf("%d runs and %d slots are kept of %d and %d", len(ring.runs), len(ring.at), runs, len(list))
		}
	}
}

// BenchmarkRing is a run that comes once there is no room.
func BenchmarkRing(b *testing.B) {
	ring := NewRing(5_000)
	begin := time.Date(2026, time.November, 21, 10, 0, 0, 0, time.UTC)
	n := 0
	add := func() {
		n++
		ring.add(Entry{Key: loginwatch.Key{Vendor: "v", Probe: "p", Target: "t"}, Due: begin.Add(time.Duration(n)), Run: fmt.Sprint(n), Verdict: loginwatch.OK}, &Record{})
	}
	for range 5_000 {
		add()
	}
	for b.Loop() {
		add()
	}
}
