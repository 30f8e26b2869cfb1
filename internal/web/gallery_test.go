package web

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

var start = time.Date(2026, time.November, 21, 3, 12, 40, 0, time.UTC)

// clock is passed in and moved by hand.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

type ledger struct {
	states []loginwatch.CredentialState
	err    error
}

func (ledger) Admit(context.Context, loginwatch.Claim) (loginwatch.Ticket, error) {
	return loginwatch.Ticket{}, errors.New("not asked for")
}

func (ledger) Settle(context.Context, loginwatch.Ticket, loginwatch.Settlement) (loginwatch.CredentialState, error) {
	return loginwatch.CredentialState{}, errors.New("not asked for")
}

func (ledger) Opened(context.Context, loginwatch.Ticket, string) error { return nil }

func (ledger) Lost(context.Context, time.Time, func(loginwatch.Key) bool) ([]loginwatch.Slot, error) {
	return nil, errors.New("not asked for")
}

func (l ledger) Credentials(context.Context, time.Time) ([]loginwatch.CredentialState, error) {
	return l.states, l.err
}

func job(vendor string) loginwatch.Job {
	return loginwatch.Job{
		Probe:    &loginwatch.Probe{Contract: &loginwatch.Contract{Vendor: vendor, Title: vendor + " login"}, Name: "login", Schedule: "*/5 * * * *"},
		Target:   &loginwatch.Target{Name: "production", BaseURL: &url.URL{Scheme: "https", Host: vendor + ".example.com", Path: "/api"}, Credential: vendor + "-production"},
		Interval: 5 * time.Minute,
	}
}

// run is one with a single step; its token is there when it is ok.
func run(vendor string, at time.Time, v loginwatch.Verdict, r loginwatch.Reason, status int, findings ...loginwatch.Finding) *loginwatch.Run {
	x := &loginwatch.Run{
		ID: "01JD" + at.Format("150405"), Key: loginwatch.Key{Vendor: vendor, Probe: "login", Target: "production"}, Credential: vendor + "-production",
		Started: at, Duration: 312 * time.Millisecond, Verdict: v, Reason: r,
		Steps: []loginwatch.StepResult{{
			Role: loginwatch.RoleSubject,
			Case: "valid-credentials", Operation: "login", HTTPStatus: status,
			Judgement: loginwatch.Judgement{Verdict: v, Reason: r, Findings: findings},
		}},
	}
	if v == loginwatch.OK {
		x.Steps[0].Token = loginwatch.TokenFacts{Present: true, HasLifetime: true, Lifetime: 22 * time.Hour, Documented: 24 * time.Hour}
	}
	return x
}

// recorded checks that a recorder took what it was told.
func recorded(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

var (
	typeFinding = loginwatch.Finding{
		Class: loginwatch.Breaking, Kind: loginwatch.KindType, Pointer: "/authResponse/expirationTime", Documented: "integer", Got: "string",
		Contract: "contracts/drifty/contract.yaml:41", Document: "drifty.txt", Quote: "expirationTime Number",
	}
	extraFinding = loginwatch.Finding{
		Class: loginwatch.Additive, Kind: loginwatch.KindExtra, Pointer: "/sessionHint", Documented: "not mentioned", Got: "object",
		Contract: "contracts/drifty/contract.yaml:20", Document: "drifty.txt", Quote: "Response",
	}
)

// gallery is a board with every state that the page can show.
func gallery(t testing.TB) (Options, *clock) {
	t.Helper()
	c := &clock{start.Add(-6 * time.Hour)}
	b := NewBoard(c.now)
	names := []string{"steady", "drifty", "refused", "limited", "gone", "ours", "silent", "fresh", "flappy"}
	jobs := make([]loginwatch.Job, len(names))
	for i, n := range names {
		jobs[i] = job(n)
	}
	b.SetJobs(jobs[:7])
	ctx := t.Context()
	for i := range 40 {
		at := start.Add(time.Duration(i-40) * 5 * time.Minute)
		for _, n := range names[:7] {
			if n == "silent" && i > 30 {
				continue
			}
			v, r, status := loginwatch.OK, loginwatch.Reason(""), 200
			if n == "gone" && i%7 == 3 {
				v, r, status = loginwatch.Unavailable, loginwatch.ReasonHTTP5xx, 503
			}
			recorded(t, b.RecordRun(ctx, run(n, at, v, r, status)))
		}
	}
	c.at = start
	b.SetJobs(jobs)
	at := start.Add(-40 * time.Second)
	recorded(t, b.RecordRun(ctx, run("steady", at, loginwatch.OK, "", 200, extraFinding)))
	recorded(t, b.RecordRun(ctx, run("drifty", at, loginwatch.Drift, loginwatch.ReasonContract, 200, extraFinding, typeFinding)))
	recorded(t, b.RecordRun(ctx, run("refused", at.Add(-5*time.Minute), loginwatch.Rejected, loginwatch.ReasonCredential, 401)))
	recorded(t, b.RecordSkip(ctx, loginwatch.SkippedSlot{Slot: loginwatch.Slot{Key: loginwatch.Key{Vendor: "refused", Probe: "login", Target: "production"}, Due: at}, Reason: loginwatch.ReasonSuspended, Refusal: loginwatch.RefusalCertain}))
	recorded(t, b.RecordRun(ctx, run("limited", at, loginwatch.Throttled, loginwatch.ReasonRateLimit, 429)))
	gone := run("gone", at, loginwatch.Unavailable, loginwatch.ReasonDNS, 0)
	gone.Detail = "lookup login.gone.example: no such host"
	recorded(t, b.RecordRun(ctx, gone))
	ours := run("ours", at, loginwatch.Broken, loginwatch.ReasonSecretMissing, 0)
	ours.Steps, ours.Duration, ours.Detail = nil, 0, "secret password is not set (env:LOGINWATCH_OURS_PASSWORD)"
	recorded(t, b.RecordRun(ctx, ours))
	recorded(t, b.RecordRun(ctx, run("flappy", at.Add(-10*time.Minute), loginwatch.Drift, loginwatch.ReasonToken, 200, typeFinding)))
	recorded(t, b.RecordRun(ctx, run("flappy", at, loginwatch.OK, "", 200)))

	states := make([]loginwatch.CredentialState, 0, len(names))
	for _, n := range names {
		states = append(states, loginwatch.CredentialState{Credential: n + "-production", Remaining: 3})
	}
	states[2] = loginwatch.CredentialState{Credential: "refused-production", Suspended: true, Refusal: loginwatch.RefusalCertain, Until: start.Add(9*time.Minute + 20*time.Second)}
	return Options{
		Board: b, Ledger: ledger{states: states[:7]}, Version: "1.2.3",
		Upcoming: func() []loginwatch.Slot {
			var slots []loginwatch.Slot
			for i, n := range names {
				next := start.Add(time.Duration(i*31+2) * time.Second)
				if n == "silent" {
					next = start.Add(-45 * time.Minute) // overdue
				}
				slots = append(slots, loginwatch.Slot{Key: loginwatch.Key{Vendor: n, Probe: "login", Target: "production"}, Planned: next})
			}
			return slots
		},
	}, c
}
