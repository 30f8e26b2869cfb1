package bruno

import (
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch/internal/importer"
)

// call is a request of Bruno, whatever it is written in.
type call struct {
	name     string
	at       importer.Place
	method   string
	url      string
	params   []field
	headers  []field
	auth     auth
	body     body
	after    []field // values that are kept: a name and an expression
	scripts  []script
	asserts  []field
	examples []example
}

// auth is how a request says who sends it; its values by their names in small letters.
type auth struct {
	mode   string // "": nothing is said
	at     importer.Place
	values map[string]string
}

type body struct {
	mode      string
	at        importer.Place
	text      string
	variables string // of GraphQL
	fields    []field
}

// script is one that runs before or after a request, or tests it.
type script struct {
	lines []string
	at    importer.Place // of its first line
	kind  string
}

// Kinds of scripts: only those that run after a request can keep what it answered.
const (
	before = "before"
	after  = "after"
	tests  = "tests"
)

type example struct {
	name    string
	at      importer.Place
	status  int
	headers []field
	body    string
}

// methods are the blocks that a request has one of.
var methods = []string{"get", "post", "put", "delete", "patch", "options", "head", "connect", "trace", "http"}

// others are the blocks of items that are no requests of HTTP.
var others = []string{"grpc", "ws", "app"}

// otherKind is the remark about one, whatever it is written in.
const otherKind = "an item of this kind is left out"

// bodies are the blocks of bodies by the words for them in the block of the request.
var bodies = map[string]string{
	"json": "body:json", "text": "body:text", "xml": "body:xml", "sparql": "body:sparql", "graphql": "body:graphql",
	"formUrlEncoded": "body:form-urlencoded", "form-urlencoded": "body:form-urlencoded",
	"multipartForm": "body:multipart-form", "multipart-form": "body:multipart-form", "file": "body:file",
}

// bru makes a request of the blocks of a file.
func (m *maker) bru(blocks []block, around []*defaults) error {
	send, found := find(blocks, methods...)
	if !found {
		at := importer.Place{Line: blocks[0].line}
		if _, other := find(blocks, others...); other {
			m.remark(at, otherKind)
			return nil
		}
		if _, folder := find(blocks, "vars", "vars:secret"); folder {
			return m.in(&importer.Error{At: at, Err: errEnvironment})
		}
		return m.in(&importer.Error{At: at, Err: errNoRequest})
	}
	line := importer.Place{Line: send.line}
	values := send.values()
	c := &call{at: line, method: strings.ToUpper(send.name), url: values["url"]}
	if send.name == "http" {
		c.method = strings.ToUpper(values["method"])
	}
	if meta, has := find(blocks, "meta"); has {
		c.name = meta.values()["name"]
	}
	c.auth = authOf(blocks, values["auth"], line)
	mode := inner(send.pairs, "body").value
	c.body = body{mode: mode, at: line}
	if b, has := find(blocks, bodies[mode], "body"); has && bodies[mode] != "" {
		c.body = body{mode: mode, at: importer.Place{Line: b.line}, text: strings.Join(b.text, "\n"), fields: b.fields()}
	}
	if b, has := find(blocks, "body:graphql:vars"); has {
		c.body.variables = strings.Join(b.text, "\n")
	}
	for _, b := range blocks {
		c.block(m, b)
	}
	return m.call(c, around)
}

// block takes over one of those that every request may have.
func (c *call) block(m *maker, b block) {
	first := importer.Place{Line: b.line + 1}
	switch b.name {
	case "query", "params:query", "params:path":
		c.params = append(c.params, b.fields()...)
	case "headers":
		c.headers = append(c.headers, b.fields()...)
	case "vars:pre-request":
		m.variables(b.fields())
	case "vars:post-response":
		c.after = append(c.after, b.fields()...)
	case "script:pre-request":
		c.scripts = append(c.scripts, script{b.text, first, before})
	case "script:post-response":
		c.scripts = append(c.scripts, script{b.text, first, after})
	case "tests":
		c.scripts = append(c.scripts, script{b.text, first, tests})
	case "assert":
		c.asserts = append(c.asserts, b.fields()...)
	case "example":
		c.examples = append(c.examples, exampleOf(b))
	case "body:file":
		c.body.fields = b.fields()
	}
}

// authOf is the authorization of a mode; its block has the values.
func authOf(blocks []block, mode string, at importer.Place) auth {
	a := auth{mode: mode, at: at, values: map[string]string{}}
	if b, has := find(blocks, "auth:"+mode); has {
		a.at, a.values = importer.Place{Line: b.line}, b.values()
	}
	return a
}

// bruDefaults are what collection.bru or folder.bru says of the requests below.
func (m *maker) bruDefaults(blocks []block, into *defaults) {
	if b, has := find(blocks, "auth"); has {
		into.auth = authOf(blocks, b.values()["mode"], importer.Place{Line: b.line})
	}
	for _, b := range blocks {
		switch b.name {
		case "headers":
			into.headers = append(into.headers, b.fields()...)
		case "vars:pre-request":
			m.variables(b.fields())
		case "script:pre-request", "script:post-response", "tests":
			m.script(script{b.text, importer.Place{Line: b.line + 1}, before}, nil)
		}
	}
}

// exampleOf is an answer that was saved with a request.
func exampleOf(b block) example {
	e := example{name: inner(b.pairs, "name").value, at: importer.Place{Line: b.line}}
	response := inner(b.pairs, "response").inner
	e.status, _ = strconv.Atoi(inner(inner(response, "status").inner, "code").value)
	for _, h := range inner(response, "headers").inner {
		e.headers = append(e.headers, field{name: h.name, value: h.value, off: h.off})
	}
	e.body = inner(inner(response, "body").inner, "content").value
	return e
}

// active are the fields that are sent.
func active(fields []field) []field {
	return slices.DeleteFunc(slices.Clone(fields), func(f field) bool { return f.off })
}
