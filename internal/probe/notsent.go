package probe

import (
	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/flow"
)

// uselessAnswer books that a step could not be sent as documented, since what an
// answer before it gave can't be used for what is computed of it.
func (s *session) uselessAnswer(step *loginwatch.Step, e *flow.AnswerError) {
	f := loginwatch.Finding{
		Class: loginwatch.Breaking, Kind: loginwatch.KindValue,
		Documented: e.Value.Name + " can be computed of " + e.From, Got: e.Problem,
		Contract: e.Value.Pos.FileLine(), Document: e.Value.Cite.Document, Quote: e.Value.Cite.Quote(),
	}
	for _, other := range s.plan.Steps {
		for _, c := range other.Capture {
			if c.Name == e.From {
				f.Pointer = string(c.At)
			}
		}
	}
	s.notSent(step, f, loginwatch.SignNone, "what an answer before it gave for "+e.From+" can't be used: "+e.Problem)
}

// notSent books the finding of a step that could not be sent as documented for
// want of what the answers before it should have given.
func (s *session) notSent(step *loginwatch.Step, f loginwatch.Finding, sign loginwatch.Sign, why string) {
	f.Identify(s.plan.Probe.Contract.Vendor, step.Case.ID)
	result := loginwatch.StepResult{
		Case: step.Case.ID, Role: step.Role, Operation: step.Case.Operation.ID,
		Judgement: loginwatch.Judgement{Verdict: loginwatch.Drift, Reason: loginwatch.ReasonContract, Sign: sign, Findings: []loginwatch.Finding{f}},
	}
	if s.run.Verdict == loginwatch.OK {
		s.run.Verdict, s.run.Reason = result.Verdict, result.Reason
		s.run.Detail = "the step " + step.Case.ID + " was not sent: " + why
	}
	s.run.Steps = append(s.run.Steps, result)
}
