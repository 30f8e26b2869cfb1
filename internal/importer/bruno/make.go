package bruno

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/collection"
	"github.com/loginwatch/loginwatch/internal/importer/oauth"
	scripts "github.com/loginwatch/loginwatch/internal/importer/script"
)

var (
	errNoRequest   = errors.New("the file has no block of a request, such as get or post")
	errEnvironment = errors.New("this is an environment, and not a request")
	errNoAddress   = errors.New("the request has no url")
)

// maker makes a recording of the requests of one or several files.
type maker struct {
	name    string // of the file that is read; "" for the only one
	out     importer.Recording
	values  map[string]string // of variables, by their names there
	order   []field
	secret  map[string]bool
	made    int // bytes, about
	tokens  []oauth.Token
	remarks importer.Remarks
}

func newMaker() *maker {
	return &maker{values: map[string]string{}, secret: map[string]bool{}}
}

// dialect is how Bruno's scripts and variables say what is kept.
var dialect = scripts.Dialect{
	Set:     regexp.MustCompile(`^bru\.set(?:Var|EnvVar|GlobalEnvVar|CollectionVar|FolderVar)\(\s*(["'` + "`" + `])([^"'` + "`" + `]+)["'` + "`" + `]\s*,\s*(.+)\)$`),
	Body:    regexp.MustCompile(`^(?:res\.body|res\.getBody\(\))`),
	Headers: regexp.MustCompile(`^(?:res\.getHeader\(\s*["']([^"']+)["']\s*\)|res\.headers\.([A-Za-z_]\w*)|res\.headers\[\s*["']([^"']+)["']\s*\])$`),
}

func (m *maker) title(name string) {
	if m.out.Title == "" {
		m.out.Title = name
	}
}

// remark says what is left out.
func (m *maker) remark(at importer.Place, text string) { m.remarks.Addf(m.place(at), "%s", text) }

// variables notes values by their names. The first of several counts.
func (m *maker) variables(fields []field) {
	for _, f := range active(fields) {
		f.name = strings.TrimPrefix(f.name, "@") // which are the request's alone
		m.variable(f, false)
	}
}

func (m *maker) variable(f field, secret bool) {
	m.secret[f.name] = m.secret[f.name] || secret
	if _, known := m.values[f.name]; known || importer.Name(f.name) == "" {
		return
	}
	f.at = m.place(f.at)
	m.values[f.name] = f.value
	m.order = append(m.order, f)
}

// recording fills in the variables and ends.
func (m *maker) recording() (*importer.Recording, error) {
	known, values := map[string]bool{}, collection.NewValues(m.values)
	for _, f := range m.order {
		filled, whole, err := values.Of(f.name)
		if err != nil {
			return nil, &importer.Error{At: f.at, Err: err}
		}
		if name := importer.Name(f.name); !known[name] {
			known[name] = true
			m.out.Variables = append(m.out.Variables, importer.Variable{Name: name, Value: filled, Secret: m.secret[f.name]})
		}
		if m.name = ""; !whole {
			m.remark(f.at, "the value names a variable that has none")
		}
	}
	for _, t := range m.tokens {
		if t.In(m.out.Exchanges) == nil {
			m.remarks.Addf(t.At, oauth.FromRFC)
			m.out.Exchanges = append(m.out.Exchanges, t.Exchange())
		}
	}
	if len(m.out.Exchanges) == 0 {
		return nil, &importer.Error{Err: errors.New("the collection has no request")}
	}
	m.out.Remarks = m.remarks.List()
	return &m.out, nil
}

// template is a text with its variables: those of the environment of Bruno's process
// under their own names.
func template(text string) loginwatch.Template {
	return collection.Template(strings.ReplaceAll(text, "{{process.env.", "{{"))
}

// madeUp looks for values that Bruno makes up.
func (m *maker) madeUp(at importer.Place, texts ...string) {
	for _, text := range texts {
		for _, name := range collection.MadeUp(text) {
			m.remark(at, collection.SaysMadeUp(name))
		}
	}
}

// call makes an exchange.
func (m *maker) call(c *call, around []*defaults) error {
	e := importer.Exchange{Name: c.name, At: m.place(c.at), Request: importer.Request{Method: c.method}}
	if c.url == "" {
		return &importer.Error{At: e.At, Err: errNoAddress}
	}
	if e.Request.Method == "" {
		e.Request.Method = "GET"
	}
	m.madeUp(c.at, c.url)
	m.madeUp(c.body.at, c.body.text, c.body.variables)
	for _, f := range active(slices.Concat(c.params, c.headers, c.body.fields)) {
		m.madeUp(f.at, f.value)
	}
	m.address(c, &e.Request)
	m.headers(c, around, &e.Request)
	m.body(c.body, &e.Request)
	m.authorize(c, around, &e.Request)
	for _, x := range c.examples {
		m.answer(x, &e)
	}
	for _, f := range active(c.after) {
		m.kept(f, &e)
	}
	for _, s := range c.scripts {
		m.script(s, &e)
	}
	m.asserts(c.asserts, &e)
	m.out.Exchanges = append(m.out.Exchanges, e)
	if m.made += collection.Size(e); m.made > collection.MostMade {
		return &importer.Error{At: e.At, Err: collection.ErrMade}
	}
	return nil
}

func (m *maker) address(c *call, r *importer.Request) {
	raw, _, _ := strings.Cut(c.url, "#")
	address, query, _ := strings.Cut(raw, "?")
	if !strings.Contains(address, "://") && !strings.HasPrefix(address, "{{") {
		m.remark(c.at, "the address says neither http nor https: Bruno takes http")
		address = "http://" + address
	}
	given := map[string]string{}
	listed := false
	for _, p := range c.params {
		switch {
		case !p.inPath:
			listed = true
			if !p.off {
				r.Query = append(r.Query, collection.Typed(p.name, p.value))
			}
		case !p.off:
			given[p.name] = p.value
		}
	}
	if !listed {
		r.Query = collection.Pairs(query)
	}
	r.URL = collection.Address(strings.ReplaceAll(address, "{{process.env.", "{{"), given)
}

func (m *maker) headers(c *call, around []*defaults, r *importer.Request) {
	all, own := active(c.headers), map[string]bool{}
	for _, h := range all {
		own[strings.ToLower(h.name)] = true
	}
	for _, d := range around {
		for _, h := range active(d.headers) {
			if name := strings.ToLower(h.name); !own[name] {
				own[name], all = true, append(all, h)
			}
		}
	}
	for _, h := range all {
		if h.name != "" {
			r.Headers = append(r.Headers, importer.Field{Name: h.name, Value: template(h.value)})
		}
	}
}

// types are the media types of the bodies that are texts.
var types = map[string]string{
	"json": "application/json", "xml": "application/xml", "text": "text/plain", "sparql": "application/sparql-query", "graphql": "application/json",
}

func (m *maker) body(b body, r *importer.Request) {
	made := &importer.Body{}
	switch mode := b.mode; mode {
	case "", "none":
		return
	case "json", "xml", "text", "sparql":
		if strings.TrimSpace(b.text) == "" {
			return
		}
		made.Text, made.ContentType = template(b.text), types[mode]
	case "graphql":
		made.Text, made.ContentType = collection.GraphQL(b.text, "", b.variables), types[mode]
	case "formUrlEncoded", "form-urlencoded", "multipartForm", "multipart-form":
		made.ContentType = "application/x-www-form-urlencoded"
		if strings.HasPrefix(mode, "multipart") {
			made.ContentType = "multipart/form-data"
		}
		made.Fields = []importer.Field{}
		for _, f := range active(b.fields) {
			if f.file {
				m.remark(f.at, "a file is sent here, which no pack has: it is left out")
				continue
			}
			made.Fields = append(made.Fields, importer.Field{Name: f.name, Value: template(f.value)})
		}
	default:
		m.remark(b.at, "a body of this kind is left out")
		return
	}
	made.ContentType = collection.ContentType(r, made.ContentType)
	r.Body = made
}

func (m *maker) answer(x example, e *importer.Exchange) {
	a := importer.Answer{Name: x.name, At: m.place(x.at), Status: x.status}
	if x.status < 100 || x.status > 599 {
		m.remark(x.at, "this example has no status of HTTP: it is left out")
		return
	}
	if x.body != "" {
		a.Body = []byte(x.body)
	}
	for _, h := range active(x.headers) {
		if strings.EqualFold(h.name, "Content-Type") {
			a.ContentType = h.value
			continue
		}
		a.Headers = append(a.Headers, importer.AnswerHeader{Name: h.name, Value: h.value})
	}
	e.Answers = append(e.Answers, a)
}

func (m *maker) kept(f field, e *importer.Exchange) {
	from, name := dialect.Place(f.value), importer.Name(f.name)
	if from == "" || name == "" {
		m.remark(f.at, "what is kept here is made of more than one place of the answer: it is left out")
		return
	}
	e.Kept = append(e.Kept, importer.Kept{Variable: name, From: from})
}

// script looks for lines that keep something. e is nil for one that many requests share.
func (m *maker) script(s script, e *importer.Exchange) {
	kept, others, first := dialect.Read(s.lines)
	if e == nil || s.kind == before {
		kept, others, first = nil, scripts.Lines(s.lines), 0
	}
	if e != nil {
		e.Kept = append(e.Kept, kept...)
	}
	at := s.at
	if at.Path == "" { // a text of Bru, whose lines are those of the file
		at.Line += first
	}
	if others > 0 {
		m.remark(at, fmt.Sprintf("scripts are never run; lines of this one that are not taken over: %d, the first here", others))
	}
}

var statusOf = regexp.MustCompile(`^(?:eq )?([1-5][0-9][0-9])$`)

// asserts takes over which status is asked for, where no example says more.
func (m *maker) asserts(all []field, e *importer.Exchange) {
	left := 0
	for _, f := range active(all) {
		if code := statusOf.FindStringSubmatch(f.value); code != nil && f.name == "res.status" && len(e.Answers) == 0 {
			a := importer.Answer{At: m.place(f.at)}
			for _, digit := range code[1] {
				a.Status = a.Status*10 + int(digit-'0')
			}
			e.Answers = append(e.Answers, a)
			continue
		}
		left++
	}
	if left > 0 {
		m.remark(all[0].at, fmt.Sprintf("assertions that are not taken over: %d", left))
	}
}
