package check

import (
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/token"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// take takes what later steps need from an answer that they may follow, and from
// one that signed in though it is no documented success: what that opened has to
// be closed. It ends with the first value that is not there or that no header or
// body can carry: without it nothing more is sent.
func (j *judge) take() {
	doc, o := j.doc, j.op.Outcome(j.out.Outcome)
	switch {
	case j.out.Verdict == loginwatch.OK:
	case j.out.Verdict == loginwatch.Drift && o != nil && o.Means == loginwatch.OK:
	case j.out.Verdict == loginwatch.Drift && j.op.Token != nil && j.signedIn():
		o = j.op.Token.Outcome
		doc = j.relocated(o)
	default:
		return
	}
	for _, c := range j.Capture {
		v, _ := j.lookup(o, doc, c.At)
		text, ok := v.(string)
		if t := j.op.Token; ok && t != nil && t.At == c.At {
			_, ok = token.Usable(v)
		}
		switch {
		case c.At.InDocument() && j.answer.Refusal != nil && doc == nil:
			kind := loginwatch.KindNotJSON
			if j.answer.Format != loginwatch.BodyJSON {
				kind = loginwatch.KindMalformed
			}
			j.reportUncapturable(c, kind, "a body that is no "+j.answer.Format.Words())
			return
		case !ok || text == "":
			j.reportUncapturable(c, loginwatch.KindMissing, "nothing that can be sent")
			return
		case !wire.HeaderValue(text) || strings.TrimSpace(text) != text:
			j.reportUncapturable(c, loginwatch.KindFormat, "a string with control characters or white space around it")
			return
		}
		j.out.Captured = append(j.out.Captured, Captured{c.Name, text})
	}
}

// reportUncapturable reports an answer without a value that the next step can
// send, unless the judgement has called it drift already.
func (j *judge) reportUncapturable(c loginwatch.Capture, kind loginwatch.Kind, got string) {
	if j.out.Verdict != loginwatch.OK {
		return
	}
	j.add(loginwatch.Finding{
		Class: loginwatch.Breaking, Kind: kind, Pointer: c.At.String(), Documented: "a value for the next request", Got: got,
		Contract: j.Case.Pos.FileLine(), Document: j.Case.Cite.Document, Quote: j.Case.Cite.Quote(),
	})
	j.verdict(loginwatch.Drift, loginwatch.ReasonContract)
}
