package advice

import (
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

// Each standing of a next secret has words of its own, and what may have been refused
// was not.
func TestForNext(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range []loginwatch.NextState{
		{Standing: loginwatch.NextWaiting},
		{Standing: loginwatch.NextWaiting, Since: time.Unix(1, 0)},
		{Standing: loginwatch.NextTakenOver},
		{Standing: loginwatch.NextRefused, Refusal: loginwatch.RefusalCertain},
		{Standing: loginwatch.NextRefused, Refusal: loginwatch.RefusalPossible},
		{Standing: loginwatch.NextUndecided},
	} {
		a := ForNext(s)
		if a.Says == "" || seen[a.Says] || (a.Next == "") != (s.Standing == loginwatch.NextWaiting) || !clause(a.Says) {
			t.Errorf("%+v: %+v", s, a)
		}
		seen[a.Says] = true
	}
	if a := ForNext(loginwatch.NextState{}); a != (Advice{}) {
		t.Errorf("without one: %+v", a)
	}
}
