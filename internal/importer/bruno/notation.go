package bruno

import (
	"encoding/json"
	"strings"

	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/source"
)

// The other two notations of the same: Bruno's export of a collection as JSON, and
// OpenCollection, which newer versions of it write as YAML.

func items(n *source.Node) []*source.Node {
	if n == nil {
		return nil
	}
	return n.Items
}

// fieldsOf are the members of a list, of either notation.
func fieldsOf(list *source.Node) []field {
	var all []field
	for _, n := range items(list) {
		enabled := n.Get("enabled")
		all = append(all, field{
			name: n.Get("name").String(), value: source.Text(n.Get("value")), at: n.Place(),
			off: n.Get("disabled").True() || enabled != nil && !enabled.True(), file: n.Get("type").String() == "file",
			inPath: n.Get("type").String() == "path",
		})
	}
	return all
}

// valuesOf are the members of a mapping and of those in it by their names in small
// letters.
func valuesOf(n *source.Node, into map[string]string) map[string]string {
	if n == nil {
		return into
	}
	for _, m := range n.Members {
		if m.Value.Is(source.Mapping) {
			valuesOf(m.Value, into)
			continue
		}
		into[importer.Name(m.Name)] = m.Value.String()
	}
	return into
}

func lines(n *source.Node) []string {
	if n.String() == "" {
		return nil
	}
	return strings.Split(n.Text, "\n")
}

func number(n *source.Node) (code int) {
	if json.Unmarshal([]byte(n.String()), &code) != nil {
		return 0
	}
	return code
}

// export reads a collection as Bruno exports it.
func (m *maker) export(top *source.Node) error {
	m.title(top.Get("name").String())
	if list := items(top.Get("environments")); len(list) == 1 {
		for _, v := range items(list[0].Get("variables")) {
			if enabled := v.Get("enabled"); enabled == nil || enabled.True() {
				m.variable(field{name: v.Get("name").String(), value: source.Text(v.Get("value")), at: v.Place()}, v.Get("secret").True())
			}
		}
	} else if len(list) > 1 {
		m.remark(top.Get("environments").Place(), "of several environments none is taken: their variables have no values")
	}
	return m.exported(top, []*defaults{m.exportDefaults(top.Get("root"))})
}

// exportDefaults are what a collection or folder says of the requests in it.
func (m *maker) exportDefaults(root *source.Node) *defaults {
	n := root.Get("request")
	m.variables(fieldsOf(n.Get("vars").Get("req")))
	for _, name := range []string{"req", "res"} {
		s := n.Get("script").Get(name)
		m.script(script{lines(s), s.Place(), before}, nil)
	}
	return &defaults{headers: fieldsOf(n.Get("headers")), auth: exportAuth(n.Get("auth"))}
}

func exportAuth(n *source.Node) auth {
	mode := n.Get("mode").String()
	return auth{mode: mode, at: n.Place(), values: valuesOf(n.Get(mode), map[string]string{})}
}

func (m *maker) exported(parent *source.Node, around []*defaults) error {
	for _, n := range items(parent.Get("items")) {
		var err error
		switch kind := n.Get("type").String(); kind {
		case "folder":
			inside := append([]*defaults{m.exportDefaults(n.Get("root"))}, around...)
			err = m.exported(n, inside)
		case "http", "http-request", "graphql", "graphql-request":
			err = m.call(m.exportCall(n), around)
		default:
			m.remark(n.Place(), otherKind)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *maker) exportCall(n *source.Node) *call {
	r := n.Get("request")
	c := &call{
		name: n.Get("name").String(), at: n.Place(), method: strings.ToUpper(r.Get("method").String()), url: r.Get("url").String(),
		params: fieldsOf(r.Get("params")), headers: fieldsOf(r.Get("headers")), auth: exportAuth(r.Get("auth")),
		after: fieldsOf(r.Get("vars").Get("res")), asserts: fieldsOf(r.Get("assertions")),
	}
	m.variables(fieldsOf(r.Get("vars").Get("req")))
	b := r.Get("body")
	c.body = body{mode: b.Get("mode").String(), at: b.Place()}
	content := b.Get(c.body.mode)
	c.body.text, c.body.variables, c.body.fields = content.String(), content.Get("variables").String(), fieldsOf(content)
	if query := content.Get("query"); query != nil {
		c.body.text = query.String()
	}
	for _, s := range []struct {
		n    *source.Node
		kind string
	}{{r.Get("script").Get("req"), before}, {r.Get("script").Get("res"), after}, {r.Get("tests"), tests}} {
		c.scripts = append(c.scripts, script{lines(s.n), s.n.Place(), s.kind})
	}
	for _, x := range items(n.Get("examples")) {
		response := x.Get("response")
		c.examples = append(c.examples, example{
			name: x.Get("name").String(), at: x.Place(), status: number(response.Get("status")),
			headers: fieldsOf(response.Get("headers")), body: source.Text(response.Get("body").Get("content")),
		})
	}
	return c
}

// openCollection reads a collection that is one file.
func (m *maker) openCollection(top *source.Node) error {
	m.title(top.Get("info").Get("name").String())
	if list := items(top.Get("config").Get("environments")); len(list) == 1 {
		m.openVariables(list[0].Get("variables"))
	} else if len(list) > 1 {
		m.remark(top.Get("config").Get("environments").Place(), "of several environments none is taken: their variables have no values")
	}
	if len(items(top.Get("items"))) == 0 {
		return m.fault(top, "the file has no request: give those of its folder")
	}
	around := &defaults{}
	m.openDefaults(top, around)
	return m.openItems(top, []*defaults{around})
}

func (m *maker) openItems(parent *source.Node, around []*defaults) error {
	for _, n := range items(parent.Get("items")) {
		var err error
		if n.Get("items") != nil {
			inside := &defaults{}
			m.openDefaults(n, inside)
			err = m.openItems(n, append([]*defaults{inside}, around...))
		} else {
			err = m.openRequest(n, around)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// openDefaults are what a collection or folder says of the requests in it.
func (m *maker) openDefaults(n *source.Node, into *defaults) {
	r := n.Get("request")
	into.headers, into.auth = fieldsOf(r.Get("headers")), openAuth(r.Get("auth"))
	m.openVariables(r.Get("variables"))
	for _, s := range items(r.Get("scripts")) {
		m.script(script{lines(s.Get("code")), s.Place(), before}, nil)
	}
}

// openVariables are variables, whose values may have a type or several variants.
func (m *maker) openVariables(list *source.Node) {
	for _, v := range items(list) {
		if v.Get("disabled").True() {
			continue
		}
		value := v.Get("value")
		for _, variant := range items(value) {
			if variant.Get("selected").True() {
				value = variant.Get("value")
			}
		}
		if value.Is(source.Mapping) {
			value = value.Get("data")
		}
		m.variable(field{name: v.Get("name").String(), value: value.String(), at: v.Place()}, v.Get("secret").True())
	}
}

func openAuth(n *source.Node) auth {
	if n.Is(source.String) {
		return auth{mode: n.Text, at: n.Place()}
	}
	a := auth{mode: n.Get("type").String(), at: n.Place(), values: valuesOf(n, map[string]string{})}
	// The names of both notations differ in these.
	delete(a.values, "placement")
	if p := n.Get("credentials").Get("placement").String(); p != "" {
		a.values["credentials_placement"] = p
	}
	if p := n.Get("placement").String(); p != "" {
		a.values["placement"] = p
	}
	placement := n.Get("tokenConfig").Get("placement")
	if prefix := placement.Get("header"); prefix != nil {
		a.values["token_header_prefix"] = prefix.String()
	}
	if key := placement.Get("query"); key != nil {
		a.values["token_placement"], a.values["token_query_key"] = "query", key.String()
	}
	return a
}

// openRequest reads a request of OpenCollection.
func (m *maker) openRequest(n *source.Node, around []*defaults) error {
	r := n.Get("http")
	if r == nil {
		r = n.Get("graphql")
	}
	if r == nil {
		m.remark(n.Place(), otherKind)
		return nil
	}
	c := &call{
		name: n.Get("info").Get("name").String(), at: n.Place(), method: strings.ToUpper(r.Get("method").String()), url: r.Get("url").String(),
		params: fieldsOf(r.Get("params")), headers: fieldsOf(r.Get("headers")), auth: openAuth(r.Get("auth")), body: openBody(r.Get("body")),
	}
	run := n.Get("runtime")
	m.openVariables(run.Get("variables"))
	for _, a := range items(run.Get("assertions")) {
		c.asserts = append(c.asserts, field{
			name: a.Get("expression").String(), value: strings.TrimSpace(a.Get("operator").String() + " " + a.Get("value").String()),
			off: a.Get("disabled").True(), at: a.Place(),
		})
	}
	for _, a := range items(run.Get("actions")) {
		if a.Get("phase").String() == "after-response" {
			c.after = append(c.after, field{
				name: a.Get("variable").Get("name").String(), value: a.Get("selector").Get("expression").String(),
				off: a.Get("disabled").True(), at: a.Place(),
			})
		}
	}
	kinds := map[string]string{"before-request": before, "after-response": after}
	for _, s := range items(run.Get("scripts")) {
		kind := kinds[s.Get("type").String()]
		if kind == "" {
			kind = tests
		}
		c.scripts = append(c.scripts, script{lines(s.Get("code")), s.Place(), kind})
	}
	for _, x := range items(n.Get("examples")) {
		response := x.Get("response")
		c.examples = append(c.examples, example{
			name: x.Get("name").String(), at: x.Place(), status: number(response.Get("status")),
			headers: fieldsOf(response.Get("headers")), body: source.Text(response.Get("body").Get("data")),
		})
	}
	return m.call(c, around)
}

// openBody is a body, or the one of several that is selected.
func openBody(n *source.Node) body {
	for i, variant := range items(n) {
		if variant.Get("selected").True() || i == 0 {
			n = variant.Get("body")
		}
	}
	b := body{mode: n.Get("type").String(), at: n.Place()}
	data := n.Get("data")
	if query := n.Get("query"); query != nil {
		return body{mode: "graphql", at: n.Place(), text: query.String(), variables: n.Get("variables").String()}
	}
	b.text, b.fields = data.String(), fieldsOf(data)
	return b
}
