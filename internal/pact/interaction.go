package pact

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// State is the provider state of every case that needs a credential: the
// target has an account, and the one who verifies knows its credentials. The
// state's handler gives them by the names of the contract's secrets.
const State = "an account whose credentials are known"

// Consumer is the name of the consumer in every pact.
const Consumer = "loginwatch"

// JSONType is what the Content-Type of a JSON answer has to match.
const JSONType = `application/([a-z0-9!#$&^_.+-]+\+)?json\s*(;.*)?`

// Interaction is one case as a request and the answer promised for it. Bodies
// are in Pact's integration format: plain JSON, where an object with the member
// "pact:matcher:type" says how to match what stands in its place.
type Interaction struct {
	Case        *loginwatch.Case
	Outcome     *loginwatch.Outcome // the promised answer
	Description string              // unique within the vendor
	State       string              // "" when the case needs no credential
	Method      string
	Path        string
	Query       []Pair
	Headers     []Pair
	RequestBody any  // nil for none
	Form        bool // the request body is sent as a form
	Status      int
	Answer      any               // nil where nothing is promised of the body
	Promised    []Promise         // headers of the answer
	Secrets     map[string]string // neutral values, by the names of the contract's secrets
}

// Promise is a header of the answer: its text has to match the expression, which is
// anchored at both ends.
type Promise struct {
	Name, Expression, Example string
}

// Pair is a header or a query parameter. Expression is set when the verifier
// has to fill in credentials: the text with ${name} in the places of secrets.
type Pair struct {
	Name, Expression, Example string
}

// Of derives the interaction of a case. The error names the case and the place
// of which no example without a secret can be made.
func Of(k *loginwatch.Case, c *loginwatch.Contract) (*Interaction, error) {
	if reason := LeftOut(k, c); reason != "" {
		return nil, fmt.Errorf("case %s: %s", k.ID, reason)
	}
	request := k.Request()
	i := &Interaction{
		Case: k, Outcome: k.Expect[0], Description: Description(k), Method: request.Method,
		Status: k.Expect[0].Statuses[0],
	}
	if len(k.Needs) > 0 {
		i.State = State
	}
	t, err := newTemplates(c)
	if err != nil {
		return nil, err
	}
	i.Secrets = t.secrets
	i.Path = t.path(request.Path)
	for _, p := range request.Query {
		i.Query = append(i.Query, t.pair(p.Name, p.Value))
	}
	for _, h := range request.Headers {
		// An optional header with a secret in it is sent by those who have that
		// secret alone, so it is no part of the promise.
		if !h.Optional || len(t.names(h.Value)) == 0 {
			i.Headers = append(i.Headers, t.pair(h.Name, h.Value))
		}
	}
	i.RequestBody = t.body(requestBody(k))
	i.Form = i.RequestBody != nil && request.Format == loginwatch.BodyForm
	i.Answer, err = answer(c, k.Operation, i.Outcome)
	if err != nil {
		return nil, fmt.Errorf("case %s: outcome %s: %w", k.ID, i.Outcome.ID, err)
	}
	if i.Promised, err = promised(k.Operation, i.Outcome); err != nil {
		return nil, fmt.Errorf("case %s: outcome %s: %w", k.ID, i.Outcome.ID, err)
	}
	return i, nil
}

// Description names a case in a pact.
func Description(k *loginwatch.Case) string { return k.ID + ": " + k.Title }

func requestBody(k *loginwatch.Case) any {
	if k.Raw == "" {
		return k.Body
	}
	var body any
	_ = json.Unmarshal([]byte(k.Raw), &body) // LeftOut has seen that it is JSON
	return body
}

// templates expands a contract's ${name} for a pact: variables to their
// defaults, secrets to neutral values and expressions for the verifier.
type templates struct {
	variables map[string]string
	secrets   map[string]string
}

// newTemplates finds a neutral value for every secret of the contract, such that
// the bodies of its successful cases pass their schemas.
func newTemplates(c *loginwatch.Contract) (*templates, error) {
	t := &templates{variables: map[string]string{}, secrets: map[string]string{}}
	for _, v := range c.Variables {
		t.variables[v.Name] = v.Default
	}
	choices := map[string][]string{}
	for _, s := range c.Secrets {
		choices[s.Name] = neutral(s.Name, s.Demo)
		t.secrets[s.Name] = choices[s.Name][0]
	}
	for _, k := range c.Cases {
		if k.SuccessDue() && k.Operation.Request.Schema != nil && requestBody(k) != nil && RequestLeftOut(k, c) == "" {
			if err := t.choose(k, choices); err != nil {
				return nil, fmt.Errorf("case %s: %w", k.ID, err)
			}
		}
	}
	return t, nil
}

// choose takes the next choice for each secret that the request's schema
// refuses.
func (t *templates) choose(k *loginwatch.Case, choices map[string][]string) error {
	for {
		doc, err := plain(t.fill(requestBody(k)))
		if err != nil {
			return err
		}
		violations, err := k.Operation.Request.Schema.Validate(doc)
		if err != nil || len(violations) == 0 {
			return err
		}
		at := violations[0].Pointer
		sent, _ := tree.Lookup(requestBody(k), at)
		text, _ := sent.(string)
		names := t.names(text)
		if len(names) == 0 || len(choices[names[0]]) < 2 {
			return fmt.Errorf("request body %s: no neutral value passes its schema", at)
		}
		choices[names[0]] = choices[names[0]][1:]
		t.secrets[names[0]] = choices[names[0]][0]
	}
}

// names lists the secrets that a text holds.
func (t *templates) names(text string) []string {
	return slices.DeleteFunc(loginwatch.Placeholders(text), func(name string) bool {
		_, secret := t.secrets[name]
		return !secret
	})
}

// expand gives the text with neutral values, and with the secrets left open.
func (t *templates) expand(text string) (example, expression string) {
	expression = loginwatch.ExpandPlaceholders(text, func(name string) string {
		if v, ok := t.variables[name]; ok {
			return v
		}
		return "${" + name + "}"
	})
	return loginwatch.ExpandPlaceholders(expression, func(name string) string { return t.secrets[name] }), expression
}

// path fills in variables as a message does, so that each stays in its segment.
func (t *templates) path(template string) string {
	return loginwatch.ExpandPlaceholders(template, func(name string) string { return url.PathEscape(t.variables[name]) })
}

func (t *templates) pair(name, text string) Pair {
	example, expression := t.expand(text)
	p := Pair{Name: name, Example: example}
	if len(t.names(text)) > 0 {
		p.Expression = expression
	}
	return p
}

// fill gives a body with neutral values.
func (t *templates) fill(v any) any {
	return loginwatch.ReplaceTexts(v, func(text string) any { example, _ := t.expand(text); return example })
}

// body gives a body in the integration format.
func (t *templates) body(v any) any {
	return loginwatch.ReplaceTexts(v, func(text string) any {
		example, expression := t.expand(text)
		if len(t.names(text)) == 0 {
			return example
		}
		return map[string]any{
			matcherType: "type", "pact:generator:type": "ProviderState", "expression": expression, "value": example,
		}
	})
}

// plain is a JSON value as schemas take it: decoded, its numbers as written.
func plain(v any) (any, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return decode(data)
}

func decode(data []byte) (doc any, err error) {
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.UseNumber()
	err = dec.Decode(&doc)
	return doc, err
}

// QueryString is the query with neutral values.
func (i *Interaction) QueryString() string {
	values := url.Values{}
	for _, p := range i.Query {
		values.Add(p.Name, p.Example)
	}
	return values.Encode()
}
