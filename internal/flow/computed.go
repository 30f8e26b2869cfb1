package flow

import (
	"errors"
	"fmt"
	"slices"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/compute"
)

// computed gives a computed value of the message, or of the run.
func (c *composer) computed(v *loginwatch.Computed) (string, error) {
	if value, done := c.made[v.Name]; done {
		return value, nil
	}
	if value, done := c.kept[v.Name]; done {
		return value, nil
	}
	var failed error
	call := compute.CallOf(v).Expand(c.expander(&failed))
	if failed != nil {
		return "", failed
	}
	value, err := compute.Do(call, c.env)
	if err != nil {
		return "", c.blamed(&computedError{v, err})
	}
	c.made[v.Name] = value
	return value, nil
}

// computedError says why a value can't be computed; compute's errors name no
// value.
type computedError struct {
	value *loginwatch.Computed
	err   error
}

func (e *computedError) Error() string {
	return fmt.Sprintf("computed value %q: %v", e.value.Name, e.err)
}

func (e *computedError) Unwrap() []error { return []error{ErrUncomputable, e.err} }

// ErrUncomputable says that nothing can be computed of what is configured.
var ErrUncomputable = errors.New("a value can't be computed")

// AnswerError says that an answer of the run gave something of which nothing can
// be computed: a challenge that nobody can answer, a key that is none. It holds no
// value.
type AnswerError struct {
	Value   *loginwatch.Computed
	From    string // the captured name
	Problem string
}

func (e *AnswerError) Error() string {
	return fmt.Sprintf("computed value %q: what answers gave for %s can't be used: %s", e.Value.Name, e.From, e.Problem)
}

// blamed tells whose a failure is. It is the answers' where the part at fault is
// made of nothing that the operator set.
func (c *composer) blamed(failed *computedError) error {
	var wrong *compute.Error
	if !errors.As(failed.err, &wrong) {
		return failed
	}
	part := failed.value.Options[wrong.Part]
	if wrong.Part == compute.PartOf && wrong.Index >= 0 && wrong.Index < len(failed.value.Of) {
		part = failed.value.Of[wrong.Index]
	}
	from := ""
	for _, name := range c.Probe.Contract.MadeOf(part) {
		if c.captured[name] != "" {
			from = name
		} else if c.Probe.Contract.ComputedValue(name) == nil {
			return failed
		}
	}
	if from == "" {
		return failed
	}
	return &AnswerError{failed.value, from, wrong.Error()}
}

// keep books what a message was made of. What is made once for the run is there for
// the next message, and what holds a secret is one from now on.
func (c *composer) keep() {
	c.sent = append(c.sent, c.used...)
	for name, value := range c.made {
		v := c.Probe.Contract.ComputedValue(name)
		if v.Once {
			c.kept[name] = value
		}
		if per := step(v); per > 0 {
			c.codes = append(c.codes, madeCode{c.env.Now, per})
		}
		if c.secret(v) || len(c.used) > 0 && c.ofRequest(v) {
			c.Hide(value)
		}
	}
}

// ofRequest tells whether a computed value is made of the body or the address, which
// hold the secrets that went in: a hash of them is one to try passwords on.
func (p *Plan) ofRequest(v *loginwatch.Computed) bool {
	names := p.Probe.Contract.Closure([]string{v.Name})
	return slices.Contains(names, loginwatch.RequestBody) || slices.Contains(names, loginwatch.RequestTarget)
}

// secret tells whether a computed value gives away, or is, a secret: anything in
// it is one, or it is made to be guessed by nobody.
func (p *Plan) secret(v *loginwatch.Computed) bool {
	return slices.ContainsFunc(p.Probe.Contract.Closure([]string{v.Name}), func(name string) bool {
		if part := p.Probe.Contract.ComputedValue(name); part != nil {
			return compute.Drawn(part.Function)
		}
		_, isSecret := p.configured[name]
		return isSecret
	})
}
