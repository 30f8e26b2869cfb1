package report

import (
	"slices"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
)

// adviceFor answers the two questions of whoever is woken by a failure.
func adviceFor(res Result) (fault, next string) {
	verdict := res.Verdict
	if res.Works && slices.Contains(res.Signs, loginwatch.SignLeftOpen) {
		verdict = loginwatch.OK // as the run has it, whatever its cleanup breaks
	}
	a := advice.For(verdict, res.Reason, res.Signs...)
	return string(a.Blame) + ": " + a.Says, a.Next
}
