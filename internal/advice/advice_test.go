package advice

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/loginwatch/loginwatch"
)

var blames = []Blame{Nobody, Vendor, VendorOrNetwork, VendorOrUs, Credential, Us}

// Each reason of the closed list has its advice, and each advice its reason.
func TestEveryReasonHasAdvice(t *testing.T) {
	// The reasons of slots that were not run stand last; the rate limit and the store are in
	// both lists.
	notRun := slices.Index(loginwatch.Reasons, loginwatch.ReasonOverlap)
	for i, r := range loginwatch.Reasons {
		_, run := runAdvice[r]
		_, skip := skipAdvice[r]
		if run != (i < notRun || r == loginwatch.ReasonStore) || skip != (i >= notRun || r == loginwatch.ReasonRateLimit) {
			t.Errorf("reason %s: advice for a run %t, for a skipped slot %t", r, run, skip)
		}
	}
	for _, table := range []map[loginwatch.Reason]Advice{runAdvice, skipAdvice} {
		for r, a := range table {
			if !slices.Contains(loginwatch.Reasons, r) || !slices.Contains(blames, a.Blame) {
				t.Errorf("%s: %+v", r, a)
			}
		}
	}
}

func TestFor(t *testing.T) {
	for _, v := range loginwatch.Verdicts {
		for _, r := range append(slices.Clone(loginwatch.Reasons), "", "a reason of tomorrow") {
			a := For(v, r)
			if !clause(a.Says) || a.Next != "" && !clause(a.Next) || a.Blame == "" {
				t.Errorf("%s, %q: %+v", v, r, a)
			}
			if v == loginwatch.OK || v == loginwatch.Skipped {
				continue
			}
			if a.Next == "" || a.Blame == Nobody || a.Blame == Unknown {
				t.Errorf("%s, %q: nobody knows what to do: %+v", v, r, a)
			}
			if v == loginwatch.Broken && a.Blame != Us {
				t.Errorf("a broken run (%s) is blamed on: %s", r, a.Blame)
			}
		}
	}
	for v, want := range map[loginwatch.Verdict]Blame{
		loginwatch.OK: Nobody, loginwatch.Drift: Vendor, loginwatch.Rejected: Credential, loginwatch.Throttled: Us,
		loginwatch.Unavailable: Vendor, loginwatch.Broken: Us, loginwatch.Skipped: Unknown, "a verdict of tomorrow": Us,
	} {
		if a := For(v, "a reason of tomorrow"); a.Blame != want {
			t.Errorf("%s is blamed on: %s", v, a.Blame)
		}
	}
	if a := For(loginwatch.Skipped, loginwatch.ReasonRateLimit); a == For(loginwatch.Throttled, loginwatch.ReasonRateLimit) {
		t.Errorf("a slot that kept the rate limit reads as one that broke it: %+v", a)
	}
}

// A suspension that rests on what is only possible is not said to rest on more,
// and no other reason depends on it.
func TestForSkip(t *testing.T) {
	said := map[string]bool{}
	for on, words := range map[loginwatch.Refusal]string{
		loginwatch.RefusalNone: "was, or may have been, refused", loginwatch.RefusalPossible: "after it may have been refused", loginwatch.RefusalCertain: "after it was refused",
	} {
		a := ForSkip(loginwatch.ReasonSuspended, on)
		if !strings.Contains(a.Says, words) || !clause(a.Says) || !clause(a.Next) || a.Blame != Credential || said[a.Says] {
			t.Errorf("%q: %+v, want %q", on, a, words)
		}
		said[a.Says] = true
		for _, r := range loginwatch.Reasons {
			if a := ForSkip(r, on); r != loginwatch.ReasonSuspended && a != For(loginwatch.Skipped, r) {
				t.Errorf("%s, %q: %+v", r, on, a)
			}
		}
	}
}

// What is said twice drifts apart: no two reasons share their words.
func TestAdviceTellsReasonsApart(t *testing.T) {
	says := map[string]loginwatch.Reason{}
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
