package amend

import (
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/drift"
)

// answer adds a status to an outcome: to the one that came with another one, or that has
// the fields of what came.
func (e *editor) answer(p drift.Part, operations []*loginwatch.Operation) error {
	was, _, _ := strings.Cut(p.From, ", HTTP ")
	is, rest, _ := strings.Cut(p.To, ", HTTP ")
	digits, fields, _ := strings.Cut(rest, ", with ")
	status, err := strconv.Atoi(digits)
	for _, op := range operations {
		o := op.Outcome(was)
		if o == nil || err != nil || slices.Contains(o.Statuses, status) || is != was && (op.Outcome(is) != nil || !e.has(o, fields)) {
			continue
		}
		at, err := e.below(o.Pos, "status:")
		if err != nil || at.Line == 0 {
			return err
		}
		if is != was {
			e.note("%s: HTTP %d came with the fields of %s and is taken for it; where it is another answer, describe it as an outcome of its own", at, status, was)
		}
		return e.line(at, func(line string) (string, bool) {
			before, after, _ := strings.Cut(line, "status: ")
			end := strings.IndexAny(after, " \r\n,}#")
			if strings.HasPrefix(after, "[") {
				end = strings.IndexByte(after, ']')
				return before + "status: " + after[:max(end, 0)] + ", " + digits + after[max(end, 0):], end > 0
			}
			return before + "status: [" + after[:max(end, 0)] + ", " + digits + "]" + after[max(end, 0):], end > 0
		})
	}
	e.note("%s: another answer came, %s: describe it as an outcome of its own, with what the vendor's document says of it", e.contract.Pos, p.To)
	return nil
}

// has tells whether an answer with these fields has all that an outcome requires.
func (e *editor) has(o *loginwatch.Outcome, fields string) bool {
	if o.Schema == nil {
		return false
	}
	text, err := e.read(o.Schema.File)
	if err != nil {
		return false
	}
	root, err := outline(text)
	if err != nil {
		return false
	}
	required := resolved(root, root).get("required")
	if required == nil || len(required.members) == 0 {
		return false
	}
	names := strings.Split(fields, ", ")
	return !slices.ContainsFunc(required.members, func(m *member) bool { return !slices.Contains(names, m.text) })
}
