package pack

import (
	"regexp"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

// control reads the case that is sent once after a login of the operation was refused,
// and holds it to be safe: nothing in it can be taken for somebody's login, and its
// answer tells one that refuses everybody from one that refused us.
func (b *builder) control(op *loginwatch.Operation, t *text) *loginwatch.Case {
	if t == nil || t.Value == "" {
		return nil
	}
	k := b.c.Case(t.Value)
	if k == nil {
		b.problem(t.Span, "unknown case %q%s", t.Value, strictyaml.Hint(t.Value, b.file.Cases.Keys()))
		return nil
	}
	if k.Operation != op {
		if k.Operation != nil {
			b.problem(t.Span, "case %q calls the operation %q, and tells nothing of refusals by %q", k.ID, k.Operation.ID, op.ID)
		}
		return nil
	}
	logins := slices.DeleteFunc(slices.Clone(b.c.Cases), func(c *loginwatch.Case) bool {
		return c == k || c.Operation != op || !c.SuccessDue() || !c.SendsCredential()
	})
	if len(logins) == 0 {
		b.problem(t.Span, "no case of operation %q sends a credential that could be refused", op.ID)
		return nil
	}
	if op.Limit != nil && op.Limit.Requests == 1 {
		b.problem(t.Span, "the rate limit of operation %q has no room for a control beside a login", op.ID)
	}
	b.controlAlone(k, *t)
	b.controlNamesNobody(k, logins, *t)
	b.controlTells(k, *t)
	return k
}

// controlAlone holds that a control is sent as it is, whatever was answered before.
func (b *builder) controlAlone(k *loginwatch.Case, t text) {
	switch {
	case k.OnlyWhenNamed():
		b.problem(t.Span, "case %q is sent only when somebody names it", k.ID)
	case len(k.After) > 0:
		b.problem(t.Span, "case %q stands after others, and a control after nothing but the refusal", k.ID)
	}
	for _, c := range k.Operation.Request.Cookies {
		b.problem(t.Span, "case %q has to carry the cookie %q, and a control carries none of the login's", k.ID, c.Name)
	}
}

// controlNamesNobody holds that a control carries no secret, nor anything that a server
// could take for a name or a password: a made-up name may be somebody's, and many of
// them from one address look like an attack. What is left are the constants of a login
// and a body without a value.
func (b *builder) controlNamesNobody(k *loginwatch.Case, logins []*loginwatch.Case, t text) {
	r := k.Request()
	names := b.c.Closure(r.Names(true))
	for _, s := range b.c.Secrets {
		if slices.Contains(names, s.Name) {
			b.problem(t.Span, "case %q sends %q or something that is made of it, and a control carries no secret: it is in %s", k.ID, s.Name, b.holding(r, s.Name))
		}
	}
	same := func(has func(loginwatch.CaseRequest) bool) bool {
		return slices.ContainsFunc(logins, func(login *loginwatch.Case) bool { return has(login.Request()) })
	}
	for _, h := range r.Headers {
		if !same(func(login loginwatch.CaseRequest) bool {
			return slices.ContainsFunc(login.Headers, func(o loginwatch.Header) bool { return strings.EqualFold(o.Name, h.Name) && o.Value == h.Value })
		}) {
			b.problem(t.Span, "case %q has a value of its own in header %s, which may be taken for a credential", k.ID, h.Name)
		}
	}
	for _, p := range r.Query {
		if !same(func(login loginwatch.CaseRequest) bool {
			return slices.ContainsFunc(login.Query, func(o loginwatch.Param) bool { return o.Name == p.Name && o.Value == p.Value })
		}) {
			b.problem(t.Span, "case %q has a value of its own in the query parameter %s, which may be taken for a credential", k.ID, p.Name)
		}
	}
	if !bare(r) && !same(func(login loginwatch.CaseRequest) bool { return r.Raw == "" && constant(r.Body, login.Body) }) {
		b.problem(t.Span, "the body of case %q has a value that no login has as a constant: some server may take it for a name or a password", k.ID)
	}
}

// holding names the parts of a request in which a secret is.
func (b *builder) holding(r loginwatch.CaseRequest, secret string) string {
	var parts []string
	add := func(part, template string) {
		if slices.Contains(b.c.Closure(loginwatch.Placeholders(template)), secret) && !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	add("the path", r.Path)
	for _, h := range r.Headers {
		add("header "+h.Name, h.Value)
	}
	for _, p := range r.Query {
		add("the query parameter "+p.Name, p.Value)
	}
	for _, text := range r.Texts() {
		add("the body", text)
	}
	return strings.Join(parts, ", ")
}

// Bodies in which names stand, and brackets or tags, but no value.
var (
	bareJSON = regexp.MustCompile(`^(?:[\s{}\[\]:,]|"[^"\\]*"\s*:)*$`)
	bareXML  = regexp.MustCompile(`^(?:\s|<\?xml[^<>]*\?>|</?[\w.:-]+(?:\s+xmlns(?::[\w.-]+)?="[^"<>]*")*\s*/?>)*$`)
)

// bare tells whether a request has a body without a value, be it one that nobody can
// read, or none.
func bare(r loginwatch.CaseRequest) bool {
	written := r.Raw
	if text, isText := r.Body.(string); isText && r.Format == loginwatch.BodyXML {
		written = text
	} else if r.Body != nil {
		return false
	}
	switch r.Format {
	case loginwatch.BodyJSON:
		return bareJSON.MatchString(written)
	case loginwatch.BodyXML:
		return bareXML.MatchString(written)
	}
	return written == "" // of a form or a text any letter may be read as a value
}

// constant tells whether every value of a body stands in a login's as well, in the same
// place, and is no placeholder there.
func constant(body, login any) bool {
	switch v := body.(type) {
	case map[string]any:
		other, _ := login.(map[string]any)
		for name, member := range v {
			if !constant(member, other[name]) {
				return false
			}
		}
		return true
	case []any:
		other, _ := login.([]any)
		for i, item := range v {
			if i >= len(other) || !constant(item, other[i]) {
				return false
			}
		}
		return true
	case string:
		return v == login && len(loginwatch.Placeholders(v)) == 0
	}
	return body == login
}

// controlTells holds that a control is documented to be answered in a way in which
// nobody would who refuses whatever comes, or who stands in front of the login.
func (b *builder) controlTells(k *loginwatch.Case, t text) {
	if k.Undocumented {
		b.problem(t.Span, "case %q takes an undocumented answer, which would tell nothing of a refusal", k.ID)
	}
	for _, o := range k.Expect {
		switch {
		case o.Means == loginwatch.Rejected:
			b.problem(t.Span, "case %q expects %q, a refusal: who refuses everybody would answer so too", k.ID, o.ID)
		case o.Means != loginwatch.Drift:
			b.problem(t.Span, "case %q expects %q, which means %s: a control is refused for its form", k.ID, o.ID, o.Means)
		case !o.Structured() && o.Contains == "" && len(o.Where) == 0:
			b.problem(t.Span, "case %q expects %q, which is known by its status alone: whatever stands in front of the login may answer so too", k.ID, o.ID)
		}
	}
}
