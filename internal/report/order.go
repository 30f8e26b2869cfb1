package report

import (
	"cmp"
	"slices"

	"github.com/loginwatch/loginwatch"
)

// code is the exit code that a result alone would give.
func (r Result) code() int {
	switch {
	case r.breaks():
		return exitBreaking
	case r.Verdict == loginwatch.Broken, r.Reason == loginwatch.ReasonShutdown:
		return exitOurs
	case r.failed():
		return exitVendor
	}
	return exitOK
}

// rank orders exit codes: the lower one decides.
func rank(code int) int {
	return slices.Index([]int{exitBreaking, exitOurs, exitVendor, exitOK}, code)
}

// worstFirst orders results by what they do to the exit code: who reads only the
// beginning reads why verify ended as it did. What was not run comes before what
// is fine; within the same rank the order of the run stays.
func worstFirst(r Report) Report {
	r.Results = slices.Clone(r.Results)
	slices.SortStableFunc(r.Results, func(a, b Result) int {
		return cmp.Or(cmp.Compare(rank(a.code()), rank(b.code())), cmp.Compare(fine(a), fine(b)))
	})
	return r
}

func fine(r Result) int {
	if r.Verdict == loginwatch.OK {
		return 1
	}
	return 0
}

// issue is one thing to tell about a result: a finding, or, without one, that the
// run itself failed.
type issue struct {
	Result
	finding *loginwatch.Finding
}

// issues lists what is to tell, in the order of the exit codes. GitHub shows ten
// annotations of a step, so every result that breaks the contract has its first
// finding before another one has its second.
func (r Report) issues() []issue {
	var first, further, failed, harmless []issue
	results := worstFirst(r).Results
	interrupted := false
	for _, res := range results {
		breaking := res.class(loginwatch.Breaking)
		for i := range breaking {
			if i == 0 {
				first = append(first, issue{res, &breaking[i]})
			} else {
				further = append(further, issue{res, &breaking[i]})
			}
		}
		// An interruption cuts off many cases, and is told once.
		cut := res.Reason == loginwatch.ReasonShutdown && !interrupted
		switch {
		case len(breaking) > 0:
		case res.breaks():
			first = append(first, issue{res, nil})
		case res.failed(), cut:
			failed = append(failed, issue{res, nil})
			interrupted = interrupted || cut
		}
	}
	if len(first)+len(failed) == 0 {
		for _, res := range results {
			if res.held() {
				failed = append(failed, issue{res, nil})
			}
		}
	}
	for _, class := range []loginwatch.Class{loginwatch.Tolerated, loginwatch.Additive} {
		for _, res := range results {
			for _, f := range res.class(class) {
				harmless = append(harmless, issue{res, &f})
			}
		}
	}
	return slices.Concat(first, further, failed, harmless)
}

// held tells whether the case was due and could not be sent, as after a refusal.
func (r Result) held() bool {
	return r.Verdict == loginwatch.Skipped && (r.Reason == loginwatch.ReasonStore || slices.Contains(loginwatch.AdmissionReasons, r.Reason))
}

// silent tells whether nothing ran, so that nothing is known.
func (r Report) silent() bool {
	return !slices.ContainsFunc(r.Results, func(x Result) bool { return x.Verdict != loginwatch.Skipped })
}
