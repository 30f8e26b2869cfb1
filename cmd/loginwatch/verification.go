package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/daemon"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/probe"
	"github.com/loginwatch/loginwatch/internal/report"
	"github.com/loginwatch/loginwatch/internal/store"
)

// verification runs cases one after the other, by the daemon's own code and
// rules: one ledger for all of them keeps documented rate limits and Retry-After
// and sends no credential again that was refused once.
type verification struct {
	catalog  *pack.Catalog
	timeout  time.Duration
	progress io.Writer
	executor *daemon.Executor
	seen     *latest
}

// pacing bounds how long a case waits for a documented rate limit.
const pacing = time.Minute

func newVerification(c *pack.Catalog, timeout time.Duration, progress io.Writer) *verification {
	v := &verification{catalog: c, timeout: timeout, progress: progress, seen: &latest{}}
	v.executor = &daemon.Executor{
		Runner: probe.New(probe.Options{UserAgent: userAgent()}), Ledger: store.NewMemory(store.Budget{Rejections: 1}),
		Recorders: []loginwatch.Recorder{v.seen}, Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	}
	return v
}

// run runs the cases of one contract against one target.
func (v *verification) run(ctx context.Context, cases []*loginwatch.Case, c *loginwatch.Contract, t *loginwatch.Target) []report.Result {
	target := *t
	target.Secrets = probe.Remember(target.Secrets)
	var results []report.Result
	for _, k := range cases {
		p := probe.ForCase(k, c, v.catalog.Probes, v.timeout)
		slot := loginwatch.Slot{Key: loginwatch.Key{Vendor: c.Vendor, Probe: k.ID, Target: target.Name}}
		switch {
		case ctx.Err() != nil:
			v.skip(ctx, slot, loginwatch.ReasonShutdown)
		case probe.Superfluous(p, &target):
			v.skip(ctx, slot, loginwatch.ReasonConfigured)
		default:
			fmt.Fprintf(v.progress, "%s %s …\n", c.Vendor, k.ID)
			v.execute(ctx, loginwatch.Job{Probe: p, Target: &target}, slot)
		}
		results = append(results, report.FromRun(v.seen.run, k))
	}
	return results
}

// execute runs one case; where a documented rate limit has no room it waits for
// some, at most [pacing].
func (v *verification) execute(ctx context.Context, job loginwatch.Job, slot loginwatch.Slot) {
	for deadline := time.Now().Add(pacing); ; {
		slot.Due = time.Now()
		slot.Planned = slot.Due
		v.executor.Planned(ctx, slot)
		a := v.executor.Execute(ctx, job, slot)
		if a.Granted || a.Reason != loginwatch.ReasonRateLimit || a.Until.After(deadline) {
			return
		}
		select {
		case <-ctx.Done():
			v.skip(ctx, slot, loginwatch.ReasonShutdown)
			return
		case <-time.After(time.Until(a.Until)):
		}
	}
}

// skip tells of a case that is not run.
func (v *verification) skip(ctx context.Context, slot loginwatch.Slot, reason loginwatch.Reason) {
	v.executor.Planned(ctx, slot)
	v.executor.Skip(ctx, slot, reason)
}

// latest is the recorder that keeps the last run or skip.
type latest struct{ run *loginwatch.Run }

// RecordPlanned implements [loginwatch.Recorder].
func (l *latest) RecordPlanned(context.Context, loginwatch.Slot) error { return nil }

// RecordRun implements [loginwatch.Recorder].
func (l *latest) RecordRun(_ context.Context, r *loginwatch.Run) error {
	l.run = r
	return nil
}

// skipDetails say why a case was not run.
var skipDetails = map[loginwatch.Reason]string{
	loginwatch.ReasonShutdown:   "interrupted",
	loginwatch.ReasonConfigured: "what it would fetch is configured",
	loginwatch.ReasonSuspended:  "the credential was refused before and is not sent again",
	loginwatch.ReasonRetryAfter: "the vendor asked us to wait",
	loginwatch.ReasonRateLimit:  "it would break the documented rate limit",
}

// RecordSkip implements [loginwatch.Recorder].
func (l *latest) RecordSkip(_ context.Context, s loginwatch.Skip) error {
	l.run = &loginwatch.Run{Key: s.Key, Verdict: loginwatch.Skipped, Reason: s.Reason, Detail: skipDetails[s.Reason]}
	return nil
}
