package amend

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/drift"
)

// member is a value of a JSON text and where it stands there.
type member struct {
	name     string // of a member of an object
	nameAt   int
	at, end  int
	text     string // of a string
	members  []*member
	isArray  bool
	isObject bool
}

func (m *member) get(name string) *member {
	if m == nil || !m.isObject {
		return nil
	}
	for _, k := range m.members {
		if k.name == name {
			return k
		}
	}
	return nil
}

// outline reads where the values of a JSON text stand.
func outline(text []byte) (*member, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	root, err := outlined(dec, text)
	if err == nil {
		if _, more := dec.Token(); more != io.EOF {
			err = fmt.Errorf("something follows the schema")
		}
	}
	return root, err
}

func outlined(dec *json.Decoder, text []byte) (*member, error) {
	m := &member{at: next(text, dec.InputOffset())}
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		m.isObject = true
	case json.Delim('['):
		m.isArray = true
	default:
		m.text, _ = token.(string)
		m.end = int(dec.InputOffset())
		return m, nil
	}
	for dec.More() {
		name, nameAt := "", 0
		if m.isObject {
			nameAt = next(text, dec.InputOffset())
			token, err := dec.Token()
			if err != nil {
				return nil, err
			}
			name, _ = token.(string)
		}
		k, err := outlined(dec, text)
		if err != nil {
			return nil, err
		}
		k.name, k.nameAt = name, nameAt
		if m.isArray {
			k.nameAt = k.at
		}
		m.members = append(m.members, k)
	}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	m.end = int(dec.InputOffset())
	return m, nil
}

// next is where the value after an offset begins.
func next(text []byte, offset int64) int {
	i := int(offset)
	for i < len(text) && strings.IndexByte(" \t\r\n,:", text[i]) >= 0 {
		i++
	}
	return i
}

// field edits the schema of a body for what has changed at a place in it.
func (e *editor) field(p drift.Part, s *loginwatch.SchemaRef) error {
	f, err := e.file(s.File)
	if err != nil {
		return err
	}
	root, err := outline(f.Is)
	if err != nil {
		return fmt.Errorf("%s: %w", s.File, err)
	}
	path := strings.Split(strings.TrimPrefix(p.Place, "/"), "/")
	if p.Place == "body" {
		e.note("%s: write by hand what the body is by now: %s", s.File, p.Says())
		return nil
	}
	object := enclosing(root, path[:len(path)-1])
	name := unescape(path[len(path)-1])
	if object == nil || name == "*" {
		e.note("%s: write by hand what %s is by now: %s", s.File, p.Place, p.Says())
		return nil
	}
	switch p.Kind {
	case drift.Dropped:
		e.optional(f, object, name, p)
	case drift.Added:
		e.add(f, object, name, p.To, false)
	case drift.Renamed:
		to := unescape(p.To[strings.LastIndexByte(p.To, '/')+1:])
		was := object.get("properties").get(name)
		e.add(f, object, to, typeOf(was), isSecret(f, was))
		if root, err = outline(f.Is); err == nil {
			e.optional(f, enclosing(root, path[:len(path)-1]), name, p)
		}
	case drift.Retyped:
		e.retype(f, object.get("properties").get(name), p)
	case drift.Reformed:
		e.formless(f, object.get("properties").get(name), p)
	}
	return err
}

func unescape(segment string) string {
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(segment) // RFC 6901, 3
}

// enclosing gives the schema of the object at a path; nil where it is written in a way of
// its own.
func enclosing(root *member, path []string) *member {
	at := resolved(root, root)
	for _, segment := range path {
		switch {
		case at == nil:
			return nil
		case segment == "*" && at.get("items") != nil:
			at = resolved(root, at.get("items"))
		default:
			at = resolved(root, at.get("properties").get(unescape(segment)))
		}
	}
	if at == nil || at.get("properties") == nil {
		return nil
	}
	return at
}

// resolved follows references within the file.
func resolved(root, m *member) *member {
	for range 8 {
		ref := m.get("$ref")
		if ref == nil {
			return m
		}
		pointer, local := strings.CutPrefix(ref.text, "#/")
		if !local {
			return nil
		}
		m = root
		for segment := range strings.SplitSeq(pointer, "/") {
			m = m.get(unescape(segment))
		}
	}
	return nil
}

// optional takes a field out of those that have to be there.
func (e *editor) optional(f *File, object *member, name string, p drift.Part) {
	required := object.get("required")
	if required == nil {
		e.note("%s: %s need not be there: nothing has to be edited", f.Name, p.Place)
		return
	}
	i := slices.IndexFunc(required.members, func(m *member) bool { return m.text == name })
	switch n := len(required.members); {
	case i < 0:
		e.note("%s: %s need not be there: nothing has to be edited", f.Name, p.Place)
	case i+1 < n:
		f.replace(required.members[i].at, required.members[i+1].at, "")
	case n > 1:
		f.replace(required.members[i-1].end, required.members[i].end, "")
	default:
		f.replace(required.members[i].at, required.members[i].end, "")
	}
}

// add adds a field that may be there. What was a secret under another name is one under this.
func (e *editor) add(f *File, object *member, name, typ string, secret bool) {
	properties := object.get("properties")
	if properties.get(name) != nil {
		e.note("%s: %q is described already: nothing has to be edited", f.Name, name)
		return
	}
	if len(properties.members) == 0 {
		e.note("%s: describe %q, of type %s, by hand", f.Name, name, typ)
		return
	}
	last := properties.members[len(properties.members)-1]
	line := bytes.LastIndexByte(f.Is[:last.nameAt], '\n') + 1
	indent := string(f.Is[line:last.nameAt])
	if strings.TrimSpace(indent) != "" {
		indent = " "
	} else {
		indent = "\n" + indent
	}
	quoted, _ := json.Marshal(name) // a string always can be
	marked, hint := "", `, and "x-secret": true where it holds a secret`
	if secret {
		marked, hint = `"x-secret": true, `, ""
	}
	f.replace(last.end, last.end, fmt.Sprintf(`,%s%s: {"type": %q, %s"x-evidence": "in answers since %s"}`, indent, quoted, typ, marked, e.since.Format("2006-01-02")))
	e.note(`%s: give %q an "x-cite" once the vendor's document has it%s`, f.Name, name, hint)
}

func isSecret(f *File, field *member) bool {
	mark := field.get("x-secret")
	return mark != nil && string(f.Is[mark.at:mark.end]) == "true"
}

func typeOf(field *member) string {
	if t := field.get("type"); t != nil && t.text != "" {
		return t.text
	}
	return "string"
}

// retype lets a field have another type as well.
func (e *editor) retype(f *File, field *member, p drift.Part) {
	to, _ := json.Marshal(strings.NewReplacer("fraction", "number").Replace(p.To)) // a string always can be
	switch t := field.get("type"); {
	case field == nil:
		e.note("%s: the schema does not describe %s: nothing has to be edited", f.Name, p.Place)
	case t == nil || field.get("enum") != nil || field.get("const") != nil:
		e.note("%s: write by hand what %s is by now: %s", f.Name, p.Place, p.Says())
	case t.isArray && len(t.members) > 0:
		last := t.members[len(t.members)-1]
		f.replace(last.end, last.end, ", "+string(to))
	case p.To == "fraction" && t.text == "integer":
		f.replace(t.at, t.end, string(to))
	default:
		f.replace(t.at, t.end, "["+string(f.Is[t.at:t.end])+", "+string(to)+"]")
	}
}

// formless lets a field have any form.
func (e *editor) formless(f *File, field *member, p drift.Part) {
	format := field.get("format")
	if format == nil || field.get("pattern") != nil {
		e.note("%s: where the schema asks for a form of %s, write by hand which it has by now: %s", f.Name, p.Place, p.Says())
		return
	}
	i := slices.Index(field.members, format)
	if i+1 < len(field.members) {
		f.replace(format.nameAt, field.members[i+1].nameAt, "")
	} else if i > 0 {
		f.replace(field.members[i-1].end, format.end, "")
	}
}

func (f *File) replace(from, to int, text string) {
	f.Is = slices.Concat(f.Is[:from:from], []byte(text), f.Is[to:])
}
