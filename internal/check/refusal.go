package check

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/token"
	"github.com/loginwatch/loginwatch/internal/tree"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// refusalDocumented tells whether the document describes a refused credential
// for the operation; then only that description counts as one.
func (j *judge) refusalDocumented() bool {
	return slices.ContainsFunc(j.op.Outcomes, func(o *loginwatch.Outcome) bool { return o.Means == loginwatch.Rejected })
}

// credentialDue tells whether the case sends a credential that the document
// promises success for: of no other can it be said that it was refused.
func (j *judge) credentialDue() bool { return j.Case.SuccessDue() && j.Case.SendsCredential() }

// refusedUnderAnotherStatus tells, and reports, whether the body is a documented
// refusal to the letter: its discriminator says what happened, whatever stands
// in front made of the status.
func (j *judge) refusedUnderAnotherStatus() bool {
	told := func(o *loginwatch.Outcome) bool {
		return o.Means == loginwatch.Rejected && len(o.Where) > 0 && !slices.Contains(o.Statuses, j.x.Status)
	}
	if !j.credentialDue() || j.x.Status == 429 || !slices.ContainsFunc(j.op.Outcomes, told) {
		return false
	}
	s := j.closest(func(*loginwatch.Outcome) bool { return true })
	if s == nil || !s.exact() || !told(s.outcome) {
		return false
	}
	j.otherStatus(s.outcome)
	return true
}

// undocumentedRefusal tells, and reports, whether an answer that fits no
// documented outcome refuses the credential all the same.
func (j *judge) undocumentedRefusal() bool {
	status := j.x.Status
	if !j.credentialDue() || status != 401 && status != 403 && status != 423 {
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
	switch refused := j.out.Verdict == loginwatch.Rejected || o != nil && o.Means == loginwatch.Rejected; {
	case refused && !j.out.MayBeProxys && !j.fromFront():
		return loginwatch.RefusalCertain
	case !refused && (j.clearlyNoRefusal(o) || j.signedIn()):
		return loginwatch.RefusalNone
	}
	return loginwatch.RefusalPossible
}

// fromFront tells whether something else than the login may have answered: a
// refusal of its own is none of the credential.
func (j *judge) fromFront() bool {
	switch j.out.Sign {
	case loginwatch.SignPage, loginwatch.SignWall, loginwatch.SignBlocked, loginwatch.SignPortal, loginwatch.SignMaintenance:
		return true
	}
	return false
}

// clearlyNoRefusal tells whether the answer is about something else: none came,
// a limit, an outage.
func (j *judge) clearlyNoRefusal(o *loginwatch.Outcome) bool {
	switch s := j.x.Status; {
	case !j.x.Headed():
		return !j.x.HeadLost
	case s >= 500 && s < 600:
		return !j.refusedUnderThisStatus()
	case s == 429:
		return true
	case o != nil && j.shape != nil && len(o.Where) == 0:
		return false // a shape alone, under a status that is not its own, may be any error's
	case j.out.Verdict == loginwatch.Throttled:
		return true
	case o == nil || o.Means != loginwatch.Unavailable && o.Means != loginwatch.Throttled:
		return false
	}
	return !slices.ContainsFunc(j.Contract.Cases, func(k *loginwatch.Case) bool {
		return k.Operation == j.op && k.Risk == loginwatch.RiskLockOut && expected(k, o)
	})
}

// refusedUnderThisStatus tells whether the document has a refused credential under
// the answer's status: a fault of SOAP comes with 500, whatever it is about (SOAP
// 1.1, 6.2). A page is nobody's fault, but a gateway's.
func (j *judge) refusedUnderThisStatus() bool {
	return (j.answer == nil || j.answer.Shape != wire.HTML) && slices.ContainsFunc(j.op.Outcomes, func(o *loginwatch.Outcome) bool {
		return o.Means == loginwatch.Rejected && slices.Contains(o.Statuses, j.x.Status)
	})
}

// found tells whether a breaking finding is of one of the kinds.
func (j *judge) found(kinds ...loginwatch.Kind) bool {
	return slices.ContainsFunc(j.out.Findings, func(f loginwatch.Finding) bool {
		return f.Class == loginwatch.Breaking && slices.Contains(kinds, f.Kind)
	})
}

// signedIn tells whether the answer is the documented success or holds what
// only a success gives: the token, and around it most of what is documented; or
// all that was to be captured.
func (j *judge) signedIn() bool {
	if j.answer == nil {
		return false // none came whole
	}
	o := j.op.Outcome(j.out.Outcome)
	success := o != nil && o.Means == loginwatch.OK
	t := j.op.Token
	if t == nil {
		return success && (j.out.Verdict == loginwatch.OK || len(j.Capture) > 0 && len(j.out.Captured) == len(j.Capture))
	}
	if success && o != t.Outcome && j.out.Verdict == loginwatch.OK {
		return true
	}
	if !t.At.InDocument() {
		// A header or cookie alone may come with a refusal as well, and what is no
		// token where the whole text should be one may be the words of a refusal.
		v, _ := j.lookup(t.Outcome, nil, t.At)
		_, usable := token.Usable(v)
		return usable && success && o == t.Outcome && (t.At != loginwatch.PlaceText || !j.found(loginwatch.KindTokenMissing, loginwatch.KindTokenForm))
	}
	if j.x.Status >= 400 || j.doc == nil || o != nil && !success {
		return false
	}
	doc := j.relocated(t.Outcome)
	if j.contradicted(t.Outcome, doc) {
		return false
	}
	v, _ := j.lookup(t.Outcome, doc, t.At)
	if _, usable := token.Usable(v); !usable {
		return positive(v) && j.butItsType(t, doc)
	}
	return j.out.Verdict == loginwatch.OK && o == t.Outcome || j.mostly(t.Outcome, doc)
}

// positive tells whether a value is a number that can stand for something.
func positive(v any) bool {
	n, ok := v.(json.Number)
	return ok && !strings.HasPrefix(n.String(), "-") && !zero(n)
}

func zero(n json.Number) bool { return strings.Trim(n.String(), "0.eE+-") == "" }

// butItsType tells whether the document is the token's outcome in all but the
// type of the token, and says more than that: such a token can be used by nobody,
// but the vendor has accepted the credential.
func (j *judge) butItsType(t *loginwatch.Token, doc any) bool {
	o := t.Outcome
	if !o.Structured() || !slices.Contains(o.Statuses, j.x.Status) || j.foreignMember(o, doc) || len(o.Schema.Extra(doc)) > 0 {
		return false
	}
	violations, err := o.Schema.Validate(doc)
	return err == nil && documented(o.Schema, "", doc) > strings.Count(t.At.String(), "/") &&
		!slices.ContainsFunc(violations, func(v loginwatch.Violation) bool { return v.Pointer != t.At.String() })
}

// contradicted tells whether the document's own code says that the answer is
// another outcome.
func (j *judge) contradicted(o *loginwatch.Outcome, doc any) bool {
	return slices.ContainsFunc(j.whereMisses(o, doc), func(w loginwatch.Field) bool {
		v, found := j.lookup(o, doc, w.At)
		return found && v != nil
	})
}

// mostly tells whether the document is the outcome's but for a few fields. What
// an error or a second step is known by may have the token's name: so nothing of
// another outcome may stand there, and either nothing is missing, or as much is
// there as is missing and unknown; under a status that is not the outcome's all of
// it, and nothing else.
func (j *judge) mostly(o *loginwatch.Outcome, doc any) bool {
	if !o.Structured() {
		return false
	}
	violations, err := o.Schema.Validate(doc)
	if err != nil || j.foreignMember(o, doc) {
		return false
	}
	missing := 0
	for _, v := range violations {
		if value, _ := tree.Lookup(doc, v.Pointer); value == nil {
			missing++
		}
	}
	differs := missing + len(o.Schema.Extra(doc))
	if !slices.Contains(o.Statuses, j.x.Status) && j.statusRuling(o) == nil {
		return differs == 0
	}
	return missing == 0 || differs <= documented(o.Schema, "", doc)
}

// foreignMember tells whether the document has a member by which another outcome,
// which is no success, is known.
func (j *judge) foreignMember(o *loginwatch.Outcome, doc any) bool {
	object, _ := doc.(map[string]any)
	return slices.ContainsFunc(j.op.Outcomes, func(other *loginwatch.Outcome) bool {
		return other.Means != loginwatch.OK && other.Structured() && someMember(other.Schema, object, func(name string, v any) bool {
			if v == nil || !o.Structured() {
				return v != nil
			}
			_, own := o.Schema.At(tree.JoinPointer("", name))
			return !own
		})
	})
}

// documented counts the members of nested objects that the schema names and that
// have a value.
func documented(s loginwatch.Schema, at string, v any) int {
	object, _ := v.(map[string]any)
	count := 0
	for name, inner := range object {
		pointer := tree.JoinPointer(at, name)
		if _, named := s.At(pointer); named && inner != nil {
			count += 1 + documented(s, pointer, inner)
		}
	}
	return count
}

// discriminatorFindings says in which of the fields that tell outcomes apart
// the body differs from the outcome whose shape it has.
func (j *judge) discriminatorFindings(s *shape) []loginwatch.Finding {
	var findings []loginwatch.Finding
	for _, pointer := range s.differs {
		v, found := j.lookup(s.outcome, j.answer.Doc, loginwatch.Place(pointer))
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
			if v, found := j.answer.Lookup(w.At); found && j.httpCodes(w.At.String()) {
				if text, _ := tree.ScalarText(v); text == "429" {
					return true
				}
			}
		}
	}
	return false
}
