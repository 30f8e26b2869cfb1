package draft

import (
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
)

// caseOf names the case that succeeds with an operation.
func caseOf(op *operation) string {
	if op.role == loginwatch.RoleSubject {
		return "valid-credentials"
	}
	return op.id
}

// cases writes what is worth sending: the calls themselves, and what the description
// has an answer for.
func (m *maker) cases(f *file) {
	f.WriteByte('\n')
	f.line(0, "cases:")
	for _, op := range m.ops {
		title := map[loginwatch.Role]string{
			loginwatch.RoleSetup: "what the login needs", loginwatch.RoleSubject: "the right credentials", loginwatch.RoleFollowUp: "what the login is for",
			loginwatch.RoleCleanup: "the session is closed",
		}[op.role]
		f.line(1, "%s:", caseOf(op))
		f.line(2, "operation: %s", op.id)
		f.line(2, "title: %s", y(title))
		if op.body != nil {
			f.line(2, "body: %s", flow(op.body))
		}
		f.line(2, "expect: %s", op.outcomeFor(loginwatch.WhenValid).id)
		f.line(2, "cite: %s", y(m.cites.find(op.shown())))
	}
	m.refusedCases(f, m.login())
}

// nobody is an identity that cannot exist (RFC 6761, 6.4).
const nobody = "loginwatch-nobody@example.invalid"

func (m *maker) refusedCases(f *file, op *operation) {
	if o := op.outcomeFor(loginwatch.WhenMalformed); o != nil && op.format == loginwatch.BodyJSON && o.body != string(loginwatch.BodyUnspecified) {
		m.refusedCase(f, op, "malformed-json", "a body that is not JSON", `raw: '{"a": '`, o)
	}
	body, isObject := op.body.(map[string]any)
	if !isObject || m.basic != "" {
		return
	}
	stranger, password, ok := m.stranger(body)
	if !ok {
		return
	}
	if o := op.outcomeFor(loginwatch.WhenUnknownUser); o != nil {
		m.refusedCase(f, op, "unknown-user", "a user that cannot exist", "body: "+flow(stranger), o)
	}
	if o := op.outcomeFor(loginwatch.WhenInvalid); o != nil {
		delete(stranger, password)
		m.refusedCase(f, op, "missing-field", "no "+password+", and a user that cannot exist", "body: "+flow(stranger), o)
	}
}

func (m *maker) refusedCase(f *file, op *operation, id, title, sends string, o *outcome) {
	f.line(1, "%s:", id)
	f.line(2, "operation: %s", op.id)
	f.line(2, "title: %s", y(title))
	f.line(2, "%s", sends)
	f.line(2, "expect: %s", o.id)
	f.line(2, "cite: %s", y(o.cite))
}

// stranger is a login of somebody who cannot exist: where the body names a user and a
// password at its top.
func (m *maker) stranger(body map[string]any) (other map[string]any, password string, ok bool) {
	other = map[string]any{}
	named := false
	for k, v := range body {
		other[k] = v
		text, _ := v.(string)
		names := loginwatch.Placeholders(text)
		if len(names) != 1 || text != "${"+names[0]+"}" {
			continue
		}
		switch {
		case passwordName(k) && !strings.Contains(importer.Name(k), "client"):
			if password != "" {
				return nil, "", false
			}
			other[k], password = "not-a-password", k
		case hasPart(k, users), hasPart(k, []string{"user", "email", "login", "account", "phone", "mobile"}):
			other[k], named = nobody, true
		}
	}
	return other, password, named && password != ""
}

// probe writes how the login is watched.
func (m *maker) probe() []byte {
	f := &file{}
	f.line(0, "vendor: %s", y(m.o.Vendor))
	f.line(0, "probes:")
	f.line(1, "login:")
	f.line(2, `schedule: "*/5 * * * *"`)
	f.line(2, "timeout: 10s")
	f.line(2, "objectives: {availability: 0.995, correctness: 0.999, latency: {quantile: 0.95, seconds: 1.5}}")
	f.line(2, "steps:")
	for _, op := range m.ops {
		more := ""
		if len(op.captures) > 0 {
			var parts []string
			for _, c := range op.captures {
				parts = append(parts, c.name+": "+y(c.at))
			}
			more = ", capture: {" + strings.Join(parts, ", ") + "}"
		}
		f.line(3, "- {case: %s, role: %s%s}", caseOf(op), op.role, more)
	}
	return []byte(f.String())
}
