//go:build pact

package app

import (
	"cmp"
	"context"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pact"
)

// PactOptions say what to hold against which pact.
type PactOptions struct {
	Contract *loginwatch.Contract
	Probes   []*loginwatch.Probe // their steps fetch what a case needs and nobody has configured
	Pact     []byte              // the pact file
	Target   *loginwatch.Target
	Timeout  time.Duration // of one case
}

// PactResult is what Pact's verifier says of one case, or why it was not sent.
type PactResult struct {
	Case        *loginwatch.Case
	Run         *loginwatch.Run // what our own check says
	OK          bool
	NotSent     string   // then the case is neither right nor wrong
	Differences []string // sorted; not empty when the case was sent and is not OK
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
	v := NewVerification(VerificationOptions{Probes: o.Probes, Timeout: o.Timeout, UserAgent: "loginwatch pact-verify", Carrier: verifier})
	var results []PactResult
	for _, r := range v.Run(ctx, cases, o.Contract, o.Target) {
		results = append(results, pactResult(verifier, r))
	}
	return results, nil
}

func pactResult(verifier *pact.Verifier, r CaseRun) PactResult {
	result := PactResult{Case: r.Case, Run: r.Run}
	compared, sent := verifier.Compared(r.Case)
	switch {
	case !verifier.Knows(r.Case):
		result.NotSent = "it is not in the pact, which is stale: make contracts writes it again"
	case !sent && r.Run.Verdict == loginwatch.Skipped, !sent && r.Run.Reason == loginwatch.ReasonSecretMissing:
		result.NotSent = r.Run.Detail
	case !sent:
		result.NotSent = "the step before it was not well: " + string(r.Run.Verdict) + ", reason " + string(r.Run.Reason)
		if r.Run.Detail != "" {
			result.NotSent += ", " + r.Run.Detail
		}
	case compared.NoAnswer:
		result.Differences = []string{"no answer that could be compared: " + cmp.Or(r.Run.Detail, string(r.Run.Reason))}
	default:
		result.OK, result.Differences = compared.OK, compared.Differences
	}
	return result
}
