//go:build pact

package app

import (
	"cmp"
	"context"
	"io"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pact"
	"github.com/loginwatch/loginwatch/internal/report"
	"github.com/loginwatch/loginwatch/internal/store"
)

// PactOptions say what to hold against which pact.
type PactOptions struct {
	Contract *loginwatch.Contract
	Probes   []*loginwatch.Probe // their steps fetch what a case needs and nobody has configured
	Pact     []byte              // the pact file
	Target   *loginwatch.Target
	Timeout  time.Duration // of one case
	Store    *store.Ledger // shared with others; nil for none
	Errors   io.Writer     // is told what can't be kept of what a vendor gave; nil tells nobody
}

// PactResult is what Pact's verifier says of one case, or why it was not sent.
type PactResult struct {
	Case        *loginwatch.Case
	Run         *loginwatch.Run // what our own check says
	OK          bool
	NotSent     string   // then the case is neither right nor wrong
	Failure     string   // it was sent, and Pact's verifier compared nothing
	Differences []string // sorted; not empty when the case was compared and is not OK
}

// Report is what verify would report of the case, and what Pact's verifier says
// beyond it: a difference that our own check does not know breaks the contract,
// and a verifier that failed is ours.
func (r PactResult) Report() report.Result {
	result := report.FromRun(r.Run, r.Case)
	switch {
	case r.OK, r.NotSent != "", r.Run.Verdict != loginwatch.OK:
	case r.Failure != "":
		result.Verdict, result.Reason, result.Detail = loginwatch.Broken, loginwatch.ReasonInternal, r.Failure
	default:
		result.Verdict, result.Reason = loginwatch.Drift, loginwatch.ReasonContract
	}
	return result
}

// VerifyPact runs the cases as [Verification] does, under its rules, with Pact's
// verifier carrying their requests. The error says that nothing could be
// verified.
func VerifyPact(ctx context.Context, o PactOptions, cases []*loginwatch.Case) ([]PactResult, error) {
	verifier, err := pact.NewVerifier(ctx, o.Contract, o.Pact, o.Timeout)
	if err != nil {
		return nil, err
	}
	defer verifier.Close()
	v := NewVerification(VerificationOptions{Probes: o.Probes, Timeout: o.Timeout, UserAgent: "loginwatch pact-verify", Carrier: verifier, Store: o.Store, Errors: o.Errors})
	var results []PactResult
	for _, r := range v.Run(ctx, cases, o.Contract, o.Target) {
		results = append(results, pactResult(verifier, r))
	}
	if err := v.Leave(); err != nil {
		told(o.Errors).Error("a new value of a secret that its vendor takes once is lost", "error", err)
	}
	return results, nil
}

func pactResult(verifier *pact.Verifier, r CaseRun) PactResult {
	result := PactResult{Case: r.Case, Run: r.Run}
	compared, sent := verifier.Compared(r.Case)
	switch {
	case !verifier.Knows(r.Case):
		result.NotSent = "it is not in the pact, which is stale: make contracts writes it again"
	case !sent:
		result.NotSent = notSent(r)
	case compared.Failure != "":
		result.Failure = compared.Failure
	case compared.NoAnswer:
		result.Differences = []string{"no answer that could be compared: " + cmp.Or(r.Run.Detail, string(r.Run.Reason))}
	default:
		result.OK, result.Differences = compared.OK, compared.Differences
	}
	return result
}

// notSent says why a case was not sent: what its run says or, where a step before
// it ended the run, that step.
func notSent(r CaseRun) string {
	run := r.Run
	step := run.Deciding()
	if step == nil || step.Case == r.Case.ID {
		return cmp.Or(run.Detail, string(run.Verdict)+", reason "+string(run.Reason))
	}
	why := "the step " + step.Case + " before it was not well: " + string(run.Verdict) + ", reason " + string(run.Reason)
	if run.Detail != "" {
		why += ", " + run.Detail
	}
	return why
}
