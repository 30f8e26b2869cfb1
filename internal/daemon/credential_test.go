package daemon_test

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/flow"
	"github.com/loginwatch/loginwatch/internal/store"
)

var refused = judged(loginwatch.Rejected, loginwatch.ReasonCredential, "refused")

// maybeRefused is an answer that is neither a refusal nor clearly none.
func maybeRefused() loginwatch.StepResult {
	step := judged(loginwatch.Drift, loginwatch.ReasonContract, "")
	step.Refusal = loginwatch.RefusalPossible
	return step
}

const dead, fresh = "marked-DEAD", "marked-FRESH"

// Who begins amid a suspension with its trial says so, and not until when the ledger would
// count the trial as lost.
func TestSuspensionHeardOfAtItsTrial(t *testing.T) {
	ledger := store.NewMemory(store.DefaultBudget())
	before := newFixture(ledger, refused)
	before.slots(t.Context(), 3, time.Minute)
	f := newFixture(ledger, refused)
	f.now = before.now.Add(time.Hour)
	f.slots(t.Context(), 1, time.Minute)
	log := f.log.String()
	if line := `msg="credential suspended"`; f.sent != 1 || strings.Count(log, line) != 1 || strings.Contains(log, "until=") || !strings.Contains(log, `lifted_by="the login that tries it now, if that is accepted, `) {
		t.Errorf("%d sent, logged:\n%s", f.sent, log)
	}
}

// A secret that is rotated while its credential is suspended is tried at the
// next slot, without reload or restart; the old value stays suspended.
func TestRotatedSecretStartsAfresh(t *testing.T) {
	f := newFixture(store.NewMemory(store.DefaultBudget()), refused, refused, refused, judged(loginwatch.OK, "", "success"))
	password := secrets{"password": dead}
	f.job.Target.Secrets = password
	f.slots(t.Context(), 4, time.Minute)
	if f.sent != 3 || len(f.skips) != 1 {
		t.Fatalf("%d sent and %d skipped with the dead password, want 3 and 1", f.sent, len(f.skips))
	}
	password["password"] = fresh
	f.slots(t.Context(), 2, time.Minute)
	if f.sent != 5 {
		t.Errorf("%d sent, want 2 more with the fresh password", f.sent)
	}
	password["password"] = dead
	f.slots(t.Context(), 2, time.Minute)
	if f.sent != 5 || len(f.skips) != 3 {
		t.Errorf("%d sent and %d skipped, want the dead password to be still suspended", f.sent, len(f.skips))
	}
	password["password"] = fresh
	f.slots(t.Context(), 1, time.Minute)
	log := f.log.String()
	for line, times := range map[string]int{
		`level=WARN msg="credential suspended" credential=example/production`:           2,
		`level=WARN msg="credential no longer suspended" credential=example/production`: 2,
		"its secrets have other values":                                                 2, `level=INFO msg="slot skipped"`: 3, `level=WARN msg="slot skipped"`: 0,
		"marked-": 0,
	} {
		if got := strings.Count(log, line); got != times {
			t.Errorf("%q is logged %d times, want %d:\n%s", line, got, times, log)
		}
	}
}

// The same values of an account make the same credential, whatever targets, references
// and names they come under and whatever else is configured; other values do not.
func TestBudgetFollowsTheAccount(t *testing.T) {
	own := func(changed secrets) secrets {
		all := secrets{"user": "u", "password": "p", "seed": "JBSWY3DPEHPK3PXP"}
		maps.Copy(all, changed)
		return all
	}
	for name, tt := range map[string]struct {
		change func(*loginwatch.Job)
		same   bool
	}{
		"another target, name and probe": {func(j *loginwatch.Job) {
			j.Target.Name, j.Target.Credential, j.Probe.Name = "staging", "example/other", "sign-in"
		}, true},
		"another probe of the account, which sends less": {func(j *loginwatch.Job) { j.Probe.Steps[0].Case.Needs = []string{"user"} }, true},
		"a secret that no login needs":                   {func(j *loginwatch.Job) { j.Target.Secrets = own(secrets{"unknown": "1"}) }, true},
		"a client certificate":                           {func(j *loginwatch.Job) { j.Target.Transport.ClientCertFile = "cert.pem" }, true},
		"another value":                                  {func(j *loginwatch.Job) { j.Target.Secrets = own(secrets{"password": "q"}) }, false},
		"another seed":                                   {func(j *loginwatch.Job) { j.Target.Secrets = own(secrets{"seed": "GEZDGNBVGY3TQOJQ"}) }, false},
		"a value moved":                                  {func(j *loginwatch.Job) { j.Target.Secrets = own(secrets{"user": "p", "password": "u"}) }, false},
		"values run together":                            {func(j *loginwatch.Job) { j.Target.Secrets = own(secrets{"user": "", "password": "puseru"}) }, false},
		"the same values under other names":              {func(j *loginwatch.Job) { j.Target.Secrets = own(secrets{"user": "p", "password": "", "portal": "u"}) }, false},
		"another vendor":                                 {func(j *loginwatch.Job) { j.Probe.Contract.Vendor = "other" }, false},
		"nothing of the account":                         {func(j *loginwatch.Job) { j.Target.Secrets = secrets{"unknown": "1"} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(store.NewMemory(store.DefaultBudget()), refused)
			f.job.Probe.Contract.Account = []string{"password", "portal", "seed", "user"}
			f.job.Probe.Contract.Secrets = []loginwatch.Secret{{Name: "user"}, {Name: "password"}, {Name: "seed"}, {Name: "portal"}, {Name: "unknown"}}
			f.job.Probe.Steps[0].Case.Needs = []string{"user"}
			f.job.Target.Secrets = own(nil)
			f.slots(t.Context(), 3, time.Minute)
			probe, contract, target := *f.job.Probe, *f.job.Probe.Contract, *f.job.Target
			probe.Contract, probe.Steps[0].Case.Needs = &contract, nil // whatever it lacks
			probe.Steps[0].Case.Risk = loginwatch.RiskLockOut
			f.job = loginwatch.Job{Probe: &probe, Target: &target}
			tt.change(&f.job)
			f.slots(t.Context(), 1, time.Minute)
			if (f.sent == 3) != tt.same {
				t.Errorf("%d logins; one credential: want %v", f.sent, tt.same)
			}
		})
	}
}

// A suspension has one line for its beginning and one for its end, and words
// that claim no more than is known.
func TestSuspensionIsLoggedOnce(t *testing.T) {
	for name, tt := range map[string]struct {
		answer loginwatch.StepResult
		words  string
		never  string
	}{
		"refused":             {refused, "was refused", "may have been"},
		"may have been":       {maybeRefused(), "may have been refused", "was refused"},
		"refused at the last": {refused, "was refused", "may have been"},
	} {
		t.Run(name, func(t *testing.T) {
			ok := judged(loginwatch.OK, "", "success")
			answers := []loginwatch.StepResult{tt.answer, tt.answer, tt.answer, tt.answer, ok}
			if name == "refused at the last" {
				answers[0], answers[1] = maybeRefused(), maybeRefused()
			}
			f := newFixture(store.NewMemory(store.DefaultBudget()), answers...)
			f.slots(t.Context(), 60, time.Minute) // one trial is refused, the next one accepted
			var suspended, ended, skipped []string
			for line := range strings.Lines(f.log.String()) {
				switch {
				case strings.Contains(line, "no longer suspended"):
					ended = append(ended, line)
				case strings.Contains(line, "credential suspended"):
					suspended = append(suspended, line)
				case strings.Contains(line, "slot skipped"):
					skipped = append(skipped, line)
				}
			}
			if len(suspended) != 1 || len(ended) != 1 || len(skipped) != len(f.skips) || len(skipped) < 30 {
				t.Fatalf("%d beginnings, %d ends, %d of %d skips are logged:\n%s", len(suspended), len(ended), len(skipped), len(f.skips), f.log.String())
			}
			until := fmt.Sprintf("until=2026-11-21T00:%02d:00.000Z", 2+15)
			for _, want := range []string{"level=WARN", "credential=example/production", tt.words, until, "an accepted login", "another value of its secrets"} {
				if !strings.Contains(suspended[0], want) {
					t.Errorf("the beginning does not say %q: %s", want, suspended[0])
				}
			}
			if !strings.Contains(ended[0], "level=WARN") || !strings.Contains(ended[0], "a login with it was accepted") {
				t.Errorf("the end: %s", ended[0])
			}
			for _, line := range append(skipped, suspended...) {
				if strings.Contains(line, tt.never) || !strings.Contains(line, tt.words) {
					t.Fatalf("%q instead of %q: %s", tt.never, tt.words, line)
				}
			}
			if !slices.ContainsFunc(skipped, func(l string) bool { return strings.Contains(l, "level=INFO") && strings.Contains(l, until) }) {
				t.Errorf("no skip says at level info until when: %s", skipped[0])
			}
		})
	}
}

// While a secret is missing nothing is sent, so nothing is claimed, and the
// suspension of the value that comes back neither ends nor begins.
func TestMissingSecretClaimsNothing(t *testing.T) {
	n := &notebook{Ledger: store.NewMemory(store.DefaultBudget())}
	f := newFixture(n, refused)
	f.job.Probe.Steps[0].Case.Operation.Limit = &loginwatch.RateLimit{Requests: 9, Per: time.Hour}
	password := secrets{"password": dead}
	f.job.Target.Secrets = password
	f.slots(t.Context(), 3, time.Minute)
	password["password"] = ""
	runner := f.Runner
	f.Runner = runnerFunc(func(context.Context, *flow.Plan) *loginwatch.Run {
		return &loginwatch.Run{Key: f.job.Key(), Started: f.now, Verdict: loginwatch.Broken, Reason: loginwatch.ReasonSecretMissing}
	})
	f.slots(t.Context(), 2, time.Minute)
	if c := n.claims[len(n.claims)-1]; c.Credential != (loginwatch.Credential{}) || c.Limits != nil {
		t.Errorf("claimed without the secret: %+v", c)
	}
	f.Runner, password["password"] = runner, dead
	f.slots(t.Context(), 2, time.Minute)
	if f.sent != 3 || len(f.runs) != 5 || len(f.skips) != 2 {
		t.Errorf("%d sent, %d runs, %d skips; want 3, 5, 2", f.sent, len(f.runs), len(f.skips))
	}
	if log := f.log.String(); strings.Count(log, "credential suspended") != 1 || strings.Contains(log, "no longer") {
		t.Errorf("the suspension began or ended:\n%s", log)
	}
}

// A contract that is edited and read again goes on counting: its limit has moved.
func TestReloadForgetsNoLimit(t *testing.T) {
	f := newFixture(store.NewMemory(store.DefaultBudget()), judged(loginwatch.OK, "", "success"))
	limit := loginwatch.RateLimit{Requests: 1, Per: time.Hour, Pos: loginwatch.Pos{File: "contracts/example/contract.yaml", Line: 7}}
	limitOf := func(l loginwatch.RateLimit) { f.job.Probe.Steps[0].Case.Operation.Limit = &l }
	limitOf(limit)
	f.slots(t.Context(), 1, time.Minute)
	limit.Pos.Line++ // a comment above it
	limitOf(limit)
	f.slots(t.Context(), 1, time.Minute)
	if f.sent != 1 || !slices.Equal(f.skips, []loginwatch.Reason{loginwatch.ReasonRateLimit}) {
		t.Errorf("%d sent, skipped %v; want the second slot skipped for the rate limit", f.sent, f.skips)
	}
}

// A one-time code is used once in its time step by all who have its seed, whatever
// else their targets send, and where the next slot has another seed it has another.
func TestOneCodeOfASeed(t *testing.T) {
	f := newFixture(store.NewMemory(store.DefaultBudget()), judged(loginwatch.OK, "", "success"))
	contract, step := f.job.Probe.Contract, f.job.Probe.Steps[0].Case
	contract.Secrets = append(contract.Secrets, loginwatch.Secret{Name: "seed"}, loginwatch.Secret{Name: "tenant"})
	contract.Computed = []*loginwatch.Computed{{Name: "code", Function: "totp", Of: []string{"${seed}"}}}
	step.Operation.Request.Headers = []loginwatch.Header{{Name: "X-Code", Value: "${code}"}, {Name: "X-Tenant", Value: "${tenant}"}}
	step.Needs = []string{"password", "seed", "tenant"}
	for _, own := range []secrets{
		{"password": "right", "seed": "JBSWY3DPEHPK3PXP", "tenant": "one"},
		{"password": "right", "seed": "JBSWY3DPEHPK3PXP", "tenant": "another"},
		{"password": "right", "seed": "GEZDGNBVGY3TQOJQ", "tenant": "one"},
	} {
		f.job.Target = &loginwatch.Target{Name: own["tenant"], Credential: "example/" + own["tenant"], Secrets: own}
		f.job.Target.BaseURL = &url.URL{Scheme: "https", Host: "login.example"}
		f.slots(t.Context(), 1, time.Second)
	}
	if f.sent != 2 || !slices.Equal(f.skips, []loginwatch.Reason{loginwatch.ReasonRateLimit}) {
		t.Errorf("%d sent, skipped %v; want the same code sent once, and that of the other seed", f.sent, f.skips)
	}
}
