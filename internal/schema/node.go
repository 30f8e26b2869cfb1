package schema

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// node is one schema of the file: the root, a property, a branch of an anyOf.
type node struct {
	loc    string // its JSON Pointer inside the file
	raw    any
	branch bool   // it is judged alone: the root and the branches of combining keywords
	judge  *judge // set when branch is

	types    []string
	required []string
	cite     string
	evidence string
	secret   bool

	refLoc string
	ref    *node // the other keywords do not count beside it (draft-07, 8.3)

	properties   map[string]*node
	patterns     []pattern
	additional   *node
	dependencies map[string]*node
	names        *node // propertyNames

	items     *node // of every index
	tuple     []*node
	moreItems *node
	contains  *node

	allOf, anyOf, oneOf    []*node
	not, when, then, other *node
}

type pattern struct {
	*regexp.Regexp
	node *node
}

// parser turns decoded JSON that inspect has found sound into nodes.
type parser struct {
	root  any
	nodes map[string]*node
}

func (p *parser) definitions() map[string]any {
	all := map[string]any{}
	if m, ok := p.root.(map[string]any); ok {
		defs, _ := m["definitions"].(map[string]any)
		for k, v := range defs {
			all[loginwatch.JoinPointer("/definitions", k)] = v
		}
	}
	return all
}

func (p *parser) node(raw any, loc string) *node {
	n := &node{loc: loc, raw: raw}
	p.nodes[loc] = n
	m, ok := raw.(map[string]any)
	if !ok {
		return n
	}
	n.cite, _ = m["x-cite"].(string)
	n.evidence, _ = m["x-evidence"].(string)
	n.secret, _ = m["x-secret"].(bool)
	if ref, ok := m["$ref"].(string); ok {
		n.refLoc, _ = refTarget(ref)
		return n
	}
	n.types = stringsOf(m["type"])
	n.required = stringsOf(m["required"])
	p.objects(n, m)
	p.arrays(n, m)
	p.combined(n, m)
	return n
}

func (p *parser) objects(n *node, m map[string]any) {
	n.properties = p.table(m, n.loc, "properties")
	n.additional = p.single(m, n.loc, "additionalProperties")
	n.names = branch(p.single(m, n.loc, "propertyNames"))
	n.dependencies = p.table(m, n.loc, "dependencies")
	byPattern := p.table(m, n.loc, "patternProperties")
	for _, k := range slices.Sorted(maps.Keys(byPattern)) {
		if re, err := regexp.Compile(k); err == nil {
			n.patterns = append(n.patterns, pattern{re, byPattern[k]})
		}
	}
}

func (p *parser) arrays(n *node, m map[string]any) {
	if _, ok := m["items"].([]any); ok {
		n.tuple = p.list(m, n.loc, "items")
		n.moreItems = p.single(m, n.loc, "additionalItems")
	} else {
		n.items = p.single(m, n.loc, "items")
	}
	n.contains = branch(p.single(m, n.loc, "contains"))
}

func (p *parser) combined(n *node, m map[string]any) {
	n.allOf = p.list(m, n.loc, "allOf")
	n.anyOf = p.list(m, n.loc, "anyOf")
	n.oneOf = p.list(m, n.loc, "oneOf")
	for _, b := range slices.Concat(n.anyOf, n.oneOf) {
		b.branch = true
	}
	n.not = branch(p.single(m, n.loc, "not"))
	n.when = branch(p.single(m, n.loc, "if"))
	n.then = branch(p.single(m, n.loc, "then"))
	n.other = branch(p.single(m, n.loc, "else"))
}

func branch(n *node) *node {
	if n != nil {
		n.branch = true
	}
	return n
}

func (p *parser) single(m map[string]any, loc, key string) *node {
	switch v := m[key].(type) {
	case map[string]any, bool:
		return p.node(v, loginwatch.JoinPointer(loc, key))
	}
	return nil
}

func (p *parser) list(m map[string]any, loc, key string) []*node {
	list, _ := m[key].([]any)
	nodes := make([]*node, 0, len(list))
	for i, v := range list {
		nodes = append(nodes, p.node(v, index(loginwatch.JoinPointer(loc, key), i)))
	}
	return nodes
}

func (p *parser) table(m map[string]any, loc, key string) map[string]*node {
	table, _ := m[key].(map[string]any)
	nodes := make(map[string]*node, len(table))
	for k, v := range table {
		if _, names := v.([]any); !names { // a dependency may be a list of names
			nodes[k] = p.node(v, loginwatch.JoinPointer(loginwatch.JoinPointer(loc, key), k))
		}
	}
	return nodes
}

// link sets the references. A target deeper than a definition, such as
// #/definitions/a/properties/b, is a node by then like any other. It
// gives the place of a reference that names none.
func (p *parser) link() (dangling string) {
	for _, n := range p.nodes {
		if n.refLoc == "" {
			continue
		}
		if n.ref = p.nodes[n.refLoc]; n.ref == nil {
			dangling = max(dangling, n.loc)
		}
	}
	return dangling
}

// inPlace gives the schemas that n applies to the same value as itself.
func (n *node) inPlace() []*node {
	if n.ref != nil {
		return []*node{n.ref}
	}
	all := slices.Concat(n.allOf, n.anyOf, n.oneOf)
	for _, o := range []*node{n.not, n.when, n.then, n.other} {
		if o != nil {
			all = append(all, o)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(n.dependencies)) {
		all = append(all, n.dependencies[k])
	}
	return all
}

// circle finds a schema that applies itself to the value it is applied to: the
// validator would never come back, and no recover stops a stack that is full.
func circle(nodes map[string]*node) string {
	const onPath, done = 1, 2
	state := map[*node]int{}
	var visit func(n *node) bool
	visit = func(n *node) bool {
		if state[n] != 0 {
			return state[n] == onPath
		}
		state[n] = onPath
		if slices.ContainsFunc(n.inPlace(), visit) {
			return true
		}
		state[n] = done
		return false
	}
	for _, loc := range slices.Sorted(maps.Keys(nodes)) {
		if visit(nodes[loc]) {
			return "#" + loc
		}
	}
	return ""
}

func stringsOf(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		list := make([]string, 0, len(v))
		for _, e := range v {
			if s, ok := e.(string); ok {
				list = append(list, s)
			}
		}
		return list
	}
	return nil
}

// refTarget is the place in this file that a reference names; ok is false for
// a reference to anything but a definition of this file.
func refTarget(ref string) (loc string, ok bool) {
	rest, ok := strings.CutPrefix(ref, "#/definitions/")
	if !ok || rest == "" || strings.Contains(rest, "%") {
		return "", false
	}
	return "/definitions/" + rest, true
}
