package flow

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// missing says which secrets the steps need and nobody has set, and where they
// should come from; "" when none is missing. It looks at all steps before the
// first is sent: half a run tells nothing and costs a request.
func (p *Plan) missing() string {
	var wanted, reported, instead []string
	for i, step := range p.Steps {
		for _, name := range step.Case.Needs {
			if slices.Contains(reported, name) || captures(p.Steps[:i], name) {
				continue
			}
			origin := p.Target.Secrets.Origin(name)
			switch s := p.configured[name]; {
			case errors.Is(s.err, ErrStore):
				continue
			case s.err != nil:
				wanted = append(wanted, fmt.Sprintf("%s (%v)", name, s.err))
			case s.value == "":
				wanted = append(wanted, fmt.Sprintf("%s (%s)", name, origin))
			default:
				continue
			}
			reported = append(reported, name)
			if step.Role != loginwatch.RoleSetup {
				continue
			}
			for _, c := range step.Capture {
				if !slices.Contains(instead, c.Name) {
					instead = append(instead, c.Name)
				}
			}
		}
	}
	if len(wanted) == 0 {
		return ""
	}
	text := "missing or empty: " + strings.Join(wanted, ", ")
	for _, name := range instead {
		text += fmt.Sprintf("; with %s (%s) the step before the login is not needed", name, p.Target.Secrets.Origin(name))
	}
	return text
}

// unread says which of the secrets that the steps need stand in a store that can't be
// asked; "" for none.
func (p *Plan) unread() string {
	var names []string
	for i, step := range p.Steps {
		for _, name := range step.Case.Needs {
			if err := p.configured[name].err; errors.Is(err, ErrStore) && !captures(p.Steps[:i], name) {
				names = append(names, fmt.Sprintf("%s (%v)", name, err))
			}
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

func captures(steps []loginwatch.Step, name string) bool {
	return slices.ContainsFunc(steps, func(step loginwatch.Step) bool { return step.Captures(name) })
}
