package flow

import (
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
)

// ForCase makes a probe of one case: those steps of the vendor's probes in front
// that give what it needs, be it by way of others, then the case itself, and the
// cleanups of what was opened. A case that follows a login up in the vendor's
// probes follows it up here as well, so that what is refused there is not taken
// for the credential; a cleanup too is judged like that, since here it is what
// is asked about. What the case has to stand after is sent before it.
func ForCase(k *loginwatch.Case, c *loginwatch.Contract, probes []*loginwatch.Probe, timeout time.Duration) *loginwatch.Probe {
	p := &loginwatch.Probe{Contract: c, Name: k.ID, Timeout: timeout}
	known := stepsOf(c, probes)
	own := loginwatch.Step{Case: k, Role: loginwatch.RoleSubject}
	var login *loginwatch.Case // that the case follows up
	for _, of := range append([]*loginwatch.Case{k}, k.After...) {
		home, role := homeOf(of, probes)
		later := role == loginwatch.RoleFollowUp || role == loginwatch.RoleCleanup || role == loginwatch.RoleSubject && of != k
		if login == nil && later {
			own.Role, login = loginwatch.RoleFollowUp, home.Subject().Case
		}
	}
	own.Capture = capturesOf(k, known)
	for _, step := range before(k, login, known) {
		step.Role = loginwatch.RoleSetup
		if step.Case == login {
			step.Role = loginwatch.RoleSubject
		}
		p.Steps = append(p.Steps, step)
	}
	for _, first := range k.After {
		if !slices.ContainsFunc(p.Steps, func(s loginwatch.Step) bool { return s.Case == first }) {
			role := loginwatch.RoleSetup
			switch {
			case first == login:
				role = loginwatch.RoleSubject
			case login != nil:
				role = loginwatch.RoleFollowUp
			}
			p.Steps = append(p.Steps, loginwatch.Step{Case: first, Role: role, Capture: capturesOf(first, known)})
		}
	}
	p.Steps = append(p.Steps, own)
	for _, step := range p.Steps {
		p.Steps = append(p.Steps, cleanups(step.Case, k, probes)...)
	}
	return p
}

// capturesOf gives what the vendor's probes take from the answer to a case.
func capturesOf(k *loginwatch.Case, known []loginwatch.Step) []loginwatch.Capture {
	for _, step := range known {
		if step.Case == k {
			return slices.Clone(step.Capture)
		}
	}
	return nil
}

// homeOf gives the first probe that has the case, and the role of its step there.
func homeOf(k *loginwatch.Case, probes []*loginwatch.Probe) (*loginwatch.Probe, loginwatch.Role) {
	for _, p := range probes {
		for i := range p.Steps {
			if p.Steps[i].Case == k && p.Subject() != nil {
				return p, p.Steps[i].Role
			}
		}
	}
	return nil, ""
}

// before gives the steps that a case needs in front of it, in the order of the
// probes: the login that it follows up, if any, those that capture what the case
// needs, set a cookie that it has to carry or announce the keys of its token, and
// those that give these the same. No login is sent in front of another request of
// its operation when what it gives, a new cookie or a new token against forgery,
// comes from a step before it as well.
func before(k, login *loginwatch.Case, known []loginwatch.Step) []loginwatch.Step {
	wanted := slices.Clone(k.Needs)
	for _, first := range k.After {
		wanted = append(wanted, first.Needs...)
	}
	var steps []loginwatch.Step
	carriers := append(slices.Clone(k.After), k)
	known = withKeys(known, carriers)
	for _, step := range slices.Backward(known) {
		same := step.Case.Operation == k.Operation
		helps := step.Case == login || !same && slices.ContainsFunc(carriers, step.GivesCookie) || verifiedBy(carriers, step.Case)
		for _, c := range step.Capture {
			if i := slices.Index(wanted, c.Name); i >= 0 && (!same || !givenElsewhere(c.Name, k.Operation, known)) {
				wanted, helps = slices.Delete(wanted, i, i+1), true
			}
		}
		if !helps || step.Case == k || slices.Contains(k.After, step.Case) {
			continue
		}
		steps = append(steps, step)
		wanted, carriers = append(wanted, step.Case.Needs...), append(carriers, step.Case)
	}
	slices.Reverse(steps)
	return steps
}

// givenElsewhere tells whether a step of another operation captures the name.
func givenElsewhere(name string, o *loginwatch.Operation, known []loginwatch.Step) bool {
	return slices.ContainsFunc(known, func(s loginwatch.Step) bool { return s.Case.Operation != o && s.Captures(name) })
}

// withKeys adds the cases that announce keys for the tokens of others where no probe
// has them as steps: in front of whatever else is verified by them.
func withKeys(known []loginwatch.Step, cases []*loginwatch.Case) []loginwatch.Step {
	for _, k := range cases {
		from := k.KeysFrom()
		if from == nil || slices.ContainsFunc(known, func(s loginwatch.Step) bool { return s.Case == from }) {
			continue
		}
		at := slices.IndexFunc(known, func(s loginwatch.Step) bool { return s.Case.KeysFrom() == from })
		if at < 0 {
			at = len(known)
		}
		known = slices.Insert(slices.Clone(known), at, loginwatch.Step{Case: from})
	}
	return known
}

// verifiedBy tells whether the token of one of the cases is verified by keys that
// the answer to another has.
func verifiedBy(cases []*loginwatch.Case, keys *loginwatch.Case) bool {
	return slices.ContainsFunc(cases, func(k *loginwatch.Case) bool { return k.KeysFrom() == keys })
}

// AlreadyConfigured tells whether all that the case would capture is configured
// while what it needs itself is not: then nobody expects it to run. A case that
// replaces what it takes, as a refresh token that rotates, is no such fetch.
//
// Only for a fetch is a secret read: the run asks each place as well, and where that takes
// time or counts, as a command may, once is enough.
func AlreadyConfigured(p *loginwatch.Probe, t *loginwatch.Target) bool {
	subject := p.Subject()
	if len(subject.Capture) == 0 {
		return false
	}
	for _, c := range subject.Capture {
		if slices.Contains(subject.Case.Needs, c.Name) {
			return false
		}
	}
	plan := &Plan{configured: read(p.Contract, reading(t.Secrets))}
	return plan.has(subject) && slices.ContainsFunc(subject.Case.Needs, func(name string) bool {
		return plan.configured[name].absent()
	})
}

// stepsOf gives the steps of the vendor's probes, the first of each case, with what
// any of them captures: one probe may need more of a login's answer than another.
func stepsOf(c *loginwatch.Contract, probes []*loginwatch.Probe) []loginwatch.Step {
	var steps []loginwatch.Step
	for _, p := range probes {
		if p.Contract != c {
			continue
		}
		for _, step := range p.Steps {
			i := slices.IndexFunc(steps, func(s loginwatch.Step) bool { return s.Case == step.Case })
			if i < 0 {
				i = len(steps)
				steps = append(steps, loginwatch.Step{Case: step.Case, Role: step.Role, Pos: step.Pos})
			}
			for _, c := range step.Capture {
				if !steps[i].Captures(c.Name) {
					steps[i].Capture = append(steps[i].Capture, c)
				}
			}
		}
	}
	return steps
}

// cleanups gives those of the first probe whose subject is opened, or of that one
// which has the case that is asked about, since others may open less. The case may be
// one of them: it closes what was opened when the run breaks off before it, and a run
// sends no cleanup whose case it has sent already.
func cleanups(opened, asked *loginwatch.Case, probes []*loginwatch.Probe) []loginwatch.Step {
	var home *loginwatch.Probe
	for _, p := range probes {
		if s := p.Subject(); s == nil || s.Case != opened {
			continue
		}
		has := slices.ContainsFunc(p.Steps, func(s loginwatch.Step) bool { return s.Case == asked })
		if home == nil || has {
			home = p
		}
		if has {
			break
		}
	}
	if home == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(home.Steps), func(s loginwatch.Step) bool { return s.Role != loginwatch.RoleCleanup })
}
