package loginwatch

import (
	"slices"
	"strings"
)

// CaseRequest is what a case sends: the request of its operation with what the
// case says of its own. Whoever sends, checks or describes a request reads this
// one; only the simulator has a reading of its own, as a second opinion.
type CaseRequest struct {
	Method  string
	Path    string   // appended to the target's base URL
	Headers []Header // in the order written, each name once
	Query   []Param
	Body    any    // JSON value whose strings may hold ${name} placeholders; nil for none
	Raw     string // sent as it is instead of Body
}

// Request gives what the case sends. A header of its own takes the place of the
// operation's of the same name, whatever the letter case.
func (k *Case) Request() CaseRequest {
	r := CaseRequest{
		Method: k.Operation.Request.Method, Path: k.Operation.Request.Path, Query: k.Operation.Request.Query,
		Body: k.Body, Raw: k.Raw,
	}
	headers := slices.Concat(k.Operation.Request.Headers, k.Headers)
	for i, h := range headers {
		same := func(name string) bool { return strings.EqualFold(name, h.Name) }
		replaced := slices.ContainsFunc(headers[i+1:], func(later Header) bool { return same(later.Name) })
		if !replaced && !slices.ContainsFunc(k.WithoutHeaders, same) {
			r.Headers = append(r.Headers, h)
		}
	}
	return r
}

// Names gives every name that the request has placeholders of, each once.
// Without optional, those of headers that may be left out are not among them.
func (r CaseRequest) Names(optional bool) []string {
	var names []string
	add := func(template string) {
		for _, name := range Placeholders(template) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	for _, h := range r.Headers {
		if optional || !h.Optional {
			add(h.Value)
		}
	}
	for _, p := range r.Query {
		add(p.Value)
	}
	for _, text := range r.Texts() {
		add(text)
	}
	return names
}

// Texts gives every string of the body, sorted.
func (r CaseRequest) Texts() []string {
	var all []string
	eachText(r.Body, func(text string) { all = append(all, text) })
	slices.Sort(all) // the members of an object have no order, and a sentence has one
	return all
}

// eachText calls yield with every string of a JSON value, in no order.
func eachText(v any, yield func(string)) {
	switch v := v.(type) {
	case string:
		yield(v)
	case []any:
		for _, item := range v {
			eachText(item, yield)
		}
	case map[string]any:
		for _, member := range v {
			eachText(member, yield)
		}
	}
}
