package sim

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// pathPattern is a path whose segments may hold placeholders.
type pathPattern struct {
	plain    string
	segments []pattern // nil without placeholders
}

func newPathPattern(path string) pathPattern {
	p := pathPattern{plain: path}
	if len(loginwatch.Placeholders(path)) > 0 {
		for segment := range strings.SplitSeq(path, "/") {
			p.segments = append(p.segments, newPattern(segment))
		}
	}
	return p
}

// match reads a path as it was sent, still escaped: an escaped slash is part of a
// value.
func (p pathPattern) match(path string) (values []binding, ok bool) {
	if p.segments == nil {
		unescaped, err := url.PathUnescape(path)
		return nil, path == p.plain || err == nil && unescaped == p.plain
	}
	sent := strings.Split(path, "/")
	if len(sent) != len(p.segments) {
		return nil, false
	}
	for i, segment := range p.segments {
		found, ok := segment.match(sent[i])
		if !ok {
			return nil, false
		}
		for _, b := range found {
			value, err := url.PathUnescape(b.value)
			if err != nil || value == "" {
				return nil, false
			}
			values = append(values, binding{b.name, value})
		}
	}
	return values, true
}

// mark is something of a documented request that tells its operation from another
// of the same method and path. Without a text it has to be there alone.
type mark struct {
	where string // "header", "query" or "body"
	name  string // of the header or parameter, or a pointer
	text  string
	any   bool
}

// newMarks gives, for each documented way to say the right thing, what it is known
// by.
func newMarks(cases []*loginwatch.Case) [][]mark {
	var all [][]mark
	for _, k := range cases {
		if !k.SuccessDue() {
			continue
		}
		var marks []mark
		note := func(where, name, text string) {
			marks = append(marks, mark{where, name, text, len(loginwatch.Placeholders(text)) > 0})
		}
		request := k.Request()
		for _, h := range request.Headers {
			if !strings.EqualFold(h.Name, "Accept") && !h.Optional {
				note("header", h.Name, h.Value)
			}
		}
		for _, p := range request.Query {
			note("query", p.Name, p.Value)
		}
		for _, leaf := range scalarsOf(template(k)) {
			note("body", leaf.pointer, leaf.text)
		}
		all = append(all, marks)
	}
	return all
}

// shows tells whether the request has the mark.
func (m mark) shows(r *request, doc any) bool {
	switch m.where {
	case "header":
		rule := headerRule{name: http.CanonicalHeaderKey(m.name), value: newPattern(m.text)}
		return len(r.Header.Values(m.name)) > 0 && rule.satisfied(r.Header, func(binding) bool { return true })
	case "query":
		query := r.URL.Query()
		return query.Has(m.name) && (m.any || query.Get(m.name) == m.text)
	}
	v, found := tree.Lookup(doc, m.name)
	text, _ := tree.ScalarText(v)
	return found && (m.any || text == m.text)
}

// likeness tells how much a request is of the operation: for a documented way that
// it shows all marks of, their number; else less than 0, the fewer constants it
// shows the less, and with as many of those the fewer marks.
func (o *operation) likeness(r *request) int {
	doc, _ := o.decode(r)
	best := -1 << 30
	for _, marks := range o.marks {
		shown, constants := 0, 0
		for _, m := range marks {
			if !m.shows(r, doc) {
				continue
			}
			shown++
			if !m.any {
				constants++
			}
		}
		like := constants<<10 + shown - 1<<20
		if shown == len(marks) {
			like = len(marks)
		}
		best = max(best, like)
	}
	return best
}

// route finds the operation of a request. Several may have its method and path:
// the request is of that which it shows all marks of, and most; of none, of that
// which it shows most constants of, and then most marks. The earlier one of the
// contract comes first where that is the same. allowed lists the methods of a path that is known when
// the method is not.
func (v *vendor) route(r *request, path string) (op *operation, allowed []string) {
	var fits []*operation
	for _, o := range v.operations {
		if _, ok := o.path.match(path); !ok {
			continue
		}
		if o.Request.Method == r.Method {
			fits = append(fits, o)
		}
		allowed = append(allowed, o.Request.Method)
	}
	// A path without placeholders is meant before one that takes any value.
	if plain := slices.DeleteFunc(slices.Clone(fits), func(o *operation) bool { return o.path.segments != nil }); len(plain) > 0 {
		fits = plain
	}
	if len(fits) == 1 {
		return fits[0], nil
	}
	for i, o := range fits {
		if i == 0 || o.likeness(r) > op.likeness(r) {
			op = o
		}
	}
	if op != nil {
		return op, nil
	}
	slices.Sort(allowed)
	return nil, slices.Compact(allowed)
}
