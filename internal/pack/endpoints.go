package pack

import (
	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/route"
)

// sameEndpoints reports operations of one method and path whose documented requests
// the simulator can't tell apart.
func (b *builder) sameEndpoints() {
	for i, op := range b.c.Operations {
		for _, first := range b.c.Operations[:i] {
			if op.Request.Path == "" || op.Request.Method != first.Request.Method || anyValue(op.Request.Path) != anyValue(first.Request.Path) {
				continue
			}
			if !route.Apart(route.Ways(b.c, first), route.Ways(b.c, op)) {
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
