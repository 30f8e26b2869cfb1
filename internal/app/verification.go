package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
	"github.com/loginwatch/loginwatch/internal/daemon"
	"github.com/loginwatch/loginwatch/internal/flow"
	"github.com/loginwatch/loginwatch/internal/probe"
	"github.com/loginwatch/loginwatch/internal/store"
)

// VerificationOptions set up a [Verification].
type VerificationOptions struct {
	Probes    []*loginwatch.Probe // their steps fetch what a case needs and nobody has configured
	Timeout   time.Duration       // of one case
	UserAgent string
	Progress  io.Writer     // a line for each case; nil tells nothing
	Errors    io.Writer     // is told what can't be kept of what a vendor gave; nil tells nobody
	Store     *store.Ledger // shared with others, whose claims and refusals count here, and ours there; nil for none
	Traces    *Tracer       // sends their traces; nil sends none
	Carrier   probe.Carrier // carries the requests of the cases, and none of the steps around them; nil is the network
}

// Verification runs cases one after the other, by the daemon's own code and
// rules: one ledger for all of them keeps documented rate limits and Retry-After
// and sends no credential again that was refused once. A shared store has a say as
// well.
type Verification struct {
	probes   []*loginwatch.Probe
	timeout  time.Duration
	progress io.Writer
	errors   io.Writer
	executor *daemon.Executor
	carrier  *carrier // nil when the network is
	seen     *latest
	rotation *flow.Rotation
	lasts    bool          // what rotates is kept beyond the verification
	store    *store.Ledger // nil for none
}

// carrier gives the request of the case that is asked about to another one, be it
// a login or what follows one up.
type carrier struct {
	probe.Carrier
	asked *loginwatch.Case
}

// Carry implements [probe.Carrier].
func (c *carrier) Carry(req *http.Request, k *loginwatch.Case, values map[string]string, network http.RoundTripper) (*http.Response, error) {
	if k != c.asked {
		return network.RoundTrip(req)
	}
	return c.Carrier.Carry(req, k, values, network)
}

// CaseRun is a case and what came of it; a case that was not run has a run that
// is skipped.
type CaseRun struct {
	Case *loginwatch.Case
	Run  *loginwatch.Run
}

// pacing bounds how long a case waits for a documented rate limit.
const pacing = time.Minute

// NewVerification makes a verification with an empty ledger.
func NewVerification(o VerificationOptions) *Verification {
	v := &Verification{probes: o.Probes, timeout: o.Timeout, progress: o.Progress, errors: o.Errors, seen: &latest{}, store: o.Store}
	if v.progress == nil {
		v.progress = io.Discard
	}
	if v.errors == nil {
		v.errors = io.Discard
	}
	own := store.NewMemory(store.Budget{Rejections: 1})
	var ledger loginwatch.Ledger = own
	kept := own // what outlives the verification, if anything does
	if o.Store != nil {
		ledger, kept = &shared{own: own, others: o.Store}, o.Store
	}
	logger := slog.New(slog.DiscardHandler)
	sending := probe.Options{UserAgent: o.UserAgent, Key: kept.Key()}
	if o.Carrier != nil {
		v.carrier = &carrier{Carrier: o.Carrier}
		sending.Carrier = v.carrier
	}
	v.rotation, v.lasts = flow.NewRotation(kept, told(o.Errors)), kept.Lasts()
	v.executor = &daemon.Executor{
		Runner: probe.New(sending),
		Ledger: ledger, Key: kept.Key(),
		Recorders: []loginwatch.Recorder{v.seen}, Logger: logger, Now: time.Now,
	}
	if o.Traces != nil {
		v.executor.Recorders = append(v.executor.Recorders, o.Traces)
	}
	return v
}

// Run runs the cases of one contract against one target.
func (v *Verification) Run(ctx context.Context, cases []*loginwatch.Case, c *loginwatch.Contract, t *loginwatch.Target) []CaseRun {
	target := *t
	v.tellLost(ctx, c, &target)
	target.Secrets = flow.Remember(v.rotation.Of(c, target.Secrets))
	if target.Next != nil {
		target.Next = flow.Remember(v.rotation.Of(c, target.Next))
	}
	var results []CaseRun
	for _, k := range cases {
		p := flow.ForCase(k, c, v.probes, v.timeout)
		slot := loginwatch.Slot{Key: loginwatch.Key{Vendor: c.Vendor, Probe: k.ID, Target: target.Name}}
		switch {
		case ctx.Err() != nil:
			v.skip(ctx, slot, loginwatch.ReasonShutdown)
		case flow.AlreadyConfigured(p, &target):
			v.skip(ctx, slot, loginwatch.ReasonConfigured)
		default:
			rotating := flow.Rotates(c, t.Secrets)
			fmt.Fprintf(v.progress, "%s %s …\n", c.Vendor, k.ID)
			if v.carrier != nil {
				v.carrier.asked = k
			}
			v.execute(ctx, loginwatch.Job{Probe: p, Target: &target}, slot)
			v.lost(t, rotating)
		}
		results = append(results, CaseRun{k, v.seen.run})
	}
	return results
}

// tellLost tells of the cases that a verification began here and never told the end of, as
// after a kill: nobody else has such slots.
func (v *Verification) tellLost(ctx context.Context, c *loginwatch.Contract, t *loginwatch.Target) {
	if v.store == nil {
		return
	}
	slots, err := v.store.Lost(ctx, time.Now(), func(k loginwatch.Key) bool {
		daemons := slices.ContainsFunc(v.probes, func(p *loginwatch.Probe) bool { return p.Contract == c && p.Name == k.Probe })
		return k == loginwatch.Key{Vendor: c.Vendor, Probe: k.Probe, Target: t.Name} && c.Case(k.Probe) != nil && !daemons
	})
	if err != nil {
		return // the first claim says so
	}
	for _, s := range slots {
		_, _ = fmt.Fprintf(v.errors, "loginwatch: warning: a verification was ended in the midst of %s/%s/%s at %s: what came of it nobody knows, and a login counts as a possible refusal\n",
			s.Vendor, s.Probe, s.Target, s.Due.UTC().Format(time.RFC3339)) // a reader that went away
	}
}

// lost says which configured secrets a run has used up, where what the vendor gave
// instead, if anything, goes with this process.
func (v *Verification) lost(t *loginwatch.Target, rotating []string) {
	for _, name := range rotating {
		was, _, _ := t.Secrets.Secret(name)
		says := "was used up by this, configure a new one"
		switch used, next, err := v.rotation.Used(v.seen.run.Vendor, name, was); {
		case err != nil:
			says = "may have been used up by this: " + err.Error()
		case !used || next && v.lasts:
			continue
		}
		v.seen.run.Detail = strings.Trim(fmt.Sprintf("%s; the secret %q (%s) %s", v.seen.run.Detail, name, t.Secrets.Origin(name), says), "; ")
	}
}

// execute runs one case; where a documented rate limit has no room, or somebody who
// shares the account is logged in, it waits for that, at most [pacing].
func (v *Verification) execute(ctx context.Context, job loginwatch.Job, slot loginwatch.Slot) {
	for deadline := time.Now().Add(pacing); ; {
		slot.Due = time.Now()
		slot.Planned = slot.Due
		v.executor.Planned(ctx, slot)
		a := v.executor.Execute(ctx, job, slot)
		again := a.Until
		if soon := time.Now().Add(time.Second); a.Reason == loginwatch.ReasonOverlap && soon.Before(again) { // until then at most
			again = soon
		}
		if a.Granted || a.Reason != loginwatch.ReasonRateLimit && a.Reason != loginwatch.ReasonOverlap || again.After(deadline) {
			return
		}
		select {
		case <-ctx.Done():
			v.skip(ctx, slot, loginwatch.ReasonShutdown)
			return
		case <-time.After(time.Until(again)):
		}
	}
}

// told gives the log of what a person has to know.
func told(w io.Writer) *slog.Logger {
	if w == nil {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

// Leave keeps what could not be kept before; the error tells what is lost.
func (v *Verification) Leave() error { return v.rotation.KeepLate() }

// skip tells of a case that is not run.
func (v *Verification) skip(ctx context.Context, slot loginwatch.Slot, reason loginwatch.Reason) {
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

// RecordSkip implements [loginwatch.Recorder].
func (l *latest) RecordSkip(_ context.Context, s loginwatch.SkippedSlot) error {
	l.run = &loginwatch.Run{
		Key: s.Key, Verdict: loginwatch.Skipped, Reason: s.Reason, Detail: advice.ForSkip(s.Reason, s.Refusal).Says,
	}
	if s.Detail != "" {
		l.run.Detail += ": " + s.Detail
	}
	return nil
}
