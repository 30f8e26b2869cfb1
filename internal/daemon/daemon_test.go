package daemon_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/daemon"
	"github.com/loginwatch/loginwatch/internal/flow"
	"github.com/loginwatch/loginwatch/internal/store"
)

// fixture is an executor with a fake clock, a fake runner and a real ledger.
type fixture struct {
	now     time.Time
	answers []loginwatch.StepResult // of the runs to come; the last one repeats
	runs    []*loginwatch.Run
	skips   []loginwatch.Reason
	planned int
	sent    int
	log     bytes.Buffer
	job     loginwatch.Job
	*daemon.Executor
}

func newFixture(ledger loginwatch.Ledger, answers ...loginwatch.StepResult) *fixture {
	success := &loginwatch.Outcome{ID: "success", Means: loginwatch.OK}
	refused := &loginwatch.Outcome{ID: "refused", Means: loginwatch.Rejected}
	op := &loginwatch.Operation{ID: "login", Outcomes: []*loginwatch.Outcome{success, refused}}
	k := &loginwatch.Case{ID: "valid-credentials", Operation: op, Expect: []*loginwatch.Outcome{success}, Needs: []string{"password"}}
	c := &loginwatch.Contract{Vendor: "example", Secrets: []loginwatch.Secret{{Name: "password"}}, Operations: []*loginwatch.Operation{op}, Cases: []*loginwatch.Case{k}}
	password := secrets{"password": "right"}
	f := &fixture{
		now: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), answers: answers,
		job: loginwatch.Job{
			Probe:  &loginwatch.Probe{Contract: c, Name: "login", Steps: []loginwatch.Step{{Case: k, Role: loginwatch.RoleSubject}}},
			Target: &loginwatch.Target{Name: "production", Credential: "example/production", Secrets: password},
		},
	}
	f.Executor = &daemon.Executor{
		Runner: f, Ledger: ledger, Recorders: []loginwatch.Recorder{f},
		Logger: slog.New(slog.NewTextHandler(&f.log, nil)), Now: func() time.Time { return f.now }, TriesNext: true,
	}
	return f
}

// secrets is a source of the values given.
type secrets map[string]string

func (s secrets) Secret(name string) (string, bool, error) { return s[name], s[name] != "", nil }
func (s secrets) Origin(name string) string                { return "test:" + name }

func (f *fixture) Run(_ context.Context, plan *flow.Plan) *loginwatch.Run {
	f.sent++
	step := f.answers[0]
	if len(f.answers) > 1 {
		f.answers = f.answers[1:]
	}
	step.Case, step.Role = "valid-credentials", loginwatch.RoleSubject
	return &loginwatch.Run{
		ID: "run", Key: loginwatch.Key{Vendor: plan.Probe.Contract.Vendor, Probe: plan.Probe.Name, Target: plan.Target.Name}, Started: f.now,
		Steps: []loginwatch.StepResult{step}, Verdict: step.Verdict, Reason: step.Reason,
	}
}

func (f *fixture) RecordPlanned(ctx context.Context, _ loginwatch.Slot) error {
	f.planned++
	return ctx.Err()
}

func (f *fixture) RecordRun(ctx context.Context, r *loginwatch.Run) error {
	f.runs = append(f.runs, r)
	return ctx.Err()
}

func (f *fixture) RecordSkip(ctx context.Context, s loginwatch.SkippedSlot) error {
	f.skips = append(f.skips, s.Reason)
	return ctx.Err()
}

// slots executes one slot each step for n steps.
func (f *fixture) slots(ctx context.Context, n int, step time.Duration) {
	for range n {
		slot := loginwatch.Slot{Key: f.job.Key(), Due: f.now, Planned: f.now}
		f.Planned(ctx, slot)
		f.Execute(ctx, f.job, slot)
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
	if f.planned != 24*12 || len(f.runs)+len(f.skips) != f.planned {
		t.Errorf("%d runs and %d skips of %d slots", len(f.runs), len(f.skips), f.planned)
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

func (deadLedger) Admit(context.Context, loginwatch.Claim) (loginwatch.Ticket, error) {
	return loginwatch.Ticket{}, errors.New("postgres://user:hidden@host: gone")
}

// Without its ledger the daemon knows nothing of refusals, so it sends nothing.
func TestNothingIsSentWithoutTheLedger(t *testing.T) {
	f := newFixture(deadLedger{}, judged(loginwatch.OK, "", "success"))
	f.slots(t.Context(), 1, 0)
	if f.sent != 0 || len(f.runs) != 0 || len(f.skips) != 1 || f.skips[0] != loginwatch.ReasonStore {
		t.Fatalf("sent %d, runs %+v, skips %+v", f.sent, f.runs, f.skips)
	}
}

// What a run brought is booked even when the daemon is told to end meanwhile.
func TestEndedContextLosesNoResult(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := newFixture(store.NewMemory(store.DefaultBudget()), judged(loginwatch.Rejected, loginwatch.ReasonCredential, "refused"))
	run := f.Runner
	f.Runner = runnerFunc(func(c context.Context, plan *flow.Plan) *loginwatch.Run {
		defer cancel()
		return run.Run(c, plan)
	})
	f.slots(ctx, 1, 0)
	states, err := f.Ledger.Credentials(t.Context(), f.now)
	if err != nil || len(states) != 1 || states[0].Remaining != 2 {
		t.Errorf("the rejection is not booked: %+v %v", states, err)
	}
	if len(f.runs) != 1 {
		t.Error("the run is not recorded")
	}
	f.slots(ctx, 1, 0) // it was planned and came too late
	if f.sent != 1 || f.planned != 2 || !slices.Equal(f.skips, []loginwatch.Reason{loginwatch.ReasonShutdown}) {
		t.Errorf("%d sent, %d planned, skipped %v; want the second slot skipped for the shutdown", f.sent, f.planned, f.skips)
	}
	if strings.Contains(f.log.String(), "not recorded") || strings.Contains(f.log.String(), "ledger") {
		t.Errorf("the log blames what is well:\n%s", f.log.String())
	}
}

type runnerFunc func(context.Context, *flow.Plan) *loginwatch.Run

func (r runnerFunc) Run(ctx context.Context, plan *flow.Plan) *loginwatch.Run {
	return r(ctx, plan)
}

// failing is a recorder whose database is gone.
type failing struct{ told int }

func (f *failing) fail() error {
	f.told++
	return errors.New("disk full")
}

func (f *failing) RecordPlanned(context.Context, loginwatch.Slot) error     { return f.fail() }
func (f *failing) RecordSkip(context.Context, loginwatch.SkippedSlot) error { return f.fail() }
func (f *failing) RecordRun(context.Context, *loginwatch.Run) error         { return f.fail() }

// A recorder that fails is logged; the others and the run go on without it.
func TestARecorderThatFailsEndsNothing(t *testing.T) {
	throttled := judged(loginwatch.Throttled, loginwatch.ReasonRateLimit, "")
	throttled.RetryAfter = 7 * time.Minute
	f := newFixture(store.NewMemory(store.DefaultBudget()), throttled, judged(loginwatch.OK, "", "success"))
	bad := &failing{}
	f.Recorders = []loginwatch.Recorder{bad, f}
	f.slots(t.Context(), 3, 5*time.Minute)
	if f.planned != 3 || len(f.runs) != 2 || len(f.skips) != 1 || f.sent != 2 {
		t.Errorf("%d planned, %d runs, %d skips, %d sent", f.planned, len(f.runs), len(f.skips), f.sent)
	}
	if said := strings.Count(f.log.String(), "not recorded"); bad.told != 6 || said != 6 {
		t.Errorf("told %d times, logged %d times:\n%s", bad.told, said, f.log.String())
	}
	if !strings.Contains(f.log.String(), "disk full") || !strings.Contains(f.log.String(), "vendor=example probe=login target=production") {
		t.Errorf("the log does not say what failed:\n%s", f.log.String())
	}
}
