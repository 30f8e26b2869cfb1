package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// Schema is a compiled JSON Schema. It is safe for concurrent use.
type Schema struct {
	file  string
	root  *node
	place *places // nil for a schema that has no text of its own
}

var _ loginwatch.Schema = (*Schema)(nil)

// Compile reads a schema from a file's bytes; file names it in positions. The
// error is a [loginwatch.Problems] with the place of everything that could make
// the schema mean less than it says. [Lint] asks for more.
func Compile(file string, data []byte) (*Schema, error) {
	raw, place, problems := read(file, data)
	if len(problems) == 0 {
		problems = inspect(file, raw, place, false)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return build(file, raw, place)
}

// CompileValue compiles a schema that stands inside another file and is decoded
// already. Errors name the place inside the schema, by JSON Pointer.
func CompileValue(v any) (*Schema, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("schema is no JSON value: %w", err)
	}
	raw, _, problems := read("", text)
	if len(problems) == 0 {
		problems = inspect("", raw, nil, false)
	}
	if len(problems) > 0 {
		messages := make([]string, len(problems))
		for i, p := range problems {
			messages[i] = p.Message
		}
		return nil, errors.New(strings.Join(messages, "; "))
	}
	return build("", raw, nil)
}

func build(file string, raw any, place *places) (*Schema, error) {
	p := &parser{root: raw, nodes: map[string]*node{}}
	root := p.node(raw, "")
	for loc, d := range p.definitions() {
		p.node(d, loc)
	}
	if loc := p.link(); loc != "" {
		return nil, fmt.Errorf("%s: the reference at #%s names no schema", file, loc)
	}
	if loc := circle(p.nodes); loc != "" {
		return nil, fmt.Errorf("%s: the reference at %s leads back to itself", file, loc)
	}
	s := &Schema{file: file, root: root, place: place}
	root.branch = true
	for _, n := range p.nodes {
		if !n.branch {
			continue
		}
		var err error
		if n.judge, err = newJudge(raw, n.raw); err != nil {
			return nil, fmt.Errorf("%s%s: %w", file, n.loc, err)
		}
	}
	return s, nil
}

// Validate implements [loginwatch.Schema].
func (s *Schema) Validate(doc any) (violations []loginwatch.Violation, err error) {
	defer func() {
		if r := recover(); r != nil {
			// The panic's text may hold a value of the document; its type can't.
			violations, err = nil, fmt.Errorf("schema %s: the validator failed with a %T", s.file, r)
		}
	}()
	if err := checkDocument(doc, 0); err != nil {
		return nil, fmt.Errorf("schema %s: %w", s.file, err)
	}
	x := explainer{schema: s}
	if violations, err = x.judge(s.root, doc, ""); err != nil {
		return nil, fmt.Errorf("schema %s: %w", s.file, err)
	}
	return tidy(violations), nil
}
