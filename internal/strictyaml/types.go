package strictyaml

import (
	"encoding/json"
	"fmt"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// Span is where a value stands and how many characters it takes there.
type Span struct {
	Pos   loginwatch.Pos
	Width int
}

// Text is a string whose place matters. Its Width is 0 when the key is absent or
// has no string.
type Text struct {
	Value string
	Span
}

// Scalar is a string, number, boolean or null whose place matters. Value is its
// JSON text without quotes.
type Scalar struct {
	Value string
	Span
}

// Placed is a value of any type that [Document.Decode] knows, with its place. Its
// Width is 0 when the key is absent or the value has another type.
type Placed[T any] struct {
	Value T
	Span
}

// OneOrMany is a list for whose only item a person may write the item alone.
type OneOrMany[T any] []T

// ScalarOr is a scalar, for which a person may write a mapping that says more.
type ScalarOr[T any] struct {
	Scalar
	More *T // nil for a scalar
}

// Map is a mapping with free keys, in the order of the file.
type Map[T any] []Entry[T]

// Entry is one key of a [Map]. In a struct below it, a field "Pos" is the
// key's place.
type Entry[T any] struct {
	Key   string
	Span  // of the key
	Value T
}

// Get finds a key.
func (m Map[T]) Get(key string) (value T, found bool) {
	for _, e := range m {
		if e.Key == key {
			return e.Value, true
		}
	}
	return value, false
}

// Keys gives the keys in the order of the file.
func (m Map[T]) Keys() []string {
	keys := make([]string, len(m))
	for i, e := range m {
		keys[i] = e.Key
	}
	return keys
}

// Value is any JSON value: map[string]any, []any, string, bool, [json.Number]
// or nil.
type Value struct {
	Any any
	Span
	node *node
}

// Texts gives every string in the value, with its JSON Pointer and place.
func (v Value) Texts() []PointedText {
	if v.node == nil {
		return nil
	}
	return collectTexts(nil, v.node, "")
}

// Leaves gives every value that is neither a mapping nor a list, in the order of the file,
// with the keys of the mappings around it.
func (v Value) Leaves() []Leaf { return collectLeaves(nil, v.node, nil) }

// Leaf is such a value: a string, bool, [json.Number] or nil. Those of one list have the
// same keys.
type Leaf struct {
	Keys  []string
	Value any
}

func collectLeaves(all []Leaf, n *node, keys []string) []Leaf {
	switch {
	case n == nil:
		return all
	case n.kind != kindMapping && n.kind != kindList:
		return append(all, Leaf{keys, n.value()})
	}
	for _, p := range n.pairs {
		all = collectLeaves(all, p.value, append(keys[:len(keys):len(keys)], p.key))
	}
	for _, item := range n.items {
		all = collectLeaves(all, item, keys)
	}
	return all
}

// Node is a value of any type in the order of the file, for files that no struct can
// describe. One of its three fields is set, but for null, which sets none.
type Node struct {
	Span
	Scalar  any       // a string, bool or [json.Number]
	Mapping Map[Node] // not nil for a mapping without keys
	List    []Node    // not nil for a list without items
}

// PointedText is a string inside a [Value].
type PointedText struct {
	Pointer string
	Text
}

// At gives the place of the value that a JSON Pointer names, or of the nearest
// value around it.
func (v Value) At(pointer string) Span {
	place, n := v.Span, v.node
	tokens, _ := tree.SplitPointer(pointer)
	for _, t := range tokens {
		next := n.child(t)
		if next == nil {
			break
		}
		n, place = next, Span{next.pos, next.width}
	}
	return place
}

func (n *node) child(token string) *node {
	if n == nil {
		return nil
	}
	for _, p := range n.pairs {
		if p.key == token {
			return p.value
		}
	}
	for i, item := range n.items {
		if fmt.Sprint(i) == token {
			return item
		}
	}
	return nil
}

func collectTexts(all []PointedText, n *node, pointer string) []PointedText {
	if n.kind == kindString {
		all = append(all, PointedText{pointer, Text{n.text, Span{n.pos, n.width}}})
	}
	for _, p := range n.pairs {
		all = collectTexts(all, p.value, tree.JoinPointer(pointer, p.key))
	}
	for i, item := range n.items {
		all = collectTexts(all, item, tree.JoinPointer(pointer, fmt.Sprint(i)))
	}
	return all
}

// value is the node as encoding/json would have decoded it.
func (n *node) value() any {
	switch n.kind {
	case kindMapping:
		m := make(map[string]any, len(n.pairs))
		for _, p := range n.pairs {
			m[p.key] = p.value.value()
		}
		return m
	case kindList:
		l := make([]any, len(n.items))
		for i, item := range n.items {
			l[i] = item.value()
		}
		return l
	case kindString:
		return n.text
	case kindBool:
		return n.text == "true"
	case kindInteger, kindNumber:
		return json.Number(n.text)
	}
	return nil
}

// jsonNumber tells whether JSON writes a number this way.
func jsonNumber(text string) bool {
	var n float64
	return text != "null" && json.Unmarshal([]byte(text), &n) == nil
}
