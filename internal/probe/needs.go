package probe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// steps gives the probe's steps without those whose captures are all
// configured. The last one always stays: it is what the probe is for.
func (s *session) steps() []loginwatch.Step {
	var steps []loginwatch.Step
	for i, step := range s.probe.Steps {
		if i == len(s.probe.Steps)-1 || !s.configured(&step) {
			steps = append(steps, step)
		}
	}
	return steps
}

// configured tells whether the operator has already set all that a step captures.
func (s *session) configured(step *loginwatch.Step) bool {
	for _, c := range step.Capture {
		if !s.set(c.Name) {
			return false
		}
	}
	return len(step.Capture) > 0
}

// set tells whether a secret is configured. One that can't be read is: the step
// that needs it says so, and no other source takes its place in silence.
func (s *session) set(name string) bool {
	v, found, err := s.target.Secrets.Secret(name)
	return err != nil || found && v != ""
}

// missing says which secrets the steps need and nobody has set, and where they
// should come from; "" when none is missing. It looks at all steps before the
// first is sent: half a run tells nothing and costs a request.
func (s *session) missing(steps []loginwatch.Step) string {
	var wanted, reported, instead []string
	for i, step := range steps {
		for _, name := range step.Case.Needs {
			if slices.Contains(reported, name) || captured(steps[:i], name) {
				continue
			}
			switch v, found, err := s.target.Secrets.Secret(name); {
			case err != nil:
				wanted = append(wanted, fmt.Sprintf("%s (%v)", name, err))
			case !found || v == "":
				wanted = append(wanted, fmt.Sprintf("%s (%s)", name, s.target.Secrets.Origin(name)))
			default:
				continue
			}
			reported = append(reported, name)
			if i < len(steps)-1 {
				for _, c := range step.Capture {
					if !slices.Contains(instead, c.Name) {
						instead = append(instead, c.Name)
					}
				}
			}
		}
	}
	if len(wanted) == 0 {
		return ""
	}
	text := "missing or empty: " + strings.Join(wanted, ", ")
	for _, name := range instead {
		text += fmt.Sprintf("; with %s (%s) the step before the login is not needed", name, s.target.Secrets.Origin(name))
	}
	return text
}

func captured(steps []loginwatch.Step, name string) bool {
	return slices.ContainsFunc(steps, func(step loginwatch.Step) bool {
		return slices.ContainsFunc(step.Capture, func(c loginwatch.Capture) bool { return c.Name == name })
	})
}
