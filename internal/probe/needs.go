package probe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
)

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
