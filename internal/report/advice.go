package report

import "github.com/loginwatch/loginwatch"

// adviceFor answers the two questions of whoever is woken by a failure.
func adviceFor(res Result) (fault, next string) {
	a := loginwatch.Advise(res.Verdict, res.Reason)
	return string(a.Blame) + ": " + a.Says, a.Next
}
