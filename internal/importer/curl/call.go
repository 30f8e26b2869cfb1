package curl

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/request"
)

// call is what the options of one operation say of its requests.
type call struct {
	urls                              []word
	method                            string
	head, get, noGlob, asIs, json     bool
	data                              loginwatch.Template
	hasData                           bool
	query                             []loginwatch.Template
	form                              []importer.Field
	headers                           []word
	user, bearer, cookie, referer, ua *word
	scheme                            string
	challenge                         bool // an authentication that no pack has
	stdin                             *loginwatch.Template
	values                            map[string]loginwatch.Template // of the variables that are set
	said                              []importer.Remark
	line                              int
}

var (
	errFile    = errors.New("a file is named here, which is not read: put its content in its place")
	errStdin   = errors.New("what another command writes is sent here, which is not known: put it in its place")
	errTwoWays = errors.New("the line sends a body in two ways, or a body with HEAD, which curl refuses")
)

func (c *call) remark(line int, text string) {
	for _, r := range c.said {
		if r.Text == text {
			return
		}
	}
	c.said = append(c.said, importer.Remark{At: importer.Place{Line: line}, Text: text})
}

// apply takes one option. The later one wins, as it does with curl.
func (c *call) apply(o given) error {
	switch o.treatment {
	case ignored:
		return nil
	case refused:
		if o.off {
			return nil
		}
		return failed(o.value.line, "%s: %s", shown(o.option), o.text)
	case remark:
		switch o.name {
		case "digest", "ntlm", "ntlm-wb", "negotiate", "anyauth", "aws-sigv4":
			c.challenge = !o.off
		}
		if !o.off {
			c.remark(o.value.line, o.text)
		}
		return nil
	}
	if !valid(o.value.text) {
		return failed(o.value.line, "%s: what it sends is no UTF-8", shown(o.option))
	}
	err := c.say(o)
	if err == nil {
		return nil
	}
	return failed(o.value.line, "%s: %w", shown(o.option), err)
}

func valid(t loginwatch.Template) bool {
	for _, text := range t.Texts {
		if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
			return false
		}
	}
	return true
}

// say takes an option that says something of the request.
func (c *call) say(o given) error {
	value := o.value
	switch o.name {
	case "url", "header", "user", "data", "data-ascii", "data-raw", "data-binary", "json", "cookie":
		value.text = c.whole(value.text)
		o.value = value
	}
	switch o.name {
	case "url":
		c.urls = append(c.urls, value)
	case "request":
		method, ok := request.Literal(value.text)
		if !ok || !token(method) {
			return errors.New("the method is no word")
		}
		c.method = method
	case "head":
		c.head = !o.off
	case "get":
		c.get = !o.off
	case "globoff":
		c.noGlob = !o.off
	case "path-as-is":
		c.asIs = !o.off
	case "proto-default":
		c.scheme = value.literal()
	case "header":
		if request.Begins(value.text, "@") {
			return errFile
		}
		c.headers = append(c.headers, value)
	case "user":
		c.user = &value
	case "oauth2-bearer":
		c.bearer = &value
	case "referer":
		value.text, _, _ = request.Cut(value.text, ";auto")
		c.referer = &value
	case "user-agent":
		c.ua = &value
	case "cookie":
		c.cookies(value)
	case "form", "form-string":
		return c.field(o)
	case "form-escape":
	case "url-query":
		return c.queried(value.text)
	default:
		return c.sent(o)
	}
	return nil
}

// cookies takes -b, which names a file when there is no = in it.
func (c *call) cookies(value word) {
	text, literal := request.Literal(value.text)
	if literal && text == "" {
		return // cookies are kept, and none is read
	}
	if literal && !strings.Contains(text, "=") {
		c.remark(value.line, "cookies come from a file, which is not read")
		return
	}
	if c.cookie != nil {
		value.text = importer.Joined(c.cookie.text, importer.Plain("; "), value.text)
	}
	c.cookie = &value
}

// field takes -F (curl(1), "--form").
func (c *call) field(o given) error {
	name, value, found := request.Cut(o.value.text, "=")
	key, literal := request.Literal(name)
	if !found || !literal {
		return errors.New("a field of a form has a name, and = behind it")
	}
	if o.name == "form" {
		switch {
		case request.Begins(value, "@"), request.Begins(value, "<"):
			return errFile
		case request.Begins(value, "=("), request.Begins(value, "("):
			return errors.New("parts within parts of a form can't be taken over")
		}
		var err error
		if value, err = c.fieldValue(o.value.line, value); err != nil {
			return err
		}
	}
	c.form = append(c.form, importer.Field{Name: key, Value: value})
	return nil
}

// fieldValue takes the quotes and the parameters off a field.
func (c *call) fieldValue(line int, value loginwatch.Template) (loginwatch.Template, error) {
	after := importer.Plain("")
	if text, literal := request.Literal(value); literal && strings.HasPrefix(text, `"`) {
		var b strings.Builder
		i := 1
		for ; i < len(text) && text[i] != '"'; i++ {
			if text[i] == '\\' && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\') {
				i++
			}
			b.WriteByte(text[i])
		}
		if i < len(text) {
			value, after = importer.Plain(b.String()), importer.Plain(text[i+1:])
		}
	} else { // no blanks stay around one that is not in quotes
		value, after, _ = request.Cut(request.Trimmed(value, ""), ";") // a copy
		first, last := &value.Texts[0], &value.Texts[len(value.Texts)-1]
		*first = strings.TrimLeft(*first, " \t")
		*last = strings.TrimRight(*last, " \t\r\n\v\f")
	}
	if request.Empty(after) {
		return value, nil
	}
	for _, part := range request.Split(after, ";") {
		name, _, _ := strings.Cut(strings.TrimSpace(part.Texts[0]), "=")
		switch strings.ToLower(name) {
		case "type", "filename", "encoder", "headers":
			c.remark(line, "the type, name, coding or headers of a field of a form are left out")
		case "":
		default:
			return value, errors.New("what stands behind the ; of a field is none of its parameters")
		}
	}
	return value, nil
}

// token tells whether a text can be a method or the name of a header (RFC 9110, 5.6.2).
func token(text string) bool {
	return text != "" && strings.IndexFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	}) < 0
}
