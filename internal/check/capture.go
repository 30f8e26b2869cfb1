package check

import (
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// take takes what later steps need from an answer that they may follow. It
// ends with the first value that is not there or that no header or body can
// carry: without it nothing more is sent.
func (j *judge) take() {
	switch o := j.op.Outcome(j.out.Outcome); {
	case j.out.Verdict == loginwatch.OK:
	case j.out.Verdict == loginwatch.Drift && o != nil && o.Means == loginwatch.OK:
	default:
		return
	}
	for _, c := range j.Capture {
		v, _ := j.lookup(c.At)
		text, ok := v.(string)
		switch {
		case j.answer.Refusal != nil:
			j.reportUncapturable(c, loginwatch.KindNotJSON, "a body that is no JSON")
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
		Class: loginwatch.Breaking, Kind: kind, Pointer: c.At.Pointer(), Documented: "a value for the next request", Got: got,
		Contract: j.Case.Pos.FileLine(), Quote: j.Case.Cite.Quote(),
	})
	j.verdict(loginwatch.Drift, loginwatch.ReasonContract)
}
