package metrics

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/store"
)

type ledger struct {
	states []loginwatch.CredentialState
	err    error
}

func (ledger) Admit(context.Context, loginwatch.Claim) (loginwatch.Ticket, error) {
	return loginwatch.Ticket{}, errors.New("not asked for")
}

func (ledger) Opened(context.Context, loginwatch.Ticket, string) error { return nil }

func (ledger) Lost(context.Context, time.Time, func(loginwatch.Key) bool) ([]loginwatch.Slot, error) {
	return nil, errors.New("not asked for")
}

func (ledger) Settle(context.Context, loginwatch.Ticket, loginwatch.Settlement) (loginwatch.CredentialState, error) {
	return loginwatch.CredentialState{}, errors.New("not asked for")
}

func (l ledger) Credentials(context.Context, time.Time) ([]loginwatch.CredentialState, error) {
	return l.states, l.err
}

// The labels are names; the values behind a name are those in use, so a rotated
// secret shows its own budget at once and the old one comes back with its own.
func TestCredentialGaugesFollowTheValueInUse(t *testing.T) {
	l := store.NewMemory(store.DefaultBudget())
	m := newMetrics(l)
	second := job("second")
	second.Target.Credential = "acme-robot"
	m.SetJobs([]loginwatch.Job{job("login"), second})
	due := start
	claim := func(name, digest string) loginwatch.Ticket {
		of := slot("login")
		due = due.Add(time.Minute)
		of.Due = due
		ticket, err := l.Admit(t.Context(), loginwatch.Claim{Slot: of, Credential: loginwatch.Credential{Name: name, Digest: digest}, At: start})
		if err != nil {
			t.Fatal(err)
		}
		return ticket
	}
	refuse := func(name, digest string, times int) {
		for range times {
			if _, err := l.Settle(t.Context(), claim(name, digest), loginwatch.Settlement{At: start, Refusal: loginwatch.RefusalCertain}); err != nil {
				t.Fatal(err)
			}
		}
	}
	shows := func(state string) {
		t.Helper()
		names := []string{"loginwatch_credential_budget_remaining", "loginwatch_credential_suspended", "loginwatch_credential_suspended_until_timestamp_seconds"}
		if err := testutil.GatherAndCompare(gathered{t, m}, strings.NewReader(state), names...); err != nil {
			t.Error(err)
		}
	}
	const heads = `# HELP loginwatch_credential_budget_remaining Refusals left before the credential cools down.
# TYPE loginwatch_credential_budget_remaining gauge
# HELP loginwatch_credential_suspended 1 from the refusal that used up the budget until a login with the credential is accepted or its secrets have another value.
# TYPE loginwatch_credential_suspended gauge
`
	const until = `# HELP loginwatch_credential_suspended_until_timestamp_seconds When a suspended credential may be tried again; there only while it cools down.
# TYPE loginwatch_credential_suspended_until_timestamp_seconds gauge
`
	refuse("acme-production", "old", 3)
	shows(heads + until + `loginwatch_credential_budget_remaining{credential="acme-production"} 0
loginwatch_credential_suspended{credential="acme-production"} 1
loginwatch_credential_suspended_until_timestamp_seconds{credential="acme-production"} ` + testSeconds(start.Add(15*time.Minute)) + "\n")

	refuse("acme-production", "new", 1)
	shows(heads + `loginwatch_credential_budget_remaining{credential="acme-production"} 2
loginwatch_credential_suspended{credential="acme-production"} 0
`)

	// The same values under another name: one budget, shown under both.
	claim("acme-robot", "old")
	claim("acme-production", "old")
	shows(heads + until + `loginwatch_credential_budget_remaining{credential="acme-production"} 0
loginwatch_credential_budget_remaining{credential="acme-robot"} 0
loginwatch_credential_suspended{credential="acme-production"} 1
loginwatch_credential_suspended{credential="acme-robot"} 1
loginwatch_credential_suspended_until_timestamp_seconds{credential="acme-production"} ` + testSeconds(start.Add(15*time.Minute)) + `
loginwatch_credential_suspended_until_timestamp_seconds{credential="acme-robot"} ` + testSeconds(start.Add(15*time.Minute)) + "\n")

	if body, _ := scrape(t, m, "text/plain"); strings.Contains(body, `"old"`) || strings.Contains(body, `"new"`) {
		t.Error("a digest is shown")
	}
}

func testSeconds(at time.Time) string { return strconv.FormatFloat(seconds(at), 'e', -1, 64) }
