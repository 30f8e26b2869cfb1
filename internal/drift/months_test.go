package drift

import (
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

var rates = []time.Duration{5 * time.Minute, 17 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour}

func learn(t testing.TB, s *State) func(*loginwatch.Run) {
	return func(r *loginwatch.Run) {
		t.Helper()
		for _, o := range Of(r) {
			s.Learn(&o)
		}
	}
}

// Twelve months in which answers vary in all sorts of ways and nothing changes.
func TestTwelveMonths(t *testing.T) {
	answers := 0
	for seed := range uint64(40) {
		every := rates[seed%5]
		w := asYouLike(1000+seed, every)
		s := NewState()
		w.live(begin, begin.AddDate(1, 0, 0), learn(t, s))
		for _, sh := range s.Shapes {
			answers += sh.Answers
		}
		for _, c := range told(s) {
			t.Errorf("%s, every %s, upkeep %q, settled %s: %s", w.vendor, every, w.upkeep, w.settled, describe(c))
		}
	}
	t.Logf("answers: %d", answers)
}
