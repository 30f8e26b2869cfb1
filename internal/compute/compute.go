// Package compute holds the one closed table of functions by which a contract
// makes a value of others: a signature, a one-time code, the header of Basic.
// It is pure: time, randomness and the request come in by [Env], and nothing is
// kept between two calls. It never names an input or a key in an error, since
// these are secrets, and it takes every input as hostile: some were sent by the
// vendor.
package compute

import (
	"crypto/subtle"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
)

// Call is one use of a function: what it is applied to and how.
type Call struct {
	Function string            // a name of [Functions]
	Of       []string          // inputs
	Options  map[string]string // by the names of the function's options
	Claims   map[string]any    // of a token, as JSON values
	Header   map[string]any    // of a token, as JSON values
}

// CallOf is the call that makes a value of a contract, with its placeholders.
func CallOf(v *loginwatch.Computed) Call {
	return Call{Function: v.Function, Of: v.Of, Options: v.Options, Claims: v.Claims, Header: v.Header}
}

// Expand gives the call with what expand makes of each of its texts.
func (c Call) Expand(expand func(text string) string) Call {
	out := Call{Function: c.Function, Of: make([]string, len(c.Of)), Options: make(map[string]string, len(c.Options))}
	for i, input := range c.Of {
		out.Of[i] = expand(input)
	}
	for name, option := range c.Options {
		out.Options[name] = expand(option)
	}
	with := func(text string) any { return expand(text) }
	out.Claims, _ = loginwatch.ReplaceTexts(c.Claims, with).(map[string]any)
	out.Header, _ = loginwatch.ReplaceTexts(c.Header, with).(map[string]any)
	return out
}

// Env is what a call sees of the world.
type Env struct {
	Now    time.Time
	Rand   io.Reader // of what is random by itself, such as a nonce; RSA and ECDSA use the system's source, whatever this is
	Method string    // of the request that the value is for
	Target string    // path and query as they are sent
	Body   []byte    // as it is sent
}

// PartOf is the part of a call that its inputs are.
const PartOf = "of"

// Error says which part of a call can't be used, so that the caller finds whose
// it is: a secret of the operator, or what the vendor sent. It holds no value.
type Error struct {
	Function string
	Part     string // [PartOf], the name of an option, "claims" or "header"; "" for the call as a whole
	Index    int    // of the input, from 0, when Part is [PartOf]; -1 for their number
	Problem  string
}

func (e *Error) Error() string {
	switch e.Part {
	case "":
		return e.Function + ": " + e.Problem
	case PartOf:
		if e.Index < 0 {
			return e.Function + ": " + e.Problem
		}
		return fmt.Sprintf("%s: input %d %s", e.Function, e.Index+1, e.Problem)
	}
	return e.Function + ": " + e.Part + " " + e.Problem
}

// call is a [Call] with the defaults of its options filled in.
type call struct {
	Call
	env Env
}

func (c *call) option(name string) string { return c.Options[name] }

// is tells whether the call has the option at all: a default counts.
func (c *call) is(name string) bool { _, ok := c.Options[name]; return ok }

func (c *call) wrong(part, problem string) error {
	return &Error{Function: c.Function, Part: part, Problem: problem}
}

func (c *call) wrongInput(i int, problem string) error {
	return &Error{Function: c.Function, Part: PartOf, Index: i, Problem: problem}
}

// joined gives the inputs as one text, with what the option join puts between.
func (c *call) joined() string { return strings.Join(c.Of, c.option("join")) }

// Check judges a call as it stands in a contract, with its placeholders: whether
// there is such a function with such options. Its error is an [*Error] and names
// the option.
func Check(c Call) error {
	_, _, err := resolve(c)
	return err
}

// Do gives the value of a call whose placeholders are expanded. Its errors are
// [*Error]s.
func Do(c Call, env Env) (string, error) {
	f, full, err := resolve(c)
	if err != nil {
		return "", err
	}
	full.env = env
	return f.do(full)
}

// Inputs gives what a value was made of, when the function can be undone and the
// value is one that it gives. Of the call's inputs only the number counts.
func Inputs(c Call, value string) ([]string, bool) {
	f, full, err := resolve(c)
	if err != nil || f.inputs == nil {
		return nil, false
	}
	return f.inputs(full, value)
}

// Accepts tells whether a server that knows the inputs would take the value:
// that it is the same where the function always gives the same, and otherwise as
// the function's own documentation says. It takes the same time for every wrong
// value of one length where the value is a proof.
func Accepts(c Call, value string, env Env) bool {
	f, full, err := resolve(c)
	if err != nil {
		return false
	}
	full.env = env
	if f.accepts != nil {
		return f.accepts(full, value)
	}
	want, err := f.do(full)
	return err == nil && same(want, value)
}

// Drawn tells whether the values of a function are made of nothing but chance.
func Drawn(function string) bool {
	f, found := find(function)
	return found && f.Drawn
}

// Step gives the time step within which a server takes the value of a call once
// (RFC 6238, section 5.2); 0 where it is no one-time code, or the call is none.
func Step(c Call) time.Duration {
	if f, _ := find(c.Function); f.step == nil {
		return 0
	}
	f, full, err := resolve(c)
	if err != nil {
		return 0
	}
	return f.step(full)
}

// same compares proofs without telling by its time how much of one is right.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func find(name string) (f function, found bool) {
	if i := slices.IndexFunc(functions, func(f function) bool { return f.Name == name }); i >= 0 {
		return functions[i], true
	}
	return function{}, false
}

// resolve finds the function, checks the call and fills in the defaults.
func resolve(c Call) (function, *call, error) {
	full := &call{Call: c}
	f, found := find(c.Function)
	if !found {
		return f, nil, full.wrong("", "is no function; there are "+strings.Join(names(), ", "))
	}
	if err := f.checkParts(full); err != nil {
		return f, nil, err
	}
	options, err := f.fill(full)
	if err != nil {
		return f, nil, err
	}
	full.Options = options
	if f.check != nil {
		if err := f.check(full); err != nil {
			return f, nil, err
		}
	}
	return f, full, nil
}

// checkParts holds the number of inputs and who may have claims.
func (f function) checkParts(c *call) error {
	if n := len(c.Of); n < f.Min || f.Max >= 0 && n > f.Max {
		return c.wrongInput(-1, fmt.Sprintf("has %d inputs, but takes %s", n, f.takes()))
	}
	for part, members := range map[string]map[string]any{"claims": c.Claims, "header": c.Header} {
		if !f.Claims && len(members) > 0 {
			return c.wrong(part, "belongs to jwt alone")
		}
	}
	return nil
}

// fill gives the options with the defaults of those that are not named.
func (f function) fill(c *call) (map[string]string, error) {
	for name := range c.Options {
		if !slices.ContainsFunc(f.Options, func(o Option) bool { return o.Name == name }) {
			return nil, c.wrong(name, "is no option of it; "+f.optionNames())
		}
	}
	all := make(map[string]string, len(f.Options))
	for _, o := range f.Options {
		value, named := c.Options[o.Name]
		switch {
		case !named && o.Required:
			return nil, c.wrong(o.Name, "is missing")
		case !named && o.Default == "":
			continue
		case !named:
			value = o.Default
		default:
			if problem := o.judge(value); problem != "" {
				return nil, c.wrong(o.Name, problem)
			}
		}
		all[o.Name] = value
	}
	return all, nil
}

// judge says what is wrong with the value of an option, which is the contract's
// own word wherever this names it.
func (o Option) judge(value string) string {
	fixed := len(o.Values) > 0 || o.valid != nil
	switch {
	case fixed && len(loginwatch.Placeholders(value)) > 0:
		return "can't have a placeholder"
	case len(o.Values) > 0 && !slices.Contains(o.Values, value):
		return "is none of " + strings.Join(o.Values, ", ")
	case o.valid != nil:
		return o.valid(value)
	}
	return ""
}
