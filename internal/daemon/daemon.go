// Package daemon carries out the slots that the plan hands over: it asks the
// ledger, runs the probe, settles and tells every recorder. It decides no
// schedule and never runs a slot twice.
package daemon

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
)

// Runner executes a probe once and always comes back with a verdict.
type Runner interface {
	Run(ctx context.Context, p *loginwatch.Probe, t *loginwatch.Target) *loginwatch.Run
}

// Job is one probe against one target.
type Job struct {
	Probe  *loginwatch.Probe
	Target *loginwatch.Target
}

// Executor carries out slots. All fields are required.
type Executor struct {
	Runner    Runner
	Ledger    loginwatch.Ledger
	Recorders []loginwatch.Recorder
	Logger    *slog.Logger
	Now       func() time.Time
}

// Execute runs the job's slot, or skips it when the ledger says that nothing
// may be sent now, and gives the ledger's answer. Either way every recorder is
// told exactly once.
func (e *Executor) Execute(ctx context.Context, job Job, slot loginwatch.Slot) loginwatch.Admission {
	claim := job.claim(slot, e.Now())
	admission, err := e.Ledger.Admit(ctx, claim)
	switch {
	case err != nil:
		e.Logger.Error("the ledger can't be asked", "vendor", slot.Vendor, "probe", slot.Probe, "target", slot.Target, "error", err)
		e.record(ctx, slot, brokenRun(job, claim, "the ledger can't be asked, so nothing was sent"))
		return loginwatch.Admission{}
	case !admission.Granted:
		e.Skip(ctx, slot, admission.Reason)
		return admission
	}
	run := e.Runner.Run(ctx, job.Probe, job.Target)
	run.Lateness = max(claim.At.Sub(slot.Planned), 0)
	// The run's context may be over by now; what it brought must be booked all the same.
	booked := context.WithoutCancel(ctx)
	if err := e.Ledger.Settle(booked, claim, settlement(run, job.Probe, e.Now())); err != nil {
		e.Logger.Error("run not settled in the ledger", "vendor", run.Vendor, "probe", run.Probe, "target", run.Target, "run", run.ID, "error", err)
	}
	e.record(booked, slot, run)
	return admission
}

// Skip records that a slot was not run.
func (e *Executor) Skip(ctx context.Context, slot loginwatch.Slot, reason loginwatch.Reason) {
	level := slog.LevelInfo
	if reason == loginwatch.ReasonSuspended {
		level = slog.LevelWarn
	}
	e.Logger.Log(ctx, level, "slot skipped", "vendor", slot.Vendor, "probe", slot.Probe, "target", slot.Target,
		"verdict", loginwatch.Skipped, "reason", reason, "due", slot.Due)
	for _, r := range e.Recorders {
		r.RecordSkip(ctx, slot, reason)
	}
}

func (e *Executor) record(ctx context.Context, slot loginwatch.Slot, run *loginwatch.Run) {
	e.log(ctx, slot, run)
	for _, r := range e.Recorders {
		r.RecordRun(ctx, run)
	}
}

// log writes one line for the run and one for each breaking finding.
func (e *Executor) log(ctx context.Context, slot loginwatch.Slot, run *loginwatch.Run) {
	level := slog.LevelInfo
	if run.Verdict != loginwatch.OK {
		level = slog.LevelWarn
	}
	if !e.Logger.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 16)
	attrs = append(attrs, slog.String("vendor", run.Vendor), slog.String("probe", run.Probe), slog.String("target", run.Target), slog.String("run", run.ID))
	who := slices.Clip(attrs)
	attrs = append(attrs, slog.String("verdict", string(run.Verdict)), slog.String("reason", string(run.Reason)),
		slog.Float64("seconds", run.Duration.Seconds()), slog.Time("due", slot.Due))
	if last := run.Last(); last != nil {
		attrs = append(attrs, slog.String("case", last.Case), slog.String("outcome", last.Outcome), slog.Int("http_status", last.HTTPStatus))
	}
	if run.Detail != "" {
		attrs = append(attrs, slog.String("detail", run.Detail))
	}
	e.Logger.LogAttrs(ctx, level, "run finished", attrs...)
	for _, f := range run.Findings() {
		if f.Class == loginwatch.Breaking {
			e.Logger.LogAttrs(ctx, slog.LevelWarn, "finding", append(who, slog.String("kind", string(f.Kind)), slog.String("pointer", f.Pointer),
				slog.String("documented", f.Documented), slog.String("got", f.Got), slog.String("contract", f.Contract))...)
		}
	}
}

// claim says what the job's run would send.
func (j Job) claim(slot loginwatch.Slot, now time.Time) loginwatch.Claim {
	c := loginwatch.Claim{Slot: slot, At: now}
	if j.Target.BaseURL != nil {
		c.Address = j.Target.BaseURL.String()
	}
	for _, step := range j.Probe.StepsFor(j.Target) {
		if step.Case.SendsCredential() {
			c.Credential = j.Target.Credential
		}
		if limit := step.Case.Operation.Limit; limit != nil {
			c.Limits = append(c.Limits, *limit)
		}
	}
	return c
}

// settlement is what the ledger needs to know of a run.
func settlement(run *loginwatch.Run, p *loginwatch.Probe, now time.Time) loginwatch.Settlement {
	s := loginwatch.Settlement{At: now, Throttled: run.Verdict == loginwatch.Throttled}
	for _, step := range run.Steps {
		s.Refused = s.Refused || step.Refusal != loginwatch.RefusalNone
		s.RetryAfter = max(s.RetryAfter, step.RetryAfter)
	}
	if last := run.Last(); last != nil && !s.Refused && len(run.Steps) > 0 {
		k := p.Contract.Case(last.Case)
		if k != nil && k.SuccessDue() && k == p.Steps[len(p.Steps)-1].Case {
			o := k.Operation.Outcome(last.Outcome)
			s.Accepted = o != nil && o.Means == loginwatch.OK
		}
	}
	return s
}

// brokenRun stands for a run that we could not even begin.
func brokenRun(job Job, claim loginwatch.Claim, detail string) *loginwatch.Run {
	return &loginwatch.Run{
		Vendor: job.Probe.Contract.Vendor, Probe: job.Probe.Name, Target: job.Target.Name,
		Credential: claim.Credential, Started: claim.At, Verdict: loginwatch.Broken, Reason: loginwatch.ReasonInternal, Detail: detail,
	}
}
