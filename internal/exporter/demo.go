package exporter

import (
	"math/rand/v2"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/compute"
)

// Demo gives what stands in the places of a contract's values in an example.
type Demo struct {
	contract *loginwatch.Contract
	known    map[string]string
}

// NewDemo gives the demo values of a contract.
func NewDemo(c *loginwatch.Contract) Demo {
	d := Demo{contract: c, known: map[string]string{}}
	for _, s := range c.Secrets {
		d.known[s.Name] = s.Demo
	}
	for _, v := range c.Variables {
		d.known[v.Name] = v.Default
	}
	return d
}

// Value gives the value of a name. ok is false for what can't be computed without a
// request, and for what is another one each time even at the same instant, such as a
// signature by an elliptic curve: an example has to stay as it is.
func (d Demo) Value(name string) (value string, ok bool) {
	if value, ok := d.known[name]; ok {
		return value, true
	}
	v := d.contract.ComputedValue(name)
	if v == nil {
		return "", false
	}
	ok = true
	call := compute.CallOf(v).Expand(func(text string) string {
		value, made := d.Text(text)
		ok = ok && made
		return value
	})
	if !ok {
		return "", false
	}
	value, err := compute.Do(call, someEnv())
	if err != nil {
		return "", false
	}
	again, err := compute.Do(call, someEnv())
	return value, err == nil && again == value
}

// someEnv is an instant and a chance that are always the same, so that examples are too.
func someEnv() compute.Env {
	return compute.Env{Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Rand: rand.NewChaCha8([32]byte{})}
}

// Text fills in a template.
func (d Demo) Text(template string) (text string, ok bool) {
	ok = true
	text = loginwatch.ExpandPlaceholders(template, func(name string) string {
		value, known := d.Value(name)
		ok = ok && known
		return value
	})
	return text, ok
}

// Body fills in a JSON value whose strings are templates.
func (d Demo) Body(body any) (value any, ok bool) {
	ok = true
	value = loginwatch.ReplaceTexts(body, func(text string) any {
		value, known := d.Text(text)
		ok = ok && known
		return value
	})
	return value, ok
}
