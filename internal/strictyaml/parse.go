package strictyaml

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/loginwatch/loginwatch"
)

// The bounds keep the recursion of the parser, and ours, shallow.
const (
	maxBytes = 1 << 20 // unless an option says otherwise
	maxDepth = 32
)

type kind string

const (
	kindNull    kind = "nothing"
	kindBool    kind = "a boolean"
	kindInteger kind = "an integer"
	kindNumber  kind = "a number"
	kindString  kind = "a string"
	kindList    kind = "a list"
	kindMapping kind = "a mapping"
)

// node is a YAML value without the ways to write it.
type node struct {
	kind  kind
	text  string // of a scalar: what it says, numbers as JSON writes them
	pos   loginwatch.Pos
	width int
	pairs []pair
	items []*node
	token *token.Token // of a scalar
}

type pair struct {
	key    string
	keyPos loginwatch.Pos
	width  int
	value  *node
}

// parse gives the body of the only document, or adds a problem.
func (d *Document) parse(text string) (body ast.Node) {
	defer func() {
		// goccy/go-yaml indexes tokens without checking in places; whatever input
		// makes it panic is no YAML that we want.
		if r := recover(); r != nil {
			d.Problemf(loginwatch.Pos{File: d.file}, 0, "not readable as YAML")
		}
	}()
	tokens := lexer.Tokenize(text)
	if !d.plain(tokens) {
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		d.syntaxError(err)
		return nil
	}
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		bodies = append(bodies, doc.Body)
	}
	switch {
	case len(bodies) == 0:
		d.Problemf(loginwatch.Pos{File: d.file}, 0, "the file is empty")
		return nil
	case len(file.Docs) > 1:
		for _, t := range tokens {
			if t.Type == token.DocumentHeaderType && t.Position.Line > 1 {
				d.syntaxProblem(d.at(t.Position.Line, t.Position.Column), 3, "more than one document in the file")
				return nil
			}
		}
		d.Problemf(loginwatch.Pos{File: d.file}, 0, "more than one document in the file")
		return nil
	}
	return bodies[0]
}

// refused are the parts of YAML that hide what a file says.
var refused = map[token.Type]string{
	token.AnchorType:     "anchors are not supported: write the value out",
	token.AliasType:      "aliases are not supported: write the value out",
	token.MergeKeyType:   "merge keys are not supported: write the keys out",
	token.TagType:        "tags are not supported",
	token.MappingKeyType: "complex keys are not supported",
	token.DirectiveType:  "directives are not supported",
}

// plain refuses what this package leaves out of YAML, and deep nesting, before
// the recursive parser sees it.
func (d *Document) plain(tokens token.Tokens) bool {
	flow, indents := 0, []int{}
	for _, t := range tokens {
		at := d.at(t.Position.Line, t.Position.Column)
		if why := refused[t.Type]; why != "" {
			d.syntaxProblem(at, utf8.RuneCountInString(t.Value), why)
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow--
		case token.SequenceEntryType, token.MappingValueType:
			column := t.Position.Column
			if t.Type == token.MappingValueType && t.Prev != nil {
				column = t.Prev.Position.Column
			}
			if flow == 0 {
				for len(indents) > 0 && indents[len(indents)-1] >= column {
					indents = indents[:len(indents)-1]
				}
				indents = append(indents, column)
			}
		}
		if flow+len(indents) > maxDepth {
			d.syntaxProblem(at, 1, fmt.Sprintf("nested deeper than %d levels", maxDepth))
			return false
		}
	}
	return len(d.problems) == 0
}

// quotedInMessage is what a message of goccy/go-yaml repeats of the file.
var quotedInMessage = regexp.MustCompile("\"[^\"]*\"|'[^']*'|`[^`]*`")

// syntaxError takes the place out of an error of goccy/go-yaml. Its messages can
// repeat a value, so what they quote is left out where values are concealed.
func (d *Document) syntaxError(err error) {
	var at interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if !errors.As(err, &at) || at.GetToken() == nil || at.GetToken().Position == nil {
		d.Problemf(loginwatch.Pos{File: d.file}, 0, "not readable as YAML")
		return
	}
	t := at.GetToken()
	message := at.GetMessage()
	if d.conceal != nil {
		message = quotedInMessage.ReplaceAllStringFunc(message, func(quoted string) string {
			if len(quoted) <= 3 {
				return quoted // one character of the grammar
			}
			return "…"
		})
	}
	d.syntaxProblem(d.at(t.Position.Line, max(t.Position.Column, 1)), 1, message)
}

var leadingKey = regexp.MustCompile(`^[ -]*[a-z_]+:( |$)`)

// syntaxProblem is Problemf for a time when nobody knows yet which part of a
// line is a value.
func (d *Document) syntaxProblem(pos loginwatch.Pos, width int, message string) {
	d.Problemf(pos, width, "%s", message)
	if d.conceal != nil {
		line := d.lines[pos.Line-1]
		key, _, _ := strings.Cut(leadingKey.FindString(line), ":")
		d.problems[len(d.problems)-1].Source = key + strings.Repeat("*", utf8.RuneCountInString(line)-utf8.RuneCountInString(key))
	}
}

// convert turns the syntax tree into nodes and reports duplicate keys.
func (d *Document) convert(n ast.Node, depth int) *node {
	if depth > maxDepth {
		at := d.place(n.GetToken())
		d.deep = &at
		return &node{kind: kindNull, pos: at, width: 1}
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		return d.mapping(n.GetToken(), n.Values, depth)
	case *ast.MappingValueNode:
		return d.mapping(n.GetToken(), []*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		list := &node{kind: kindList, pos: d.place(n.GetToken()), width: 1}
		for _, item := range n.Values {
			list.items = append(list.items, d.convert(item, depth+1))
		}
		return list
	case *ast.LiteralNode:
		s := d.scalar(kindString, n.Value.Value, n.GetToken())
		s.token = n.Value.GetToken()
		return s
	case *ast.StringNode:
		if n.Token.Type == token.StringType && jsonNumber(n.Value) { // 1e3, or beyond 64 bits
			return d.scalar(kindNumber, n.Value, n.GetToken())
		}
		return d.scalar(kindString, n.Value, n.GetToken())
	case *ast.BoolNode:
		return d.scalar(kindBool, strconv.FormatBool(n.Value), n.GetToken())
	case *ast.IntegerNode:
		return d.scalar(kindInteger, fmt.Sprint(n.Value), n.GetToken())
	case *ast.FloatNode:
		return d.number(n)
	case *ast.NullNode:
		return d.scalar(kindNull, "", n.GetToken())
	}
	d.Problemf(d.place(n.GetToken()), 1, "%s is not supported", strings.ToLower(n.Type().YAMLName()))
	odd := &node{kind: kindString, pos: d.place(n.GetToken()), width: 1, token: n.GetToken()}
	d.dropped = append(d.dropped, odd)
	return &node{kind: kindNull, pos: odd.pos, width: 1}
}

// number keeps the text of a decimal number where JSON can hold it.
func (d *Document) number(n *ast.FloatNode) *node {
	text := strings.ReplaceAll(n.GetToken().Value, "_", "")
	if !jsonNumber(text) {
		text = strconv.FormatFloat(n.Value, 'g', -1, 64)
	}
	return d.scalar(kindNumber, text, n.GetToken())
}

func (d *Document) mapping(start *token.Token, values []*ast.MappingValueNode, depth int) *node {
	m := &node{kind: kindMapping, pos: d.place(start), width: 1}
	first := make(map[string]int, len(values)) // lines by key
	for _, v := range values {
		t := v.Key.GetToken()
		p := pair{key: t.Value, keyPos: d.place(t), width: tokenWidth(t), value: d.convert(v.Value, depth+1)}
		if p.value.kind == kindNull {
			p.value.pos, p.value.width = p.keyPos, p.width
		}
		if len(m.pairs) == 0 {
			m.pos, m.width = p.keyPos, p.width
		}
		if line, twice := first[p.key]; twice {
			d.Problemf(p.keyPos, p.width, "duplicate key %q, first in line %d", p.key, line)
			d.dropped = append(d.dropped, p.value)
			continue
		}
		first[p.key] = p.keyPos.Line
		m.pairs = append(m.pairs, p)
	}
	return m
}

func (d *Document) scalar(k kind, text string, t *token.Token) *node {
	return &node{kind: k, text: text, pos: d.place(t), width: tokenWidth(t), token: t}
}

func (d *Document) place(t *token.Token) loginwatch.Pos {
	if t == nil || t.Position == nil {
		return loginwatch.Pos{File: d.file}
	}
	return d.at(t.Position.Line, max(t.Position.Column, 1))
}

// tokenWidth counts the characters of a token's first line, quotes included.
func tokenWidth(t *token.Token) int {
	first, _, _ := strings.Cut(strings.TrimSpace(t.Origin), "\n")
	return max(utf8.RuneCountInString(strings.TrimSpace(first)), 1)
}
