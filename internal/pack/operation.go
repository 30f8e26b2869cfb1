package pack

import (
	"net/http"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

func (b *builder) operation(id string, f opFile) *loginwatch.Operation {
	op := &loginwatch.Operation{ID: id, Cite: b.cite(f.citation, f.span), Pos: f.Pos}
	op.Request = b.request(f.Request)
	for _, e := range f.Outcomes {
		b.outcomeID(e.Key, e.Span)
		op.Outcomes = append(op.Outcomes, b.outcome(e.Key, e.Value))
	}
	if len(op.Outcomes) > 0 && !slices.ContainsFunc(op.Outcomes, func(o *loginwatch.Outcome) bool { return o.Means == loginwatch.OK }) {
		b.problem(f.span, "operation %q has no outcome that means ok", id)
	}
	b.distinguish(op)
	b.conditions(op)
	op.Token = b.token(op, f.Token)
	if l := f.RateLimit; l != nil {
		if l.Requests.Width > 0 && l.Requests.Value < 1 {
			b.problem(l.Requests.Span, "requests must be at least 1")
		}
		if l.Per.Width > 0 && l.Per.Value <= 0 {
			b.problem(l.Per.Span, "per must be longer than 0s")
		}
		op.Limit = &loginwatch.RateLimit{Requests: l.Requests.Value, Per: l.Per.Value, Cite: b.cite(l.citation, l.span), Pos: l.Pos}
	}
	return op
}

// outcomeID keeps names free that have a meaning of their own in "at" and
// "expect".
func (b *builder) outcomeID(id string, at span) {
	if id == partRequest || id == wordUndocumented {
		b.problem(at, "outcome %q: this name has a meaning of its own", id)
		return
	}
	b.id("outcome", id, at)
}

func (b *builder) request(f requestFile) loginwatch.Request {
	r := loginwatch.Request{
		Method: f.Method.Value, Path: f.Path.Value, Headers: b.headers(f.Headers), Query: b.params(f.Query),
		Schema: b.schema(f.Schema), Pos: f.Pos,
	}
	if m := f.Method; m.Value != "" && !slices.Contains(methods, m.Value) {
		b.problem(m.Span, "unknown method %q, methods are %s", m.Value, strings.Join(methods, " "))
	}
	plain := loginwatch.ExpandPlaceholders(f.Path.Value, func(string) string { return "" })
	switch p := f.Path; {
	case p.Width == 0: // missing, and reported
	case !strings.HasPrefix(p.Value, "/"):
		b.problem(p.Span, "path must begin with a slash")
	case strings.ContainsAny(plain, "?# \t"):
		b.problem(p.Span, "path must have no query, fragment or space")
	case strings.ContainsAny(plain, "{}"):
		b.problem(p.Span, "path must have no braces but those of a placeholder, which is written ${name}")
	}
	b.template(f.Path)
	for _, e := range f.Cookies {
		if !isToken(e.Key) {
			b.problem(e.Span, "%q is no cookie name (RFC 6265, 4.1.1)", e.Key)
		}
		r.Cookies = append(r.Cookies, loginwatch.RequestCookie{Name: e.Key, Cite: b.cite(e.Value.citation, e.Span), Pos: e.Pos})
	}
	if f.Body != nil {
		r.Body = loginwatch.BodyFormat(f.Body.Value)
		b.oneOf(*f.Body, "body", bodyFormats)
	}
	b.bodyFormat(&r, f)
	return r
}

// askedCookies reports cookies that a request has to carry and no answer sets.
func (b *builder) askedCookies() {
	for i, op := range b.c.Operations {
		for j, c := range op.Request.Cookies {
			if !slices.ContainsFunc(b.c.Operations, func(other *loginwatch.Operation) bool {
				return slices.ContainsFunc(other.Outcomes, func(o *loginwatch.Outcome) bool { return o.Cookie(c.Name) != nil })
			}) {
				b.problem(b.file.Operations[i].Value.Request.Cookies[j].Span, "no outcome of this contract sets the cookie %q", c.Name)
			}
		}
	}
}

// params reads query parameters.
func (b *builder) params(m strictyaml.Map[paramFile]) []loginwatch.Param {
	var params []loginwatch.Param
	for _, e := range m {
		b.template(e.Value.Value)
		params = append(params, loginwatch.Param{Name: e.Key, Value: e.Value.Value.Value, Cite: b.cite(e.Value.citation, e.Span), Pos: e.Pos})
	}
	return params
}

// ownHeaders follow from the address, the body and the connection.
var ownHeaders = []string{"Host", "Content-Length", "Transfer-Encoding", "Trailer", "Connection"}

func (b *builder) headers(m strictyaml.Map[headerFile]) []loginwatch.Header {
	var headers []loginwatch.Header
	for _, e := range m {
		if !isToken(e.Key) {
			b.problem(e.Span, "%q is no header name (RFC 9110, 5.1)", e.Key)
		}
		if slices.ContainsFunc(ownHeaders, func(h string) bool { return strings.EqualFold(h, e.Key) }) {
			b.problem(e.Span, "header %q is the connection's own and can't be set", e.Key)
		}
		if strings.EqualFold("Cookie", e.Key) {
			b.problem(e.Span, "header %q can't be set: what a run received is sent back by itself, and cookies names what has to be", e.Key)
		}
		if strings.ContainsAny(e.Value.Value.Value, "\r\n\x00") {
			b.problem(e.Value.Value.Span, "the value of header %q must be one line", e.Key)
		}
		if slices.ContainsFunc(headers, func(h loginwatch.Header) bool { return strings.EqualFold(h.Name, e.Key) }) {
			b.problem(e.Span, "header %q is already there in other letter case", e.Key)
		}
		if notEncoded(e.Value.Value.Value) {
			b.problem(e.Value.Value.Span, "Basic credentials are sent in base64 (RFC 7617, 2): use a computed value of the function basic")
		}
		b.template(e.Value.Value)
		headers = append(headers, loginwatch.Header{
			Name: e.Key, Value: e.Value.Value.Value, Optional: e.Value.Optional, Cite: b.cite(e.Value.citation, e.Span), Pos: e.Pos,
		})
	}
	return headers
}

// notEncoded tells whether a header's value has the parts of Basic credentials in
// plain text, which no server can read.
func notEncoded(value string) bool {
	scheme, credentials, _ := strings.Cut(value, " ")
	t := loginwatch.ParseTemplate(credentials)
	return strings.EqualFold(scheme, "Basic") && (len(t.Names) > 1 || len(t.Names) == 1 && strings.Contains(strings.Join(t.Texts, ""), ":"))
}

// isToken tells whether s is a token of RFC 9110, 5.6.2.
func isToken(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		alphanumeric := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !alphanumeric && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	}) < 0
}

// conditions reports a condition that two outcomes of an operation claim.
func (b *builder) conditions(op *loginwatch.Operation) {
	claimed := map[loginwatch.Condition]string{}
	for _, o := range op.Outcomes {
		for i, w := range o.When {
			if first, taken := claimed[w]; taken {
				b.problem(b.places[o].when[i], "condition %q already gives outcome %q", w, first)
				continue
			}
			claimed[w] = o.ID
		}
	}
}
