package report

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// sketch draws a body of its places; "" for none.
func sketch(traits []loginwatch.Trait) string {
	var root *sketched
	for _, t := range traits {
		if t.Place != "" && t.Place[0] != '/' {
			continue
		}
		if root == nil {
			root = &sketched{}
		}
		at := root
		for _, name := range strings.Split(t.Place, "/")[1:] {
			at = at.field(strings.NewReplacer("~1", "/", "~0", "~").Replace(name))
		}
		at.is = append(at.is, t)
	}
	if root == nil {
		return ""
	}
	if len(root.names) == 0 && len(root.is) == 1 && root.is[0].Type != "object" && root.is[0].Type != "array" {
		return inPlace(root.is[0])
	}
	var b bytes.Buffer
	if err := encodeIndented(&b, root.value()); err != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// sketched is one place of a body that is drawn.
type sketched struct {
	is    []loginwatch.Trait
	names []string
	of    map[string]*sketched
}

func (s *sketched) field(name string) *sketched {
	if s.of == nil {
		s.of = map[string]*sketched{}
	}
	if s.of[name] == nil {
		s.of[name] = &sketched{}
		s.names = append(s.names, name)
	}
	return s.of[name]
}

func (s *sketched) value() any {
	isArray := len(s.is) == 1 && s.is[0].Type == "array"
	switch {
	case isArray && len(s.names) == 0:
		return []any{}
	case isArray:
		return []any{s.of["*"].value()}
	case len(s.names) > 0:
		object := members{}
		for _, name := range s.names {
			object = append(object, member{printable(name, maxMachine), s.of[name].value()})
		}
		return object
	case len(s.is) == 1 && s.is[0].Type == "object":
		return members{}
	}
	var all []string
	for _, t := range s.is {
		all = append(all, inPlace(t))
	}
	return strings.Join(all, " or ")
}

// members is an object in the order in which it came.
type (
	members []member
	member  struct {
		name  string
		value any
	}
)

// MarshalJSON implements [json.Marshaler].
func (m members) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, one := range m {
		if i > 0 {
			b.WriteByte(',')
		}
		for part, v := range []any{one.name, one.value} {
			enc := json.NewEncoder(&b)
			enc.SetEscapeHTML(false)
			if part == 1 {
				b.WriteByte(':')
			}
			if err := enc.Encode(v); err != nil {
				return nil, err
			}
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
