package schema

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// members gives the schemas that n applies to the value of its member name.
func (n *node) members(name string) []*node {
	var all []*node
	if sub := n.properties[name]; sub != nil {
		all = append(all, sub)
	}
	for _, p := range n.patterns {
		if p.MatchString(name) {
			all = append(all, p.node)
		}
	}
	if len(all) == 0 && n.additional != nil {
		all = append(all, n.additional)
	}
	return all
}

// item gives the schema that n applies to its item i; nil when there is none.
func (n *node) item(i int) *node {
	switch {
	case n.tuple == nil:
		return n.items
	case i < len(n.tuple):
		return n.tuple[i]
	}
	return n.moreItems
}

// stated is a schema that speaks of a value; sure when it always applies, and
// not only in one branch of a combining keyword.
type stated struct {
	*node
	sure bool
}

// all follows references and combining keywords to every schema that may speak
// of the same values. What "not" and "if" name is not documented by that.
func all(of []stated) []stated {
	seen := map[*node]bool{}
	var out []stated
	var visit func(n *node, sure bool)
	visit = func(n *node, sure bool) {
		if n == nil || seen[n] {
			return
		}
		seen[n] = true
		out = append(out, stated{n, sure})
		visit(n.ref, sure)
		for _, sub := range n.allOf {
			visit(sub, sure)
		}
		for _, sub := range slices.Concat(n.anyOf, n.oneOf) {
			visit(sub, false)
		}
		visit(n.then, false)
		visit(n.other, false)
		for _, k := range slices.Sorted(maps.Keys(n.dependencies)) {
			visit(n.dependencies[k], false)
		}
	}
	for _, s := range of {
		visit(s.node, s.sure)
	}
	return out
}

// below gives what the schemas say of the member or item that token names.
// "*" is any item, and any member of an object whose names are not fixed.
func below(of []stated, token string) (sub []stated, required bool) {
	i, isIndex := 0, token == "*"
	if token != "" && token[0] >= '0' && token[0] <= '9' { // most are names, and an error takes its time
		n, err := strconv.Atoi(token)
		i, isIndex = n, err == nil
	}
	for _, s := range of {
		// "additionalProperties": true allows a member and says nothing of it.
		nodes := slices.DeleteFunc(s.members(token), func(n *node) bool { return n == s.additional && open(n) })
		required = required || s.sure && slices.Contains(s.required, token)
		switch {
		case token == "*":
			nodes = slices.Concat(nodes, s.tuple, []*node{s.items, s.moreItems})
			for _, p := range s.patterns {
				nodes = append(nodes, p.node)
			}
		case isIndex:
			nodes = append(nodes, s.item(i))
		}
		for _, n := range nodes {
			if n != nil {
				sub = append(sub, stated{n, s.sure})
			}
		}
	}
	return sub, required
}

// open tells whether n says nothing at all, as additionalProperties: true does.
func open(n *node) bool {
	if m, ok := n.raw.(map[string]any); ok {
		return len(m) == 0
	}
	return true
}

// members are those of the document itself.
type members struct {
	names  []string
	others bool
}

// Members implements [loginwatch.Schema].
func (s *Schema) Members() (names []string, others bool) {
	m := s.outer()
	return m.names, m.others
}

func (s *Schema) findMembers() members {
	var m members
	for _, n := range all([]stated{{s.root, true}}) {
		m.names = slices.AppendSeq(m.names, maps.Keys(n.properties))
		m.others = m.others || len(n.patterns) > 0 || n.additional != nil && !open(n.additional)
	}
	slices.Sort(m.names)
	m.names = slices.Compact(m.names)
	return m
}

// At implements [loginwatch.Schema]. A token "*" means any index of an array.
func (s *Schema) At(pointer string) (field loginwatch.SchemaField, ok bool) {
	tokens, ok := tree.SplitPointer(pointer)
	if !ok {
		return field, false
	}
	here := []stated{{s.root, true}}
	for _, t := range tokens {
		here, field.Required = below(all(here), t)
		if len(here) == 0 {
			return loginwatch.SchemaField{}, false
		}
	}
	if field.Pos = s.place.ofKey(s.file, here[0].loc); pointer == "" {
		field.Pos = s.place.ofValue(s.file, "")
	}
	s.describe(&field, all(here))
	return field, true
}

// describe adds what the schemas that speak of a field say of it.
func (s *Schema) describe(field *loginwatch.SchemaField, here []stated) {
	var types []string
	for _, n := range here {
		types = append(types, n.types...)
		field.Secret = field.Secret || n.secret
		if object, ok := n.raw.(map[string]any); ok && field.Format == "" {
			field.Format, _ = object["format"].(string)
		}
		if field.Cite == (loginwatch.Cite{}) && n.cite+n.evidence != "" {
			field.Cite = s.cite(n.node)
		}
	}
	field.Type = joinTypes(types)
}

// Extra implements [loginwatch.Schema]. The names in the pointers are the
// sender's text and may be anything.
func (s *Schema) Extra(doc any) []string {
	var extra []string
	var visit func(here []stated, v any, pointer string, depth int)
	visit = func(here []stated, v any, pointer string, depth int) {
		if here = all(here); len(here) == 0 || depth > maxDepth {
			return
		}
		switch v := v.(type) {
		case map[string]any:
			closed := slices.ContainsFunc(here, func(s stated) bool { return len(s.properties) > 0 })
			for k, member := range v { // what is found is sorted at the end
				switch sub, _ := below(here, k); {
				case len(sub) > 0:
					visit(sub, member, tree.JoinPointer(pointer, k), depth+1)
				case closed:
					extra = append(extra, tree.JoinPointer(pointer, k))
				}
			}
		case []any:
			for i, e := range v {
				if sub, _ := below(here, strconv.Itoa(i)); len(sub) > 0 {
					visit(sub, e, index(pointer, i), depth+1)
				}
			}
		}
	}
	visit([]stated{{s.root, true}}, doc, "", 0)
	slices.Sort(extra)
	return extra
}

// SecretFields implements [loginwatch.Schema]. "*" also stands for any name
// of an object whose names the schema does not fix.
func (s *Schema) SecretFields() []loginwatch.Place {
	found := map[loginwatch.Place]bool{}
	var visit func(here []stated, pointer string)
	visit = func(here []stated, pointer string) {
		here = all(here)
		tokens := map[string]bool{"*": true}
		for _, n := range here {
			if n.secret {
				found[loginwatch.Place(pointer)] = true
			}
			for k := range n.properties {
				tokens[k] = true
			}
		}
		for t := range tokens {
			if sub, _ := below(here, t); len(sub) > 0 {
				visit(sub, tree.JoinPointer(pointer, t))
			}
		}
	}
	visit([]stated{{s.root, true}}, "")
	return slices.Sorted(maps.Keys(found))
}

// Citation is one source of a schema file. In names the document, by x-in, and
// is empty for the first one.
type Citation struct {
	loginwatch.Cite
	Field string // its place in the file, of properties and items alone: /error/code, /roles/*
	In    string
	InPos loginwatch.Pos
}

// CitingFrom gives the same schema whose sources are of the documents that show
// names: what people know them by, for the name in x-in.
func (s *Schema) CitingFrom(show func(name string) string) *Schema {
	same := *s
	same.show = show
	return &same
}

// Cites gives every citation of the file with its place, in reading order.
func (s *Schema) Cites() []Citation {
	var cites []Citation
	for _, loc := range slices.Sorted(maps.Keys(s.nodes)) {
		if n := s.nodes[loc]; n.cite+n.evidence != "" {
			cites = append(cites, Citation{s.cite(n), fieldAt(n.loc), n.in, s.place.ofValue(s.file, n.loc+"/x-in")})
		}
	}
	slices.SortStableFunc(cites, func(a, b Citation) int {
		return cmp.Or(cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column))
	})
	return cites
}

// fieldAt shortens a place in a schema to the names of fields.
func fieldAt(loc string) string {
	var field strings.Builder
	keys := strings.Split(strings.TrimPrefix(loc, "/"), "/")
	for i := 0; i < len(keys); i++ {
		switch keys[i] {
		case "properties":
			if i++; i < len(keys) {
				field.WriteString("/" + keys[i])
			}
		case "items":
			field.WriteString("/*")
		}
	}
	return field.String()
}

func (s *Schema) cite(n *node) loginwatch.Cite {
	keyword := "/x-cite"
	if n.cite == "" {
		keyword = "/x-evidence"
	}
	c := loginwatch.Cite{Words: n.cite, Evidence: n.evidence, Pos: s.place.ofValue(s.file, n.loc+keyword)}
	if s.show != nil {
		c.Document = s.show(n.in)
	}
	return c
}

func hasType(types []string, v any) bool {
	t := tree.TypeOf(v)
	return slices.Contains(types, t) || t == "integer" && slices.Contains(types, "number")
}

func joinTypes(types []string) string {
	var once []string
	for _, t := range types {
		for _, part := range strings.Split(t, "|") {
			if part != "" && !slices.Contains(once, part) {
				once = append(once, part)
			}
		}
	}
	return strings.Join(once, "|")
}

func index(pointer string, i int) string { return pointer + "/" + strconv.Itoa(i) }
