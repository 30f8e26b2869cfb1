package check

import "github.com/loginwatch/loginwatch"

// tells says what the answer to a control case means for the refusal before it. As
// documented: the login does not refuse whatever comes. A refusal, in whatever form
// the login's would be taken for one, or a failure of its own: it may refuse everybody.
// An answer of something else: that may have refused us. What is otherwise not as
// documented, and no answer at all, say nothing: the login was answered.
func (j *judge) tells() loginwatch.Reason {
	switch {
	case j.out.Verdict == loginwatch.OK:
		return loginwatch.ReasonCredential
	case j.out.Reason == loginwatch.ReasonGateway || j.elsewhere():
		return loginwatch.ReasonBlocked
	case !j.x.Answered():
		return ""
	case j.out.Verdict == loginwatch.Unavailable:
		return loginwatch.ReasonVendor
	}
	login := j.Input
	login.Case, login.Refused, login.Capture = j.Refused, nil, nil
	if Judge(login).Verdict == loginwatch.Rejected {
		return loginwatch.ReasonVendor
	}
	return ""
}

// elsewhere tells whether the answer shows that something else than the login gave
// it, or may have.
func (j *judge) elsewhere() bool {
	return j.fromFront() || j.out.Sign == loginwatch.SignEmpty || j.out.Sign == loginwatch.SignForwarded
}
