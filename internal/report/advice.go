package report

import (
	"github.com/loginwatch/loginwatch/internal/advice"
)

// adviceFor answers the two questions of whoever is woken by a failure.
func adviceFor(res Result) (fault, next string) {
	a := advice.For(res.Verdict, res.Reason, res.Signs...)
	return string(a.Blame) + ": " + a.Says, a.Next
}
