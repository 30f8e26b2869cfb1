// Package source reads the two notations that foreign descriptions are written in, JSON
// and YAML, into one kind of tree that keeps the order and the lines of the file. It is
// bounded in size and depth, knows no anchors and aliases, and its errors hold no value.
package source

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode"

	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// Kind is what a value is.
type Kind string

// The kinds, as messages name them.
const (
	Null    Kind = "nothing"
	Bool    Kind = "true or false"
	Number  Kind = "a number"
	String  Kind = "a text"
	List    Kind = "a list"
	Mapping Kind = "a mapping"
)

// Node is one value. Its methods take nil for a value that is not there.
type Node struct {
	Kind    Kind
	Text    string // of a scalar, numbers as they are written
	Line    int
	Members []Member
	Items   []*Node

	parent *Node
	name   string         // of the member or number of the item that it is in its parent
	index  map[string]int // of many members
}

// Member is one key of a mapping and its value.
type Member struct {
	Name  string
	Value *Node
}

// manyMembers is from where on a mapping is looked up in an index: a megabyte of members
// would else be searched once for each of them.
const manyMembers = 16

// Get gives the member of a name; nil without one.
func (n *Node) Get(name string) *Node {
	if n == nil {
		return nil
	}
	if len(n.Members) >= manyMembers && n.index == nil {
		n.index = make(map[string]int, len(n.Members))
		for i, m := range n.Members {
			n.index[m.Name] = i
		}
	}
	if n.index != nil {
		if i, found := n.index[name]; found {
			return n.Members[i].Value
		}
		return nil
	}
	for _, m := range n.Members {
		if m.Name == name {
			return m.Value
		}
	}
	return nil
}

// At gives what an RFC 6901 JSON Pointer names below n; nil for nothing.
func (n *Node) At(pointer string) *Node {
	tokens, ok := tree.SplitPointer(pointer)
	if !ok {
		return nil
	}
	for _, t := range tokens {
		if n == nil {
			return nil
		}
		if n.Kind != List {
			n = n.Get(t)
			continue
		}
		i, err := strconv.Atoi(t)
		if err != nil || i < 0 || i >= len(n.Items) || strconv.Itoa(i) != t {
			return nil
		}
		n = n.Items[i]
	}
	return n
}

// Is tells whether n is there and of a kind.
func (n *Node) Is(kind Kind) bool { return n != nil && n.Kind == kind }

// String gives the text of a scalar; "" for anything else.
func (n *Node) String() string {
	if n == nil || n.Kind == Null {
		return ""
	}
	return n.Text
}

// Text is a value as a query, a header or a form has it: of a list or mapping its JSON, of
// what is not there "".
func Text(n *Node) string {
	if n.Is(List) || n.Is(Mapping) {
		return string(n.JSON())
	}
	return n.String()
}

// True tells whether n is the boolean.
func (n *Node) True() bool { return n.Is(Bool) && n.Text == "true" }

// The longest name that places show, in characters.
const longestName = 60

// Pointer is the JSON Pointer of n from the top of the file, for people: names that are
// long or can't be printed are shortened.
func (n *Node) Pointer() string {
	if n == nil || n.parent == nil {
		return ""
	}
	var names []string
	for ; n.parent != nil; n = n.parent {
		names = append(names, n.name)
	}
	pointer := ""
	for i := len(names) - 1; i >= 0; i-- {
		pointer = tree.JoinPointer(pointer, Shown(names[i]))
	}
	return pointer
}

// Shown is a name of a description as it may stand in a message.
func Shown(name string) string {
	name = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return '?'
		}
		return c
	}, name)
	if r := []rune(name); len(r) > longestName {
		return string(r[:longestName]) + "…"
	}
	return name
}

// Place is where n stands.
func (n *Node) Place() importer.Place {
	if n == nil {
		return importer.Place{}
	}
	return importer.Place{Line: n.Line, Path: n.Pointer()}
}

// JSON gives n as JSON, in the order of the file.
func (n *Node) JSON() json.RawMessage {
	var b bytes.Buffer
	n.write(&b)
	return b.Bytes()
}

func (n *Node) write(b *bytes.Buffer) {
	switch {
	case n == nil || n.Kind == Null:
		b.WriteString("null")
	case n.Kind == String:
		b.Write(Quote(n.Text))
	case n.Kind == List:
		b.WriteByte('[')
		for i, item := range n.Items {
			if i > 0 {
				b.WriteByte(',')
			}
			item.write(b)
		}
		b.WriteByte(']')
	case n.Kind == Mapping:
		b.WriteByte('{')
		for i, m := range n.Members {
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(Quote(m.Name))
			b.WriteByte(':')
			m.Value.write(b)
		}
		b.WriteByte('}')
	default:
		b.WriteString(n.Text)
	}
}

// Quote is a text as JSON, which says <, > and & as they are.
func Quote(text string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(text) != nil {
		return []byte(`""`) // of no text: each has an encoding
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
