package pack

import (
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// sameEndpoints reports operations that no request can tell apart: those of one
// method and path whose successful requests have the same parts, and no constant
// in the body, the query or a header by which they differ.
func (b *builder) sameEndpoints() {
	for i, op := range b.c.Operations {
		for _, first := range b.c.Operations[:i] {
			if op.Request.Path == "" || op.Request.Method != first.Request.Method || anyValue(op.Request.Path) != anyValue(first.Request.Path) {
				continue
			}
			if !apart(b.parts(first), b.parts(op)) {
				b.problem(b.file.Operations[i].Value.Request.Path.Span,
					"operation %q has the method and path of operation %q, and nothing in the body, the query or a header tells their requests apart", op.ID, first.ID)
			}
		}
	}
}

// anyValue is a path whatever its placeholders are called.
func anyValue(path string) string {
	return loginwatch.ExpandPlaceholders(path, func(string) string { return "{}" })
}

// parts gives, for each case that is documented to succeed, the texts of its request
// by where they stand; those with a placeholder may have any value.
func (b *builder) parts(op *loginwatch.Operation) []map[string]string {
	var all []map[string]string
	for _, k := range b.c.Cases {
		if k.Operation != op || !k.SuccessDue() {
			continue
		}
		request := k.Request()
		found := map[string]string{}
		for _, h := range request.Headers {
			if !h.Optional {
				found["header "+strings.ToLower(h.Name)] = h.Value
			}
		}
		for _, p := range request.Query {
			found["query "+p.Name] = p.Value
		}
		body := request.Body
		if text, isText := body.(string); isText && request.Format == loginwatch.BodyXML {
			body, _ = guard.DecodeXML([]byte(text), guard.Defaults())
		}
		bodyParts(found, "body", body)
		all = append(all, found)
	}
	return all
}

func bodyParts(found map[string]string, pointer string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			bodyParts(found, tree.JoinPointer(pointer, name), member)
		}
	case []any:
		for i, item := range v {
			bodyParts(found, tree.JoinPointer(pointer, strconv.Itoa(i)), item)
		}
	default:
		if text, ok := tree.ScalarText(v); ok {
			found[pointer] = text
		}
	}
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

// differ tells whether one of the requests has a part that the other has not, or
// both have another constant at the same place.
func differ(a, b map[string]string) bool {
	for where, text := range a {
		other, both := b[where]
		constant := len(loginwatch.Placeholders(text)) == 0 && len(loginwatch.Placeholders(other)) == 0
		if !both || constant && other != text {
			return true
		}
	}
	return len(a) < len(b)
}
