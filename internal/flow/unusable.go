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
// need them; "" when there is none. Nothing may be sent then: half a credential
// could count as a wrong one.
func (p *Plan) unusable() string {
	var found, reported []string
	for i, step := range p.Steps {
		check := func(names []string, mistake string, carries func(string) bool) {
			slices.Sort(names) // a body has no order, and a sentence has one
			for _, name := range names {
				s, secret := p.configured[name]
				if !secret || slices.Contains(reported, name) || captures(p.Steps[:i], name) || carries(s.value) {
					continue
				}
				reported = append(reported, name)
				found = append(found, fmt.Sprintf("%s (%s %s)", name, p.Target.Secrets.Origin(name), mistake))
			}
		}
		request := step.Case.Request()
		for _, h := range request.Headers {
			check(loginwatch.Placeholders(h.Value), "holds a line break or a control character, so no header can carry it", wire.HeaderValue)
		}
		if request.Raw == "" {
			body := loginwatch.CaseRequest{Body: request.Body}
			check(body.Names(true), "is not UTF-8, so no JSON can carry it", utf8.ValidString)
		}
	}
	if len(found) == 0 {
		return ""
	}
	return "can't be sent: " + strings.Join(found, ", ")
}

// Suspects says what is odd about the secrets in the messages so far, for whoever
// looks why the credential was refused: it may be nothing but a blank. "" when
// nothing is odd.
func (p *Plan) Suspects() string {
	inspector, ok := p.Target.Secrets.(loginwatch.SecretInspector)
	if !ok {
		return ""
	}
	var odd []string
	for _, secret := range p.Probe.Contract.Secrets { // in an order that people know
		if !p.sent[secret.Name] {
			continue
		}
		if what := inspector.Oddity(secret.Name); what != "" {
			odd = append(odd, fmt.Sprintf("the secret %q (%s) %s and was sent so", secret.Name, p.Target.Secrets.Origin(secret.Name), what))
		}
	}
	if len(odd) == 0 {
		return ""
	}
	return "look at this first: " + strings.Join(odd, "; ")
}
