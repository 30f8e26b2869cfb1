package flow_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/flow"
	"github.com/loginwatch/loginwatch/internal/store"
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
		Vendor: "example", Account: []string{"token"}, Secrets: []loginwatch.Secret{{Name: "token"}, {Name: "other"}}, Operations: []*loginwatch.Operation{op}, Cases: []*loginwatch.Case{k},
	}, k
}

// rotation is one that begins anew.
func rotation() *flow.Rotation {
	return flow.NewRotation(store.NewMemory(store.Budget{}), slog.New(slog.DiscardHandler))
}

// plan makes the plan of one run.
func plan(c *loginwatch.Contract, k *loginwatch.Case, source loginwatch.SecretSource) *flow.Plan {
	p := &loginwatch.Probe{Contract: c, Name: "refresh", Steps: []loginwatch.Step{{Case: k, Role: loginwatch.RoleSubject, Capture: []loginwatch.Capture{{Name: "token", At: "/token"}}}}}
	return flow.New(loginwatch.Job{Probe: p, Target: &loginwatch.Target{Name: "production", Secrets: source}})
}

// Each run uses what the run before it was given, and nothing is used twice.
func TestRotation(t *testing.T) {
	c, k := refreshing()
	r := rotation()
	own := configured{"token": "first", "other": "same"}
	run := func(want, given string) {
		t.Helper()
		p := plan(c, k, flow.Remember(r.Of(c, own))) // a reload makes the source again
		if got := p.Account()["token"]; got != own["token"] {
			t.Errorf("the account is told by %q, which changes with each run, and not by %q", got, own["token"])
		}
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
	for value, want := range map[string]bool{"first": true, "another": false} {
		if used, next, err := r.Used("example", "token", value); err != nil || used != want || next != want {
			t.Errorf("%s: used %t, with a next one %t, %v", value, used, next, err)
		}
	}
	run("third", "") // the answer is lost
	p := plan(c, k, r.Of(c, own))
	if p.Obstacle != loginwatch.ReasonSecretMissing || !strings.Contains(p.Detail, "no answer gave the next one") {
		t.Errorf("a value is used twice: %s %s", p.Obstacle, p.Detail)
	}
	own["token"] = "new"
	run("new", "newer")
	run("newer", "newest")
	other := plan(c, k, r.Of(c, configured{"token": "another"}))
	if other.Values()["token"] != "another" {
		t.Error("what another value became is used")
	}
}

// Of two runs at the same time one is sent.
func TestRotationAtTheSameTime(t *testing.T) {
	c, k := refreshing()
	source := rotation().Of(c, configured{"token": "first"})
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

// A run that was planned before another one had used the value, and was given the next
// one, sends nothing.
func TestRotationMeanwhile(t *testing.T) {
	c, k := refreshing()
	r := rotation()
	one, two := plan(c, k, r.Of(c, configured{"token": "first"})), plan(c, k, r.Of(c, configured{"token": "first"}))
	if _, err := one.Spend(k); err != nil {
		t.Fatal(err)
	}
	one.Keep("token", "second")
	if _, err := two.Spend(k); !errors.Is(err, flow.ErrReplaced) {
		t.Fatalf("the value that was used is sent again: %v", err)
	}
	if v := plan(c, k, r.Of(c, configured{"token": "first"})).Values()["token"]; v != "second" {
		t.Errorf("the next run uses %q", v)
	}
}

// What a step of the same run was given is that run's own.
func TestRotationWithinARun(t *testing.T) {
	c, k := refreshing()
	source := rotation().Of(c, configured{})
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
	r := rotation()
	for _, given := range []string{"one", "two", "three"} {
		plan := flow.New(loginwatch.Job{Probe: p, Target: &loginwatch.Target{Name: "production", Secrets: flow.Remember(r.Of(c, configured{}))}})
		if plan.Obstacle != "" || len(plan.Steps) != 2 {
			t.Fatalf("%s: %s, %d steps", given, plan.Detail, len(plan.Steps))
		}
		plan.Keep("token", given)
		if _, err := plan.Spend(k); err != nil {
			t.Fatal(err)
		}
	}
}

// breakable keeps nothing while it is down, and tells of nothing while it is dumb.
type breakable struct {
	loginwatch.Rotations
	down, dumb bool
}

func (b *breakable) Rotate(ctx context.Context, of loginwatch.RotatingSecret, change func(*loginwatch.Rotated)) error {
	if b.down {
		return errors.New("the disk is full")
	}
	err := b.Rotations.Rotate(ctx, of, change)
	if b.dumb {
		return errors.New("nobody knows whether it is kept")
	}
	return err
}

// Where nobody knows whether it is kept that a value was sent, it was not, and is not used up
// by that; but one that somebody else has sent meanwhile is.
func TestRotationInDoubt(t *testing.T) {
	for name, tt := range map[string]struct {
		kept     bool // the spending that nobody acknowledged
		unspent  bool // by what a run takes back, and not by its sending
		meantime bool // another process sends the value
		next     string
	}{
		"kept":                      {kept: true, next: "first"},
		"not kept":                  {next: "first"},
		"not kept, and sent":        {meantime: true},
		"not taken back":            {unspent: true, next: "first"},
		"taken back unacknowledged": {unspent: true, kept: true, next: "first"},
		"taken back, and sent":      {unspent: true, kept: true, meantime: true},
	} {
		t.Run(name, func(t *testing.T) {
			c, k := refreshing()
			memory := store.NewMemory(store.Budget{})
			kept := &breakable{Rotations: memory}
			r := flow.NewRotation(kept, slog.New(slog.DiscardHandler))
			source := r.Of(c, configured{"token": "first"})
			p, undo := plan(c, k, source), func() {}
			if tt.unspent {
				var err error
				if undo, err = p.Spend(k); err != nil {
					t.Fatal(err)
				}
			}
			kept.dumb, kept.down = tt.kept, !tt.kept
			if tt.unspent {
				undo()
			} else if _, err := p.Spend(k); err == nil {
				t.Fatal("it may be sent")
			}
			kept.dumb, kept.down = false, false
			if tt.meantime {
				other := flow.NewRotation(memory, slog.New(slog.DiscardHandler)).Of(c, configured{"token": "first"})
				if _, err := plan(c, k, other).Spend(k); err != nil {
					t.Fatal(err)
				}
			}
			p = plan(c, k, source)
			if got := p.Values()["token"]; got != tt.next || (p.Obstacle == "") != (tt.next != "") {
				t.Errorf("the next run uses %q, %s; want %q", got, p.Detail, tt.next)
			}
			if tt.next == "" {
				return
			}
			if _, err := p.Spend(k); err != nil {
				t.Error(err)
			}
		})
	}
}

// Of what can't be kept nothing is sent, and what came meanwhile is lost to nobody.
func TestRotationThatCannotBeKept(t *testing.T) {
	c, k := refreshing()
	var log bytes.Buffer
	kept := &breakable{Rotations: store.NewMemory(store.Budget{})}
	begin := func() *flow.Rotation { return flow.NewRotation(kept, slog.New(slog.NewTextHandler(&log, nil))) }
	source := func() loginwatch.SecretSource { return begin().Of(c, configured{"token": "first"}) } // of a process that has just begun
	r := begin()
	own := r.Of(c, configured{"token": "first"})
	p := plan(c, k, own)
	kept.down = true
	if _, err := p.Spend(k); err == nil {
		t.Fatal("a value may be sent though nobody would know that it was")
	}
	if p := plan(c, k, own); p.Obstacle == "" || !strings.Contains(p.Detail, "the disk is full") {
		t.Fatalf("a run goes on without knowing the value: %s", p.Detail)
	}
	kept.down = false
	if _, err := p.Spend(k); err != nil {
		t.Fatal(err)
	}
	kept.down = true
	p.Keep("token", "second")
	if said := log.String(); !strings.Contains(said, "this process alone has it") || strings.Contains(said, "second") {
		t.Errorf("the log says %s", said)
	}
	if err := r.KeepLate(); err == nil {
		t.Error("it is kept without a store")
	}
	if _, _, err := r.Used("example", "token", "first"); err == nil {
		t.Error("without a store it is known whether a value was used")
	}
	kept.down = false
	if p := plan(c, k, source()); p.Obstacle != loginwatch.ReasonSecretMissing {
		t.Fatalf("another process sends a value again: %v", p.Values())
	}
	if err := r.KeepLate(); err != nil {
		t.Fatal(err)
	}
	if v := plan(c, k, source()).Values()["token"]; v != "second" {
		t.Errorf("afterwards another process goes on with %q", v)
	}
}

// fading is a source that can't be read for a while, as a file that is being replaced.
type fading struct {
	configured
	gone bool
}

func (f *fading) Secret(name string) (string, bool, error) {
	if f.gone {
		return "", false, errors.New("no such file")
	}
	return f.configured.Secret(name)
}

// What a vendor gives is kept, also where the configured value can't be read just then.
func TestRotationOfAFadingSource(t *testing.T) {
	c, k := refreshing()
	r := rotation()
	own := &fading{configured: configured{"token": "first"}}
	p := plan(c, k, r.Of(c, own))
	if _, err := p.Spend(k); err != nil {
		t.Fatal(err)
	}
	own.gone = true
	p.Keep("token", "second")
	own.gone = false
	if v := plan(c, k, r.Of(c, own)).Values()["token"]; v != "second" {
		t.Errorf("goes on with %q", v)
	}
}
