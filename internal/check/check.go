// Package check holds an exchange against the contract: findings first, then
// one verdict. It is pure: the same exchange always gets the same judgement.
// It sends nothing, reads no clock and repeats no value that a vendor sent.
package check

import (
	"fmt"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/token"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// Input is one exchange and what it is held against.
type Input struct {
	Contract      *loginwatch.Contract
	Case          *loginwatch.Case
	Exchange      *loginwatch.Exchange
	Capture       []loginwatch.Capture // what later steps need of the answer
	PreviousToken string               // digest of the token of the run before; "" when unknown
	Key           []byte               // of the token digest; local to the process
}

// Result is the judgement and what was captured. The captured values are
// secrets, so they stand beside the judgement and never in it.
type Result struct {
	loginwatch.Judgement
	Captured []Captured // in the order of Input.Capture; up to the first that is not there
	Complete bool       // all that was to be captured is there
}

// Captured is a value of the answer under the name of the secret that it fills.
type Captured struct{ Name, Value string }

// Judge says what the exchange means for its case. An exchange that can't be
// checked is [loginwatch.Broken], never a pass.
func Judge(in Input) Result {
	j := &judge{Input: in, op: in.Case.Operation, x: in.Exchange}
	if !j.x.Answered() {
		j.failed()
	} else {
		j.answered()
		j.take()
	}
	j.out.Complete = len(j.out.Captured) == len(j.Capture)
	j.finish()
	return j.out
}

// judge is one judgement in the making.
type judge struct {
	Input
	op     *loginwatch.Operation
	x      *loginwatch.Exchange
	server time.Time // the vendor's clock, by the Date header; zero when there is none
	answer *wire.Answer
	doc    any // the answer's document, with what rulings let stand elsewhere at its documented place
	out    Result

	redactor *loginwatch.Redactor // made when foreign text has to be shown
}

// failed judges an exchange without a complete answer.
func (j *judge) failed() {
	j.out.Reason = j.x.Failure
	if j.x.Status != 0 {
		// The body is lost, but what the head said stands: a wait, or a refusal.
		j.out.RetryAfter = retryAfter(j.x.Header, serverTime(j.x.Header), j.x.Finished)
		if j.x.Status == 429 {
			j.verdict(loginwatch.Throttled, loginwatch.ReasonRateLimit)
			return
		}
	}
	switch j.x.Failure {
	case loginwatch.ReasonSecretMissing, loginwatch.ReasonInternal:
		j.out.Verdict = loginwatch.Broken
	default:
		j.out.Verdict = loginwatch.Unavailable
	}
}

// answered judges a complete answer: what it is, then whether it was due.
func (j *judge) answered() {
	now := j.x.Finished
	j.server = serverTime(j.x.Header)
	if !j.server.IsZero() {
		skew, finding := token.Skew(j.server, now)
		j.out.Skew, j.out.HasSkew = skew, true
		if finding != nil {
			finding.Contract, finding.Quote = j.op.Pos.FileLine(), j.op.Cite.Quote()
			j.add(*finding)
			// One of two clocks is wrong. Consumers judge a token by theirs, and so
			// do we; a Date that some cache left behind must not decide.
			j.server = time.Time{}
		}
	}
	j.answer = wire.Read(j.x)
	j.doc = j.answer.Doc
	outcome, lenient := j.match()
	switch {
	case outcome == nil:
		j.undocumented()
	case expected(j.Case, outcome):
		j.due(outcome, lenient)
	default:
		j.notDue(outcome, lenient)
	}
	// RFC 9110, 10.2.3 and RFC 6585, 4: elsewhere the header asks for nothing.
	switch s := j.x.Status; {
	case j.out.Verdict == loginwatch.Throttled, j.out.Verdict == loginwatch.Unavailable, s >= 300 && s < 400:
		j.out.RetryAfter = retryAfter(j.x.Header, serverTime(j.x.Header), now)
	}
}

// due judges a documented outcome that the case expects.
func (j *judge) due(o *loginwatch.Outcome, lenient *loginwatch.Defect) {
	j.out.Outcome = o.ID
	if err := j.inspect(o, lenient); err != nil {
		j.verdict(loginwatch.Broken, loginwatch.ReasonInternal)
		return
	}
	if worst := j.firstBreaking(); worst != nil {
		j.verdict(loginwatch.Drift, reasonOf(worst.Kind))
		return
	}
	j.verdict(loginwatch.OK, "")
}

// notDue judges a documented outcome that the case does not expect. That it
// came is the whole story: its body is held against the schema by the cases that
// expect it, and an outage with a sloppy error body is still an outage.
func (j *judge) notDue(o *loginwatch.Outcome, lenient *loginwatch.Defect) {
	j.out.Outcome = o.ID
	switch {
	case o.Means == loginwatch.Rejected && j.Case.SuccessDue():
		j.verdict(loginwatch.Rejected, loginwatch.ReasonCredential)
	case o.Means == loginwatch.Throttled:
		j.verdict(loginwatch.Throttled, loginwatch.ReasonRateLimit)
	case o.Means == loginwatch.Unavailable:
		j.verdict(loginwatch.Unavailable, j.unavailableReason())
	default:
		j.verdict(loginwatch.Drift, j.unexpected(o))
	}
	if lenient != nil {
		j.lenientStatus(o, lenient)
	}
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
		Contract: j.Case.Pos.FileLine(), Quote: j.Case.Cite.Quote(),
	}
	if len(o.Where) > 0 {
		f.Pointer = o.Where[0].At.Pointer()
	}
	j.add(f)
	return loginwatch.ReasonApplication
}

// undocumented judges an answer that fits no documented outcome.
func (j *judge) undocumented() {
	status := j.x.Status
	switch {
	case status >= 300 && status < 400:
		j.add(j.finding(loginwatch.KindRedirect, "an answer of its own", fmt.Sprintf("%d, a redirect, not followed", status)))
		j.verdict(loginwatch.Drift, loginwatch.ReasonRedirect)
	case status == 429:
		j.verdict(loginwatch.Throttled, loginwatch.ReasonRateLimit)
	case status >= 500 && status < 600:
		j.verdict(loginwatch.Unavailable, j.unavailableReason())
	case j.Case.Undocumented:
		f := j.finding(loginwatch.KindStatus, "nothing (the document promises no answer here)", fmt.Sprintf("%d, %s", status, j.describe()))
		f.Class = loginwatch.Tolerated
		j.add(f)
		j.verdict(loginwatch.OK, "")
	case status == 401 && j.Case.SuccessDue() && !j.refusalDocumented():
		// RFC 9110, 15.5.2: the status alone says that the credential was not
		// accepted; no documented discriminator could say it better.
		f := j.statusFinding("401, a refusal that the document does not describe")
		f.Class = loginwatch.Tolerated
		j.add(f)
		j.verdict(loginwatch.Rejected, loginwatch.ReasonCredential)
	case j.x.TooLarge:
		j.add(j.finding(loginwatch.KindTruncated, "a body that a login needs", fmt.Sprintf("more than %d bytes", len(j.x.Body))))
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

// finish decides whether the credential may have been refused and completes
// the findings.
func (j *judge) finish() {
	j.out.RefusedCredential = j.out.Verdict == loginwatch.Rejected || j.mayCountAgainstAccount()
	for i := range j.out.Findings {
		f := &j.out.Findings[i]
		f.Document = j.Contract.Document.File
		f.Identify(j.Contract.Vendor, j.Case.ID)
	}
}

// mayCountAgainstAccount is deliberately wider than the verdict: a vendor that
// answers a wrong password with an undocumented 401, or with one of several
// statuses, still counts it against the account. Cases that are meant to be
// refused for another reason send no password and don't count.
func (j *judge) mayCountAgainstAccount() bool {
	switch s := j.x.Status; {
	case !j.Case.SendsCredential() || s == 0 || s == 429 || s >= 500:
		return false
	case s == 401 || s == 403:
		return true
	case !j.refusalDocumented() && (j.out.Outcome == "" || j.op.Token != nil && !j.out.Token.Present):
		return true // the document describes no refusal, so an answer without a token may be one
	}
	o := j.op.Outcome(j.out.Outcome)
	if o == nil || o.Means == loginwatch.OK {
		return false
	}
	if o.Means == loginwatch.Rejected {
		return true
	}
	for _, k := range j.Contract.Cases {
		if k.Operation == j.op && k.Risk == loginwatch.RiskLockOut && expected(k, o) {
			return o.Means != loginwatch.Unavailable && o.Means != loginwatch.Throttled
		}
	}
	return false
}

func (j *judge) verdict(v loginwatch.Verdict, r loginwatch.Reason) {
	j.out.Verdict, j.out.Reason = v, r
}

// findingLimit bounds the findings of one answer: a hostile body must not fill
// a report.
const findingLimit = 50

func (j *judge) add(f loginwatch.Finding) {
	if len(j.out.Findings) >= findingLimit {
		return
	}
	if f.Class == "" {
		f.Class = loginwatch.Breaking
	}
	j.out.Findings = append(j.out.Findings, f)
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
		loginwatch.KindTokenAlgorithm, loginwatch.KindTokenMismatch, loginwatch.KindTokenReused:
		return loginwatch.ReasonToken
	case loginwatch.KindStatus:
		return loginwatch.ReasonHTTPStatus
	case loginwatch.KindContentType:
		return loginwatch.ReasonContentType
	case loginwatch.KindNotJSON, loginwatch.KindTruncated:
		return loginwatch.ReasonNotJSON
	case loginwatch.KindRedirect:
		return loginwatch.ReasonRedirect
	}
	return loginwatch.ReasonContract
}

// unavailableReason tells a gateway's answer from the vendor's own.
func (j *judge) unavailableReason() loginwatch.Reason {
	switch {
	case j.x.Status < 500:
		return loginwatch.ReasonApplication
	case j.html() || j.x.Status == 502 || j.x.Status == 504:
		return loginwatch.ReasonGateway
	}
	return loginwatch.ReasonHTTP5xx
}
