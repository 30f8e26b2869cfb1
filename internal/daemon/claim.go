package daemon

import (
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/flow"
)

// claim says what the plan's run would send.
func (e *Executor) claim(plan *flow.Plan, slot loginwatch.Slot) loginwatch.Claim {
	c := loginwatch.Claim{Slot: slot, Credential: e.credentials.of(plan), Limits: plan.Limits, At: e.Now()}
	if plan.Target.BaseURL != nil {
		c.Address = plan.Target.BaseURL.String()
	}
	return c
}

// settlement is what the ledger needs to know of a run. Whether the credential
// was accepted is for the subject to say; steps after it use what that gave.
func settlement(run *loginwatch.Run, plan *flow.Plan, now time.Time) loginwatch.Settlement {
	s := loginwatch.Settlement{At: now, Throttled: run.Verdict == loginwatch.Throttled}
	for i := range run.Steps {
		step := &run.Steps[i]
		if step.Role == loginwatch.RoleSetup || step.Role == loginwatch.RoleSubject {
			s.Refusal = worse(s.Refusal, refusal(step))
		}
		s.RetryAfter = max(s.RetryAfter, step.RetryAfter)
	}
	if sent := run.Subject(); sent != nil && s.Refusal == loginwatch.RefusalNone {
		k := plan.Probe.Subject().Case
		o := k.Operation.Outcome(sent.Outcome)
		s.Accepted = k.SuccessDue() && o != nil && o.Means == loginwatch.OK
	}
	return s
}

func worse(a, b loginwatch.Refusal) loginwatch.Refusal {
	if a == loginwatch.RefusalCertain || b == loginwatch.RefusalNone {
		return a
	}
	return b
}

// refusal tells a refusal from what may have been one.
func refusal(s *loginwatch.StepResult) loginwatch.Refusal {
	switch {
	case !s.RefusedCredential:
		return loginwatch.RefusalNone
	case s.Verdict == loginwatch.Rejected:
		return loginwatch.RefusalCertain
	}
	return loginwatch.RefusalPossible
}
