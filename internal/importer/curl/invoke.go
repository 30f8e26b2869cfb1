package curl

import (
	"errors"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/request"
)

// Chromium on Windows copies a request for PowerShell as Invoke-WebRequest, with its
// cookies in a session. What that sends is told by its documentation.

// parameter is one of Invoke-WebRequest and Invoke-RestMethod.
type parameter struct {
	name     string
	argument bool
	says     string // set, ignored, or what a remark says
}

var parameters = []parameter{
	{"uri", true, set}, {"method", true, set}, {"custommethod", true, set}, {"headers", true, set}, {"body", true, set}, {"form", true, set},
	{"contenttype", true, set}, {"websession", true, set}, {"useragent", true, set}, {"infile", true, set}, {"token", true, set},
	{"authentication", true, set}, {"credential", true, "user and password of -Credential are left out: they are asked for at a terminal"},
	{"usedefaultcredentials", false, "an authentication that answers a challenge is left out"},
	{"certificate", true, "a certificate of the client is shown; a pack has none"},
	{"certificatethumbprint", true, "a certificate of the client is shown; a pack has none"},
	{"skipcertificatecheck", false, "the certificate of the server is not verified; loginwatch always verifies it"},
	{"proxy", true, "the line goes through a proxy; that belongs to the machine that asks"},
	{"proxycredential", true, ignored}, {"proxyusedefaultcredentials", false, ignored}, {"noproxy", false, ignored},
	{"maximumretrycount", true, "requests are tried again; loginwatch sends a login once"}, {"retryintervalsec", true, ignored},
	{"usebasicparsing", false, ignored}, {"sessionvariable", true, ignored}, {"outfile", true, ignored}, {"passthru", false, ignored},
	{"timeoutsec", true, ignored}, {"connectiontimeoutseconds", true, ignored}, {"operationtimeoutseconds", true, ignored},
	{"maximumredirection", true, ignored}, {"disablekeepalive", false, ignored}, {"skipheadervalidation", false, ignored},
	{"skiphttperrorcheck", false, ignored}, {"allowunencryptedauthentication", false, ignored}, {"allowinsecureredirect", false, ignored},
	{"preserveauthorizationonredirect", false, ignored}, {"preservehttpmethodonredirect", false, ignored}, {"sslprotocol", true, ignored},
	{"httpversion", true, ignored}, {"transferencoding", true, ignored}, {"statuscodevariable", true, ignored},
	{"responseheadersvariable", true, ignored}, {"resume", false, ignored}, {"erroraction", true, ignored}, {"verbose", false, ignored},
	{"followrellink", false, ignored}, {"maximumfollowrellink", true, ignored}, {"unixsocket", true, "the line says where the host is found; that belongs to the machine that asks"},
}

// namedParameter finds one by its name, which may be shortened.
func namedParameter(name string) (one parameter, err error) {
	name = strings.ToLower(name)
	for _, p := range parameters {
		switch {
		case p.name == name:
			return p, nil
		case strings.HasPrefix(p.name, name) && one.name != "":
			return one, errors.New("a parameter that is shortened to the beginning of several")
		case strings.HasPrefix(p.name, name):
			one = p
		}
	}
	if one.name == "" {
		return one, errors.New("a parameter that Invoke-WebRequest does not have")
	}
	return one, nil
}

// isAlias tells whether curl is what Windows PowerShell calls Invoke-WebRequest: parameters
// of that stand behind it, which are no options of curl.
func isAlias(arguments []word) bool {
	return slices.ContainsFunc(arguments, func(w word) bool {
		name, _, _ := strings.Cut(strings.ToLower(w.literal()), ":")
		return slices.Contains([]string{"-uri", "-method", "-headers", "-body", "-contenttype", "-usebasicparsing"}, name)
	})
}

// invoked takes a line for Invoke-WebRequest or Invoke-RestMethod.
func (r *reader) invoked(c *command, arguments []word) error {
	made := &call{line: c.line, values: r.values, noGlob: true}
	body := word{line: c.line}
	for i := 0; i < len(arguments); i++ {
		w := arguments[i]
		if psSplat.MatchString(w.literal()) {
			return failed(w.line, "parameters in a table (@NAME) can't be read: name them behind the command")
		}
		p, value := parameters[0], w
		if name, dash := strings.CutPrefix(w.text.Texts[0], "-"); dash && len(w.text.Names) == 0 {
			name, attached, colon := strings.Cut(name, ":")
			var err error
			if p, err = namedParameter(name); err != nil {
				return failed(w.line, "%w", err)
			}
			switch {
			case !p.argument:
			case colon && attached != "":
				value.text = importer.Plain(attached)
			case i+1 < len(arguments):
				i++
				value = arguments[i]
			default:
				return failed(w.line, "-%s has no value", p.name)
			}
		}
		var err error
		if value.text, err = r.resolved(value.line, value.text); err != nil {
			return err
		}
		if p.name == "body" || p.name == "form" {
			body = value
		}
		if err := r.invokedWith(made, p, value); err != nil {
			return err
		}
	}
	if err := r.invokedBody(made, body); err != nil {
		return err
	}
	exchanges, err := made.exchanges()
	if err != nil {
		return err
	}
	r.out.Exchanges = append(r.out.Exchanges, exchanges...)
	r.out.Remarks = append(r.out.Remarks, made.said...)
	r.last = len(exchanges)
	return nil
}

// invokedWith takes one parameter.
func (r *reader) invokedWith(made *call, p parameter, value word) error {
	add := func(name string, text loginwatch.Template) {
		made.headers = append(made.headers, word{text: importer.Joined(importer.Plain(name+": "), text), line: value.line})
	}
	switch p.name {
	case "uri":
		value.text = made.whole(value.text)
		made.urls = append(made.urls, value)
	case "method", "custommethod":
		made.method = strings.ToUpper(value.literal())
		if !token(made.method) {
			return failed(value.line, "-%s: the method is no word", p.name)
		}
	case "contenttype":
		add("Content-Type", value.text)
	case "useragent":
		made.ua = &value
	case "headers":
		t := r.tableOf(value)
		fields, ok := []importer.Field{}, false
		if t != nil {
			fields, ok = t.fields()
		}
		if !ok {
			return failed(value.line, "-headers: a hash table of texts is due")
		}
		for _, f := range fields {
			add(f.Name, f.Value)
		}
	case "websession":
		if in := r.s.web.sessions[r.variable(value)]; in != nil {
			made.ua = in.agent
			for _, cookie := range in.cookies {
				made.cookies(word{text: cookie, line: value.line})
			}
		}
	case "infile":
		return failed(value.line, "-infile: %w", errFile)
	case "token", "authentication":
		return failed(value.line, "-%s can't be read: write an Authorization among the headers, with a variable for its value", p.name)
	case "form":
		t := r.tableOf(value)
		if t == nil {
			return failed(value.line, "-form: a hash table of texts is due")
		}
		var ok bool
		if made.form, ok = t.fields(); !ok {
			return failed(value.line, "-form: a hash table of texts is due")
		}
	default:
		if p.says != set && p.says != ignored {
			made.remark(value.line, p.says)
		}
	}
	return nil
}

// variable is the name, in small letters, of the variable that a word is; "" for any other
// word.
func (r *reader) variable(w word) string {
	if len(w.text.Names) != 1 || w.text.Texts[0] != "" || w.text.Texts[1] != "" {
		return ""
	}
	return strings.ToLower(r.s.names.of[w.text.Names[0]])
}

// tableOf gives the table that stands here, or that a variable is set to.
func (r *reader) tableOf(w word) *table {
	if w.table != nil {
		return w.table
	}
	return r.s.web.tables[r.variable(w)]
}

// invokedBody takes -Body. A table is a query of GET, and a form otherwise; without a
// type POST has that of a form, and other methods have none (Invoke-WebRequest, "-Body"
// and "-ContentType").
func (r *reader) invokedBody(made *call, body word) error {
	t := r.tableOf(body)
	switch {
	case len(made.form) > 0 || t == nil && request.Empty(body.text):
		return nil
	case t != nil && t.json:
		made.data = t.asJSON()
	case t != nil:
		fields, ok := t.fields()
		if !ok {
			return failed(body.line, "-body: a table in a table goes into no form: ConvertTo-Json is missing")
		}
		var pairs []loginwatch.Template
		for i, f := range fields {
			if i > 0 {
				pairs = append(pairs, importer.Plain("&"))
			}
			pairs = append(pairs, importer.Plain(escaped(f.Name)+"="), importer.Mapped(f.Value, escaped))
		}
		made.data = importer.Joined(pairs...)
	default:
		made.data = made.whole(body.text)
	}
	made.hasData = true
	made.get = t != nil && !t.json && (made.method == "" || made.method == "GET")
	if made.method == "" {
		made.method = "GET"
	}
	if made.method != "POST" {
		made.headers = append([]word{{text: importer.Plain("Content-Type:"), line: body.line}}, made.headers...)
	}
	return nil
}
