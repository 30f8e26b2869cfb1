// Package compute is the closed table of functions that values of a contract are
// computed by. It is pure: time and randomness are passed in.
package compute

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Call is one use of a function.
type Call struct {
	Function string
	Of       []string
	Options  map[string]string
	Claims   map[string]any
	Header   map[string]any
}

// Env is what a call may look at besides its inputs.
type Env struct {
	Now    time.Time
	Rand   io.Reader
	Method string
	Target string
	Body   []byte
}

// Check judges a call as a contract has it.
func Check(c Call) error {
	inputs, known := map[string]int{"basic": 2, "base64": 1, "now": 0, "join": -1}[c.Function]
	if !known {
		return fmt.Errorf("unknown function %q", c.Function)
	}
	if inputs >= 0 && len(c.Of) != inputs {
		return fmt.Errorf("function %q takes %d inputs, got %d", c.Function, inputs, len(c.Of))
	}
	return nil
}

// Do computes.
func Do(c Call, env Env) (string, error) {
	switch c.Function {
	case "basic":
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(c.Of[0]+":"+c.Of[1])), nil
	case "base64":
		return base64.StdEncoding.EncodeToString([]byte(c.Of[0])), nil
	case "join":
		return strings.Join(c.Of, c.Options["with"]), nil
	case "now":
		return strconv.FormatInt(env.Now.Unix(), 10), nil
	}
	return "", errors.New("unknown function")
}

// Inputs gives what a reversible function's value was made of.
func Inputs(c Call, value string) ([]string, bool) {
	text := strings.TrimPrefix(value, "Basic ")
	plain, err := base64.StdEncoding.DecodeString(text)
	switch {
	case err != nil:
		return nil, false
	case c.Function == "base64":
		return []string{string(plain)}, true
	case c.Function == "basic":
		id, secret, ok := strings.Cut(string(plain), ":")
		return []string{id, secret}, ok && text != value
	}
	return nil, false
}

// Accepts tells whether a server that knows the inputs takes the value.
func Accepts(c Call, value string, env Env) bool {
	if c.Function == "now" {
		sent, err := strconv.ParseInt(value, 10, 64)
		return err == nil && env.Now.Sub(time.Unix(sent, 0)).Abs() < 5*time.Minute
	}
	want, err := Do(c, env)
	return err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(value)) == 1
}
