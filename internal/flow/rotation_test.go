package flow_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/flow"
)

// configured is a source that an operator may change.
type configured map[string]string

func (c configured) Secret(name string) (string, bool, error) { v, ok := c[name]; return v, ok, nil }
func (c configured) Origin(name string) string                { return "env:" + strings.ToUpper(name) }

// refreshing is a contract whose one operation takes a refresh token once.
func refreshing() (*loginwatch.Contract, *loginwatch.Case) {
	op := &loginwatch.Operation{ID: "refresh", Spends: []string{"token"}, Request: loginwatch.Request{
		Headers: []loginwatch.Header{{Name: "X-Token", Value: "${token}"}},
	}}
	k := &loginwatch.Case{ID: "refresh", Operation: op, Needs: []string{"token"}}
	return &loginwatch.Contract{
		Vendor: "example", Secrets: []loginwatch.Secret{{Name: "token"}, {Name: "other"}}, Operations: []*loginwatch.Operation{op}, Cases: []*loginwatch.Case{k},
	}, k
}

// plan makes the plan of one run.
func plan(c *loginwatch.Contract, k *loginwatch.Case, source loginwatch.SecretSource) *flow.Plan {
	p := &loginwatch.Probe{Contract: c, Name: "refresh", Steps: []loginwatch.Step{{Case: k, Role: loginwatch.RoleSubject, Capture: []loginwatch.Capture{{Name: "token", At: "/token"}}}}}
	return flow.New(loginwatch.Job{Probe: p, Target: &loginwatch.Target{Name: "production", Secrets: source}})
}

// Each run uses what the run before it was given, and nothing is used twice.
func TestRotation(t *testing.T) {
	c, k := refreshing()
	r := flow.NewRotation()
	own := configured{"token": "first", "other": "same"}
	run := func(want, given string) {
		t.Helper()
		p := plan(c, k, r.Of(c, "production", own)) // a reload makes the source again
		if p.Obstacle != "" || p.Values()["token"] != want {
			t.Fatalf("uses %q, want %q: %s", p.Values()["token"], want, p.Detail)
		}
		if _, err := p.Spend(k); err != nil {
			t.Fatal(err)
		}
		if given != "" {
			p.Keep("token", given)
		}
	}
	run("first", "second")
	run("second", "third")
	if !r.Used("example", "production", "token", "first") || r.Used("example", "staging", "token", "first") {
		t.Error("it is not told which configured value was used")
	}
	run("third", "") // the answer is lost
	p := plan(c, k, r.Of(c, "production", own))
	if p.Obstacle != loginwatch.ReasonSecretMissing || !strings.Contains(p.Detail, "no answer gave the next one") {
		t.Errorf("a value is used twice: %s %s", p.Obstacle, p.Detail)
	}
	own["token"] = "new"
	run("new", "newer")
	run("newer", "newest")
	other := plan(c, k, r.Of(c, "staging", configured{"token": "first"}))
	if other.Values()["token"] != "first" {
		t.Error("another target's value is used")
	}
}

// Of two runs at the same time one is sent.
func TestRotationAtTheSameTime(t *testing.T) {
	c, k := refreshing()
	source := flow.NewRotation().Of(c, "production", configured{"token": "first"})
	one, two := plan(c, k, source), plan(c, k, source)
	undo, err := one.Spend(k)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := two.Spend(k); !errors.Is(err, flow.ErrSpent) || !strings.Contains(err.Error(), "env:TOKEN") {
		t.Fatalf("the same value is sent twice: %v", err)
	}
	undo() // nothing was sent
	if _, err := plan(c, k, source).Spend(k); err != nil {
		t.Errorf("what was not sent is lost: %v", err)
	}
}

// What a step of the same run was given is that run's own.
func TestRotationWithinARun(t *testing.T) {
	c, k := refreshing()
	source := flow.NewRotation().Of(c, "production", configured{})
	for _, given := range []string{"one", "two"} {
		p := plan(c, k, source)
		p.Keep("token", given)
		if _, err := p.Spend(k); err != nil {
			t.Fatal(err)
		}
		p.Keep("token", given+"-next")
	}
	if names := flow.Rotates(c, configured{"token": "x", "other": "y"}); len(names) != 1 || names[0] != "token" {
		t.Errorf("rotates: %v", names)
	}
}

// A ticket that a setup gives and the login takes once is fetched anew in each run.
func TestTicketIsOfOneRun(t *testing.T) {
	c, k := refreshing()
	giver := &loginwatch.Case{ID: "ticket", Operation: &loginwatch.Operation{ID: "ticket"}}
	p := &loginwatch.Probe{Contract: c, Name: "login", Steps: []loginwatch.Step{
		{Case: giver, Role: loginwatch.RoleSetup, Capture: []loginwatch.Capture{{Name: "token", At: "/token"}}},
		{Case: k, Role: loginwatch.RoleSubject},
	}}
	r := flow.NewRotation()
	for _, given := range []string{"one", "two", "three"} {
		plan := flow.New(loginwatch.Job{Probe: p, Target: &loginwatch.Target{Name: "production", Secrets: flow.Remember(r.Of(c, "production", configured{}))}})
		if plan.Obstacle != "" || len(plan.Steps) != 2 {
			t.Fatalf("%s: %s, %d steps", given, plan.Detail, len(plan.Steps))
		}
		plan.Keep("token", given)
		if _, err := plan.Spend(k); err != nil {
			t.Fatal(err)
		}
	}
}
