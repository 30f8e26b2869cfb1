package draft

import (
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
)

// noteCredentials takes note of all secrets before anything is written: a value may stand
// in a call before the one where its field says what it is.
func (m *maker) noteCredentials() {
	for i, op := range m.ops {
		m.noteRequest(i, op.call.first().Request, false)
	}
	for i, op := range m.ops { // what else was tried is as secret, and a refusal may name it
		for _, e := range op.call.exchanges[1:] {
			before := m.basicOf
			m.noteRequest(i, e.Request, true)
			m.basicOf = before
		}
	}
	for _, v := range m.rec.Variables {
		used := slices.ContainsFunc(m.ops, func(op *operation) bool { return slices.Contains(namesIn(op.call.first().Request), v.Name) })
		if used && v.Value != "" && (v.Secret || secretName(v.Name)) {
			m.secret(v.Name, v.Value)
		}
	}
}

// noteRequest takes note of those of one request; of one that was tried in vain, of all
// that it has.
func (m *maker) noteRequest(at int, r importer.Request, tried bool) {
	if r.Basic != nil {
		user, password := "username", "password"
		if kindOf(r) != "" || sendsPassword(r) { // whose user is another one
			user, password = "client_id", "client_secret"
		}
		m.basicOf = [2]string{m.plain(at, user, r.Basic.User), m.plain(at, password, r.Basic.Password)}
	}
	segments := strings.Split(m.ops[at].call.path, "/")
	for name, v := range fieldsOf(r) {
		if len(v.Names) > 0 || v.Texts[0] == "" || m.given(at, v.Texts[0]) {
			continue
		}
		switch text := v.Texts[0]; {
		case passwordName(name), !tried && secretName(name) && slices.Contains(segments, text):
			m.secret(fieldOfHeader(name), text)
		case tried && secretName(name):
			m.secretOnly(text)
		}
	}
}

// plain gives the secret for one part of Basic credentials.
func (m *maker) plain(at int, name string, t loginwatch.Template) string {
	if len(t.Names) == 1 && strings.Join(t.Texts, "") == "" {
		return m.named(at, t.Names[0], name)
	}
	return m.secret(name, strings.Join(t.Texts, ""))
}
