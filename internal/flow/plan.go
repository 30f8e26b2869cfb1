// Package flow resolves a probe, its target and the operator's secrets into the
// plan of a run: the steps for this target, what is missing, which credential
// and limits the run uses, and the messages to send. Claim, run and settlement
// all read that one plan. It sends nothing and never prints a value.
package flow

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/token"
)

// Plan is what one run of a probe will send. Secrets are read once, when it is
// made; it is used for one run and by one goroutine.
type Plan struct {
	loginwatch.Job
	// Steps are those for this target: a setup whose captures are all configured
	// is left out, unless a later step needs a cookie of it.
	Steps []loginwatch.Step
	// Obstacle is why nothing may be sent, secret-missing, secret-unusable or store; ""
	// when nothing stands in the way. Detail names the secrets and where they come
	// from, never a value.
	Obstacle loginwatch.Reason
	Detail   string
	// Credential is the closed name of the credential that the run sends; "" when
	// it sends none.
	Credential string
	// Opened is told that a session is open that a cleanup has to close, by the fingerprint
	// of its token, "" when none is known; nil for nobody.
	Opened func(token string)
	// Limits has an entry for each operation with a documented limit.
	Limits []loginwatch.OperationLimit

	secrets    loginwatch.SecretSource          // as they were read for this run
	configured map[string]secret                // the contract's secrets, as the operator set them
	beside     map[string]string                // the configured secrets of the run that this one is made in the place of, or the other way round
	captured   map[string]string                // taken from answers of this run
	kept       map[string]string                // computed once for the run
	found      []string                         // further secrets of the run: computed values and cookies
	sent       []string                         // names of the secrets that messages were made with
	codes      []madeCode                       // one-time codes that messages were made with
	announced  map[*loginwatch.Case]*token.Keys // by answers of this run, and no other: a key that was changed since would be held against the vendor
}

// secret is what reading one gave: a value, nothing, or an error.
type secret struct {
	value string
	begun string // of one that rotates: the value that it began with, as the operator set it
	err   error
}

func (s secret) absent() bool { return s.err == nil && s.value == "" }

// New makes the plan of one run of the job.
func New(job loginwatch.Job) *Plan { return planned(job, reading(job.Target.Secrets)) }

// planned makes it of the secrets that source gives.
func planned(job loginwatch.Job, source loginwatch.SecretSource) *Plan {
	plan := &Plan{Job: job, secrets: source, configured: read(job.Probe.Contract, source), captured: map[string]string{}, kept: map[string]string{}, announced: map[*loginwatch.Case]*token.Keys{}}
	for i, step := range job.Probe.Steps {
		if step.Role != loginwatch.RoleSetup || !plan.has(&step) || givesCookie(&step, job.Probe.Steps[i+1:]) || givesKeys(&step, job.Probe.Steps[i+1:]) {
			plan.Steps = append(plan.Steps, step)
		}
	}
	plan.obstacle()
	for _, step := range plan.Steps {
		if step.UsesCredential() {
			plan.Credential = job.Target.Credential
		}
		plan.limit(step.Case.Operation)
		plan.limitCode(step.Case)
		if plan.Control(&step) != nil { // it may be sent as well
			plan.limit(step.Case.Operation)
		}
	}
	return plan
}

// obstacle says the first that there is, in the order of what the operator has to do
// whatever comes of the others.
func (p *Plan) obstacle() {
	for _, o := range []struct {
		reason loginwatch.Reason
		detail string
	}{
		{loginwatch.ReasonSecretMissing, p.missing()}, {loginwatch.ReasonSecretUnusable, p.unusable()}, {loginwatch.ReasonStore, p.unread()},
	} {
		if o.detail != "" {
			p.Obstacle = cmp.Or(p.Obstacle, o.reason)
			p.Detail = strings.TrimPrefix(p.Detail+"; "+o.detail, "; ")
		}
	}
}

// limit counts one request to the operation, where it has a documented limit.
func (p *Plan) limit(o *loginwatch.Operation) {
	if o.Limit == nil {
		return
	}
	if i := slices.IndexFunc(p.Limits, func(l loginwatch.OperationLimit) bool { return l.Operation == o.ID }); i >= 0 {
		p.Limits[i].Requests++
		return
	}
	p.Limits = append(p.Limits, loginwatch.OperationLimit{Operation: o.ID, Requests: 1, Limit: *o.Limit})
}

// read gives every secret of the contract. An empty one is a missing one.
func read(c *loginwatch.Contract, source loginwatch.SecretSource) map[string]secret {
	all := make(map[string]secret, len(c.Secrets))
	for _, s := range c.Secrets {
		v, found, err := source.Secret(s.Name)
		if !found {
			v = ""
		}
		all[s.Name] = secret{value: v, begun: begunWith(source, s.Name), err: err}
	}
	return all
}

// has tells whether the operator has set all that the step captures. A secret
// that can't be read counts as set: who needs it says so, and no other source
// takes its place in silence.
func (p *Plan) has(step *loginwatch.Step) bool {
	return len(step.Capture) > 0 && !slices.ContainsFunc(step.Capture, func(c loginwatch.Capture) bool {
		return p.configured[c.Name].absent()
	})
}

// givesCookie tells whether one of the later steps has to carry a cookie of the
// step, which nobody can configure.
func givesCookie(step *loginwatch.Step, later []loginwatch.Step) bool {
	return slices.ContainsFunc(later, func(s loginwatch.Step) bool { return step.GivesCookie(s.Case) })
}

// givesKeys tells whether the token of one of the later steps is verified by keys of
// the step.
func givesKeys(step *loginwatch.Step, later []loginwatch.Step) bool {
	return slices.ContainsFunc(later, func(s loginwatch.Step) bool { return s.Case.KeysFrom() == step.Case })
}

// Keep takes what a step captured under the name of a secret: later messages
// hold it, and later runs too where the source of secrets remembers; but for
// what a cleanup of this run closes, and for what a step gives anew in every run,
// such as the ticket of a first step that the second one takes once.
func (p *Plan) Keep(name, value string) {
	p.captured[name] = value
	takenOnce := slices.Contains(spendable(p.Probe.Contract), name)
	anew := slices.ContainsFunc(p.Steps, func(s loginwatch.Step) bool {
		return takenOnce && s.Captures(name) && !slices.Contains(s.Case.Operation.Spends, name) ||
			s.Role == loginwatch.RoleCleanup && slices.Contains(s.Case.Needs, name)
	})
	if keeper, ok := p.secrets.(loginwatch.SecretKeeper); ok && !anew {
		keeper.Keep(name, value)
	}
}

// Spend books, before a step is sent, the secrets that the vendor takes once; an
// error when one of them was sent before. Undo takes it back where nothing was sent.
func (p *Plan) Spend(k *loginwatch.Case) (undo func(), err error) {
	spender, ok := p.secrets.(loginwatch.SecretSpender)
	if !ok {
		return func() {}, nil
	}
	var spent []string
	undo = func() {
		for _, name := range spent {
			spender.Unspend(name)
		}
	}
	for _, name := range k.Operation.Spends {
		value, err := p.plain(name)
		if err != nil || !slices.Contains(p.Probe.Contract.Closure(k.Request().Names(true)), name) {
			continue // it is not in this request
		}
		err = spender.Spend(name, value)
		if errors.Is(err, ErrReplaced) && p.captured[name] != "" {
			continue // a step of this run was given it, so nobody else has it
		}
		if err != nil {
			undo()
			return nil, fmt.Errorf("secret %q (%s): %w", name, spender.Origin(name), err)
		}
		spent = append(spent, name)
	}
	return undo, nil
}

// Opens tells whether the run opens something that a cleanup closes.
func (p *Plan) Opens() bool {
	return slices.ContainsFunc(p.Steps, func(s loginwatch.Step) bool { return s.Role == loginwatch.RoleCleanup })
}

// Captures tells whether a step of the run takes a value of that name.
func (p *Plan) Captures(name string) bool { return captures(p.Steps, name) }

// Captured tells whether one has.
func (p *Plan) Captured(name string) bool { return p.captured[name] != "" }

// Ready tells whether all that the case needs is there by now.
func (p *Plan) Ready(k *loginwatch.Case) bool {
	return !slices.ContainsFunc(k.Needs, func(name string) bool {
		return p.captured[name] == "" && p.configured[name].value == ""
	})
}

// Configured gives the value of a secret as the operator set it; "" when nobody
// has or it can't be read.
func (p *Plan) Configured(name string) string { return p.configured[name].value }

// Account gives what the run logs in with: the secrets of the contract's account that
// are set, with their values, or of a target that has none of them those that its own
// logins send. Of one that rotates it is the value that it began with, since that
// stays while the vendor replaces it.
func (p *Plan) Account() map[string]string {
	values := p.begun(p.Probe.Contract.Account)
	if len(values) > 0 {
		return values
	}
	var names []string
	for _, step := range p.Probe.Steps {
		if step.UsesCredential() {
			names = append(names, step.Case.Sends(p.Probe.Contract)...)
		}
	}
	return p.begun(slices.DeleteFunc(names, p.gives))
}

// gives tells whether a step of the probe captures the secret, and does not replace one
// that it was sent itself.
func (p *Plan) gives(name string) bool {
	return slices.ContainsFunc(p.Probe.Steps, func(s loginwatch.Step) bool {
		return s.Captures(name) && !slices.Contains(s.Case.Needs, name)
	})
}

func (p *Plan) begun(names []string) map[string]string {
	values := map[string]string{}
	for _, name := range names {
		if v := cmp.Or(p.configured[name].begun, p.configured[name].value); v != "" {
			values[name] = v
		}
	}
	return values
}

// Values gives the secrets by name, as far as they are configured or captured by
// now.
func (p *Plan) Values() map[string]string {
	values := map[string]string{}
	for name, s := range p.configured {
		if s.value != "" {
			values[name] = s.value
		}
	}
	maps.Copy(values, p.captured)
	return values
}

// Known gives the values, and those that the vendor may know from the run beside this
// one: that with the current secrets or with those to come.
func (p *Plan) Known() map[string]string {
	known := p.Values()
	for name, value := range p.beside {
		if known[name] != value {
			known["another "+name] = value
		}
	}
	return known
}

// Secrets gives every secret of the run so far, for redaction: also those that
// it does not send, since the vendor may know them from another one.
func (p *Plan) Secrets() []string {
	var values []string
	for _, s := range p.configured {
		if s.value != "" {
			values = append(values, s.value)
		}
	}
	for _, v := range p.captured {
		values = append(values, v)
	}
	return append(values, p.found...)
}

// Hide adds secrets that the run met on its way, for redaction.
func (p *Plan) Hide(values ...string) {
	for _, v := range values {
		if v != "" && !slices.Contains(p.found, v) {
			p.found = append(p.found, v)
		}
	}
}
