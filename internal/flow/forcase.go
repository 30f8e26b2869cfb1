package flow

import (
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
)

// ForCase makes a probe whose subject is one case, with those steps of the
// vendor's probes in front that capture what the case needs. The cleanups of a
// probe whose subject is sent come last: what is opened is closed.
func ForCase(k *loginwatch.Case, c *loginwatch.Contract, probes []*loginwatch.Probe, timeout time.Duration) *loginwatch.Probe {
	p := &loginwatch.Probe{Contract: c, Name: k.ID, Timeout: timeout}
	subject := loginwatch.Step{Case: k, Role: loginwatch.RoleSubject}
	var provided []string
	for _, step := range stepsOf(c, probes) {
		if step.Case == k {
			subject.Capture = append(subject.Capture, step.Capture...)
			continue
		}
		helps := slices.ContainsFunc(step.Capture, func(c loginwatch.Capture) bool {
			return slices.Contains(k.Needs, c.Name) && !slices.Contains(provided, c.Name)
		})
		if helps {
			step.Role = loginwatch.RoleSetup
			p.Steps = append(p.Steps, step)
			provided = append(provided, captureNames(step)...)
		}
	}
	p.Steps = append(p.Steps, subject)
	for _, step := range p.Steps {
		p.Steps = append(p.Steps, cleanups(step.Case, k, probes)...)
	}
	return p
}

// AlreadyConfigured tells whether all that the case would capture is configured
// while what it needs itself is not: then nobody expects it to run.
func AlreadyConfigured(p *loginwatch.Probe, t *loginwatch.Target) bool {
	plan := &Plan{configured: read(p.Contract, t.Secrets)}
	subject := p.Subject()
	return plan.has(subject) && slices.ContainsFunc(subject.Case.Needs, func(name string) bool {
		return plan.configured[name].absent()
	})
}

// stepsOf gives the steps of the vendor's probes, the first of each case.
func stepsOf(c *loginwatch.Contract, probes []*loginwatch.Probe) []loginwatch.Step {
	var steps []loginwatch.Step
	for _, p := range probes {
		if p.Contract != c {
			continue
		}
		for _, step := range p.Steps {
			known := slices.ContainsFunc(steps, func(s loginwatch.Step) bool { return s.Case == step.Case })
			if !known {
				steps = append(steps, step)
			}
		}
	}
	return steps
}

// cleanups gives those of the first probe whose subject is opened, but for the
// case that is the subject here.
func cleanups(opened, subject *loginwatch.Case, probes []*loginwatch.Probe) []loginwatch.Step {
	for _, p := range probes {
		if s := p.Subject(); s != nil && s.Case == opened {
			return slices.DeleteFunc(slices.Clone(p.Steps), func(s loginwatch.Step) bool {
				return s.Role != loginwatch.RoleCleanup || s.Case == subject
			})
		}
	}
	return nil
}

func captureNames(step loginwatch.Step) []string {
	var names []string
	for _, c := range step.Capture {
		names = append(names, c.Name)
	}
	return names
}
