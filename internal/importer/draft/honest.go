package draft

import (
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// fromAnswer says of a placeholder that a step captures it.
const fromAnswer = ", captured of an answer before"

// placed is a place in a body as people read it.
func placed(pointer string) string {
	if pointer == "" {
		return "the whole body"
	}
	return pointer
}

// uncaptured takes back that a step captures a secret.
func (m *maker) uncaptured(name string) {
	m.find(name).captured = false
	for i, r := range m.draft.Replaced {
		if strings.HasPrefix(r.With, "${") && strings.HasSuffix(r.With, fromAnswer) && strings.Contains(r.With, "${"+name+"}") {
			m.draft.Replaced[i].With = strings.TrimSuffix(r.With, fromAnswer)
		}
	}
}

// unexplained says what a call after the login sends and no answer here shows: a token
// that the login gives is nothing that somebody can configure for long.
func (m *maker) unexplained() {
	var known []string
	for _, op := range m.ops {
		for _, p := range slices.Concat(op.headers, op.query) {
			for _, name := range loginwatch.Placeholders(p.value) {
				s := m.find(name)
				if s == nil || slices.Contains(known, name) {
					continue
				}
				known = append(known, name)
				shown := slices.ContainsFunc(m.ops, func(o *operation) bool {
					return slices.ContainsFunc(o.values, func(v value) bool { return v.text == s.raw })
				}) // and can't be captured, as was said
				if !s.captured && !shown && (op.role == loginwatch.RoleFollowUp || op.role == loginwatch.RoleCleanup) {
					m.remark(op.at, "%s sends ${%s}, which no answer shows that stands here: it has to be configured; with the answer to %s it may be captured",
						op.call, name, m.login().call)
				}
			}
		}
	}
}
