package pack

import (
	"slices"

	"github.com/loginwatch/loginwatch"
)

// account gives the names of the secrets that the logins of a contract are made with,
// sorted. They are those that the subjects of its probes can't be sent without. What a
// step captures is none, and so is what only a step before the login needs, to fetch
// something that may be configured as well: with or without it, it is one account. Where
// that something is taken once the step is the first half of the login. What may be left
// out of a request, and what a case sends that is meant to be refused, tells no accounts
// apart.
func account(c *loginwatch.Contract, probes []*loginwatch.Probe) []string {
	a := accountant{contract: c}
	for _, o := range c.Operations {
		a.once = append(a.once, o.Spends...)
	}
	for _, p := range probes {
		if p.Contract == c {
			a.login(p)
		}
	}
	if len(a.names) == 0 { // no probe logs in
		for _, k := range c.Cases {
			if k.SendsCredential() && !k.OnlyWhenNamed() {
				a.names = append(a.names, k.Sends(c)...)
			}
		}
	}
	a.names = slices.DeleteFunc(a.names, func(name string) bool { return slices.Contains(a.given, name) })
	slices.Sort(a.names)
	return slices.Compact(a.names)
}

type accountant struct {
	contract     *loginwatch.Contract
	once         []string // secrets that an operation takes once
	names, given []string
}

// login adds what the login of one probe is made with.
func (a *accountant) login(p *loginwatch.Probe) {
	var needed []string // by the login and by what are its first steps
	for _, step := range slices.Backward(p.Steps) {
		own := step.Case.Sends(a.contract)
		half := false
		for _, captured := range step.Capture {
			if !slices.Contains(step.Case.Needs, captured.Name) { // or it replaces what is configured
				a.given = append(a.given, captured.Name)
			}
			half = half || slices.Contains(needed, captured.Name) && slices.Contains(a.once, captured.Name)
		}
		if step.Role == loginwatch.RoleSubject || step.Role == loginwatch.RoleSetup && half {
			needed = append(needed, own...)
		}
	}
	a.names = append(a.names, needed...)
}
