//go:build pact

package pact_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/sim"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// plantedFaults are mistakes that APIs make and that the simulator has no name
// for. says is a part of the reason that the verifier must give.
var plantedFaults = []struct {
	name   string
	change func(*reply)
	says   string
	refuse bool // planted in an answer that refuses as well
}{
	{"another success status", func(a *reply) { a.status++ }, "status: ", true},
	{"a server error with the documented body", func(a *reply) { a.status = 500 }, "500 came", false},
	{"no content type", func(a *reply) { ifBody(a, func() { a.header["Content-Type"] = nil }) }, "header Content-Type: a match of", false},
	{"HTML as content type", func(a *reply) { ifBody(a, func() { a.header.Set("Content-Type", "text/html") }) }, "another content type came", false},
	{"a page with the documented status", func(a *reply) {
		ifBody(a, func() {
			a.header.Set("Content-Type", "text/html")
			a.body = []byte("<html></html>")
		})
	}, "another content type came", false},
	{"a page as JSON", func(a *reply) { ifBody(a, func() { a.body = []byte("<html></html>") }) }, "something else came", false},
	{"an empty body", func(a *reply) { a.body = nil }, "an empty body came", true},
	{"null", func(a *reply) { ifBody(a, func() { a.body = []byte("null") }) }, "null came", false},
	{"an empty object", func(a *reply) { ifBody(a, func() { a.body = []byte("{}") }) }, "body $: missing ", true},
	{"an array around the object", func(a *reply) { edit(a, func(doc any) any { return []any{doc} }) }, "an array came", false},
	{"an envelope around the object", func(a *reply) { edit(a, func(doc any) any { return map[string]any{"data": doc} }) }, "missing ", false},
	{"two values", func(a *reply) { ifBody(a, func() { a.body = append(a.body, a.body...) }) }, "something else came", false},
	{"single quotes", func(a *reply) { ifBody(a, func() { a.body = bytes.ReplaceAll(a.body, []byte(`"`), []byte(`'`)) }) }, "something else came", false},
	{"keys in capitals", func(a *reply) { edit(a, func(doc any) any { return keysOf(doc, strings.ToUpper) }) }, "missing ", false},
	{"numbers as strings", func(a *reply) { each(a, func(v any) any { return numberText(v) }) }, "string came", false},
	{"booleans as strings", func(a *reply) { each(a, boolText) }, "a string came", false},
	{"booleans as numbers", func(a *reply) { each(a, boolNumber) }, "an integer came", false},
	{"strings as null", func(a *reply) { each(a, func(v any) any { return unless(v, nil) }) }, "null came", false},
	{"strings as arrays", func(a *reply) { each(a, func(v any) any { return unless(v, []any{v}) }) }, "an array came", false},
	{"objects as strings", func(a *reply) { each(a, objectText) }, "a string came", false},
	{"another application code", selectOther, "the documented value was due", true},
	{"an empty token", func(a *reply) { token(a, func(any) any { return "" }) }, "a match of", false},
	{"a token with a space", func(a *reply) { token(a, func(v any) any { s, _ := v.(string); return s[:3] + " " + s[3:] }) }, "a match of", false},
	{"a token that is null", func(a *reply) { token(a, func(any) any { return nil }) }, "null came", false},
	{"a token that is a number", func(a *reply) { token(a, func(any) any { return 12345 }) }, "an integer came", false},
	{"times as seconds", func(a *reply) { each(a, timeNumber) }, "an integer came", false},
	{"times in words", func(a *reply) { each(a, timeWords) }, "another string came", false},
}

// Each mistake fails wherever it changes a promised answer, with a reason that
// a person can read and that repeats nothing of what came.
func TestPlantedFaults(t *testing.T) {
	contracts := catalog(t).Contracts
	simulators := map[string]*sim.Simulator{}
	for _, c := range contracts {
		simulators[c.Vendor] = newSimulator(t, c)
	}
	var planted atomic.Int32
	t.Run("faults", func(t *testing.T) {
		for _, fault := range plantedFaults {
			t.Run(fault.name, func(t *testing.T) {
				t.Parallel()
				failures := 0
				for _, c := range contracts {
					for _, k := range representative(c, fault.refuse) {
						seen := &observer{change: fault.change}
						p := served(t, simulators[c.Vendor], c, func(next http.Handler) http.Handler { return seen.aroundCase(next, k) })
						r := p.verify(t, []*loginwatch.Case{k})[0]
						if seen.same {
							continue
						}
						failures++
						mustFail(t, c.Vendor+" "+k.ID, r, fault.says)
						seen.mustBeSecret(t, p, r)
					}
				}
				if failures == 0 {
					t.Error("no answer of any vendor has what this fault changes")
				}
				planted.Add(int32(failures))
			})
		}
	})
	t.Logf("%d kinds of faults planted %d times", len(plantedFaults), planted.Load())
}

// representative are a success with a token and, if asked for, an answer that
// refuses with a promised body.
func representative(c *loginwatch.Contract, refuse bool) []*loginwatch.Case {
	cases := []*loginwatch.Case{firstSuccess(c)}
	for _, k := range expressible(c) {
		if refuse && !k.SuccessDue() && k.Expect[0].Structured() {
			return append(cases, k)
		}
	}
	return cases
}

func ifBody(a *reply, change func()) {
	if len(a.body) > 0 {
		change()
	}
}

// edit changes the body as a value.
func edit(a *reply, change func(any) any) {
	var doc any
	dec := json.NewDecoder(bytes.NewReader(a.body))
	dec.UseNumber()
	if dec.Decode(&doc) != nil {
		return
	}
	changed, err := json.Marshal(change(doc))
	before, err2 := json.Marshal(doc)
	if err == nil && err2 == nil && !bytes.Equal(changed, before) {
		a.body = changed
	}
}

// each changes every promised member at the top of the body, and below it the
// scalars.
func each(a *reply, change func(any) any) {
	edit(a, func(doc any) any { return members(a.outcome.Schema, doc, "", change) })
}

// members changes what the schema requires and leaves the rest: of optional
// members a pact promises nothing.
func members(s loginwatch.Schema, doc any, at string, change func(any) any) any {
	object, ok := doc.(map[string]any)
	if !ok {
		return change(doc)
	}
	out := map[string]any{}
	for name, v := range object {
		pointer := tree.JoinPointer(at, name)
		field, known := s.At(pointer)
		switch changed := change(v); {
		case !known || !field.Required:
			out[name] = v
		case isObject(v) && isObject(changed):
			out[name] = members(s, v, pointer, change)
		default:
			out[name] = changed
		}
	}
	return out
}

func isObject(v any) bool { _, ok := v.(map[string]any); return ok }

func keysOf(doc any, rename func(string) string) any {
	object, ok := doc.(map[string]any)
	if !ok {
		return doc
	}
	out := map[string]any{}
	for name, v := range object {
		out[rename(name)] = keysOf(v, rename)
	}
	return out
}

func numberText(v any) any {
	if n, ok := v.(json.Number); ok {
		return n.String()
	}
	return v
}

func boolText(v any) any {
	if b, ok := v.(bool); ok {
		return map[bool]string{true: "true", false: "false"}[b]
	}
	return v
}

func boolNumber(v any) any {
	if b, ok := v.(bool); ok {
		return map[bool]int{true: 1, false: 0}[b]
	}
	return v
}

func objectText(v any) any {
	if isObject(v) {
		return "an object"
	}
	return v
}

// unless replaces strings.
func unless(v, other any) any {
	if _, ok := v.(string); ok {
		return other
	}
	return v
}

func isTime(v any) bool {
	s, ok := v.(string)
	return ok && len(s) > 18 && s[4] == '-' && s[10] == 'T' && s[13] == ':'
}

func timeNumber(v any) any {
	if isTime(v) {
		return 1700000000
	}
	return v
}

func timeWords(v any) any {
	if isTime(v) {
		return "Tue Nov 14 22:13:20 2023"
	}
	return v
}

// selectOther changes what selects the outcome.
func selectOther(a *reply) {
	for _, w := range a.outcome.Where {
		replace(a, w.At.String(), func(v any) any {
			switch v.(type) {
			case json.Number:
				return 999
			case bool:
				return v == false
			}
			return "999"
		})
	}
}

func token(a *reply, change func(any) any) {
	if a.token != "" {
		replace(a, a.token, change)
	}
}

// replace changes what stands at a pointer.
func replace(a *reply, pointer string, change func(any) any) {
	edit(a, func(doc any) any {
		tokens, _ := tree.SplitPointer(pointer)
		return within(doc, tokens, change)
	})
}

func within(doc any, path []string, change func(any) any) any {
	if len(path) == 0 {
		return change(doc)
	}
	object, ok := doc.(map[string]any)
	if !ok {
		return doc
	}
	out := map[string]any{}
	for name, v := range object {
		if name == path[0] {
			v = within(v, path[1:], change)
		}
		out[name] = v
	}
	return out
}

// A port where nobody listens is no broken API: no case passes, and each says that
// it got no answer.
func TestDeadPort(t *testing.T) {
	c := catalog(t).Contracts[0]
	p := simulated(t, c, nil)
	p.Target.BaseURL.Host = "127.0.0.1:1"
	for _, r := range p.verify(t, expressible(c)) {
		if r.OK || r.Run.Verdict != loginwatch.Unavailable || !strings.Contains(strings.Join(r.Differences, ""), "no connection to 127.0.0.1") {
			t.Errorf("%s: ok %t, %s %s %q", r.Case.ID, r.OK, r.Run.Verdict, r.NotSent, r.Differences)
		}
	}
}
