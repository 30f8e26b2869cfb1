package schema

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
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
func below(of []stated, token string) (sub []stated, required bool) {
	i, err := strconv.Atoi(token)
	isIndex := token == "*" || err == nil && i >= 0
	for _, s := range of {
		for _, m := range s.members(token) {
			if !open(m) {
				sub = append(sub, stated{m, s.sure})
			}
		}
		required = required || s.sure && slices.Contains(s.required, token)
		if !isIndex {
			continue
		}
		items := []*node{s.item(i)}
		if token == "*" {
			items = append(slices.Clone(s.tuple), s.items, s.moreItems)
		}
		for _, e := range items {
			if e != nil {
				sub = append(sub, stated{e, s.sure})
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

// At implements [loginwatch.Schema]. A token "*" means any index of an array.
func (s *Schema) At(pointer string) (field loginwatch.SchemaField, ok bool) {
	tokens, ok := loginwatch.SplitPointer(pointer)
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
	var types []string
	for _, n := range all(here) {
		types = append(types, n.types...)
		field.Secret = field.Secret || n.secret
		if field.Cite == (loginwatch.Cite{}) && n.cite+n.evidence != "" {
			field.Cite = loginwatch.Cite{Words: n.cite, Evidence: n.evidence}
			keyword := "/x-cite"
			if n.cite == "" {
				keyword = "/x-evidence"
			}
			field.Cite.Pos = s.place.ofValue(s.file, n.loc+keyword)
		}
	}
	field.Type = joinTypes(types)
	return field, true
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
			for _, k := range slices.Sorted(maps.Keys(v)) {
				at := loginwatch.JoinPointer(pointer, k)
				sub, _ := below(here, k)
				if len(sub) == 0 && closed && !slices.ContainsFunc(here, func(s stated) bool { return s.properties[k] != nil }) {
					extra = append(extra, at)
				}
				visit(sub, v[k], at, depth+1)
			}
		case []any:
			for i, e := range v {
				sub, _ := below(here, strconv.Itoa(i))
				visit(sub, e, index(pointer, i), depth+1)
			}
		}
	}
	visit([]stated{{s.root, true}}, doc, "", 0)
	slices.Sort(extra)
	return extra
}

// SecretFields implements [loginwatch.Schema].
func (s *Schema) SecretFields() []string {
	found := map[string]bool{}
	onPath := map[*node]bool{}
	var visit func(n *node, pointer string)
	visit = func(n *node, pointer string) {
		if n == nil || onPath[n] { // a recursive schema: the fields of its first turn
			return
		}
		onPath[n] = true
		defer delete(onPath, n)
		if n.secret {
			found[pointer] = true
		}
		for _, sub := range all([]stated{{n, true}}) {
			if sub.node != n {
				visit(sub.node, pointer)
			}
		}
		for k, sub := range n.properties {
			visit(sub, loginwatch.JoinPointer(pointer, k))
		}
		for _, sub := range append(slices.Clone(n.tuple), n.items, n.moreItems) {
			visit(sub, pointer+"/*")
		}
	}
	visit(s.root, "")
	return slices.Sorted(maps.Keys(found))
}

func hasType(types []string, v any) bool {
	t := typeOf(v)
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
