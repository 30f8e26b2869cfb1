package daemon_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/daemon"
	"github.com/loginwatch/loginwatch/internal/store"
)

// fixture is an executor with a fake clock, a fake runner and a real ledger.
type fixture struct {
	now     time.Time
	answers []loginwatch.StepResult // of the runs to come; the last one repeats
	runs    []*loginwatch.Run
	skips   []loginwatch.Reason
	sent    int
	log     bytes.Buffer
	job     daemon.Job
	*daemon.Executor
}

func newFixture(ledger loginwatch.Ledger, answers ...loginwatch.StepResult) *fixture {
	success := &loginwatch.Outcome{ID: "success", Means: loginwatch.OK}
	refused := &loginwatch.Outcome{ID: "refused", Means: loginwatch.Rejected}
	op := &loginwatch.Operation{ID: "login", Outcomes: []*loginwatch.Outcome{success, refused}}
	k := &loginwatch.Case{ID: "valid-credentials", Operation: op, Expect: []*loginwatch.Outcome{success}, Needs: []string{"password"}}
	c := &loginwatch.Contract{Vendor: "example", Operations: []*loginwatch.Operation{op}, Cases: []*loginwatch.Case{k}}
	f := &fixture{
		now: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), answers: answers,
		job: daemon.Job{
			Probe:  &loginwatch.Probe{Contract: c, Name: "login", Steps: []loginwatch.Step{{Case: k}}},
			Target: &loginwatch.Target{Name: "production", Credential: "example/production"}, // no step captures, so no secret is asked for
		},
	}
	f.Executor = &daemon.Executor{
		Runner: f, Ledger: ledger, Recorders: []loginwatch.Recorder{f},
		Logger: slog.New(slog.NewTextHandler(&f.log, nil)), Now: func() time.Time { return f.now },
	}
	return f
}

func (f *fixture) Run(_ context.Context, p *loginwatch.Probe, t *loginwatch.Target) *loginwatch.Run {
	f.sent++
	step := f.answers[0]
	if len(f.answers) > 1 {
		f.answers = f.answers[1:]
	}
	step.Case = "valid-credentials"
	return &loginwatch.Run{
		ID: "run", Vendor: p.Contract.Vendor, Probe: p.Name, Target: t.Name, Started: f.now,
		Steps: []loginwatch.StepResult{step}, Verdict: step.Verdict, Reason: step.Reason,
	}
}

func (f *fixture) RecordRun(_ context.Context, r *loginwatch.Run) { f.runs = append(f.runs, r) }
func (f *fixture) RecordSkip(_ context.Context, _ loginwatch.Slot, r loginwatch.Reason) {
	f.skips = append(f.skips, r)
}

// slots executes one slot each step for n steps.
func (f *fixture) slots(ctx context.Context, n int, step time.Duration) {
	for range n {
		f.Execute(ctx, f.job, loginwatch.Slot{Vendor: "example", Probe: "login", Target: "production", Due: f.now, Planned: f.now})
		f.now = f.now.Add(step)
	}
}

func judged(v loginwatch.Verdict, r loginwatch.Reason, outcome string) loginwatch.StepResult {
	j := loginwatch.Judgement{Verdict: v, Reason: r, Outcome: outcome}
	if v == loginwatch.Rejected {
		j.Refusal = loginwatch.RefusalCertain
	}
	return loginwatch.StepResult{Judgement: j}
}

// A day of slots every 5 minutes with a dead password: 3 rejections, then one
// trial after each of 15 min, 30 min, 1 h, 2 h, 4 h and 8 h; the next would be
// due after 16 h more.
func TestRejectedCredentialCoolsDown(t *testing.T) {
	f := newFixture(store.NewMemory(store.DefaultBudget()), judged(loginwatch.Rejected, loginwatch.ReasonCredential, "refused"))
	f.slots(t.Context(), 24*12, 5*time.Minute)
	if f.sent != 3+6 {
		t.Errorf("%d logins in a day with a dead password, want 9", f.sent)
	}
	if len(f.runs)+len(f.skips) != 24*12 {
		t.Errorf("%d runs and %d skips of %d slots", len(f.runs), len(f.skips), 24*12)
	}
	for _, reason := range f.skips {
		if reason != loginwatch.ReasonSuspended {
			t.Fatalf("skipped as %s", reason)
		}
	}
}

func TestAcceptedCredentialEndsTheCoolDown(t *testing.T) {
	rejected := judged(loginwatch.Rejected, loginwatch.ReasonCredential, "refused")
	f := newFixture(store.NewMemory(store.DefaultBudget()), rejected, rejected, rejected, judged(loginwatch.OK, "", "success"))
	f.slots(t.Context(), 12, 5*time.Minute)
	if len(f.skips) != 2 || f.sent != 10 {
		t.Errorf("%d skipped, %d sent; want 2 while it cools down and 10", len(f.skips), f.sent)
	}
}

func TestRetryAfterIsKept(t *testing.T) {
	throttled := judged(loginwatch.Throttled, loginwatch.ReasonRateLimit, "")
	throttled.RetryAfter = 12 * time.Minute
	f := newFixture(store.NewMemory(store.DefaultBudget()), throttled, judged(loginwatch.OK, "", "success"))
	f.slots(t.Context(), 5, 5*time.Minute)
	if len(f.skips) != 2 || f.skips[0] != loginwatch.ReasonRetryAfter {
		t.Errorf("skipped %v, want the slots after 5 and 10 minutes", f.skips)
	}
}

type deadLedger struct{ loginwatch.Ledger }

func (deadLedger) Admit(context.Context, loginwatch.Claim) (loginwatch.Admission, error) {
	return loginwatch.Admission{}, errors.New("postgres://user:hidden@host: gone")
}

// Without its ledger the daemon knows nothing of rejections, so it sends nothing.
func TestNothingIsSentWithoutTheLedger(t *testing.T) {
	f := newFixture(deadLedger{}, judged(loginwatch.OK, "", "success"))
	f.slots(t.Context(), 1, 0)
	if f.sent != 0 || len(f.runs) != 1 || f.runs[0].Verdict != loginwatch.Broken {
		t.Fatalf("sent %d, runs %+v", f.sent, f.runs)
	}
	if strings.Contains(f.runs[0].Detail, "hidden") {
		t.Error("the ledger's address leaks into the run")
	}
}

// What a run brought is booked even when the daemon is told to end meanwhile.
func TestEndedContextLosesNoResult(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := newFixture(store.NewMemory(store.DefaultBudget()), judged(loginwatch.Rejected, loginwatch.ReasonCredential, "refused"))
	run := f.Runner
	f.Runner = runnerFunc(func(c context.Context, p *loginwatch.Probe, tg *loginwatch.Target) *loginwatch.Run {
		defer cancel()
		return run.Run(c, p, tg)
	})
	f.slots(ctx, 1, 0)
	states, err := f.Ledger.Credentials(t.Context(), f.now)
	if err != nil || len(states) != 1 || states[0].Remaining != 2 {
		t.Errorf("the rejection is not booked: %+v %v", states, err)
	}
	if len(f.runs) != 1 {
		t.Error("the run is not recorded")
	}
}

type runnerFunc func(context.Context, *loginwatch.Probe, *loginwatch.Target) *loginwatch.Run

func (r runnerFunc) Run(ctx context.Context, p *loginwatch.Probe, t *loginwatch.Target) *loginwatch.Run {
	return r(ctx, p, t)
}
