package flow

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// unusable says which configured secrets no request can carry where the steps
// need them; "" when there is none. Nothing is sent then: half a credential could
// count as a wrong one.
func (p *Plan) unusable() string {
	odd := false
	for _, s := range p.configured {
		odd = odd || !wire.HeaderValue(s.value) || !utf8.ValidString(s.value)
	}
	if !odd {
		return "" // what anything can carry needs no look at the steps
	}
	var found, reported []string
	for i, step := range p.Steps {
		check := func(template, mistake string, carries func(string) bool) {
			for _, name := range loginwatch.Placeholders(template) {
				s, isSecret := p.configured[name]
				if !isSecret || slices.Contains(reported, name) || captures(p.Steps[:i], name) {
					continue
				}
				if s.err == nil && s.value != "" && !carries(s.value) {
					reported = append(reported, name)
					found = append(found, fmt.Sprintf("%s (%s %s)", name, p.Target.Secrets.Origin(name), mistake))
				}
			}
		}
		request := step.Case.Request()
		for _, h := range request.Headers {
			check(h.Value, "holds a line break or a control character, so no header can carry it", wire.HeaderValue)
		}
		if request.Raw == "" {
			for _, text := range request.Texts() {
				check(text, "is not UTF-8, so no JSON can carry it", utf8.ValidString)
			}
		}
	}
	if len(found) == 0 {
		return ""
	}
	return "can't be sent: " + strings.Join(found, ", ")
}

// Suspects says what is odd about the secrets that were sent, for whoever looks
// for the cause of a refusal: it may be nothing but a blank. "" when nothing is.
func (p *Plan) Suspects() string {
	inspector, ok := p.Target.Secrets.(loginwatch.SecretInspector)
	if !ok {
		return ""
	}
	var odd []string
	for _, secret := range p.Probe.Contract.Secrets { // in an order that people know
		if !slices.Contains(p.sent, secret.Name) {
			continue
		}
		if what := inspector.Oddity(secret.Name); what != "" {
			odd = append(odd, fmt.Sprintf("the secret %q (%s) %s and was sent as it is", secret.Name, p.Target.Secrets.Origin(secret.Name), what))
		}
	}
	if len(odd) == 0 {
		return ""
	}
	return "look at this first: " + strings.Join(odd, "; ")
}
