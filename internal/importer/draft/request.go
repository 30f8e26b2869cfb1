package draft

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
)

// leftHeaders are those that a contract has no say in, or that a browser sends by itself.
var leftHeaders = words("host content-length transfer-encoding trailer connection cookie user-agent accept-encoding accept-language origin referer dnt priority pragma cache-control if-none-match if-modified-since traceparent tracestate te upgrade-insecure-requests keep-alive proxy-connection sec-gpc postman-token")

func leftHeader(name string) bool {
	name = strings.ToLower(name)
	return leftHeaders[name] || strings.HasPrefix(name, ":") || strings.HasPrefix(name, "sec-") || strings.HasPrefix(name, "x-b3-")
}

// address takes the base URL of the login.
func (m *maker) address() {
	base, _ := splitURL(m.login().call.first().Request.URL)
	if base == "" && len(m.rec.Servers) > 0 {
		base = strings.TrimRight(marked(m.rec.Servers[0].URL), "/")
	}
	t := unmarked(base)
	for i, name := range t.Names {
		v := m.variable(name)
		if v == nil || v.Value == "" {
			m.remark(m.login().at, "the address of the API is not said: add a target to the contract, or give --base-url")
			return
		}
		t.Texts[i] += v.Value
	}
	u, err := url.Parse(strings.TrimRight(strings.Join(t.Texts, ""), "/"))
	if err != nil || u.Host == "" || !isPort(u.Port()) || u.Scheme != "http" && u.Scheme != "https" {
		m.remark(m.login().at, "the address of the API is no absolute http or https URL: add a target to the contract, or give --base-url")
		return
	}
	if u.User != nil {
		m.replaced("the address", "nothing: user and password belong to the credentials")
	}
	m.target = readable(u, u.Path)
	if secretWord(u.Path) || looksSecret(u.Path) {
		m.target = readable(u, "")
		m.remark(m.login().at, "the path of the address looks like a secret and is left out: complete the target of the contract")
	}
	if slices.ContainsFunc(strings.Split(u.Hostname(), "."), secretWord) {
		m.remark(m.login().at, "the name of the host looks as if it were one customer's; the target of the contract needs it: look whether it may be shown")
	}
	m.draft.Target = m.target
}

// readable is an address as people read it: a name in letters of its own stays as it is.
func readable(u *url.URL, path string) string {
	if strings.ContainsFunc(u.Host, func(c rune) bool { return c >= 0x80 }) {
		return u.Scheme + "://" + u.Host + (&url.URL{Path: path}).EscapedPath()
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: path}).String()
}

// isPort tells whether there is a port of this number, or the default one is meant.
func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil && n > 0
}

func (m *maker) variable(name string) *importer.Variable {
	if i := slices.IndexFunc(m.rec.Variables, func(v importer.Variable) bool { return v.Name == name }); i >= 0 {
		return &m.rec.Variables[i]
	}
	return nil
}

// request writes what the operation of this index sends.
func (m *maker) request(at int) error {
	op := m.ops[at]
	r := op.call.first().Request
	where := func(place string) string { return op.call.String() + ": " + place }
	m.unsure = op.role == loginwatch.RoleSubject && !proves(r)
	defer func() { m.unsure = false }()
	op.path = m.path(at, r)
	query := slices.Clone(r.Query)
	for _, f := range query {
		if f.Optional {
			continue
		}
		if looksSecret(f.Name) || m.betrays(f.Name) != nil {
			m.remark(op.at, "a parameter of the query has a name that looks like a secret, and is left out")
			continue
		}
		op.query = append(op.query, pair{name: f.Name, value: m.text(at, where("query "+f.Name), f.Name, f.Value)})
	}
	for _, f := range r.Headers {
		switch {
		case strings.EqualFold(f.Name, "Cookie"):
			m.cookies(at, f)
		case leftHeader(f.Name), strings.EqualFold(f.Name, "Content-Type"), f.Optional && !isBearer(f.Name, f.Value):
		case looksSecret(f.Name) || m.betrays(f.Name) != nil:
			m.remark(op.at, "a header has a name that looks like a secret, and is left out")
		case !isHeaderName(f.Name):
			m.remark(op.at, "a header has a name that HTTP does not allow, and is left out")
		default:
			op.headers = append(op.headers, pair{name: f.Name, value: m.header(at, where("header "+f.Name), f)})
		}
	}
	op.query, op.headers = once(op.query, strings.Clone), once(op.headers, strings.ToLower)
	if r.Basic != nil {
		m.basic = "basic"
		op.headers = append(op.headers, pair{name: "Authorization", value: "${basic}"})
		m.replaced(where("header Authorization"), "${"+m.basicOf[0]+"} and ${"+m.basicOf[1]+"}, by the computed value ${basic}")
	}
	return m.body(at, r.Body, where)
}

// once keeps the last of several parts of one name.
func once(all []pair, fold func(string) string) (kept []pair) {
	for i, p := range all {
		if !slices.ContainsFunc(all[i+1:], func(o pair) bool { return fold(o.name) == fold(p.name) }) {
			kept = append(kept, p)
		}
	}
	return kept
}

func isHeaderName(name string) bool {
	return name != "" && strings.IndexFunc(name, func(c rune) bool {
		return sortOf(c) == other && !strings.ContainsRune("!#$%&'*+-.^_`|~", c)
	}) < 0
}

// pathWords are those of so many paths that they tell nothing, though somebody may be called
// so, or have one for a password.
var pathWords = words("api rest v1 v2 v3 login logon logout signin sign-in signout auth oauth oauth2 authenticate token tokens session sessions user users account accounts admin password me")

// path writes that of a request: segments that are values become placeholders.
func (m *maker) path(at int, r importer.Request) string {
	op := m.ops[at]
	_, path := splitURL(r.URL)
	segments := strings.Split(path, "/")
	shown := op.call.String() + ": path"
	before := ""
	for i, s := range segments {
		plain, err := url.PathUnescape(s)
		if err != nil {
			plain = s
		}
		field := before + "_id"
		t := unmarked(plain)
		switch {
		case pathWords[strings.ToLower(plain)]:
			continue
		case len(t.Names) == 0 && !m.hides(at, plain) && !m.mayBeSecret(at, plain) && !m.people.calls(plain) && !isNumber(plain) && !strings.Contains(plain, "$"):
			if u, wrong := url.ParseRequestURI("/" + s); err != nil || wrong != nil || u.RawQuery != "" || strings.ContainsAny(s, "{}?# \t") || strings.ContainsFunc(s, unprintable) {
				segments[i] = url.PathEscape(plain)
			}
			if sortsAsWord(plain) {
				before = plain
			}
			continue
		case len(t.Names) == 1:
			field = t.Names[0]
		}
		text := m.text(at, shown, field, t)
		if len(t.Names) == 0 && !strings.Contains(text, "${") {
			text = "${" + m.secret(field, plain) + "}"
			m.replaced(shown, text)
		}
		segments[i] = text
	}
	return strings.Join(segments, "/")
}

// isNumber tells whether a segment is long enough to be somebody's number.
func isNumber(segment string) bool { return len(segment) >= 4 && digitsIn(segment) == len(segment) }

func unprintable(c rune) bool { return c <= ' ' || c >= 0x7f }

func sortsAsWord(segment string) bool {
	return segment != "" && strings.IndexFunc(segment, func(c rune) bool { return sortOf(c) != lower }) < 0
}

// hides tells whether a text has a secret, or what an answer before gave.
func (m *maker) hides(at int, text string) bool {
	return text != "" && (m.betrays(text) != nil || m.given(at, text))
}

// header writes one; the scheme of an Authorization stays.
func (m *maker) header(at int, where string, f importer.Field) string {
	text := marked(f.Value)
	if strings.EqualFold(f.Name, "Accept") && slices.ContainsFunc(m.ops, func(op *operation) bool { return op.answersWith(text) }) && m.betrays(text) == nil {
		return text // which the contract names anyway
	}
	if isBearer(f.Name, f.Value) && strings.Join(f.Value.Texts, "") == "" {
		return oneLine(m.text(at, where, bearer, f.Value))
	}
	scheme, rest, found := strings.Cut(text, " ")
	if !found || !strings.EqualFold(f.Name, "Authorization") && !strings.EqualFold(f.Name, "Proxy-Authorization") || !isHeaderName(scheme) || len(scheme) > 20 || m.betrays(scheme) != nil {
		return oneLine(m.text(at, where, fieldOfHeader(f.Name), f.Value))
	}
	name := bearer
	if strings.EqualFold(scheme, "Basic") {
		name = "basic_credentials"
	}
	credentials := m.text(at, where, name, unmarked(strings.TrimSpace(rest)))
	if !strings.Contains(credentials, "${") {
		credentials = "${" + m.secret(name, strings.TrimSpace(rest)) + "}"
		m.replaced(where, scheme+" "+credentials)
	}
	return oneLine(scheme + " " + credentials)
}

// answersWith tells whether an answer to the operation is of a media type.
func (op *operation) answersWith(media string) bool {
	return slices.ContainsFunc(op.call.exchanges, func(e *importer.Exchange) bool {
		return slices.ContainsFunc(e.Answers, func(a importer.Answer) bool { return media != "" && mediaOf(a.ContentType) == media })
	})
}

// fieldOfHeader is what a header is called without the X of many.
func fieldOfHeader(name string) string {
	if bare, found := strings.CutPrefix(strings.ToLower(name), "x-"); found && bare != "" {
		return bare
	}
	return name
}

func oneLine(text string) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f { // no header can carry it (RFC 9110, 5.5)
			return ' '
		}
		return c
	}, strings.ToValidUTF8(text, "?")))
}

// cookies keeps those that an answer before sets: a run sends them back by itself.
func (m *maker) cookies(at int, f importer.Field) {
	op := m.ops[at]
	line, err := http.ParseCookie(strings.Join(f.Value.Texts, ""))
	if err != nil {
		m.remark(op.at, "the header Cookie can't be read, and is left out")
		return
	}
	dropped := 0
	for _, c := range line {
		from := slices.IndexFunc(m.ops[:at], func(o *operation) bool {
			return slices.ContainsFunc(o.values, func(v value) bool { return v.at == "cookie:"+c.Name })
		})
		if from < 0 {
			dropped++
			m.secretOnly(c.Value)
			continue
		}
		if !slices.Contains(op.cookies, c.Name) {
			op.cookies = append(op.cookies, c.Name)
		}
	}
	if dropped > 0 {
		m.remark(op.at, "%s of the request left out: no answer of these calls sets any", count(dropped, "cookie"))
	}
}

// secretOnly takes note of a value that must not be seen anywhere, though the pack has
// no name for it.
func (m *maker) secretOnly(raw string) {
	if len(raw) >= shortestNeedle && m.byRaw[raw] == nil && !slices.Contains(m.invented.unseen, raw) {
		m.invented.unseen = append(m.invented.unseen, raw)
	}
}
