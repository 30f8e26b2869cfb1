package advice

import (
	"slices"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
)

// Each sign of the closed list changes the advice of every failure that it can
// come with, and each row of the table has its sign.
func TestEverySignHasAdvice(t *testing.T) {
	for _, s := range loginwatch.Signs {
		if _, ok := signAdvice[s]; ok == (s == loginwatch.SignMaybeRefused) {
			t.Errorf("sign %s: has words of its own %t", s, ok)
		}
		for _, v := range []loginwatch.Verdict{loginwatch.Drift, loginwatch.Rejected, loginwatch.Unavailable} {
			a, plain := For(v, loginwatch.ReasonHTTPStatus, s), For(v, loginwatch.ReasonHTTPStatus)
			if a == plain || !clause(a.Says) || !clause(a.Next) || !slices.Contains(blames, a.Blame) {
				t.Errorf("%s, %s: %+v", v, s, a)
			}
		}
		for _, v := range []loginwatch.Verdict{loginwatch.OK, loginwatch.Broken, loginwatch.Skipped} {
			got, want := For(v, loginwatch.ReasonInternal, s), For(v, loginwatch.ReasonInternal)
			if v == loginwatch.Broken && s == loginwatch.SignMaybeRefused {
				// What we failed to judge was sent all the same.
				if got.Blame != Us || !strings.Contains(got.Says, "may have been refused") {
					t.Errorf("%s, %s: %+v", v, s, got)
				}
				continue
			}
			if open := v == loginwatch.OK && s == loginwatch.SignLeftOpen; (got != want) != open {
				t.Errorf("%s with %s: %+v", v, s, got)
			}
		}
	}
	for s := range signAdvice {
		if !slices.Contains(loginwatch.Signs, s) {
			t.Errorf("%s is not in the list", s)
		}
	}
}

// A refusal that is only possible is never told as one that is certain, blames
// nobody else alone, and says first what keeps the account open.
func TestForMaybeRefused(t *testing.T) {
	for _, r := range loginwatch.Reasons {
		for _, s := range append(slices.Clone(loginwatch.Signs), loginwatch.SignNone) {
			a := For(loginwatch.Drift, r, s, loginwatch.SignMaybeRefused)
			if !strings.HasSuffix(a.Says, "our credential may have been refused") || strings.Count(a.Says, "may have been refused") != 1 {
				t.Errorf("%s, %s: %s", r, s, a.Says)
			}
			if a.Blame == Vendor || strings.Count(a.Next, byHand) != 1 {
				t.Errorf("%s, %s: %s: %s", r, s, a.Blame, a.Next)
			}
		}
	}
}

// What a page is told as depends on nothing but that it came: whatever the
// status, it says what came, where it came from and what it may mean.
func TestForPages(t *testing.T) {
	for _, s := range []loginwatch.Sign{loginwatch.SignPage, loginwatch.SignWall, loginwatch.SignMaintenance} {
		a := For(loginwatch.Drift, loginwatch.ReasonNotJSON, s)
		for _, other := range []Advice{
			For(loginwatch.Drift, loginwatch.ReasonHTTPStatus, s), For(loginwatch.Unavailable, loginwatch.ReasonGateway, s),
		} {
			if a != other {
				t.Errorf("%s: %+v, and %+v", s, a, other)
			}
		}
		said := []string{"in front of its login", "blocking us"}
		if s != loginwatch.SignMaintenance {
			said = append(said, "HTML", "where the document has none")
		}
		for _, words := range said {
			if !strings.Contains(a.Says, words) {
				t.Errorf("%s does not say %q: %s", s, words, a.Says)
			}
		}
		if s != loginwatch.SignMaintenance && !strings.Contains(a.Says, "HTML") {
			t.Errorf("%s does not say what came: %s", s, a.Says)
		}
		if strings.Contains(a.Next, "read the body") || strings.Contains(a.Says, "is down") {
			t.Errorf("%s: %+v", s, a)
		}
	}
}
