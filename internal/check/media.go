package check

import (
	"fmt"
	"slices"

	"github.com/loginwatch/loginwatch"
)

// mediaTypes reports what a consumer that reads Content-Type strictly trips
// over, though the body is as documented.
func (j *judge) mediaTypes() {
	if j.out.Verdict != loginwatch.OK && j.out.Verdict != loginwatch.Drift && j.out.Verdict != loginwatch.Rejected {
		return
	}
	o := j.op.Outcome(j.out.Outcome)
	switch n := len(j.answer.MediaTypes); {
	case n > 1:
		f := j.finding(loginwatch.KindContentType, "one media type (RFC 9110, 8.3)", fmt.Sprintf("%d that differ", n))
		if len(slices.Compact(slices.Sorted(slices.Values(j.answer.MediaTypes)))) == 1 {
			f.Got = fmt.Sprintf("the same one %d times", n)
			f.Class = loginwatch.Tolerated
		}
		if j.out.Verdict == loginwatch.Rejected || j.Case.Undocumented && o == nil {
			f.Class = loginwatch.Tolerated
		}
		j.add(f)
		if j.out.Verdict == loginwatch.OK && f.Class == loginwatch.Breaking {
			j.verdict(loginwatch.Drift, loginwatch.ReasonContentType)
		}
	case o != nil && o.Means == loginwatch.OK && o.Structured() && j.answer.MediaType == "application/problem+json" && !slices.Contains(o.ContentTypes, j.answer.MediaType):
		// RFC 9457, 3: the media type of errors, which some consumers branch on.
		f := j.contentTypeFinding(o)
		f.Class = loginwatch.Tolerated
		j.add(f)
	}
}
