package probe

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// control sends the control case of a login that was refused, once and last, so that
// nothing of its answer gets into another step. It changes no verdict: the login was
// refused, whoever is the cause, and the account may have counted it. It is not sent
// when the run's time is over, nor where the vendor limits the rate or asked to wait.
func (s *session) control(ctx context.Context) {
	step := s.controlOf()
	if step == nil || s.over(ctx) {
		return
	}
	result, _, err := s.send(ctx, step)
	if err != nil { // vet lets nothing stand in it that can be missing
		s.also(fmt.Sprintf("the control case %s could not be sent", step.Case.ID))
		return
	}
	s.run.Steps = append(s.run.Steps, result.StepResult)
	s.also("the control case " + step.Case.ID + ", which carries no credential, got " + came(&result.StepResult))
	// Where something else than the login may have refused us, its words stand: of the
	// vendor's own refusal nothing is known.
	certain := s.run.Refusal() == loginwatch.RefusalCertain
	if result.Whose == loginwatch.ReasonBlocked || result.Whose != "" && certain {
		s.run.Reason = result.Whose
	}
}

// controlOf gives the control of the step that was refused, and books whose it is;
// nil for none, or when nothing more may be sent.
func (s *session) controlOf() *loginwatch.Step {
	asked := func(r loginwatch.StepResult) bool { return r.RetryAfter > 0 || r.Verdict == loginwatch.Throttled }
	decides := s.run.Deciding()
	if s.run.Verdict != loginwatch.Rejected || decides == nil || slices.ContainsFunc(s.run.Steps, asked) {
		return nil
	}
	for i := range s.plan.Steps {
		if refused := &s.plan.Steps[i]; refused.Case.ID == decides.Case {
			s.refusal = refused.Case
			return s.plan.Control(refused)
		}
	}
	return nil
}

// came is what a control was answered with, as far as it can be told in few words.
func came(r *loginwatch.StepResult) string {
	switch {
	case r.HTTPStatus == 0:
		return "no answer (" + string(r.Reason) + ")"
	case r.Verdict == loginwatch.OK:
		return fmt.Sprintf("HTTP %d, %s, as documented", r.HTTPStatus, r.Outcome)
	case r.Outcome != "":
		return fmt.Sprintf("HTTP %d, %s", r.HTTPStatus, r.Outcome)
	}
	return fmt.Sprintf("HTTP %d, %s", r.HTTPStatus, r.Reason)
}

// also adds to the run's detail.
func (s *session) also(text string) { s.run.Detail = strings.Trim(s.run.Detail+"; "+text, "; ") }
