package curl

import (
	"errors"
	"net/url"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/request"
)

// exchanges gives the requests of an operation, one for each address.
func (c *call) exchanges() ([]importer.Exchange, error) {
	if len(c.urls) == 0 {
		return nil, failed(c.line, "there is no address in this command")
	}
	if c.hasData && len(c.form) > 0 || c.head && (c.hasData && !c.get || len(c.form) > 0) {
		return nil, failed(c.line, "%w", errTwoWays)
	}
	var all []importer.Exchange
	for _, u := range c.urls {
		e := importer.Exchange{At: importer.Place{Line: u.line}}
		r := &e.Request
		r.Method = c.verb()
		if err := c.address(r, u.text); err != nil {
			return nil, failed(u.line, "%w", err)
		}
		contentType, typed, err := c.fields(r)
		if err != nil {
			return nil, err
		}
		c.body(r, contentType, typed)
		all = append(all, e)
	}
	return all, nil
}

func (c *call) verb() string {
	switch {
	case c.method != "":
		return c.method
	case c.head:
		return "HEAD"
	case c.hasData && !c.get || len(c.form) > 0:
		return "POST"
	}
	return "GET"
}

// address takes the address as curl makes it: patterns, a scheme where there is none,
// and no steps back in a path (RFC 3986, section 5.2.4).
func (c *call) address(r *importer.Request, t loginwatch.Template) error {
	t = request.Trimmed(t, " \t\n")
	if !c.noGlob {
		var err error
		if t, err = unglobbed(t); err != nil {
			return err
		}
	}
	for _, text := range t.Texts {
		if strings.ContainsAny(text, " \t\r\n") {
			return errors.New("a space in an address is not percent-encoded")
		}
	}
	scheme, _, found := request.Cut(t, "://")
	plain, literal := request.Literal(scheme)
	switch {
	case found && literal && !strings.EqualFold(plain, "http") && !strings.EqualFold(plain, "https"):
		return errors.New("the address is of another protocol than HTTP")
	case found && literal:
		t.Texts = append([]string{strings.ToLower(plain) + t.Texts[0][len(plain):]}, t.Texts[1:]...)
	case !found && t.Texts[0] != "" && c.scheme != "":
		t = importer.Joined(importer.Plain(c.scheme+"://"), t)
	case !found && t.Texts[0] != "":
		t = importer.Joined(importer.Plain("http://"), t)
	}
	address, query, basic, err := request.Address(t)
	if err != nil {
		return err
	}
	r.URL, r.Query, r.Basic = c.path(address), query, basic
	more := c.query
	if c.get && c.hasData {
		more = []loginwatch.Template{c.data} // curl takes one or the other
	}
	for _, data := range more {
		fields, err := request.Pairs(data)
		if err != nil {
			return err
		}
		r.Query = append(r.Query, fields...)
	}
	return nil
}

// path resolves the steps of a path without variables.
func (c *call) path(address loginwatch.Template) loginwatch.Template {
	text, literal := request.Literal(address)
	scheme, rest, _ := strings.Cut(text, "://")
	host, path, _ := strings.Cut(rest, "/")
	if !literal {
		return address
	}
	if path = "/" + path; !c.asIs && strings.Contains(path, "/.") {
		if parsed, err := url.Parse("http://host" + path); err == nil {
			path = parsed.ResolveReference(parsed).EscapedPath()
		}
	}
	return importer.Plain(scheme + "://" + host + path)
}

// unglobbed takes the \ off what curl would make several addresses of.
func unglobbed(t loginwatch.Template) (loginwatch.Template, error) {
	several := false
	return importer.Mapped(t, func(text string) string {
		var b strings.Builder
		for i := 0; i < len(text); i++ {
			switch {
			case text[i] == '\\' && i+1 < len(text) && strings.IndexByte("{}[]", text[i+1]) >= 0:
				i++
			case text[i] == '[':
				if end := strings.IndexByte(text[i:], ']'); end > 0 && strings.Count(text[i:i+end], ":") > 1 {
					b.WriteString(text[i : i+end+1]) // an IPv6 address
					i += end
					continue
				}
				several = true
				return text
			case text[i] == '{' || text[i] == '}' || text[i] == ']':
				several = true
				return text
			}
			b.WriteByte(text[i])
		}
		return b.String()
	}), errIf(several, "curl makes several addresses of [ ] and { }, but for -g or a \\ before them")
}

func errIf(wrong bool, text string) error {
	if wrong {
		return errors.New(text)
	}
	return nil
}

// fields takes the headers, and those that options stand for where no header does.
func (c *call) fields(r *importer.Request) (contentType string, typed bool, err error) {
	named := map[string]bool{}
	for _, h := range c.headers {
		name, value, kept, err := c.header(h)
		if err != nil {
			return "", false, err
		}
		key := strings.ToLower(name)
		named[key] = true
		if key == "content-type" && (c.hasData && !c.get || len(c.form) > 0) {
			text, literal := request.Literal(value)
			if !literal {
				return "", false, failed(h.line, "a variable stands in the content type")
			}
			contentType, typed = text, true
			continue
		}
		if key == "host" {
			c.remark(h.line, "the name of a host that is sent is another than the address has: it is left out")
		} else if kept {
			r.Headers = append(r.Headers, importer.Field{Name: name, Value: value})
		}
	}
	add := func(name string, before string, w *word) {
		if w != nil && !named[strings.ToLower(name)] {
			r.Headers = append(r.Headers, importer.Field{Name: name, Value: importer.Joined(importer.Plain(before), w.text)})
		}
	}
	add("Cookie", "", c.cookie)
	add("Referer", "", c.referer)
	if c.ua != nil && !request.Empty(c.ua.text) {
		add("User-Agent", "", c.ua)
	}
	if c.json {
		add("Accept", "application/json", &word{})
	}
	return contentType, typed, c.authorized(r, named["authorization"], add)
}

// authorized takes the user and password, or the token, of an option.
func (c *call) authorized(r *importer.Request, named bool, add func(string, string, *word)) error {
	add("Authorization", "Bearer ", c.bearer)
	switch {
	case named || c.challenge || c.bearer != nil:
		r.Basic = nil
	case c.user != nil:
		user, password, found := request.Cut(c.user.text, ":")
		if !found && len(c.user.text.Names) > 0 && len(c.user.text.Texts) == 2 && request.Empty(importer.Plain(strings.Join(c.user.text.Texts, ""))) {
			return failed(c.user.line, "a variable stands for user and password together: write NAME:PASSWORD, with a variable for each")
		}
		if !found {
			password = loginwatch.Template{Texts: []string{"", ""}, Names: []string{"password"}} // curl asks for it
		}
		r.Basic = &importer.Basic{User: user, Password: password}
	}
	return nil
}

// header reads one of -H (curl(1), "--header"): a name with nothing behind its colon
// takes a header away, a name with a semicolon sends it empty.
func (c *call) header(w word) (name string, value loginwatch.Template, kept bool, err error) {
	before, after, found := request.Cut(w.text, ":")
	if !found {
		text, literal := request.Literal(w.text)
		if !literal {
			return "", after, false, failed(w.line, "a variable stands for a whole header: write its name, with a variable for its value")
		}
		text, empty := strings.CutSuffix(strings.TrimSpace(text), ";")
		if !empty {
			c.remark(w.line, "a header without a colon is left out, as curl does")
			return "", after, false, nil
		}
		before = importer.Plain(text)
	}
	name, literal := request.Literal(before)
	if !literal || !token(name) {
		return "", after, false, failed(w.line, "a header has a name that is no word")
	}
	value = request.Trimmed(after, " \t")
	for _, text := range value.Texts {
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return "", after, false, failed(w.line, "a header has a control character in it")
		}
	}
	return name, value, !found || !request.Empty(value), nil
}

// body gives the request its body and says under what type it goes.
func (c *call) body(r *importer.Request, contentType string, typed bool) {
	switch {
	case len(c.form) > 0:
		if !typed {
			contentType = request.Multipart
		}
		r.Body = &importer.Body{ContentType: contentType, Fields: c.form}
	case c.hasData && !c.get:
		switch {
		case typed:
		case c.json:
			contentType = "application/json"
		default:
			contentType = request.URLEncoded
		}
		if request.Empty(c.data) {
			if typed && contentType != "" {
				r.Headers = append(r.Headers, importer.Field{Name: "Content-Type", Value: importer.Plain(contentType)})
			}
			return
		}
		var said string
		if r.Body, said = request.Body(contentType, c.data); said != "" {
			c.remark(c.line, said)
		}
	}
}
