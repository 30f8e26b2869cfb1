package history

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
)

var begin = time.Date(2026, time.November, 21, 10, 0, 0, 0, time.UTC)

// A percentile is the upper bound of the class of the nearest rank: never too low, and
// at most 9 % too high.
func TestQuantiles(t *testing.T) {
	var l Latencies
	var all []time.Duration
	for i := range 1_000 {
		d := time.Duration(i*i+1) * 40 * time.Microsecond
		all = append(all, d)
		l[Class(d)]++
	}
	slices.Sort(all)
	for _, q := range []float64{0, 0.001, 0.5, 0.95, 0.99, 0.999, 1} {
		exact := all[max(int(math.Ceil(q*float64(len(all)))), 1)-1]
		got := l.Quantile(q)
		if most := max(time.Duration(float64(exact)*1.0906), time.Millisecond); got < exact || got > most {
			t.Errorf("%v: %s, exactly %s", q, got, exact)
		}
	}
	if (&Latencies{}).Quantile(0.5) != 0 {
		t.Error("a percentile of nothing")
	}
	for class := range classes {
		if d := Bound(class); Class(d) > class || class > 0 && Class(d+d/100) != min(class+1, classes-1) {
			t.Errorf("the class of %s, the bound of %d, is %d", d, class, Class(d))
		}
	}
}

func TestShares(t *testing.T) {
	var sum Totals
	if _, ok := sum.Availability(); ok {
		t.Error("availability of nothing")
	}
	for v, n := range map[loginwatch.Verdict]int{
		loginwatch.OK: 90, loginwatch.Drift: 4, loginwatch.Rejected: 3, loginwatch.Throttled: 2, loginwatch.Unavailable: 1, loginwatch.Broken: 50, loginwatch.Skipped: 70,
	} {
		sum.Add(v, "", n)
	}
	availability, _ := sum.Availability()
	correctness, _ := sum.Correctness()
	if availability != 0.99 || math.Abs(correctness-90.0/99) > 1e-9 || sum.Slots() != 220 {
		t.Errorf("%v, %v of %d slots", availability, correctness, sum.Slots())
	}
}

// What has no place is left out, the worst last, and long texts are cut.
func TestHostileRuns(t *testing.T) {
	run := &loginwatch.Run{ID: "r", Due: begin, Started: begin, Verdict: loginwatch.Drift, Detail: strings.Repeat("x", 100_000), Steps: make([]loginwatch.StepResult, 2)}
	for i, class := range []loginwatch.Class{loginwatch.Additive, loginwatch.Breaking} {
		for range 40 {
			run.Steps[i].Findings = append(run.Steps[i].Findings, loginwatch.Finding{Class: class, Pointer: strings.Repeat("/p", 10_000)})
		}
	}
	shared, own, err := Pack(run)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Unpack(EntryOf(run), shared, own)
	if err != nil {
		t.Fatal(err)
	}
	if n, m := len(got.Run.Steps[0].Findings), len(got.Run.Steps[1].Findings); n != 10 || m != 40 || got.LeftOut != 30 {
		t.Errorf("%d additive and %d breaking ones are kept, %d are not", n, m, got.LeftOut)
	}
	if len(shared)+len(own) > 500_000 || len(run.Steps[0].Findings) != 40 {
		t.Errorf("%d bytes, and %d findings are left to others", len(shared)+len(own), len(run.Steps[0].Findings))
	}
	if diff := cmp.Diff(recordOf(run), got); diff != "" {
		t.Error(diff)
	}
}

// A run without a verdict of the list is broken, and never a skipped slot.
func TestOddVerdicts(t *testing.T) {
	for _, v := range []loginwatch.Verdict{"", "splendid", loginwatch.Skipped} {
		if e := EntryOf(&loginwatch.Run{Verdict: v}); e.Verdict != loginwatch.Broken || e.Reason != loginwatch.ReasonInternal {
			t.Errorf("%q: %+v", v, e)
		}
	}
	if _, ok := EntryOfSkip(loginwatch.SkippedSlot{Reason: loginwatch.ReasonElsewhere}); ok {
		t.Error("a slot of somebody else is told")
	}
}

// Whatever stands in a damaged file, reading it ends, with an error or a record.
func FuzzUnpack(f *testing.F) {
	run := &loginwatch.Run{ID: "r", Due: begin, Started: begin, Verdict: loginwatch.OK, Detail: "d", Steps: []loginwatch.StepResult{{
		Case: "c", Phases: map[loginwatch.Phase]time.Duration{loginwatch.PhaseWait: time.Second},
		Judgement: loginwatch.Judgement{HasSkew: true, Token: loginwatch.TokenFacts{Present: true, HasLifetime: true, Digest: "ab"}},
	}}}
	shared, own, err := Pack(run)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(shared, own)
	if shared, own, err = Pack(looked(loginwatch.Drift)); err != nil {
		f.Fatal(err)
	}
	f.Add(shared, own)
	f.Fuzz(func(t *testing.T, shared, own []byte) {
		if record, err := Unpack(EntryOf(run), shared, own); (record == nil) != (err != nil) {
			t.Errorf("%v, %v", record, err)
		}
	})
}
