package sim

import (
	"slices"

	"github.com/loginwatch/loginwatch"
)

// account gives, by demo value, what the simulator accepts for the secrets that say who
// logs in, such as a user name: where an example shows that value, every answer to the
// same account has it. Passwords are not among them, and neither is what an operation
// ends. Any other secret of an answer is new each time: nobody here knows which of
// them are tokens that a step captures, and those must never come back once they are
// revoked or spent.
func account(c *loginwatch.Contract, accepted map[string]string) map[string]string {
	not := map[string]bool{}
	for _, o := range c.Operations {
		for _, name := range slices.Concat(o.Revokes, o.Spends) {
			not[name] = true
		}
		var cases []*loginwatch.Case
		for _, k := range c.Cases {
			if k.Operation == o {
				cases = append(cases, k)
			}
		}
		for name := range passwordLike(c, cases, newForms(c, o.Request.Headers, cases)) {
			not[name] = true
		}
	}
	values := map[string]string{}
	for _, k := range c.Cases {
		if k.Token() == nil || !k.SuccessDue() {
			continue
		}
		names := c.Closure(k.Request().Names(true))
		for _, s := range c.Secrets {
			if s.Demo != "" && !not[s.Name] && slices.Contains(names, s.Name) {
				values[s.Demo] = accepted[s.Name]
			}
		}
	}
	return values
}

// accountAt gives the value that an answer has where the example names the account.
func (a *answer) accountAt(o *loginwatch.Operation, l leaf) (value string, ok bool) {
	isToken := o.Token != nil && o.Token.Outcome == a.outcome && o.Token.At.String() == l.pointer
	text, isText := l.value.(string)
	if !isText || isToken || !loginwatch.Place(l.pointer).InDocument() {
		return "", false
	}
	value, ok = a.who[text]
	return value, ok && value != ""
}
