package daemon

import (
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/flow"
)

// claim says what the plan's run would send. Where something stands in the way that is
// nothing: no credential, of which a value may be missing, and no part of a limit.
func (e *Executor) claim(plan *flow.Plan, slot loginwatch.Slot) loginwatch.Claim {
	c := loginwatch.Claim{Slot: slot, At: e.Now(), Longest: plan.Probe.Longest()}
	if plan.Target.BaseURL != nil {
		c.Address = plan.Target.BaseURL.String()
	}
	if plan.Obstacle == "" {
		c.Credential, c.Limits = e.credentials.of(plan, e.Key), slices.Clone(plan.Limits)
		if plan.Credential != "" {
			c.Quota, c.Opens = plan.Quota(), plan.Opens()
		}
		for i, l := range c.Limits {
			if len(l.Secrets) > 0 {
				c.Limits[i].Account = e.credentials.account(plan, l.Secrets, e.Key)
			}
		}
	}
	return c
}

// settlement is what the ledger needs to know of a run. Whether the credential
// was accepted is for the subject to say, by the token where one is documented;
// steps after it use what that gave.
func settlement(run *loginwatch.Run, plan *flow.Plan, now time.Time) loginwatch.Settlement {
	s := loginwatch.Settlement{At: now, Refusal: run.Refusal(), LeftOpen: run.LeftOpen}
	s.Unsent = len(run.Steps) > 0 || run.Reason == loginwatch.ReasonStore // then the first request was not sent
	for _, step := range run.Steps {
		s.Unsent = s.Unsent && (step.Reason == loginwatch.ReasonDNS || step.Reason == loginwatch.ReasonConnect)
		s.Throttled = s.Throttled || step.Verdict == loginwatch.Throttled
		s.RetryAfter = max(s.RetryAfter, step.RetryAfter)
	}
	if sent := run.Subject(); sent != nil && judged(sent.Verdict) && s.Refusal == loginwatch.RefusalNone {
		k := plan.Probe.Subject().Case
		o := k.Operation.Outcome(sent.Outcome)
		s.Accepted = k.SuccessDue() && o != nil && o.Means == loginwatch.OK && (k.Operation.Token == nil || sent.Token.Present)
	}
	return s
}

// judged tells whether a verdict speaks of an answer: of what we could not judge
// nobody knows whether it was a success.
func judged(v loginwatch.Verdict) bool { return v == loginwatch.OK || v == loginwatch.Drift }
