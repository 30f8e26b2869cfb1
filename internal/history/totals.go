package history

import (
	"math"
	"time"

	"github.com/loginwatch/loginwatch"
)

// Totals are the counts of a job's slots.
type Totals struct {
	loginwatch.Key
	Counts  []Count
	Latency Latencies
}

// Count is how many slots came to the same.
type Count struct {
	Verdict loginwatch.Verdict
	Reason  loginwatch.Reason
	Slots   int
}

// Add counts slots.
func (t *Totals) Add(v loginwatch.Verdict, r loginwatch.Reason, slots int) {
	for i := range t.Counts {
		if c := &t.Counts[i]; c.Verdict == v && c.Reason == r {
			c.Slots += slots
			return
		}
	}
	t.Counts = append(t.Counts, Count{v, r, slots})
}

// Of gives how many slots came to one of some verdicts.
func (t *Totals) Of(verdicts ...loginwatch.Verdict) int {
	n := 0
	for _, c := range t.Counts {
		for _, v := range verdicts {
			if c.Verdict == v {
				n += c.Slots
			}
		}
	}
	return n
}

// Slots is how many slots there were.
func (t *Totals) Slots() int { return t.Of(loginwatch.Verdicts...) }

// Availability is the share of runs that were not unavailable, of all but those that
// broke on our side; ok is false when there is none (docs/metrics.md).
func (t *Totals) Availability() (share float64, ok bool) {
	bad := t.Of(loginwatch.Unavailable)
	all := bad + t.answered()
	return 1 - float64(bad)/float64(all), all > 0
}

// Correctness is the share of answered runs that were ok; ok is false when there is
// none.
func (t *Totals) Correctness() (share float64, ok bool) {
	all := t.answered()
	return float64(t.Of(loginwatch.OK)) / float64(all), all > 0
}

func (t *Totals) answered() int {
	return t.Of(loginwatch.OK, loginwatch.Drift, loginwatch.Rejected, loginwatch.Throttled)
}

// Latencies counts latencies in classes that are 9 % wide.
type Latencies [classes]uint32

const (
	classes   = 256
	perDouble = 8 // classes from a duration to twice as much
)

// Class gives the class of a latency: the first whose bound it does not exceed.
func Class(d time.Duration) int {
	if d <= time.Millisecond {
		return 0
	}
	c := int(math.Ceil(perDouble * math.Log2(float64(d)/float64(time.Millisecond))))
	return min(c, classes-1)
}

// Bound is the longest latency of a class.
func Bound(class int) time.Duration {
	return time.Duration(float64(time.Millisecond) * math.Exp2(float64(class)/perDouble))
}

// Quantile gives the bound of the class that holds the latency which a share of them
// does not exceed (the nearest rank); 0 when there is none.
func (l *Latencies) Quantile(q float64) time.Duration {
	var all, sum uint64
	for _, n := range l {
		all += uint64(n)
	}
	rank := max(uint64(math.Ceil(q*float64(all))), 1)
	for class, n := range l {
		if sum += uint64(n); sum >= rank {
			return Bound(class)
		}
	}
	return 0
}
