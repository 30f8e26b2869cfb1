package daemon_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/flow"
	"github.com/loginwatch/loginwatch/internal/store"
)

// notebook is a ledger that notes what it is told.
type notebook struct {
	loginwatch.Ledger
	claims  []loginwatch.Claim
	settled []loginwatch.Settlement
}

func (n *notebook) Admit(ctx context.Context, c loginwatch.Claim) (loginwatch.Ticket, error) {
	n.claims = append(n.claims, c)
	return n.Ledger.Admit(ctx, c)
}

func (n *notebook) Settle(ctx context.Context, t loginwatch.Ticket, s loginwatch.Settlement) (loginwatch.CredentialState, error) {
	n.settled = append(n.settled, s)
	return n.Ledger.Settle(ctx, t, s)
}

// in is a step in a role, with an answer that asks to wait.
func in(role loginwatch.Role, step loginwatch.StepResult, wait time.Duration) loginwatch.StepResult {
	step.Role, step.RetryAfter = role, wait
	return step
}

// What a run brought is settled by what its steps are for.
func TestSettlement(t *testing.T) {
	const setup, subject, followUp, cleanup = loginwatch.RoleSetup, loginwatch.RoleSubject, loginwatch.RoleFollowUp, loginwatch.RoleCleanup
	ok := judged(loginwatch.OK, "", "success")
	for name, tt := range map[string]struct {
		verdict loginwatch.Verdict
		steps   []loginwatch.StepResult
		want    loginwatch.Settlement
	}{
		"nothing sent": {loginwatch.Broken, nil, loginwatch.Settlement{}},
		"accepted":     {loginwatch.OK, []loginwatch.StepResult{in(subject, ok, 0)}, loginwatch.Settlement{Accepted: true}},
		"accepted and told to wait": {loginwatch.OK, []loginwatch.StepResult{in(subject, ok, time.Minute)},
			loginwatch.Settlement{Accepted: true, RetryAfter: time.Minute}},
		"refused": {loginwatch.Rejected, []loginwatch.StepResult{in(subject, refused, 0)},
			loginwatch.Settlement{Refusal: loginwatch.RefusalCertain}},
		"refused and told to wait": {loginwatch.Rejected, []loginwatch.StepResult{in(subject, refused, time.Hour)},
			loginwatch.Settlement{Refusal: loginwatch.RefusalCertain, RetryAfter: time.Hour}},
		"may have been refused": {loginwatch.Drift, []loginwatch.StepResult{in(subject, maybeRefused(), 0)},
			loginwatch.Settlement{Refusal: loginwatch.RefusalPossible}},
		"success that may have been a refusal": {loginwatch.Drift, []loginwatch.StepResult{in(subject, func() loginwatch.StepResult {
			step := maybeRefused()
			step.Outcome = "success"
			return step
		}(), 0)}, loginwatch.Settlement{Refusal: loginwatch.RefusalPossible}},
		"neither": {loginwatch.Unavailable, []loginwatch.StepResult{in(subject, judged(loginwatch.Unavailable, loginwatch.ReasonHTTP5xx, ""), time.Second)},
			loginwatch.Settlement{RetryAfter: time.Second}},
		"success that nobody could judge": {loginwatch.Broken, []loginwatch.StepResult{in(subject, judged(loginwatch.Broken, loginwatch.ReasonInternal, "success"), 0)},
			loginwatch.Settlement{}},
		"throttled after the subject": {loginwatch.Throttled, []loginwatch.StepResult{in(subject, judged(loginwatch.Drift, loginwatch.ReasonContract, "success"), 0),
			in(followUp, judged(loginwatch.Throttled, loginwatch.ReasonRateLimit, ""), 0)}, loginwatch.Settlement{Accepted: true, Throttled: true}},
		"throttled at the end": {loginwatch.OK, []loginwatch.StepResult{in(subject, ok, 0), in(cleanup, judged(loginwatch.Throttled, loginwatch.ReasonRateLimit, ""), 0)},
			loginwatch.Settlement{Accepted: true, Throttled: true}},
		"throttled": {loginwatch.Throttled, []loginwatch.StepResult{in(subject, judged(loginwatch.Throttled, loginwatch.ReasonRateLimit, ""), 0)},
			loginwatch.Settlement{Throttled: true}},
		"refused before the subject": {loginwatch.Rejected, []loginwatch.StepResult{in(setup, refused, 0)},
			loginwatch.Settlement{Refusal: loginwatch.RefusalCertain}},
		"perhaps refused, then certainly": {loginwatch.Rejected, []loginwatch.StepResult{in(setup, maybeRefused(), time.Hour), in(subject, refused, time.Minute)},
			loginwatch.Settlement{Refusal: loginwatch.RefusalCertain, RetryAfter: time.Hour}},
		"refused, whatever the control says": {loginwatch.Rejected, []loginwatch.StepResult{in(subject, refused, 0), in(loginwatch.RoleControl, ok, 0)},
			loginwatch.Settlement{Refusal: loginwatch.RefusalCertain}},
		"refused, and the control throttled": {loginwatch.Rejected, []loginwatch.StepResult{in(subject, refused, 0),
			in(loginwatch.RoleControl, judged(loginwatch.Throttled, loginwatch.ReasonRateLimit, ""), time.Minute)},
			loginwatch.Settlement{Refusal: loginwatch.RefusalCertain, Throttled: true, RetryAfter: time.Minute}},
		"refused after the subject": {loginwatch.Drift, []loginwatch.StepResult{in(subject, ok, 0), in(followUp, refused, 0), in(cleanup, maybeRefused(), time.Minute)},
			loginwatch.Settlement{Accepted: true, RetryAfter: time.Minute}},
	} {
		t.Run(name, func(t *testing.T) {
			n := &notebook{Ledger: store.NewMemory(store.DefaultBudget())}
			f := newFixture(n, ok)
			f.Runner = runnerFunc(func(context.Context, *flow.Plan) *loginwatch.Run {
				return &loginwatch.Run{Key: f.job.Key(), Started: f.now, Steps: tt.steps, Verdict: tt.verdict}
			})
			f.slots(t.Context(), 1, 0)
			tt.want.At = f.now
			if diff := cmp.Diff([]loginwatch.Settlement{tt.want}, n.settled); diff != "" {
				t.Errorf("settlement (-want +got):\n%s", diff)
			}
		})
	}
}

// Where the document has a token, a success without one that can be used clears nothing.
func TestSettlementAsksForTheToken(t *testing.T) {
	for _, present := range []bool{true, false} {
		answer := judged(loginwatch.Drift, loginwatch.ReasonContract, "success")
		answer.Token.Present = present
		n := &notebook{Ledger: store.NewMemory(store.DefaultBudget())}
		f := newFixture(n, answer)
		login := f.job.Probe.Steps[0].Case.Operation
		login.Token = &loginwatch.Token{Outcome: login.Outcomes[0], At: "/token"}
		f.slots(t.Context(), 1, 0)
		if got := n.settled[0].Accepted; got != present {
			t.Errorf("token there: %t, accepted: %t", present, got)
		}
	}
}

// A claim takes of each documented limit as much as its run will send.
func TestClaimCountsTheRequestsOfAnOperation(t *testing.T) {
	n := &notebook{Ledger: store.NewMemory(store.DefaultBudget())}
	f := newFixture(n, judged(loginwatch.OK, "", "success"))
	login := f.job.Probe.Steps[0].Case.Operation
	login.Limit = &loginwatch.RateLimit{Requests: 25, Per: time.Minute}
	key := &loginwatch.Case{ID: "key", Operation: &loginwatch.Operation{ID: "public-key", Limit: &loginwatch.RateLimit{Requests: 5, Per: time.Hour}}}
	free := &loginwatch.Case{ID: "free", Operation: &loginwatch.Operation{ID: "profile"}}
	f.job.Probe.Steps = append([]loginwatch.Step{{Case: key, Role: loginwatch.RoleSetup}}, f.job.Probe.Steps[0],
		loginwatch.Step{Case: &loginwatch.Case{ID: "again", Operation: login}, Role: loginwatch.RoleFollowUp}, loginwatch.Step{Case: free, Role: loginwatch.RoleFollowUp})
	f.slots(t.Context(), 1, 0)
	want := []loginwatch.OperationLimit{
		{Operation: "public-key", Requests: 1, Limit: *key.Operation.Limit}, {Operation: "login", Requests: 2, Limit: *login.Limit},
	}
	if diff := cmp.Diff(want, n.claims[0].Limits); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
}

// A one-time code is an account's: two logins with one account do not meet in a time
// step, those with two accounts may.
func TestClaimOfAOneTimeCode(t *testing.T) {
	n := &notebook{Ledger: store.NewMemory(store.DefaultBudget())}
	f := newFixture(n, judged(loginwatch.OK, "", "success"))
	c := f.job.Probe.Contract
	c.Computed = []*loginwatch.Computed{{Name: "code", Function: "totp", Of: []string{"${password}"}}}
	f.job.Probe.Steps[0].Case.Operation.Request.Headers = []loginwatch.Header{{Name: "X-Code", Value: "${code}"}}
	password := secrets{"password": "JBSWY3DPEHPK3PXP"}
	f.job.Target.Secrets = password
	for _, seed := range []string{"JBSWY3DPEHPK3PXP", "JBSWY3DPEHPK3PXP", "GEZDGNBVGY3TQOJQ"} {
		password["password"] = seed
		f.slots(t.Context(), 1, time.Second)
	}
	if f.sent != 2 || f.skips[0] != loginwatch.ReasonRateLimit {
		t.Errorf("%d logins, skipped %v", f.sent, f.skips)
	}
	f.now = f.now.Add(time.Minute)
	f.slots(t.Context(), 1, 0)
	if f.sent != 3 {
		t.Errorf("%d logins after the time step", f.sent)
	}
}

// answers is a ledger that gives the same answer to every claim.
type answers struct {
	loginwatch.Ledger
	admission loginwatch.Admission
}

func (a answers) Admit(context.Context, loginwatch.Claim) (loginwatch.Ticket, error) {
	return loginwatch.Ticket{Admission: a.admission}, nil
}

// Whatever a ledger refuses a slot for, also one that other instances share, the
// slot is skipped for that reason, told once, and nothing is sent.
func TestEveryRefusedSlotIsSkippedForItsReason(t *testing.T) {
	for _, reason := range loginwatch.AdmissionReasons {
		f := newFixture(answers{admission: loginwatch.Admission{Reason: reason}}, judged(loginwatch.OK, "", "success"))
		f.slots(t.Context(), 3, time.Minute)
		if f.sent != 0 || len(f.runs) != 0 || f.planned != 3 || !slices.Equal(f.skips, []loginwatch.Reason{reason, reason, reason}) {
			t.Errorf("%s: %d planned, %d sent, %d runs, skipped %v", reason, f.planned, f.sent, len(f.runs), f.skips)
		}
		if got := strings.Count(f.log.String(), "reason="+string(reason)); got != 3 {
			t.Errorf("%s is logged %d times:\n%s", reason, got, f.log.String())
		}
		if !slices.Contains(loginwatch.Reasons, reason) {
			t.Errorf("%s is no reason of the closed list", reason)
		}
	}
}
