package pack

import (
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// sameEndpoints reports operations that no request can tell apart: those of one
// method and path whose successful requests have no constant in the body, the
// query or a header by which they differ.
func (b *builder) sameEndpoints() {
	for i, op := range b.c.Operations {
		for _, first := range b.c.Operations[:i] {
			if op.Request.Path == "" || op.Request.Method != first.Request.Method || anyValue(op.Request.Path) != anyValue(first.Request.Path) {
				continue
			}
			if !apart(b.constants(first), b.constants(op)) {
				b.problem(b.file.Operations[i].Value.Request.Path.Span,
					"operation %q has the method and path of operation %q, and no constant of the body, the query or a header tells their requests apart", op.ID, first.ID)
			}
		}
	}
}

// anyValue is a path whatever its placeholders are called.
func anyValue(path string) string {
	return loginwatch.ExpandPlaceholders(path, func(string) string { return "{}" })
}

// constants gives, for each case that is documented to succeed, the texts of its
// request that hold no placeholder, by where they stand.
func (b *builder) constants(op *loginwatch.Operation) []map[string]string {
	var all []map[string]string
	for _, k := range b.c.Cases {
		if k.Operation != op || !k.SuccessDue() {
			continue
		}
		request := k.Request()
		found := map[string]string{}
		note := func(where, text string) {
			if len(loginwatch.Placeholders(text)) == 0 {
				found[where] = text
			}
		}
		for _, h := range request.Headers {
			note("header "+strings.ToLower(h.Name), h.Value)
		}
		for _, p := range request.Query {
			note("query "+p.Name, p.Value)
		}
		members, _ := request.Body.(map[string]any)
		for name, v := range members {
			if text, ok := tree.ScalarText(v); ok {
				note("body "+name, text)
			}
		}
		all = append(all, found)
	}
	return all
}

// apart tells whether each request of the one differs from each of the other.
func apart(one, other []map[string]string) bool {
	for _, a := range one {
		for _, b := range other {
			if !differ(a, b) {
				return false
			}
		}
	}
	return len(one) > 0 && len(other) > 0
}

// differ tells whether a constant has two values, or one of the requests has all
// constants of the other and more: the one with most of them is meant then.
func differ(a, b map[string]string) bool {
	for where, text := range a {
		if other, both := b[where]; both && other != text {
			return true
		}
	}
	within := func(few, many map[string]string) bool {
		for where := range few {
			if _, has := many[where]; !has {
				return false
			}
		}
		return len(few) < len(many)
	}
	return within(a, b) || within(b, a)
}
