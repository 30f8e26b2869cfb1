package pact

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

const matcherType = "pact:matcher:type"

// answer derives the body of an outcome in the integration format from its
// schema and its example: what the schema requires, and what selects the
// outcome. Optional members are left out, since a pact can't say "if it is
// there". nil means that nothing is promised of the body.
func answer(c *loginwatch.Contract, op *loginwatch.Operation, o *loginwatch.Outcome) (any, error) {
	if o.Schema == nil || o.Example == nil {
		return nil, nil
	}
	example, err := decode(bytes.TrimSpace(o.Example.Body))
	if err != nil {
		return nil, fmt.Errorf("example %s: %w", o.Example.File, err)
	}
	root, err := decode(o.Schema.JSON)
	if err != nil {
		return nil, fmt.Errorf("schema %s: %w", o.Schema.Name, err)
	}
	schema, _ := root.(map[string]any)
	b := &builder{outcome: o, root: schema, chosen: map[string]int{}}
	if op.Token != nil && op.Token.Outcome == o {
		b.token = op.Token
	}
	for {
		b.neutral = map[string][]any{}
		matched, shown, err := b.build(example)
		if err != nil {
			return nil, err
		}
		violations, err := o.Schema.Validate(shown)
		if err != nil || len(violations) == 0 {
			return matched, err
		}
		at := violations[0].Pointer
		b.chosen[at]++
		if b.chosen[at] >= len(b.neutral[at]) {
			return nil, fmt.Errorf("%s: no neutral value passes the schema %s", at, o.Schema.Name)
		}
	}
}

// promised derives the headers that an outcome has always. What selects the outcome
// is asked for; of any other a pact asks for its presence, since the document shows
// an example and no rule.
func promised(op *loginwatch.Operation, o *loginwatch.Outcome) ([]Promise, error) {
	var all []Promise
	for _, h := range o.Headers {
		if h.Optional {
			continue
		}
		p := Promise{Name: h.Name, Expression: ".+", Example: h.Example}
		for _, w := range o.Where {
			if name, ok := w.At.Header(); !ok || !strings.EqualFold(name, h.Name) {
				continue
			}
			switch w.Test {
			case loginwatch.TestEquals:
				p.Expression = regexp.QuoteMeta(w.Value)
			case loginwatch.TestPrefix:
				p.Expression = regexp.QuoteMeta(w.Value) + ".*"
			}
		}
		if h.Secret {
			p.Example = "a-value-that-nobody-issued"
		}
		if t := op.Token; t != nil && t.Outcome == o && t.At == loginwatch.HeaderPlace(h.Name) && t.Form == loginwatch.TokenJWT {
			var err error
			if p.Example, err = neutralJWT(t, nil); err != nil {
				return nil, err
			}
		}
		all = append(all, p)
	}
	return all, nil
}

// builder makes one body.
type builder struct {
	outcome *loginwatch.Outcome
	root    map[string]any
	token   *loginwatch.Token // nil when the outcome carries none
	jwt     string
	chosen  map[string]int   // which of a secret's neutral values is in use, by pointer
	neutral map[string][]any // all of them
}

// build gives the body with its matchers, and plain.
func (b *builder) build(example any) (matched, shown any, err error) {
	b.jwt = ""
	// The token repeats other fields, so it is made when these are known.
	for range 2 {
		matched, shown = b.value(b.root, example, "")
		if b.token == nil || b.token.Form != loginwatch.TokenJWT || b.jwt != "" {
			break
		}
		if b.jwt, err = neutralJWT(b.token, shown); err != nil {
			return nil, nil, err
		}
	}
	shown, err = plain(shown)
	return matched, shown, err
}

// value gives what stands at a pointer.
func (b *builder) value(node map[string]any, example any, pointer string) (matched, shown any) {
	node = b.resolve(node)
	for _, w := range b.outcome.Where {
		if w.At.String() == pointer && w.Test == loginwatch.TestEquals {
			return map[string]any{matcherType: "equality", "value": example}, example
		}
	}
	switch v := example.(type) {
	case map[string]any:
		return b.object(node, v, pointer)
	case []any:
		return b.array(node, v, pointer)
	}
	if value, ok := node["const"]; ok {
		return map[string]any{matcherType: "equality", "value": value}, value
	}
	shown = b.shown(example, pointer)
	rules := b.rules(node, example, pointer)
	m := map[string]any{"value": shown}
	if len(rules) == 1 {
		for k, v := range rules[0] {
			m[k] = v
		}
	} else {
		m[matcherType] = rules
	}
	if b.token != nil && b.token.Issued.String() == pointer {
		// A mock or stub server then says that the token was created just now.
		m["pact:generator:type"], m["format"] = "DateTime", "yyyy-MM-dd'T'HH:mm:ss.SSSX"
	}
	return m, shown
}

func (b *builder) object(node map[string]any, example map[string]any, pointer string) (matched, shown any) {
	properties, _ := node["properties"].(map[string]any)
	required, _ := node["required"].([]any)
	m, s := map[string]any{}, map[string]any{}
	for name, value := range example {
		at := tree.JoinPointer(pointer, name)
		if !slices.Contains(required, any(name)) && !b.selects(at) {
			continue
		}
		property, _ := properties[name].(map[string]any)
		m[name], s[name] = b.value(property, value, at)
	}
	return m, s
}

// array promises items like the example's first, in any number that the schema
// allows.
func (b *builder) array(node map[string]any, example []any, pointer string) (matched, shown any) {
	item, _ := node["items"].(map[string]any)
	if len(example) == 0 || item == nil {
		return map[string]any{matcherType: "type", "value": example}, example
	}
	m, s := b.value(item, example[0], pointer+"/0")
	like := map[string]any{matcherType: "type", "value": []any{m}, "min": 0}
	if n, ok := integer(node["minItems"]); ok {
		like["min"] = n
		like["value"], s = repeat(m, n), repeat(s, n)
	} else {
		s = []any{s}
	}
	if n, ok := integer(node["maxItems"]); ok {
		like["max"] = n
	}
	return like, s
}

func repeat(v any, n int64) []any {
	all := []any{v}
	for int64(len(all)) < n {
		all = append(all, v)
	}
	return all
}

// selects tells whether the outcome is chosen by what stands at or below the
// pointer.
func (b *builder) selects(pointer string) bool {
	return slices.ContainsFunc(b.outcome.Where, func(w loginwatch.Field) bool {
		return w.Test != loginwatch.TestAbsent && (w.At.String() == pointer || strings.HasPrefix(w.At.String(), pointer+"/"))
	})
}

// shown is the example's value, or a neutral one where that is secret.
func (b *builder) shown(example any, pointer string) any {
	if b.token != nil {
		if b.token.At.String() == pointer && b.token.Form == loginwatch.TokenJWT {
			return b.jwt
		}
		for _, m := range b.token.Matches {
			if m.At.String() == pointer && m.Claim == "/exp" {
				return likeNumber(example, ends.Unix())
			}
		}
	}
	field, known := b.outcome.Schema.At(pointer)
	if known && !field.Secret && !slices.Contains(b.outcome.Placeholders, loginwatch.Place(pointer)) {
		return example
	}
	b.neutral[pointer] = neutralValue(pointer, example)
	return b.neutral[pointer][b.chosen[pointer]]
}

// resolve follows references within the schema.
func (b *builder) resolve(node map[string]any) map[string]any {
	for range 8 { // deeper chains are circles
		ref, ok := node["$ref"].(string)
		if !ok {
			return node
		}
		target, found := tree.Lookup(any(b.root), trimFragment(ref))
		if !found {
			return nil
		}
		node, _ = target.(map[string]any)
	}
	return node
}

func trimFragment(ref string) string {
	if len(ref) > 0 && ref[0] == '#' {
		return ref[1:]
	}
	return "/" + ref // not a place in this schema
}

func integer(v any) (int64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := n.Int64()
	return i, err == nil
}
