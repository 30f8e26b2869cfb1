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
	Query   []Param  // in the order written
	Cookies []RequestCookie
	Format  BodyFormat // how the body is written
	Body    any        // JSON value whose strings may hold ${name} placeholders; nil for none
	Raw     string     // sent as it is instead of Body
}

// contentType is the header that a body is known by.
const contentType = "Content-Type"

// mediaTypes are sent with bodies of those formats whose media type no document
// needs to name. Multipart's boundary is chosen when a message is made.
var mediaTypes = map[BodyFormat]string{
	BodyForm:      "application/x-www-form-urlencoded",
	BodyMultipart: "multipart/form-data",
	BodyText:      "text/plain; charset=utf-8",
	BodyXML:       "application/xml",
}

// MediaType is what a body of the format is sent as when nothing else is said;
// "" where the contract has to name it.
func (f BodyFormat) MediaType() string { return mediaTypes[f] }

// Request gives what the case sends. A header of its own takes the place of the
// operation's of the same name, whatever the letter case, and so does a query
// parameter. A body says of what type it is, unless the contract does or the case
// leaves that out.
func (k *Case) Request() CaseRequest {
	own := &k.Operation.Request
	r := CaseRequest{
		Method: own.Method, Path: own.Path, Query: own.Query, Cookies: own.Cookies,
		Format: own.Format(), Body: k.Body, Raw: k.Raw,
	}
	if len(k.Query) > 0 {
		replaced := func(p Param) bool {
			return slices.ContainsFunc(k.Query, func(other Param) bool { return other.Name == p.Name })
		}
		r.Query = append(slices.DeleteFunc(slices.Clone(own.Query), replaced), k.Query...)
	}
	headers := slices.Concat(k.Operation.Request.Headers, k.Headers)
	for i, h := range headers {
		same := func(name string) bool { return strings.EqualFold(name, h.Name) }
		replaced := slices.ContainsFunc(headers[i+1:], func(later Header) bool { return same(later.Name) })
		if !replaced && !slices.ContainsFunc(k.WithoutHeaders, same) {
			r.Headers = append(r.Headers, h)
		}
	}
	named := func(name string) bool { return strings.EqualFold(name, contentType) }
	if media := r.Format.MediaType(); media != "" && (r.Body != nil || r.Raw != "") && !slices.ContainsFunc(k.WithoutHeaders, named) &&
		!slices.ContainsFunc(r.Headers, func(h Header) bool { return named(h.Name) }) {
		r.Headers = append(r.Headers, Header{Name: contentType, Value: media})
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
	add(r.Path)
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
func (r CaseRequest) Texts() []string { return texts(r.Body) }

// texts gives every string of a JSON value, sorted.
func texts(v any) []string {
	var all []string
	eachText(v, func(text string) { all = append(all, text) })
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

// ReplaceTexts copies a JSON value with another value in the place of every string.
func ReplaceTexts(v any, with func(text string) any) any {
	switch v := v.(type) {
	case string:
		return with(v)
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = ReplaceTexts(item, with)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, member := range v {
			out[key] = ReplaceTexts(member, with)
		}
		return out
	}
	return v
}
