// Package daemon carries out the slots that the plan hands over: it asks the
// ledger, runs the probe, settles and tells every recorder. It decides no
// schedule and never runs a slot twice.
package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/flow"
)

// Runner carries out a plan once and always comes back with a verdict.
type Runner interface {
	Run(ctx context.Context, plan *flow.Plan) *loginwatch.Run
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
func (e *Executor) Execute(ctx context.Context, job loginwatch.Job, slot loginwatch.Slot) loginwatch.Admission {
	plan := flow.New(job)
	claim := claimOf(plan, slot, e.Now())
	admission, err := e.Ledger.Admit(ctx, claim)
	switch {
	case err != nil:
		e.Logger.Error("the ledger can't be asked", "vendor", slot.Vendor, "probe", slot.Probe, "target", slot.Target, "error", err)
		e.record(ctx, slot, brokenRun(job, claim, "the ledger can't be asked, so nothing was sent"))
		return loginwatch.Admission{}
	case !admission.Granted:
		e.skip(ctx, loginwatch.Skip{Slot: slot, Reason: admission.Reason, Until: admission.Until})
		return admission
	}
	run := e.Runner.Run(ctx, plan)
	run.Lateness = max(claim.At.Sub(slot.Planned), 0)
	// The run's context may be over by now; what it brought must be booked all the same.
	booked := context.WithoutCancel(ctx)
	if err := e.Ledger.Settle(booked, claim, settlement(run, plan, e.Now())); err != nil {
		e.Logger.Error("run not settled in the ledger", "vendor", run.Vendor, "probe", run.Probe, "target", run.Target, "run", run.ID, "error", err)
	}
	e.record(booked, slot, run)
	return admission
}

// Planned records that a slot came due: it will be run or skipped.
func (e *Executor) Planned(ctx context.Context, slot loginwatch.Slot) {
	e.tell(ctx, slot.Key, func(r loginwatch.Recorder) error { return r.RecordPlanned(ctx, slot) })
}

// Skip records that a slot was not run.
func (e *Executor) Skip(ctx context.Context, slot loginwatch.Slot, reason loginwatch.Reason) {
	e.skip(ctx, loginwatch.Skip{Slot: slot, Reason: reason})
}

func (e *Executor) skip(ctx context.Context, s loginwatch.Skip) {
	level := slog.LevelInfo
	if s.Reason == loginwatch.ReasonSuspended {
		level = slog.LevelWarn
	}
	e.Logger.Log(ctx, level, "slot skipped", "vendor", s.Vendor, "probe", s.Probe, "target", s.Target,
		"verdict", loginwatch.Skipped, "reason", s.Reason, "due", s.Due)
	e.tell(ctx, s.Key, func(r loginwatch.Recorder) error { return r.RecordSkip(ctx, s) })
}

func (e *Executor) record(ctx context.Context, slot loginwatch.Slot, run *loginwatch.Run) {
	e.log(ctx, slot, run)
	e.tell(ctx, run.Key, func(r loginwatch.Recorder) error { return r.RecordRun(ctx, run) })
}

// tell tells every recorder. One that fails is logged and keeps nothing from
// the others.
func (e *Executor) tell(ctx context.Context, k loginwatch.Key, what func(loginwatch.Recorder) error) {
	for _, r := range e.Recorders {
		if err := what(r); err != nil {
			e.Logger.ErrorContext(ctx, "not recorded", "vendor", k.Vendor, "probe", k.Probe, "target", k.Target,
				"recorder", fmt.Sprintf("%T", r), "error", err)
		}
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
	if last := run.Deciding(); last != nil {
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

// claimOf says what the plan's run would send.
func claimOf(plan *flow.Plan, slot loginwatch.Slot, now time.Time) loginwatch.Claim {
	c := loginwatch.Claim{Slot: slot, Credential: plan.Credential, Limits: plan.Limits, At: now}
	if plan.Target.BaseURL != nil {
		c.Address = plan.Target.BaseURL.String()
	}
	return c
}

// settlement is what the ledger needs to know of a run. Whether the credential
// was accepted is for the subject to say; steps after it use what that gave.
func settlement(run *loginwatch.Run, plan *flow.Plan, now time.Time) loginwatch.Settlement {
	s := loginwatch.Settlement{At: now, Throttled: run.Verdict == loginwatch.Throttled}
	for _, step := range run.Steps {
		if step.Role == loginwatch.RoleSetup || step.Role == loginwatch.RoleSubject {
			s.Refused = s.Refused || step.RefusedCredential
		}
		s.RetryAfter = max(s.RetryAfter, step.RetryAfter)
	}
	if sent := run.Subject(); sent != nil && !s.Refused {
		k := plan.Probe.Subject().Case
		o := k.Operation.Outcome(sent.Outcome)
		s.Accepted = k.SuccessDue() && o != nil && o.Means == loginwatch.OK
	}
	return s
}

// brokenRun stands for a run that we could not even begin.
func brokenRun(job loginwatch.Job, claim loginwatch.Claim, detail string) *loginwatch.Run {
	return &loginwatch.Run{
		Key:        job.Key(),
		Credential: claim.Credential, Started: claim.At, Verdict: loginwatch.Broken, Reason: loginwatch.ReasonInternal, Detail: detail,
	}
}
