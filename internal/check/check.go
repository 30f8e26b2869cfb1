// Package check holds an exchange against the contract: findings first, then
// one verdict. It is pure: the same exchange always gets the same judgement.
// It sends nothing, reads no clock and repeats no value that a vendor sent.
package check

import (
	"bytes"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
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
	Keys          *token.Keys          // that verify the token; nil for none
	Claims        map[string]string    // values of the token's documented claims that have placeholders, by name
	Refused       *loginwatch.Case     // the login that was refused before it, when the case is sent as a control; else nil
}

// Result is the judgement and what was captured. The captured values are
// secrets, so they stand beside the judgement and never in it.
type Result struct {
	loginwatch.Judgement
	Captured []Captured   // in the order of Input.Capture; up to the first that is not there
	Complete bool         // all that was to be captured is there
	Answer   *wire.Answer // as it was decoded; nil without a complete one

	Keys        *token.Keys // that the answer announces, where the contract says that some token is verified by them
	Opened      Opened      // whether there may be something to close
	MayBeProxys bool        // nothing in the answer, which is not due, tells the vendor from our own proxy

	// Whose is what a control says of the refusal before it: credential, vendor or
	// blocked; "" when it says nothing, or the case is none.
	Whose loginwatch.Reason
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
	j.out.Answer = j.answer
	j.out.Opened = j.opened()
	j.out.Complete = len(j.out.Captured) == len(j.Capture)
	j.finish()
	if in.Refused != nil {
		j.out.Whose = j.tells()
	}
	return j.out
}

// judge is one judgement in the making.
type judge struct {
	Input
	op     *loginwatch.Operation
	x      *loginwatch.Exchange
	server time.Time // the vendor's clock, by the Date header; zero when there is none
	answer *wire.Answer
	doc    any    // the answer's document, also behind a byte order mark, with what rulings let stand elsewhere at its documented place
	shape  *shape // the outcome whose shape the body has under a status that is not its own; nil for none
	front  *front // what shows that something else answered; nil for nothing
	out    Result

	redactor *loginwatch.Redactor // made when foreign text has to be shown
}

// failed judges an exchange without a complete answer.
func (j *judge) failed() {
	j.out.Reason = j.x.Failure
	if j.x.Headed() {
		// The body is lost, but what the head said stands: a wait, or a refusal.
		j.out.RetryAfter = retryAfter(j.x.Header, serverTime(j.x.Header), j.x.Finished)
		if j.x.Status == 429 {
			j.verdict(loginwatch.Throttled, loginwatch.ReasonRateLimit)
			return
		}
	}
	switch j.x.Failure {
	case loginwatch.ReasonSecretMissing, loginwatch.ReasonSecretUnusable, loginwatch.ReasonProxy, loginwatch.ReasonInternal:
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
			finding.Contract, finding.Document, finding.Quote = j.op.Pos.FileLine(), j.op.Cite.Document, j.op.Cite.Quote()
			j.add(*finding)
		}
	}
	j.answer = wire.Read(j.x, formats(j.op)...)
	j.doc = j.answer.Doc
	if j.answer.Charset == wire.CharsetMarked {
		// Of all that keeps a body from being read this alone leaves no doubt of what it says.
		if doc, refusal := guard.Decode(bytes.TrimPrefix(j.answer.Body, []byte("\ufeff")), guard.Defaults()); refusal == nil {
			j.doc = doc
		}
	}
	j.front = j.inFront()
	outcome, lenient := j.match()
	switch {
	case outcome == nil:
		j.undocumented()
	case expected(j.Case, outcome):
		j.due(outcome, lenient)
	default:
		j.notDue(outcome, lenient)
	}
	j.mediaTypes()
	j.out.MayBeProxys = j.mayBeProxys()
	j.sign()
	j.out.RetryAfter = retryAfter(j.x.Header, j.server, now)
}

// formats gives those in which the operation's outcomes have documents.
func formats(op *loginwatch.Operation) []loginwatch.BodyFormat {
	var all []loginwatch.BodyFormat
	for _, o := range op.Outcomes {
		if o.Structured() && !slices.Contains(all, o.Body) {
			all = append(all, o.Body)
		}
	}
	return all
}

// lookup finds the value at a place of the answer, taken for an outcome or, with nil,
// for none; doc is its body, as it came or with fields put back where the document has
// them.
func (j *judge) lookup(o *loginwatch.Outcome, doc any, at loginwatch.Place) (value any, found bool) {
	if value, found = j.besideOrIn(doc, at); found || at.InDocument() {
		return value, found
	}
	if o == nil {
		return nil, false
	}
	if d := j.movedFrom(o, at); d != nil {
		return j.besideOrIn(doc, d.Tolerate.MovedTo)
	}
	return nil, false
}

// besideOrIn finds the value at a place that no ruling has moved.
func (j *judge) besideOrIn(doc any, at loginwatch.Place) (value any, found bool) {
	if at.InDocument() {
		return wire.Lookup(doc, at)
	}
	return j.answer.Lookup(at)
}

// movedFrom gives the defect that lets what the outcome documents in a header or
// cookie stand elsewhere, where it does; nil for none. What is let of one outcome is
// let of no other: it would be taken for what it is not.
func (j *judge) movedFrom(o *loginwatch.Outcome, at loginwatch.Place) (moved *loginwatch.Defect) {
	j.rulings(o, func(d *loginwatch.Defect, s loginwatch.Statement) bool {
		if s.At != at || d.Tolerate.MovedTo == "" {
			return true
		}
		if _, there := j.besideOrIn(j.doc, d.Tolerate.MovedTo); there {
			moved = d
		}
		return moved == nil
	})
	return moved
}

// finish decides whether the credential may have been refused and completes
// the findings.
func (j *judge) finish() {
	j.out.Refusal = j.refusal()
	for i := range j.out.Findings {
		f := &j.out.Findings[i]
		if f.Quote == "" { // nothing is cited: what is meant is the contract as a whole
			f.Document = j.Contract.MainDocument()
		}
		f.Identify(j.Contract.Vendor, j.Case.ID)
	}
}

func (j *judge) verdict(v loginwatch.Verdict, r loginwatch.Reason) {
	j.out.Verdict, j.out.Reason = v, r
}

// findingLimit bounds the findings of one answer: a hostile body must not fill
// a report.
const findingLimit = 50

func (j *judge) add(f loginwatch.Finding) {
	if f.Class == "" {
		f.Class = loginwatch.Breaking
	}
	if len(j.out.Findings) >= findingLimit {
		if f.Class == loginwatch.Breaking && j.firstBreaking() == nil { // what decides is never left out
			j.out.Findings[findingLimit-1] = f
		}
		return
	}
	j.out.Findings = append(j.out.Findings, f)
}
