package draft

import (
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
)

// bearer is what a token in a header is called, while nobody has named it.
const bearer = "access_token"

// text writes a template of the description as one of the contract: what is secret, and
// what an answer before gave, becomes ${name}.
func (m *maker) text(at int, where, field string, t loginwatch.Template) string {
	if len(t.Names) == 0 {
		return m.constant(at, where, field, strings.Join(t.Texts, ""))
	}
	var b strings.Builder
	ends := false // with a placeholder
	for i, plain := range t.Texts {
		if plain != "" {
			if looksSecret(plain) || strings.Contains(plain, "${") || m.betrays(plain) != nil {
				return m.whole(where, field, "")
			}
			b.WriteString(plain)
			ends = false
		}
		if i == len(t.Names) {
			break
		}
		text, isPlain := m.ofVariable(at, t.Names[i], field)
		if !isPlain && ends {
			return m.whole(where, field, "") // side by side nobody could tell them apart
		}
		b.WriteString(text)
		ends = !isPlain
	}
	return b.String()
}

// whole puts one secret in the place of all of a text.
func (m *maker) whole(where, field, raw string) string {
	return m.standIn(where, field, m.secret(field, raw))
}

// standIn reports what stands in the place of a value, and what can't stand there long.
func (m *maker) standIn(where, field, name string) string {
	m.replaced(where, "${"+name+"}")
	if madeAnew(field) {
		m.remark(importer.Place{}, "%s is made anew for each login, by its name: let a computed value stand for ${%s} in the contract", where, name)
	}
	return "${" + name + "}"
}

// ofVariable gives what stands for a variable of the description: its own value where
// that is no secret.
func (m *maker) ofVariable(at int, name, field string) (text string, plain bool) {
	v := m.variable(name)
	if v != nil && v.Value != "" && !v.Secret && !secretName(name) && !secretName(field) && !looksSecret(v.Value) && !strings.Contains(v.Value, "${") &&
		m.betrays(v.Value) == nil && !m.kept(at, name) {
		return v.Value, true
	}
	return "${" + m.named(at, name, field) + "}", false
}

func (m *maker) kept(at int, name string) bool {
	return slices.ContainsFunc(m.ops[:at], func(o *operation) bool {
		for _, e := range o.call.exchanges {
			for _, k := range e.Kept {
				if k.Variable == name {
					return true
				}
			}
		}
		return false
	})
}

// named gives the secret that a variable is: a capture where the description keeps it
// of an answer.
func (m *maker) named(at int, name, field string) string {
	for i := at - 1; i >= 0; i-- {
		for _, e := range m.ops[i].call.exchanges {
			for _, k := range e.Kept {
				if k.Variable == name {
					return m.keep(m.ops[i], name, k.From)
				}
			}
		}
	}
	v := m.variable(name)
	if v != nil && v.Value != "" {
		return m.secret(name, v.Value)
	}
	if field == bearer {
		for i := at - 1; i >= 0; i-- {
			if place := tokenAt(m.ops[i].call.first()); place != "" && m.ops[i].role == loginwatch.RoleSubject {
				return m.keep(m.ops[i], name, place)
			}
		}
	}
	n := m.secret(name, "")
	if s := m.find(n); s != nil {
		s.password = s.password || passwordName(field)
	}
	return n
}

// keep captures a value that the description keeps by itself.
func (m *maker) keep(from *operation, name, place string) string {
	if i := slices.IndexFunc(from.values, func(v value) bool { return v.at == place }); i >= 0 {
		v := from.values[i]
		v.name = name
		return m.link(from, v)
	}
	n := m.secret(name, "")
	m.find(n).captured = true
	if !slices.ContainsFunc(from.captures, func(c capture) bool { return c.name == n }) {
		from.captures = append(from.captures, capture{n, place})
	}
	return n
}

func (m *maker) find(name string) *secret {
	if i := slices.IndexFunc(m.secrets, func(s *secret) bool { return s.name == name }); i >= 0 {
		return m.secrets[i]
	}
	return nil
}

// constant writes a text that the description gives as it is sent.
func (m *maker) constant(at int, where, field, text string) string {
	if strings.TrimSpace(text) == "" {
		if passwordName(field) {
			return m.whole(where, field, "")
		}
		return text
	}
	if s := m.byRaw[text]; s != nil && !s.captured && !m.given(at, text) {
		return m.standIn(where, field, s.name)
	}
	if linked := m.source(at, text); linked != "" {
		m.replaced(where, linked+fromAnswer)
		return linked
	}
	switch {
	case passwordName(field), secretName(field), m.mayBeSecret(at, text), m.people.calls(text), strings.Contains(text, "${"), m.unsure && !isNeutral(field) && !constantNames[importer.Name(field)]:
		return m.whole(where, field, text)
	case m.betrays(text) != nil:
		if s := m.betrays(text); strings.Count(text, s.raw) == 1 && len(text) > len(s.raw) && m.betrays(strings.Replace(text, s.raw, "", 1)) == nil {
			m.replaced(where, "${"+s.name+"}")
			return strings.Replace(text, s.raw, "${"+s.name+"}", 1)
		}
		return m.whole(where, field, text)
	}
	return text
}

// source writes a text with what an answer before gave as a placeholder, and notes that
// it has to be captured; "" when there is nothing of that kind in it.
func (m *maker) source(at int, text string) string {
	from, v := m.origin(at, text)
	if from == nil {
		return ""
	}
	before, after, _ := strings.Cut(text, v.text)
	return before + "${" + m.link(from, v) + "}" + after
}

// origin finds the operation whose answer gave what a text has in it.
func (m *maker) origin(at int, text string) (*operation, value) {
	for i := at - 1; i >= 0; i-- {
		best := value{}
		for _, v := range m.ops[i].values {
			fits := len(v.text) >= shortestLink && strings.Contains(text, v.text) && !isPublic(v)
			if fits && len(v.text) > len(best.text) {
				best = v
			}
		}
		if best.text == "" {
			continue
		}
		before, after, _ := strings.Cut(text, best.text)
		if looksSecret(before) || looksSecret(after) || strings.Contains(before+after, "${") || strings.Contains(after, best.text) {
			continue
		}
		return m.ops[i], best
	}
	return nil, value{}
}

// isPublic tells whether a value of an answer is a word of the API that a request has
// by chance, such as a media type or a host.
func isPublic(v value) bool {
	if name, header := strings.CutPrefix(v.at, "header:"); header && tokenRank(strings.TrimPrefix(strings.ToLower(name), "x-")) < 0 && !looksSecret(v.text) {
		return true
	}
	return !looksSecret(v.text) && !secretName(v.name) && tokenRank(v.name) < 0
}

// given tells whether an answer before has it.
func (m *maker) given(at int, text string) bool {
	from, _ := m.origin(at, text)
	return from != nil
}
