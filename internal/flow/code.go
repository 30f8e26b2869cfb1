package flow

import (
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/compute"
)

// oneTimeCode stands for the operation by which a ledger counts the codes of an
// account; no id has a blank.
const oneTimeCode = "one-time code"

// code gives the time step of the one-time code that a case sends, and the names
// that the code is made of; 0 when it sends none.
func code(c *loginwatch.Contract, k *loginwatch.Case) (per time.Duration, of []string) {
	if len(c.Computed) == 0 {
		return 0, nil // most logins compute nothing
	}
	for _, name := range c.Closure(k.Request().Names(true)) {
		if v := c.ComputedValue(name); v != nil {
			if per := step(v); per > 0 {
				return per, c.Closure(v.Names())
			}
		}
	}
	return 0, nil
}

func step(v *loginwatch.Computed) time.Duration {
	return compute.Step(compute.CallOf(v))
}

// limitCode counts a one-time code: the vendor takes each once, so that of two
// logins within one time step the second is refused (RFC 6238, 5.2).
func (p *Plan) limitCode(k *loginwatch.Case) {
	per, of := code(p.Probe.Contract, k)
	if per == 0 {
		return
	}
	if i := slices.IndexFunc(p.Limits, func(l loginwatch.OperationLimit) bool { return l.Operation == oneTimeCode }); i >= 0 {
		p.Limits[i].Requests++
		return
	}
	unset := func(name string) bool { return p.Configured(name) == "" }
	of = slices.DeleteFunc(of, unset)
	if len(of) == 0 { // a step captures the seed: whose it is the rest of the credential tells
		for _, s := range p.Probe.Contract.Secrets {
			of = append(of, s.Name)
		}
		of = slices.DeleteFunc(of, unset)
	}
	p.Limits = append(p.Limits, loginwatch.OperationLimit{
		Operation: oneTimeCode, Requests: 1, Limit: loginwatch.RateLimit{Requests: 1, Per: per},
		Secrets: of,
	})
}

// madeCode is a one-time code that went into a message.
type madeCode struct {
	at  time.Time
	per time.Duration
}

// edge is so close to the end of a time step that the vendor may have read the code
// in the next one.
const edge = 3 * time.Second

// lateCode says that a code which was sent may have come too late; "" when none was,
// or it had time.
func (p *Plan) lateCode() string {
	for _, c := range p.codes {
		left := c.per - time.Duration(c.at.UnixNano())%c.per
		if left <= edge {
			return "the one-time code was made " + left.Round(100*time.Millisecond).String() + " before its time step ended, and may have been read after that"
		}
	}
	return ""
}
