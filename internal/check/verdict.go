package check

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// due judges a documented outcome that the case expects.
func (j *judge) due(o *loginwatch.Outcome, lenient *loginwatch.Defect) {
	j.out.Outcome = o.ID
	if j.shape != nil {
		j.add(j.statusFinding(strconv.Itoa(j.x.Status)))
	}
	if err := j.inspect(o, lenient); err != nil {
		j.verdict(loginwatch.Broken, loginwatch.ReasonInternal)
		return
	}
	if worst := j.firstBreaking(); worst != nil {
		j.verdict(loginwatch.Drift, reasonOf(worst.Kind))
		if j.out.Token.ByOurClock && !slices.ContainsFunc(j.out.Findings, breaksOtherwise) {
			j.out.Sign = loginwatch.SignClock
		}
		if ours := j.out.Token.ByOurValues; ours > 0 && ours == j.breaking() {
			j.out.Sign = loginwatch.SignOurValue
		}
		return
	}
	j.verdict(loginwatch.OK, "")
}

// breaking is the number of breaking findings.
func (j *judge) breaking() (n int) {
	for _, f := range j.out.Findings {
		if f.Class == loginwatch.Breaking {
			n++
		}
	}
	return n
}

// breaksOtherwise tells of a breaking finding that it rests on no clock.
func breaksOtherwise(f loginwatch.Finding) bool {
	return f.Class == loginwatch.Breaking && f.Kind != loginwatch.KindTokenExpired
}

// notDue judges a documented outcome that the case does not expect. That it
// came is the whole story: its body is held against the schema by the cases that
// expect it, and an outage with a sloppy error body is still an outage.
func (j *judge) notDue(o *loginwatch.Outcome, lenient *loginwatch.Defect) {
	j.out.Outcome = o.ID
	switch {
	case o.Means == loginwatch.Rejected && j.credentialDue():
		j.verdict(loginwatch.Rejected, loginwatch.ReasonCredential)
	case o.Means == loginwatch.Throttled:
		j.verdict(loginwatch.Throttled, loginwatch.ReasonRateLimit)
	case o.Means == loginwatch.Unavailable:
		j.verdict(loginwatch.Unavailable, j.unavailableReason())
	default:
		j.verdict(loginwatch.Drift, j.unexpected(o))
	}
	switch {
	case lenient != nil:
		j.lenientStatus(o, lenient)
	case j.shape != nil && j.out.Verdict != loginwatch.Drift:
		j.otherStatus(o)
	}
}

// otherStatus reports that an outcome came with a status that is not its own.
func (j *judge) otherStatus(o *loginwatch.Outcome) {
	j.add(loginwatch.Finding{
		Class: loginwatch.Tolerated, Kind: loginwatch.KindStatus,
		Documented: dueStatuses([]*loginwatch.Outcome{o}), Got: strconv.Itoa(j.x.Status),
		Contract: o.Pos.FileLine(), Document: o.Cite.Document, Quote: o.Cite.Quote(),
	})
}

// unexpected adds the finding that another outcome was due, and gives the reason.
func (j *judge) unexpected(o *loginwatch.Outcome) loginwatch.Reason {
	if !j.statusDue() {
		j.add(j.statusFinding(fmt.Sprintf("%d (%s)", j.x.Status, o.ID)))
		return loginwatch.ReasonHTTPStatus
	}
	f := loginwatch.Finding{
		Class: loginwatch.Breaking, Kind: loginwatch.KindValue,
		Documented: "the outcome " + outcomeIDs(j.Case.Expect), Got: "the outcome " + o.ID,
		Contract: j.Case.Pos.FileLine(), Document: j.Case.Cite.Document, Quote: j.Case.Cite.Quote(),
	}
	if len(o.Where) > 0 {
		f.Pointer = o.Where[0].At.String()
	}
	j.add(f)
	if o.Means == loginwatch.OK || !j.Case.SuccessDue() {
		return loginwatch.ReasonContract // a success is no error, and where one was due it is another one
	}
	return loginwatch.ReasonApplication
}

// undocumented judges an answer that fits no documented outcome.
func (j *judge) undocumented() {
	status := j.x.Status
	switch {
	case j.redirects():
		j.add(j.finding(loginwatch.KindRedirect, j.awaited(), fmt.Sprintf("%d, a redirect, not followed", status)))
		j.verdict(loginwatch.Drift, loginwatch.ReasonRedirect)
	case j.refusedUnderAnotherStatus():
		j.verdict(loginwatch.Rejected, loginwatch.ReasonCredential)
	case status == 429:
		j.verdict(loginwatch.Throttled, loginwatch.ReasonRateLimit)
	case status >= 500 && status < 600:
		j.verdict(loginwatch.Unavailable, j.unavailableReason())
	case j.throttledInBody():
		j.verdict(loginwatch.Throttled, loginwatch.ReasonRateLimit)
	case j.Case.Undocumented && j.front.stops():
		j.verdict(loginwatch.Unavailable, loginwatch.ReasonGateway) // any answer is right, but this is nobody's
	case j.Case.Undocumented:
		f := j.finding(loginwatch.KindStatus, "nothing (the document promises no answer here)", fmt.Sprintf("%d, %s", status, j.describe()))
		f.Class = loginwatch.Tolerated
		j.add(f)
		j.verdict(loginwatch.OK, "")
	case j.undocumentedRefusal():
		j.verdict(loginwatch.Rejected, loginwatch.ReasonCredential)
	case j.tooLarge():
		j.add(j.finding(loginwatch.KindTruncated, "a body that is read whole", tooLarge))
		j.verdict(loginwatch.Drift, loginwatch.ReasonBodyTooLarge)
	default:
		reason, err := j.explain()
		if err != nil {
			j.verdict(loginwatch.Broken, loginwatch.ReasonInternal)
			return
		}
		j.verdict(loginwatch.Drift, reason)
	}
}

// redirects tells whether the answer sends us elsewhere. 300 does so only where
// it prefers a place, and 304 and what has no meaning do not (RFC 9110, 15.4).
func (j *judge) redirects() bool {
	switch j.x.Status {
	case 301, 302, 303, 307, 308:
		return true
	case 300:
		return j.x.Header.Get("Location") != ""
	}
	return false
}

// awaited is what is documented in the place of a redirect to somewhere else.
func (j *judge) awaited() string {
	if slices.ContainsFunc(j.op.Outcomes, func(o *loginwatch.Outcome) bool { return slices.Contains(o.Statuses, j.x.Status) }) {
		return "a redirect, to another place than this one"
	}
	return "an answer of its own"
}

// firstBreaking is the finding that decides the reason: a wrong shape before a
// wrong token, because it explains the token.
func (j *judge) firstBreaking() *loginwatch.Finding {
	var first *loginwatch.Finding
	for i := range j.out.Findings {
		f := &j.out.Findings[i]
		if f.Class != loginwatch.Breaking {
			continue
		}
		if reasonOf(f.Kind) != loginwatch.ReasonToken {
			return f
		}
		if first == nil {
			first = f
		}
	}
	return first
}

// reasonOf maps the kind of the deciding finding to the run's reason.
func reasonOf(k loginwatch.Kind) loginwatch.Reason {
	switch k {
	case loginwatch.KindTokenMissing, loginwatch.KindTokenForm, loginwatch.KindTokenExpired, loginwatch.KindTokenLifetime,
		loginwatch.KindTokenAlgorithm, loginwatch.KindTokenMismatch, loginwatch.KindTokenReused,
		loginwatch.KindTokenSignature, loginwatch.KindTokenKey, loginwatch.KindTokenClaim:
		return loginwatch.ReasonToken
	case loginwatch.KindStatus:
		return loginwatch.ReasonHTTPStatus
	case loginwatch.KindContentType:
		return loginwatch.ReasonContentType
	case loginwatch.KindNotJSON, loginwatch.KindTruncated:
		return loginwatch.ReasonNotJSON
	case loginwatch.KindMalformed:
		return loginwatch.ReasonMalformed
	case loginwatch.KindRedirect:
		return loginwatch.ReasonRedirect
	}
	return loginwatch.ReasonContract
}

// unavailableReason tells a gateway's answer from the vendor's own. 502 and 504
// speak of a server behind the one that answers, 511 of a network before it
// (RFC 9110, 15.6.3 and 15.6.5; RFC 6585, 6).
func (j *judge) unavailableReason() loginwatch.Reason {
	switch s := j.x.Status; {
	case s < 500:
		return loginwatch.ReasonApplication
	case j.answer.Shape == wire.HTML || s == 502 || s == 504 || s == 511:
		return loginwatch.ReasonGateway
	}
	return loginwatch.ReasonHTTP5xx
}
