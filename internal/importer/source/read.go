package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

// The bounds. A description of a whole API has a megabyte or two; one of a login has
// some kilobytes, some ten levels deep.
const (
	mostBytes = 4 << 20
	mostDepth = 64 // of JSON; strictyaml has its own
)

// Read reads JSON where the file begins like an object or a list of it, and YAML
// otherwise. The error is an *[importer.Error].
func Read(data []byte) (*Node, error) {
	if err := readable(data); err != nil {
		return nil, err
	}
	text := bytes.TrimPrefix(data, []byte("\ufeff"))
	if start := bytes.TrimLeft(text, " \t\r\n"); start[0] == '{' || start[0] == '[' {
		n, err := readJSON(text)
		if err == nil || start[0] == '[' || looksLikeJSON(start) {
			return n, err
		}
	}
	return readYAML(text)
}

// JSON reads JSON alone.
func JSON(data []byte) (*Node, error) {
	if err := readable(data); err != nil {
		return nil, err
	}
	return readJSON(bytes.TrimPrefix(data, []byte("\ufeff")))
}

func readable(data []byte) error {
	switch {
	case len(data) > mostBytes:
		return &importer.Error{Err: fmt.Errorf("larger than %d MiB", mostBytes>>20)}
	case !utf8.Valid(data):
		return &importer.Error{Err: errors.New("not UTF-8")}
	case len(bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))) == 0:
		return &importer.Error{Err: errors.New("nothing stands in it")}
	}
	return nil
}

// looksLikeJSON tells a mapping of JSON from one in brackets of YAML: its first key is in
// double quotes.
func looksLikeJSON(start []byte) bool {
	key := bytes.TrimLeft(start[1:], " \t\r\n")
	return len(key) == 0 || key[0] == '"' || key[0] == '}'
}

// reader makes nodes of the tokens of encoding/json, and counts lines on its way.
type reader struct {
	text    []byte
	tokens  *json.Decoder
	counted int // bytes whose lines are counted
	line    int
}

func readJSON(text []byte) (*Node, error) {
	r := &reader{text: text, tokens: json.NewDecoder(bytes.NewReader(text)), line: 1}
	r.tokens.UseNumber()
	n, err := r.value(nil, "", 0)
	if err != nil {
		return nil, err
	}
	if _, err := r.tokens.Token(); !errors.Is(err, io.EOF) {
		r.count()
		return nil, &importer.Error{At: importer.Place{Line: r.line}, Err: errors.New("something stands behind the JSON value")}
	}
	return n, nil
}

// count brings line up to the token that was read last, or to where reading failed.
func (r *reader) count() {
	to := min(int(r.tokens.InputOffset()), len(r.text))
	r.line += bytes.Count(r.text[r.counted:to], []byte("\n"))
	r.counted = to
}

func (r *reader) value(parent *Node, name string, depth int) (*Node, error) {
	token, err := r.tokens.Token()
	r.count()
	n := &Node{Line: r.line, parent: parent, name: name}
	if err != nil {
		return nil, r.broken(err)
	}
	switch t := token.(type) {
	case nil:
		n.Kind = Null
	case bool:
		n.Kind, n.Text = Bool, strconv.FormatBool(t)
	case json.Number:
		n.Kind, n.Text = Number, t.String()
	case string:
		n.Kind, n.Text = String, t
	case json.Delim:
		if depth >= mostDepth {
			return nil, &importer.Error{At: n.Place(), Err: fmt.Errorf("nested deeper than %d levels", mostDepth)}
		}
		if n.Kind = List; t == '{' {
			n.Kind = Mapping
		}
		return n, r.inside(n, depth+1)
	}
	return n, nil
}

// inside reads the members or items of n, to its closing bracket.
func (r *reader) inside(n *Node, depth int) error {
	seen := map[string]bool{}
	for r.tokens.More() {
		if n.Kind == List {
			item, err := r.value(n, strconv.Itoa(len(n.Items)), depth)
			if err != nil {
				return err
			}
			n.Items = append(n.Items, item)
			continue
		}
		token, err := r.tokens.Token()
		r.count()
		name, ok := token.(string)
		if err != nil || !ok {
			return r.broken(err)
		}
		if seen[name] {
			at := Node{Line: r.line, parent: n, name: name}
			return &importer.Error{At: at.Place(), Err: errors.New("this key stands twice")}
		}
		seen[name] = true
		value, err := r.value(n, name, depth)
		if err != nil {
			return err
		}
		n.Members = append(n.Members, Member{name, value})
	}
	_, err := r.tokens.Token()
	if err != nil {
		return r.broken(err)
	}
	return nil
}

// broken leaves out what encoding/json says, which repeats a character of the text.
func (r *reader) broken(err error) error {
	r.count()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &importer.Error{At: importer.Place{Line: r.line}, Err: errors.New("the JSON ends in the middle")}
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		to := max(min(int(syntax.Offset)-1, len(r.text)), r.counted)
		r.line += bytes.Count(r.text[r.counted:to], []byte("\n"))
		r.counted = to
	}
	return &importer.Error{At: importer.Place{Line: r.line}, Err: errors.New("not JSON from here on")}
}

func readYAML(text []byte) (*Node, error) {
	document, problems := strictyaml.Parse("", text, strictyaml.AtMost(mostBytes))
	var top strictyaml.Node
	if len(problems) == 0 {
		document.Decode(&top)
		problems = document.Problems() // such as a key that stands twice
	}
	if len(problems) > 0 {
		why := problems[0].Message
		if strings.HasPrefix(why, "duplicate key") { // which goes on with the key
			why = "this key stands twice"
		}
		return nil, &importer.Error{At: importer.Place{Line: problems[0].Pos.Line}, Err: errors.New(why)}
	}
	return plant(nil, "", &top), nil
}

// plant makes a node of one of YAML.
func plant(parent *Node, name string, from *strictyaml.Node) *Node {
	n := &Node{Line: from.Pos.Line, parent: parent, name: name}
	switch {
	case from.Mapping != nil:
		n.Kind = Mapping
		n.Members = make([]Member, len(from.Mapping))
		for i := range from.Mapping {
			e := &from.Mapping[i]
			n.Members[i] = Member{e.Key, plant(n, e.Key, &e.Value)}
			if n.Members[i].Value.Kind != List && n.Members[i].Value.Kind != Mapping {
				continue
			}
			n.Members[i].Value.Line = e.Pos.Line // of the key: the value may begin below it
		}
	case from.List != nil:
		n.Kind = List
		n.Items = make([]*Node, len(from.List))
		for i := range from.List {
			n.Items[i] = plant(n, strconv.Itoa(i), &from.List[i])
		}
	default:
		n.scalar(from.Scalar)
	}
	return n
}

func (n *Node) scalar(v any) {
	switch v := v.(type) {
	case string:
		n.Kind, n.Text = String, v
	case bool:
		n.Kind, n.Text = Bool, strconv.FormatBool(v)
	case json.Number:
		if n.Kind, n.Text = Number, v.String(); !json.Valid([]byte(n.Text)) { // beyond any float64
			n.Kind = String
		}
	default:
		n.Kind = Null
	}
}
