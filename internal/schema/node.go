package schema

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch/internal/tree"
)

// node is one schema of the file: the root, a property, a branch of an anyOf.
type node struct {
	loc    string // its JSON Pointer inside the file
	raw    any
	branch bool   // it is judged alone: the root and the branches of combining keywords
	judge  *judge // set when branch is

	children []*node

	types    []string
	required []string
	cite     string
	in       string
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
type parser struct{ nodes map[string]*node }

func parse(raw any) *parser {
	p := &parser{nodes: map[string]*node{}}
	p.node(raw, "").branch = true
	if m, ok := raw.(map[string]any); ok {
		p.table(p.nodes[""], m, "definitions")
	}
	// A target deeper than a definition, such as
	// #/definitions/a/properties/b, is a node by now like any other.
	for _, n := range p.nodes {
		if n.refLoc != "" {
			n.ref = p.nodes[n.refLoc]
		}
	}
	return p
}

func (p *parser) node(raw any, loc string) *node {
	n := &node{loc: loc, raw: raw}
	p.nodes[loc] = n
	m, ok := raw.(map[string]any)
	if !ok {
		return n
	}
	n.cite, _ = m["x-cite"].(string)
	n.in, _ = m["x-in"].(string)
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
	n.properties = p.table(n, m, "properties")
	n.additional = p.single(n, m, "additionalProperties")
	n.names = branch(p.single(n, m, "propertyNames"))
	n.dependencies = p.table(n, m, "dependencies")
	byPattern := p.table(n, m, "patternProperties")
	for _, k := range slices.Sorted(maps.Keys(byPattern)) {
		if re, err := regexp.Compile(k); err == nil {
			n.patterns = append(n.patterns, pattern{re, byPattern[k]})
		}
	}
}

func (p *parser) arrays(n *node, m map[string]any) {
	if _, ok := m["items"].([]any); ok {
		n.tuple = p.list(n, m, "items")
		n.moreItems = p.single(n, m, "additionalItems")
	} else {
		n.items = p.single(n, m, "items")
	}
	n.contains = branch(p.single(n, m, "contains"))
}

func (p *parser) combined(n *node, m map[string]any) {
	n.allOf = p.list(n, m, "allOf")
	n.anyOf = p.list(n, m, "anyOf")
	n.oneOf = p.list(n, m, "oneOf")
	for _, b := range slices.Concat(n.anyOf, n.oneOf) {
		b.branch = true
	}
	n.not = branch(p.single(n, m, "not"))
	n.when = branch(p.single(n, m, "if"))
	n.then = branch(p.single(n, m, "then"))
	n.other = branch(p.single(n, m, "else"))
}

func branch(n *node) *node {
	if n != nil {
		n.branch = true
	}
	return n
}

func (p *parser) child(n *node, raw any, loc string) *node {
	sub := p.node(raw, loc)
	n.children = append(n.children, sub)
	return sub
}

func (p *parser) single(n *node, m map[string]any, key string) *node {
	switch v := m[key].(type) {
	case map[string]any, bool:
		return p.child(n, v, tree.JoinPointer(n.loc, key))
	}
	return nil
}

func (p *parser) list(n *node, m map[string]any, key string) []*node {
	list, _ := m[key].([]any)
	nodes := make([]*node, 0, len(list))
	for i, v := range list {
		nodes = append(nodes, p.child(n, v, index(tree.JoinPointer(n.loc, key), i)))
	}
	return nodes
}

func (p *parser) table(n *node, m map[string]any, key string) map[string]*node {
	table, _ := m[key].(map[string]any)
	nodes := make(map[string]*node, len(table))
	at := tree.JoinPointer(n.loc, key)
	for _, k := range slices.Sorted(maps.Keys(table)) {
		if _, names := table[k].([]any); !names { // a dependency may be a list of names
			nodes[k] = p.child(n, table[k], tree.JoinPointer(at, k))
		}
	}
	return nodes
}

// dangling gives the place of a reference that names no schema; "" when there
// is none.
func (p *parser) dangling() string {
	for _, loc := range slices.Sorted(maps.Keys(p.nodes)) {
		if n := p.nodes[loc]; n.refLoc != "" && n.ref == nil {
			return loc + "/$ref"
		}
	}
	return ""
}

// circle gives the place of a schema that contains or refers to itself; "" when
// there is none. Without one every walk over a schema ends, and no document
// can fill the stack, which no recover survives.
func (p *parser) circle() string {
	const onPath, done = 1, 2
	state := map[*node]int{}
	found := ""
	var visit func(n *node) (back bool)
	visit = func(n *node) bool {
		if state[n] != 0 {
			return state[n] == onPath
		}
		state[n] = onPath
		if n.ref != nil && visit(n.ref) {
			found = cmp.Or(found, n.loc+"/$ref")
		}
		if slices.ContainsFunc(n.children, visit) {
			found = cmp.Or(found, n.loc)
		}
		state[n] = done
		return false
	}
	visit(p.nodes[""])
	return found
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
