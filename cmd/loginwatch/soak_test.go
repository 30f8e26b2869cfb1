package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// soak is a daemon that is used as it is for months, for as long as was asked for.
type soak struct {
	*reloading
	v              *countingVendor
	lasts          time.Duration
	scrapes, pages atomic.Int64
	samples        []footprint // after it is warm
	warm           footprint
}

// TestSoak has a daemon watch many logins, some of which go wrong in every way, while its
// files are read again, its metrics scraped and its pages read: in the end all slots are
// accounted for and nothing has grown. "make soak MINUTES=…" has the built program do it for that
// long; otherwise it is seconds, which show that it works.
func TestSoak(t *testing.T) {
	minutes, err := strconv.ParseFloat(os.Getenv("SOAK_MINUTES"), 64)
	steady, moving, judged := 200, 40, err == nil && minutes >= 1
	if err != nil {
		steady, moving, minutes = 20, 5, 0.1
	}
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // any will do
	v := newCountingVendor(t)
	v.answers = faultOf
	r := &reloading{t: t, dir: ownFolder(t), base: v.base, address: freeAddress(t), steady: steady, moving: moving, rand: rand.New(rand.NewPCG(1, seed))} //nolint:gosec // of a test
	s := &soak{reloading: r, v: v, lasts: time.Duration(minutes * float64(time.Minute))}
	r.start()
	watched := life{from: time.Now()}
	t.Logf("%d logins, some of which go wrong, for %s, seed %d", steady+moving, s.lasts, seed)
	s.soaks()
	if planned, executed, skipped := s.counted(); planned < executed+skipped || planned > executed+skipped+steady+moving {
		t.Errorf("planned %d, executed %d, skipped %d: more are under way than there are logins", planned, executed, skipped)
	}
	end := r.d.footprint(t)
	watched.to = time.Now()
	r.d.stop()
	if code := r.d.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("it ended with %d", code)
	}
	b := readBooks(t, filepath.Join(r.dir, "loginwatch.db"), v)
	well, refused := r.lines(http.StatusOK), r.lines(http.StatusInternalServerError)
	t.Logf("%d reloads, %d of them of bad files, %d scrapes, %d pages", well+refused, refused, s.scrapes.Load(), s.pages.Load())
	t.Logf("by the store and the vendor: %s", b)
	t.Logf("when it was warm: %s; at the end: %s", s.warm, end)
	r.adds(b, watched)
	if judged {
		s.flat()
	}
}

// faultOf answers some targets with something else than is documented.
func faultOf(target string, _ int, w http.ResponseWriter, r *http.Request) bool {
	n, err := strconv.Atoi(strings.TrimPrefix(target, "steady-"))
	if err != nil {
		return false
	}
	switch n % 20 {
	case 1: // slow
		wait(r, 400*time.Millisecond)
		return false
	case 3:
		w.WriteHeader(http.StatusServiceUnavailable)
	case 5: // of another shape
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"id": 7, "ttl": "soon"}`)
	case 7: // refused, so that the credential rests
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprint(w, `{"error": {"message": "no", "statusCode": 401}}`)
	case 9: // throttled
		w.Header().Set("Retry-After", "3")
		w.WriteHeader(http.StatusTooManyRequests)
	case 11: // not answered
		panic(http.ErrAbortHandler)
	case 13: // longer than the interval
		wait(r, 3*time.Second)
		return false
	case 15: // longer than the time-out
		wait(r, time.Minute)
	case 17: // a page
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprint(w, "<html><body>We are back soon</body></html>")
	default:
		return false
	}
	return true
}

func wait(r *http.Request, d time.Duration) {
	select {
	case <-time.After(d):
	case <-r.Context().Done():
	}
}

// soaks uses it until the time is over, and tells how it goes.
func (s *soak) soaks() {
	s.t.Helper()
	begun, told, bad := time.Now(), 0, 0
	for i := 1; time.Since(begun) < s.lasts; i++ {
		tick := time.After(time.Second)
		damage := -1
		if i%6 == 0 {
			damage = bad % len(badFiles)
			bad++
		}
		if i%3 == 0 {
			s.reload(i/3, s.good(i/3), damage)
		}
		if all := s.d.counters(s.t); time.Since(begun) > s.lasts/5 {
			s.samples = append(s.samples, footprint{s.d.anonymous(s.t), sum(all, "go_goroutines"), sum(all, "process_open_fds")})
			if len(s.samples) == 1 {
				s.warm = s.d.footprint(s.t)
			}
		}
		s.scrapes.Add(1)
		for _, page := range []string{"/", "/api/v1/probes"} {
			s.d.get(s.t, page)
			s.pages.Add(1)
		}
		if part := int(time.Since(begun) * 10 / s.lasts); part > told && part < 10 {
			told = part
			planned, executed, skipped := s.counted()
			s.t.Logf("%3d %%: planned %d, executed %d, skipped %d; %.1f MB", 10*part, planned, executed, skipped, float64(s.d.anonymous(s.t))/(1<<20))
		}
		<-tick
	}
	s.write(s.good(0))
	s.post(http.StatusOK)
}

// counted is what the process itself has counted of the logins that are there; the rest are
// under way.
func (s *soak) counted() (planned, executed, skipped int) {
	all := s.d.counters(s.t)
	executed = sum(all, "loginwatch_runs_total") - sum(all, "loginwatch_runs_total", `verdict="skipped"`)
	return sum(all, "loginwatch_slots_planned_total"), executed, sum(all, "loginwatch_slots_skipped_total")
}

// flat holds that nothing has grown: what was measured later is about what was measured first.
func (s *soak) flat() {
	s.t.Helper()
	for what, of := range map[string]func(footprint) int{
		"bytes": func(f footprint) int { return f.memory }, "goroutines": func(f footprint) int { return f.goroutines },
		"descriptors": func(f footprint) int { return f.descriptors },
	} {
		var all []int
		for _, f := range s.samples {
			all = append(all, of(f))
		}
		if first, second := halves(all); float64(second) > 1.25*float64(first) {
			s.t.Errorf("%d %s in the first half, %d in the second; at last %v", first, what, second, slices.Clone(all[len(all)-min(len(all), 10):]))
		}
	}
}
