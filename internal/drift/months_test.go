//go:build !race

package drift

import (
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

// rates are how often a vendor is asked.
var rates = []time.Duration{5 * time.Minute, 17 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour}

func learn(t testing.TB, s *State) func(*loginwatch.Run) {
	return func(r *loginwatch.Run) {
		t.Helper()
		for _, o := range Of(r) {
			s.Learn(&o)
		}
	}
}

// quietYears has vendors live for a year in which answers vary in all sorts of ways and
// nothing changes.
func quietYears(t *testing.T, base uint64, vendors int, rates []time.Duration) (answers, more int) {
	var mu sync.Mutex
	each(vendors, func(seed int) {
		every := rates[seed%len(rates)]
		w := asYouLike(base+uint64(seed), every)
		s := NewState()
		w.live(begin, begin.AddDate(1, 0, 0), learn(t, s))
		mu.Lock()
		defer mu.Unlock()
		for _, sh := range s.Shapes {
			answers += sh.Answers
		}
		if text, _, err := seal(s, ""); err != nil || len(text) > 60_000 {
			t.Errorf("%s: %d bytes are kept, %v", w.vendor, len(text), err)
		}
		for _, c := range told(s) {
			more++
			t.Errorf("%s, every %s, upkeep %q, settled %s: %s", w.vendor, every, w.upkeep, w.settled, describe(c))
		}
	})
	return answers, more
}

// each does something so many times, as many at once as there are processors: no vendor
// knows of another one.
func each(times int, do func(i int)) {
	var wg sync.WaitGroup
	var next atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < times; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}

// Twelve months of steady traffic: nothing is told. The limits were chosen by other
// vendors than these.
func TestTwelveMonths(t *testing.T) {
	answers, more := quietYears(t, 7000, 20, rates[2:])
	t.Logf("twelve months of 20 vendors, %d answers: %d changes told", answers, more)
}

// The same at all rates, and two hundred planted changes; for make bench.
func TestCountsDrift(t *testing.T) {
	vendors, rounds, seldom := 2, 1, rates[3:]
	if os.Getenv("FIGURES") != "" {
		vendors, rounds, seldom = 40, 45, rates
	}
	answers, more := quietYears(t, 8000, vendors, seldom)
	t.Logf("drift: twelve months of %d vendors, a run every 5 minutes to one a day, %d answers: %d changes told, of 0", vendors, answers, more)
	total, once, more := plantedIn(t, 6000, rounds)
	t.Logf("drift: %d planted changes: %.1f %% told as one change each, of the right class, at the right place and time (at least 98); told beside them: %d", total, 100*float64(once)/float64(total), more)
	if float64(once) < 0.98*float64(total) || more > total/50 {
		t.Errorf("%d of %d, and %d others", once, total, more)
	}
}
