package probe

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
)

// unusable says which configured secrets no request can carry where the steps
// need them; "" when there is none. Nothing is sent then: half a credential could
// count as a wrong one.
func (s *session) unusable(steps []loginwatch.Step) string {
	var found, reported []string
	for i, step := range steps {
		check := func(template, mistake string, carries func(string) bool) {
			for _, name := range loginwatch.Placeholders(template) {
				if slices.Contains(reported, name) || captured(steps[:i], name) || s.isVariable(name) {
					continue
				}
				if v, set, err := s.target.Secrets.Secret(name); err == nil && set && !carries(v) {
					reported = append(reported, name)
					found = append(found, fmt.Sprintf("%s (%s %s)", name, s.target.Secrets.Origin(name), mistake))
				}
			}
		}
		k := step.Case
		for _, h := range append(slices.Clone(k.Operation.Request.Headers), k.Headers...) {
			if !slices.ContainsFunc(k.WithoutHeaders, func(name string) bool { return strings.EqualFold(name, h.Name) }) {
				check(h.Value, "holds a line break or a control character, so no header can carry it", headerValue)
			}
		}
		if k.Raw == "" {
			for _, text := range texts(k.Body) {
				check(text, "is not UTF-8, so no JSON can carry it", utf8.ValidString)
			}
		}
	}
	if len(found) == 0 {
		return ""
	}
	return "can't be sent: " + strings.Join(found, ", ")
}

func (s *session) isVariable(name string) bool {
	return slices.ContainsFunc(s.probe.Contract.Variables, func(v loginwatch.Variable) bool { return v.Name == name })
}

// texts gives every string of a JSON value.
func texts(v any) []string {
	var all []string
	switch v := v.(type) {
	case string:
		return []string{v}
	case map[string]any:
		for _, inner := range v {
			all = append(all, texts(inner)...)
		}
	case []any:
		for _, inner := range v {
			all = append(all, texts(inner)...)
		}
	}
	slices.Sort(all) // a map has no order, and a sentence has one
	return all
}

// suspects says what is odd about the secrets that a refused run sent, for
// whoever looks for the cause: it may be nothing but a blank.
func (s *session) suspects() string {
	inspector, ok := s.target.Secrets.(loginwatch.SecretInspector)
	if !ok {
		return ""
	}
	var odd []string
	for _, secret := range s.probe.Contract.Secrets { // in an order that people know
		if !slices.Contains(s.sent, secret.Name) {
			continue
		}
		if what := inspector.Oddity(secret.Name); what != "" {
			odd = append(odd, fmt.Sprintf("the secret %q (%s) %s and was sent so", secret.Name, s.target.Secrets.Origin(secret.Name), what))
		}
	}
	if len(odd) == 0 {
		return ""
	}
	return "look at this first: " + strings.Join(odd, "; ")
}

// refused tells whether the run's credential was, or may have been, refused.
func refused(run *loginwatch.Run) bool {
	return run.Verdict == loginwatch.Rejected || slices.ContainsFunc(run.Steps, func(r loginwatch.StepResult) bool { return r.RefusedCredential })
}
