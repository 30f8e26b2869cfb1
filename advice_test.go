package loginwatch

import (
	"slices"
	"strings"
	"testing"
	"unicode"
)

var blames = []Blame{BlameNobody, BlameVendor, BlameNetwork, BlameVendorOrUs, BlameCredential, BlameUs}

// Each reason of the closed list has its advice, and each advice its reason.
func TestEveryReasonHasAdvice(t *testing.T) {
	// The reasons of slots that were not run stand last; the rate limit is in both lists.
	notRun := slices.Index(Reasons, ReasonOverlap)
	for i, r := range Reasons {
		_, run := runAdvice[r]
		_, skip := skipAdvice[r]
		if run != (i < notRun) || skip != (i >= notRun || r == ReasonRateLimit) {
			t.Errorf("reason %s: advice for a run %t, for a skipped slot %t", r, run, skip)
		}
	}
	for _, table := range []map[Reason]Advice{runAdvice, skipAdvice} {
		for r, a := range table {
			if !slices.Contains(Reasons, r) || !slices.Contains(blames, a.Blame) {
				t.Errorf("%s: %+v", r, a)
			}
		}
	}
}

func TestAdvise(t *testing.T) {
	for _, v := range Verdicts {
		for _, r := range append(slices.Clone(Reasons), "", "a reason of tomorrow") {
			a := Advise(v, r)
			if !clause(a.Says) || a.Next != "" && !clause(a.Next) || a.Blame == "" {
				t.Errorf("%s, %q: %+v", v, r, a)
			}
			if v == OK || v == Skipped {
				continue
			}
			if a.Next == "" || a.Blame == BlameNobody || a.Blame == BlameUnknown {
				t.Errorf("%s, %q: nobody knows what to do: %+v", v, r, a)
			}
			if v == Broken && a.Blame != BlameUs {
				t.Errorf("a broken run (%s) is blamed on: %s", r, a.Blame)
			}
		}
	}
	for v, want := range map[Verdict]Blame{
		OK: BlameNobody, Drift: BlameVendor, Rejected: BlameCredential, Throttled: BlameUs,
		Unavailable: BlameVendor, Broken: BlameUs, Skipped: BlameUnknown, "a verdict of tomorrow": BlameUs,
	} {
		if a := Advise(v, "a reason of tomorrow"); a.Blame != want {
			t.Errorf("%s is blamed on: %s", v, a.Blame)
		}
	}
	if a := Advise(Skipped, ReasonRateLimit); a == Advise(Throttled, ReasonRateLimit) {
		t.Errorf("a slot that kept the rate limit reads as one that broke it: %+v", a)
	}
}

// What is said twice drifts apart: no two reasons share their words.
func TestAdviceTellsReasonsApart(t *testing.T) {
	says := map[string]Reason{}
	for r, a := range runAdvice {
		if other, twice := says[a.Says]; twice {
			t.Errorf("%s and %s both say %q", r, other, a.Says)
		}
		says[a.Says] = r
	}
}

// clause tells whether text can stand in a sentence, after a colon or, with a
// capital and a full stop, alone.
func clause(text string) bool {
	return text != "" && unicode.IsLower([]rune(text)[0]) && !strings.HasSuffix(text, ".")
}
