package check

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// refusalDocumented tells whether the document describes a refused credential
// for the operation; then only that description counts as one.
func (j *judge) refusalDocumented() bool {
	return slices.ContainsFunc(j.op.Outcomes, func(o *loginwatch.Outcome) bool { return o.Means == loginwatch.Rejected })
}

// undocumentedRefusal tells, and reports, whether an answer that fits no
// documented outcome refuses the credential all the same.
func (j *judge) undocumentedRefusal() bool {
	status := j.x.Status
	if !j.Case.SuccessDue() || status != 401 && status != 403 && status != 423 {
		return false
	}
	if !j.refusalDocumented() {
		if status != 401 {
			return false
		}
		// RFC 9110, 15.5.2: the status alone says that the credential was not
		// accepted; no documented discriminator could say it better.
		f := j.statusFinding("401, a refusal that the document does not describe")
		f.Class = loginwatch.Tolerated
		j.add(f)
		return true
	}
	s := j.closest(func(o *loginwatch.Outcome) bool { return o.Means == loginwatch.Rejected })
	whose := j.closest(func(*loginwatch.Outcome) bool { return true })
	if s == nil || whose.exact() && whose.outcome.Means != loginwatch.Rejected && (whose.outcome.Means == loginwatch.OK || len(whose.outcome.Where) > 0) {
		return false // nobody's words, or those of another outcome
	}
	if !slices.Contains(s.outcome.Statuses, status) {
		j.otherStatus(s.outcome)
	}
	// An account that is locked, not verified, or wants another password or a
	// second factor is refused in the vendor's usual words, under another code.
	for _, f := range j.discriminatorFindings(s) {
		f.Class = loginwatch.Tolerated
		j.add(f)
	}
	if !s.exact() {
		j.out.Sign = loginwatch.SignAccount
	}
	return true
}

// refusal is deliberately wider than the verdict: an answer with neither a
// token nor a documented success, to a case that sends a real credential, may
// be a refusal that the vendor counts against the account, whatever its words;
// unless it clearly is none. Cases that are meant to be refused for another
// reason send no password and don't count.
func (j *judge) refusal() loginwatch.Refusal {
	if !j.Case.SendsCredential() {
		return loginwatch.RefusalNone
	}
	o := j.op.Outcome(j.out.Outcome)
	if (j.out.Verdict == loginwatch.Rejected || o != nil && o.Means == loginwatch.Rejected) && !j.out.MayBeProxys {
		return loginwatch.RefusalCertain
	}
	if j.clearlyNoRefusal(o) || j.signedIn(o) {
		return loginwatch.RefusalNone
	}
	return loginwatch.RefusalPossible
}

// clearlyNoRefusal tells whether the answer is about something else: none came,
// a limit, an outage.
func (j *judge) clearlyNoRefusal(o *loginwatch.Outcome) bool {
	switch s := j.x.Status; {
	case s == 0 || s >= 500 && s < 600 || j.out.Verdict == loginwatch.Throttled:
		return true
	case !j.x.Answered():
		return s < 400 // of a refusal's head enough came
	case o == nil || o.Means != loginwatch.Unavailable && o.Means != loginwatch.Throttled:
		return false
	case j.shape != nil && len(o.Where) == 0:
		return false // a shape alone, under a status that is not its own, may be any error's
	}
	return !slices.ContainsFunc(j.Contract.Cases, func(k *loginwatch.Case) bool {
		return k.Operation == j.op && k.Risk == loginwatch.RiskLockOut && expected(k, o)
	})
}

// signedIn tells whether the answer is the documented success or holds what
// only a success gives: the token, or all that was to be captured.
func (j *judge) signedIn(o *loginwatch.Outcome) bool {
	success := o != nil && o.Means == loginwatch.OK
	t := j.op.Token
	if t == nil {
		return success && (j.out.Verdict == loginwatch.OK || len(j.Capture) > 0 && len(j.out.Captured) == len(j.Capture))
	}
	if j.x.Status >= 400 || j.answer == nil || o != nil && !success {
		return false
	}
	if j.answer.Refusal != nil {
		return j.glimpsed(t.At.Pointer())
	}
	if j.contradicted(t.Outcome) {
		return false
	}
	v, _ := tree.Lookup(j.doc, t.At.Pointer())
	return !vacant(v)
}

// contradicted tells whether the document's own code says that the answer is
// another outcome.
func (j *judge) contradicted(o *loginwatch.Outcome) bool {
	return slices.ContainsFunc(whereMisses(o, j.doc), func(w loginwatch.Field) bool {
		v, found := tree.Lookup(j.doc, w.At.Pointer())
		return found && v != nil
	})
}

// vacant tells whether a value can be no token of any type.
func vacant(v any) bool {
	switch v := v.(type) {
	case nil, bool:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// glimpsed tells whether a body that can't be parsed holds a token all the
// same: JSON that is cut, marked or followed by a page was a success nonetheless.
func (j *judge) glimpsed(pointer string) bool {
	tokens, _ := tree.SplitPointer(pointer)
	if len(tokens) == 0 || j.answer.Shape == wire.Encoded || j.answer.Shape == wire.HTML {
		return false
	}
	member := regexp.QuoteMeta(strconv.Quote(tokens[len(tokens)-1]))
	found, err := regexp.Match(member+`\s*:\s*("[^"]|[0-9-])`, j.answer.Text())
	return err == nil && found
}

// discriminatorFindings says in which of the fields that tell outcomes apart
// the body differs from the outcome whose shape it has.
func (j *judge) discriminatorFindings(s *shape) []loginwatch.Finding {
	var findings []loginwatch.Finding
	for _, pointer := range s.differs {
		v, found := tree.Lookup(j.answer.Doc, pointer)
		kind, got := loginwatch.KindValue, j.told(pointer, v)
		if !found {
			kind, got = loginwatch.KindMissing, "absent"
		}
		findings = append(findings, j.fieldFinding(s.outcome, kind, pointer, j.documentedCodes(s.outcome, pointer), got))
	}
	return findings
}

// throttledInBody tells whether the answer's own code is 429 where the
// contract's codes are those of HTTP.
func (j *judge) throttledInBody() bool {
	if j.answer.Refusal != nil {
		return false
	}
	for _, o := range j.op.Outcomes {
		for _, w := range o.Where {
			if v, found := j.answer.Lookup(w.At); found && j.httpCodes(w.At.Pointer()) {
				if text, _ := tree.ScalarText(v); text == "429" {
					return true
				}
			}
		}
	}
	return false
}
