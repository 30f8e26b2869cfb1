package drift

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

// full is a keeper that knows a vendor for long whose answers have so many new names each,
// in so many shapes, and the runs of that vendor's.
func full(names, shapes int) (k *Keeper, run func() *loginwatch.Run) {
	k = NewKeeper(&shelf{texts: map[string]string{}}, slog.New(slog.DiscardHandler), time.Now)
	now, n := time.Unix(1_780_000_000, 0).UTC(), 0
	says := hostile(func(n int) (string, []string) {
		all := make([]string, names)
		for i := range all {
			all[i] = "/x-" + name(n*names+i)
		}
		return "success", all
	})
	run = func() *loginwatch.Run {
		n++
		now = now.Add(30 * time.Minute)
		r := says.run(n, now, "string")
		r.Steps[0].Case = fmt.Sprint("case-", n%shapes)
		return r
	}
	return k, run
}

// What an answer costs that has names without end, while the keeper's lock is held.
func BenchmarkLearn(b *testing.B) {
	for _, names := range []int{0, 5, 50} {
		for _, shapes := range []int{1, 50} {
			b.Run(fmt.Sprintf("%d-new-names/%d-shapes", names, shapes), func(b *testing.B) {
				k, run := full(names, shapes)
				for range 480 * shapes {
					_ = k.RecordRun(b.Context(), run())
				}
				runs := make([]*loginwatch.Run, b.N)
				for i := range runs {
					runs[i] = run()
				}
				b.ReportAllocs()
				b.ResetTimer()
				for _, r := range runs {
					_ = k.RecordRun(b.Context(), r)
				}
			})
		}
	}
}

// An answer costs no more than a bounded number of steps, however many of its names are
// new: allocations are counted, as the time is another one on each machine.
func TestCostOfNames(t *testing.T) {
	const names = 50
	k, run := full(names, 1)
	for range 480 {
		_ = k.RecordRun(t.Context(), run())
	}
	next := make([]*loginwatch.Run, 101)
	for i := range next {
		next[i] = run()
	}
	i := 0
	if n := testing.AllocsPerRun(100, func() { _ = k.RecordRun(t.Context(), next[i]); i++ }); n > 20*names {
		t.Errorf("%.0f allocations for an answer with %d new names", n, names)
	}
	sh := k.learner(Target{"hostile", "production"}).state.Shapes["login/case-0/success"]
	spare := &spares{of: sh}
	for range names {
		spare.evict()
	}
	if !spare.done || len(spare.all) == 0 || len(sh.Places) != mostPlaces-names {
		t.Errorf("%d places are left, %d can go", len(sh.Places), len(spare.all))
	}
}

// However much a vendor has that is new, what was learned of it is kept, and a change in it
// is told by whoever reads what was kept.
func TestLearnedStateIsAlwaysKept(t *testing.T) {
	long := strings.Repeat("<", 180) // six bytes each as they are written
	for what, tt := range map[string]struct {
		shapes int
		names  func(n, i int) string // of the ith name in the nth answer of its shape
	}{
		"another one each time":          {50, func(n, i int) string { return name(n*50 + i) }},
		"in every shape that there is":   {mostShapes - 2, func(n, i int) string { return name(n*50 + i) }},
		"long ones":                      {50, func(n, i int) string { return name(n*50+i) + long }},
		"each three times":               {50, func(n, i int) string { return name(n/3*50+i) + long }},
		"each for two days":              {8, func(n, i int) string { return name(n/96*50+i) + long }},
		"always the same long ones":      {mostShapes - 2, func(_, i int) string { return name(i) + long }},
		"those of a week, again and new": {20, func(n, i int) string { return name(n%336*50+i) + long }},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := NewState()
			now := time.Unix(1_780_000_000, 0).UTC()
			learn := func(s *State, n, shape int, token string, more ...loginwatch.Trait) {
				says := hostile(func(int) (string, []string) {
					all := make([]string, 50)
					for i := range all {
						all[i] = "/x-" + tt.names(n, i)
					}
					return "success", all
				})
				run := says.run(n, now, token, more...)
				run.Steps[0].Case = fmt.Sprint("case-", shape)
				for _, o := range Of(run) {
					s.Learn(&o)
				}
			}
			const days = 10
			for n := range days * 48 {
				now = now.Add(30 * time.Minute)
				learn(s, n, 0, "string")
				for shape := 1; shape < tt.shapes && n%24 == 0; shape++ {
					learn(s, n/24, shape, "string")
				}
				if n%48 > 0 {
					continue
				}
				text, err := s.Encode()
				if err != nil || len(text) > mostWritten {
					t.Fatalf("%d bytes: %v", len(text), err)
				}
				if s, err = Decode(text); err != nil {
					t.Fatal(err)
				}
			}
			if sh := s.Shapes["login/case-0/success"]; sh == nil || sh.Places["body:/token"] == nil || !sh.Places["body:/token"].In.learned(now.Unix()) {
				t.Fatal("what was learned first is gone")
			}
			for n := range 9 * 24 { // what is gone for a week makes room
				now = now.Add(time.Hour)
				learn(s, days*48+n, 0, "number", loginwatch.Trait{Place: "/added", Type: "string"})
			}
			told := ""
			for _, c := range s.Changes {
				told += c.Says()
			}
			if !strings.Contains(told, "/token is of another type: number, not string") || !strings.Contains(told, "/added is new") {
				t.Errorf("told: %.300s", told)
			}
		})
	}
}
