package probe

import (
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
)

// ForCase makes a probe of one case, with those steps of the vendor's probes
// in front that capture what the case needs.
func ForCase(k *loginwatch.Case, c *loginwatch.Contract, probes []*loginwatch.Probe, timeout time.Duration) *loginwatch.Probe {
	p := &loginwatch.Probe{Contract: c, Name: k.ID, Timeout: timeout}
	last := loginwatch.Step{Case: k}
	var provided []string
	for _, step := range stepsOf(c, probes) {
		if step.Case == k {
			last.Capture = append(last.Capture, step.Capture...)
			continue
		}
		helps := slices.ContainsFunc(step.Capture, func(c loginwatch.Capture) bool {
			return slices.Contains(k.Needs, c.Name) && !slices.Contains(provided, c.Name)
		})
		if helps {
			p.Steps = append(p.Steps, step)
			provided = append(provided, captureNames(step)...)
		}
	}
	p.Steps = append(p.Steps, last)
	return p
}

// Superfluous tells whether all that the case would capture is configured
// already while what it needs itself is not: then nobody expects it to run.
func Superfluous(p *loginwatch.Probe, t *loginwatch.Target) bool {
	last := p.Steps[len(p.Steps)-1]
	return last.ConfiguredAt(t) && slices.ContainsFunc(last.Case.Needs, func(name string) bool {
		v, found, err := t.Secrets.Secret(name)
		return err == nil && (!found || v == "")
	})
}

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

func captureNames(step loginwatch.Step) []string {
	var names []string
	for _, c := range step.Capture {
		names = append(names, c.Name)
	}
	return names
}
