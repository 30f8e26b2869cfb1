// Package daemon carries out the slots that the plan hands over: it asks the
// ledger, runs the probe, settles and tells every recorder. It decides no
// schedule and never runs a slot twice.
package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/flow"
)

// Runner carries out a plan once and always comes back with a verdict.
type Runner interface {
	Run(ctx context.Context, plan *flow.Plan) *loginwatch.Run
}

// Executor carries out slots. All exported fields but TriesNext are required.
type Executor struct {
	Runner    Runner
	Ledger    loginwatch.Ledger
	Key       []byte // of the digests by which the ledger tells credentials apart
	Recorders []loginwatch.Recorder
	Logger    *slog.Logger
	Now       func() time.Time
	// TriesNext has a login try the next secret of its target once it has come. Without, it
	// is used where it has taken over.
	TriesNext bool

	credentials credentials
	turns       turns
	mu          sync.Mutex
	suspended   map[string]string // by name: the digest of what was suspended when it was last heard of
	coming      coming
}

// Execute runs the job's slot, or skips it when the ledger says that nothing
// may be sent now, and gives the ledger's answer. Either way every recorder is
// told exactly once.
func (e *Executor) Execute(ctx context.Context, job loginwatch.Job, slot loginwatch.Slot) loginwatch.Admission {
	if skipped, in := e.inMaintenance(ctx, job, slot, slot.Planned, e.Now()); in { // also what begins late
		return skipped
	}
	e.turns.wait(ctx, slot.Key)
	plan := flow.New(job)
	claim := e.claim(plan, slot)
	next := e.next(plan, &claim)
	// To take its turn and to read its secrets may have taken long.
	if skipped, in := e.inMaintenance(ctx, job, slot, e.Now()); in {
		return skipped
	}
	ticket, err := e.Ledger.Admit(ctx, claim)
	switch {
	case err != nil && ctx.Err() != nil: // nobody was asked in earnest
		e.Skip(ctx, slot, loginwatch.ReasonShutdown)
		return loginwatch.Admission{Reason: loginwatch.ReasonShutdown}
	case err != nil:
		e.Logger.Error("the store can't be asked, nothing is sent", "vendor", slot.Vendor, "probe", slot.Probe, "target", slot.Target, "error", err)
		e.skip(ctx, loginwatch.SkippedSlot{Slot: slot, Reason: loginwatch.ReasonStore, Detail: loginwatch.Brief(err)})
		return loginwatch.Admission{Reason: loginwatch.ReasonStore}
	}
	e.turns.answered(slot.Key, ticket.Admission)
	if ticket.Next {
		plan = next
	}
	e.heard(ctx, inUse(claim, ticket.Credential), ticket.Credential, ticket.Granted)
	if !ticket.Granted {
		s := loginwatch.SkippedSlot{Slot: slot, Reason: ticket.Reason, Until: ticket.Until, Quota: ticket.Quota}
		if s.Reason == loginwatch.ReasonSuspended {
			s.Refusal = ticket.Credential.Refusal
		}
		e.skip(ctx, s)
		return ticket.Admission
	}
	plan.Opened = func(token string) {
		if err := e.Ledger.Opened(ctx, ticket, token); err != nil {
			e.Logger.Error("it can't be kept that a session is open", "vendor", slot.Vendor, "probe", slot.Probe, "target", slot.Target, "token", token, "error", err)
		}
	}
	run := e.Runner.Run(ctx, plan)
	if ticket.Next && ticket.Credential.Next.Standing != loginwatch.NextTakenOver {
		run.Detail = strings.TrimSuffix("this login tried the next secret; "+run.Detail, "; ")
	}
	run.Due, run.Quota, run.Lateness = slot.Due, ticket.Quota, max(run.Started.Sub(slot.Planned), 0)
	// The run's context may be over by now; what it brought must be booked all the same.
	booked := context.WithoutCancel(ctx)
	state, err := e.Ledger.Settle(booked, ticket, settlement(run, plan, e.Now()))
	if err != nil {
		e.Logger.Error("run not settled in the ledger", "vendor", run.Vendor, "probe", run.Probe, "target", run.Target, "run", run.ID, "error", err)
	}
	e.record(booked, slot, run)
	e.heard(booked, inUse(claim, state), state, false)
	return ticket.Admission
}

// inMaintenance skips the slot where it would begin in a maintenance.
func (e *Executor) inMaintenance(ctx context.Context, job loginwatch.Job, slot loginwatch.Slot, begins ...time.Time) (skipped loginwatch.Admission, in bool) {
	for _, at := range begins {
		if m, until, in := job.InMaintenance(at); in {
			e.skip(ctx, loginwatch.SkippedSlot{Slot: slot, Reason: loginwatch.ReasonMaintenance, Until: until, Detail: m.Reason})
			return loginwatch.Admission{Reason: loginwatch.ReasonMaintenance, Until: until}, true
		}
	}
	return loginwatch.Admission{}, false
}

// Planned records that a slot came due: it will be run or skipped.
func (e *Executor) Planned(ctx context.Context, slot loginwatch.Slot) {
	e.tell(ctx, slot.Key, func(ctx context.Context, r loginwatch.Recorder) error { return r.RecordPlanned(ctx, slot) })
}

// Lost tells every recorder of the slots, of jobs that are mine, that somebody began and
// never told the end of, as after a crash. It is to be asked from time to time.
func (e *Executor) Lost(ctx context.Context, mine func(loginwatch.Key) bool) {
	slots, err := e.Ledger.Lost(ctx, e.Now(), mine)
	if err != nil && ctx.Err() == nil {
		e.Logger.Error("the store can't be asked for lost slots", "error", err)
	}
	for _, slot := range slots {
		e.Planned(ctx, slot) // by whoever is not there any more
		e.Skip(ctx, slot, loginwatch.ReasonLost)
	}
}

// Skip records that a slot was not run.
func (e *Executor) Skip(ctx context.Context, slot loginwatch.Slot, reason loginwatch.Reason) {
	e.skip(ctx, loginwatch.SkippedSlot{Slot: slot, Reason: reason})
}

func (e *Executor) skip(ctx context.Context, s loginwatch.SkippedSlot) {
	e.logSkip(ctx, s)
	e.tell(ctx, s.Key, func(ctx context.Context, r loginwatch.Recorder) error { return r.RecordSkip(ctx, s) })
}

func (e *Executor) record(ctx context.Context, slot loginwatch.Slot, run *loginwatch.Run) {
	e.logRun(ctx, slot, run)
	e.tell(ctx, run.Key, func(ctx context.Context, r loginwatch.Recorder) error { return r.RecordRun(ctx, run) })
}

// tell tells every recorder, also when the daemon is told to end meanwhile: what
// happened has happened. One that fails is logged and keeps nothing from the
// others.
func (e *Executor) tell(ctx context.Context, k loginwatch.Key, what func(context.Context, loginwatch.Recorder) error) {
	ctx = context.WithoutCancel(ctx)
	for _, r := range e.Recorders {
		if err := what(ctx, r); err != nil {
			e.Logger.ErrorContext(ctx, "not recorded", "vendor", k.Vendor, "probe", k.Probe, "target", k.Target,
				"recorder", fmt.Sprintf("%T", r), "error", err)
		}
	}
}
