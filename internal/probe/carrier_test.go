package probe_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/probe"
)

// idle is a carrier that sends nothing.
type idle struct{ err error }

func (c idle) Carry(*http.Request, *loginwatch.Case, map[string]string, http.RoundTripper) (*http.Response, error) {
	return nil, c.err
}

// Where nothing was sent, nobody else is named and nothing counts against the
// account.
func TestCarrierSendsNothing(t *testing.T) {
	notSent := &loginwatch.NotSentError{Why: "the carrier is tired"}
	for _, err := range []error{notSent, fmt.Errorf("carried: %w", notSent)} {
		plan := planOf(oddLogin(), target(t, "https://127.0.0.1:1", secrets{"user": "u", "password": "p", "key": "k"}))
		run := probe.New(probe.Options{Carrier: idle{err}}).Run(t.Context(), plan)
		if run.Verdict != loginwatch.Broken || run.Reason != loginwatch.ReasonInternal || run.Detail != "nothing was sent: the carrier is tired" || run.Refusal() != loginwatch.RefusalNone {
			t.Errorf("%s %s %q: %s", run.Verdict, run.Reason, run.Refusal(), run.Detail)
		}
	}
}
