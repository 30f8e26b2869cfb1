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
	plain bool         // a string without quotes
	token *token.Token // of a scalar, while the document is parsed
}

// forget lets go of the tokens: each holds all others, and a value that somebody keeps
// would keep the whole text in pieces.
func (n *node) forget() {
	if n == nil {
		return
	}
	n.token = nil
	for _, p := range n.pairs {
		p.value.forget()
	}
	for _, item := range n.items {
		item.forget()
	}
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
			if (t.Type == token.DocumentHeaderType || t.Type == token.DocumentEndType) && t.Position.Line > 1 {
				d.syntaxProblem(d.at(t.Position.Line, t.Position.Column), 3, severalDocuments)
				return nil
			}
		}
		d.Problemf(loginwatch.Pos{File: d.file}, 0, severalDocuments)
		return nil
	}
	return bodies[0]
}

const severalDocuments = "more than one document in the file: leave this line out, or put what follows into a file of its own"

// refused are the parts of YAML that hide what a file says.
var refused = map[token.Type]string{
	token.AnchorType:     "anchors (&) are not supported: write the value out, or in quotes if it begins with &",
	token.AliasType:      "aliases (*) are not supported: write the value out, or in quotes if it begins with *",
	token.MergeKeyType:   "merge keys (<<) are not supported: write the keys out",
	token.TagType:        "tags (!) are not supported: leave it out, or write the value in quotes if it begins with !",
	token.MappingKeyType: "keys behind a question mark are not supported: write key: value",
	token.DirectiveType:  "directives (%) are not supported: leave it out, or write the value in quotes if it begins with %",
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
		if odd := d.lenient(t, flow); odd != nil {
			d.syntaxProblem(d.at(odd.line, odd.column), odd.width, odd.message)
			return false
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

// syntaxError words an error of goccy/go-yaml for whoever wrote the file. Its own
// messages speak of the library's parts and can repeat a value.
func (d *Document) syntaxError(err error) {
	var at interface {
		GetToken() *token.Token
		GetMessage() string
	}
	line, column, message := 0, 0, ""
	if errors.As(err, &at) && at.GetToken() != nil && at.GetToken().Position != nil {
		line, column, message = at.GetToken().Position.Line, max(at.GetToken().Position.Column, 1), at.GetMessage()
	}
	odd := explain(d.lines)
	switch {
	case odd != nil && (line == 0 || odd.since <= line+1):
		d.syntaxProblem(d.at(odd.line, odd.column), odd.width, odd.message)
	case line == 0:
		d.Problemf(loginwatch.Pos{File: d.file}, 0, "not readable as YAML")
	default:
		d.syntaxProblem(d.at(line, column), 1, inWords(message))
	}
}

// inWords says what a message of goccy/go-yaml asks for.
func inWords(message string) string {
	for _, w := range []struct{ of, says string }{
		{"could not find end character", "this quote is not closed"},
		{"flow mapping end token", "this { is not closed"},
		{"sequence end token", "this [ is not closed"},
		{"',' or '}'", "a comma or the closing } is missing"},
		{"',' or ']'", "a comma or the closing ] is missing"},
		{"found ','", "one comma too many"},
		{"corresponding to", "this bracket closes nothing"},
		{"unknown escape", "no escape of YAML begins like this: write \\\\ for a backslash, or the value in single quotes"},
		{"reserved character", "a value can't begin with this character: put it in quotes"},
		{"header option", "behind | or > nothing may stand: the text begins in the next line, indented"},
		{"tab character", "a tab stands here: YAML takes blanks alone"},
		{"'\t'", "a tab stands here: YAML takes blanks alone"},
		{"non-map value", "a colon is missing behind the key, or this line is indented wrongly"},
		{"implicit line break", "a key has to stand in one line"},
	} {
		if strings.Contains(message, w.of) {
			return w.says
		}
	}
	return "not readable as YAML from here on: look at the indentation, colons, quotes and brackets of this line and of the one above"
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
		s.plain = s.token.Type == token.StringType
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
			m.child(p.key).adopt(p.value)
			continue
		}
		first[p.key] = p.keyPos.Line
		m.pairs = append(m.pairs, p)
	}
	return m
}

// adopt takes the keys of a mapping that has the same key as n: whoever refers to them
// did not err.
func (n *node) adopt(twin *node) {
	for _, p := range twin.pairs {
		if n.kind == kindMapping && n.child(p.key) == nil {
			n.pairs = append(n.pairs, p)
		}
	}
}

func (d *Document) scalar(k kind, text string, t *token.Token) *node {
	plain := t != nil && t.Type == token.StringType
	return &node{kind: k, text: text, pos: d.place(t), width: tokenWidth(t), plain: plain, token: t}
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
