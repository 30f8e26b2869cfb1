package schema

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/loginwatch/loginwatch"
)

// Schema is a compiled JSON Schema. It is safe for concurrent use.
type Schema struct {
	name  string // for errors
	file  string
	root  *node
	nodes map[string]*node
	show  func(document string) string // names documents to people; nil shows none
	place *places                      // nil for a schema that has no text of its own

	outer func() members
}

var _ loginwatch.Schema = (*Schema)(nil)

// Compile reads a schema from a file's bytes; file names it in positions. The
// error is a [loginwatch.Problems] with the place of everything that could make
// the schema mean less than it says. [Lint] asks for more.
func Compile(file string, data []byte) (*Schema, error) {
	raw, place, problems := read(file, data)
	if len(problems) > 0 {
		return nil, problems
	}
	l := inspect(file, raw, place, false)
	s := l.build()
	if len(l.problems) > 0 {
		return nil, l.problems
	}
	return s, nil
}

// CompileValue compiles a schema that stands inside another file and is decoded
// already. Errors name the place inside the schema, by JSON Pointer.
func CompileValue(v any) (*Schema, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("schema is no JSON value: %w", err)
	}
	raw, _, problems := read("", text)
	if len(problems) > 0 {
		return nil, errors.New(problems[0].Message)
	}
	l := inspect("", raw, nil, false)
	s := l.build()
	if len(l.problems) == 0 {
		return s, nil
	}
	messages := make([]string, len(l.problems))
	for i, p := range l.problems {
		messages[i] = p.Message
	}
	return nil, errors.New(strings.Join(messages, "; "))
}

// build compiles what inspect found sound; nil and more problems when the
// references or the validator object.
func (l *linter) build() *Schema {
	if len(l.problems) > 0 {
		return nil
	}
	p := parse(l.root)
	if loc := p.dangling(); loc != "" {
		l.value(loc, "the reference names no schema")
		return nil
	}
	if loc := p.circle(); loc != "" {
		l.value(loc, "the reference leads back to itself: a recursive schema can take exponential time and is not used here")
		return nil
	}
	s := &Schema{name: cmp.Or(l.file, "inline"), file: l.file, root: p.nodes[""], nodes: p.nodes, place: l.place}
	s.outer = sync.OnceValue(s.findMembers)
	for _, n := range p.nodes {
		if !n.branch {
			continue
		}
		var err error
		if n.judge, err = newJudge(l.root, n.raw); err != nil {
			l.value(n.loc, "does not compile: %v", err)
		}
	}
	return s
}

// Validate implements [loginwatch.Schema].
func (s *Schema) Validate(doc any) (violations []loginwatch.Violation, err error) {
	defer func() {
		if r := recover(); r != nil {
			// The panic's text may hold a value of the document; its type can't.
			violations, err = nil, fmt.Errorf("schema %s: the validator failed with a %T", s.name, r)
		}
	}()
	if err := checkDocument(doc, 0); err != nil {
		return nil, fmt.Errorf("schema %s: %w", s.name, err)
	}
	x := explainer{schema: s}
	if violations, err = x.judge(s.root, doc, ""); err != nil {
		return nil, fmt.Errorf("schema %s: %w", s.name, err)
	}
	return tidy(violations), nil
}
