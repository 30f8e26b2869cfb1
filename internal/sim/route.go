package sim

import (
	"net/url"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/route"
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

// likeness tells how much a request is of the operation.
func (o *operation) likeness(r *request) int {
	doc, _ := o.decode(r)
	query := r.URL.Query()
	return route.Likeness(o.ways, func(m route.Mark) bool {
		switch m.Part {
		case route.Header:
			return headerRule{name: m.Name, value: newPattern(m.Text)}.sent(r.Header)
		case route.Query:
			return query.Has(m.Name) && m.Takes(query.Get(m.Name))
		}
		v, found := tree.Lookup(doc, m.Name)
		text, _ := tree.ScalarText(v)
		return found && m.Takes(text)
	})
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
