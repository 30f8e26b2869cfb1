// Package openapi reads OpenAPI 3.0 and 3.1, in YAML or JSON: each operation is a call,
// each documented response an answer to it, one for each of its examples.
//
// It opens no file and no address. Of several ways that a document gives for one thing,
// such as media types of a request or security schemes, the first that can be sent is
// taken, and a remark says so.
package openapi

import (
	"errors"
	"fmt"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/source"
)

// The bounds keep what a document can make of references to the same few lines.
const (
	mostMade    = 32 << 20 // bytes, about, of everything that is made
	mostSchemes = 20       // for one operation
)

// What parts of a recording count for beside their texts, in bytes.
const (
	sizeOfExchange = 1_000
	sizeOfAnswer   = 500
	sizeOfField    = 200
)

// reader is the state of one reading. The first fault ends it: what is made after it
// is thrown away.
type reader struct {
	top         *source.Node
	newer       bool // OpenAPI 3.1, whose schemas are JSON Schema 2020-12
	out         importer.Recording
	fault       *importer.Error
	made        int // bytes, about
	schemas     map[schemaKey][]byte
	conversions int // of schemas
	samples     int // values in bodies that were made of schemas
	variables   map[string]int
	remarks     importer.Remarks
	tokens      []tokenURL
}

// Read reads a document. The error is an *[importer.Error].
func Read(data []byte) (*importer.Recording, error) {
	top, err := source.Read(data)
	if err != nil {
		return nil, err
	}
	r := &reader{top: top, schemas: map[schemaKey][]byte{}, variables: map[string]int{}}
	if err := r.version(); err != nil {
		return nil, err
	}
	r.out.Title = top.Get("info").Get("title").String()
	r.out.Address = top.Get("externalDocs").Get("url").String()
	for _, s := range items(top.Get("servers")) {
		if address, ok := r.server(s); ok {
			r.out.Servers = append(r.out.Servers, importer.Server{Name: s.Get("description").String(), URL: address})
		}
	}
	r.paths()
	r.tokenRequests()
	if r.fault == nil && len(r.out.Exchanges) == 0 {
		r.fail(top, "the document has no operation")
	}
	if r.fault != nil {
		return nil, r.fault
	}
	r.out.Remarks = r.remarks.List()
	return &r.out, nil
}

func (r *reader) version() error {
	refuse := func(at *source.Node, why string) error {
		return &importer.Error{At: at.Place(), Err: errors.New(why)}
	}
	version := r.top.Get("openapi")
	switch text := version.String(); {
	case r.top.Get("swagger") != nil:
		return refuse(r.top.Get("swagger"), "this is Swagger 2.0: convert it to OpenAPI 3 first, for example with npx swagger2openapi FILE, and read what that gives")
	case version == nil:
		return refuse(r.top, `no OpenAPI document: "openapi" is missing`)
	case text == "3.0" || strings.HasPrefix(text, "3.0."):
	case text == "3.1" || strings.HasPrefix(text, "3.1."):
		r.newer = true
	default:
		return refuse(version, "this version of OpenAPI is not read: 3.0 and 3.1 are")
	}
	return nil
}

// fail keeps the first fault.
func (r *reader) fail(at *source.Node, format string, args ...any) {
	if r.fault == nil {
		r.fault = &importer.Error{At: at.Place(), Err: fmt.Errorf(format, args...)}
	}
}

// spend counts what is made, and ends the reading of a document that makes too much.
func (r *reader) spend(at *source.Node, bytes int) {
	if r.made += bytes; r.made > mostMade {
		r.fail(at, "what the document describes up to here comes to more than %d MiB", mostMade>>20)
	}
}

// remark says what is left out.
func (r *reader) remark(at *source.Node, format string, args ...any) {
	r.remarks.Addf(at.Place(), format, args...)
}

func items(n *source.Node) []*source.Node {
	if n == nil {
		return nil
	}
	return n.Items
}

func members(n *source.Node) []source.Member {
	if n == nil {
		return nil
	}
	return n.Members
}

// methods are those that a path item may have (OpenAPI 3.1, 4.8.9.1).
var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

func (r *reader) paths() {
	for _, path := range members(r.top.Get("paths")) {
		if strings.HasPrefix(path.Name, "x-") {
			continue
		}
		item := r.resolve(path.Value)
		for _, m := range members(item) {
			for _, method := range methods {
				if m.Name == method {
					r.operation(path.Name, strings.ToUpper(method), item, m.Value)
				}
			}
			if r.fault != nil {
				return
			}
		}
	}
	if n := r.top.Get("webhooks"); len(members(n)) > 0 {
		r.remark(n, "calls that the vendor makes are left out")
	}
}

func (r *reader) operation(path, method string, item, operation *source.Node) {
	if !operation.Is(source.Mapping) {
		r.fail(operation, "an operation is a mapping")
		return
	}
	r.spend(operation, sizeOfExchange)
	e := importer.Exchange{Name: operation.Get("operationId").String(), At: operation.Place()}
	if e.Name == "" {
		e.Name = operation.Get("summary").String()
	}
	e.Request.Method = method
	c := &call{reader: r, exchange: &e, operation: operation}
	base := r.base(item, operation)
	c.parameters(path, base, item)
	c.body()
	c.security(base)
	c.finish()
	for _, response := range members(operation.Get("responses")) {
		if strings.HasPrefix(response.Name, "x-") {
			continue
		}
		c.response(response.Name, response.Value)
	}
	if n := operation.Get("callbacks"); len(members(n)) > 0 {
		r.remark(n, "calls that the vendor makes are left out")
	}
	r.out.Exchanges = append(r.out.Exchanges, c.ours(base)...)
}

// base is the address below which the paths of an operation are.
func (r *reader) base(item, operation *source.Node) loginwatch.Template {
	for _, n := range []*source.Node{operation, item, r.top} {
		for _, s := range items(n.Get("servers")) {
			if address, ok := r.server(s); ok {
				return address
			}
		}
	}
	return r.under("")
}

// server is a server's address (OpenAPI 3.1, 4.8.5).
func (r *reader) server(s *source.Node) (address loginwatch.Template, ok bool) {
	text := s.Get("url").String()
	if text == "" {
		r.fail(s, "the server has no url")
		return address, false
	}
	text = strings.TrimRight(text, "/")
	if !strings.Contains(text, "://") && !strings.HasPrefix(text, "{") {
		return r.under(text), true
	}
	address = importer.Between(text, "{", "}")
	for _, v := range members(s.Get("variables")) {
		r.variable(v.Name, v.Value.Get("default").String(), false)
	}
	return address, true
}

// under is the address of a relative one: relative to that of the document, which
// nobody knows here.
func (r *reader) under(path string) loginwatch.Template {
	r.remark(r.top.Get("servers"), "no server is described by its host")
	base := r.variable("base_url", "", false)
	if path != "" && !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	base.Texts[1] = path
	return base
}

// variable is a value that the document gives a name to.
func (r *reader) variable(foreign, value string, secret bool) loginwatch.Template {
	name := importer.Name(foreign)
	if name == "" {
		name = "value"
	}
	i, known := r.variables[name]
	if !known {
		i, r.variables[name] = len(r.out.Variables), len(r.out.Variables)
		r.out.Variables = append(r.out.Variables, importer.Variable{Name: name, Value: value})
	}
	r.out.Variables[i].Secret = r.out.Variables[i].Secret || secret
	return loginwatch.Template{Texts: []string{"", ""}, Names: []string{name}}
}
