//go:build pact

package pact_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/check"
	"github.com/loginwatch/loginwatch/internal/pact"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// sample is a documented answer, and the case whose promise it keeps.
type sample struct {
	contract *loginwatch.Contract
	k        *loginwatch.Case
	outcome  *loginwatch.Outcome
	at       time.Time // when it was true
	doc      any       // its body
}

// samples gives every example of a contract that a pact can express.
func samples(t testing.TB, c *loginwatch.Contract) []sample {
	var all []sample
	for _, op := range c.Operations {
		for _, o := range op.Outcomes {
			if !o.Structured() {
				continue
			}
			k := &loginwatch.Case{
				ID: op.ID + "-" + o.ID, Operation: op, Title: "an example", Expect: []*loginwatch.Outcome{o},
				Pos: o.Pos, Cite: o.Cite,
			}
			if pact.RequestLeftOut(k, c) != "" {
				continue // left-out.txt says why no pact has such a request
			}
			if reason := pact.LeftOut(k, c); reason != "" {
				t.Errorf("%s %s: %s", c.Vendor, k.ID, reason)
				continue
			}
			s := sample{contract: c, k: k, outcome: o, at: o.AsOf}
			if s.at.IsZero() {
				s.at = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			}
			dec := json.NewDecoder(bytes.NewReader(o.Example.Body))
			dec.UseNumber()
			if err := dec.Decode(&s.doc); err != nil {
				t.Fatal(err)
			}
			for _, pointer := range o.Placeholders {
				s.doc = put(s.doc, pointer.String(), "a-value-for-the-placeholder")
			}
			all = append(all, s)
		}
	}
	return all
}

// mutation is a sample with one change.
type mutation struct {
	sample
	sort    string
	pointer string // of the changed member; "" when the whole answer is
	name    string
	status  int
	header  http.Header
	body    []byte
}

// judge is what our own check says.
func (m mutation) judge() loginwatch.Judgement {
	x := &loginwatch.Exchange{Status: m.status, Header: m.header, Body: m.body, Finished: m.at}
	return check.Judge(check.Input{Contract: m.contract, Case: m.k, Exchange: x, Key: []byte("key")}).Judgement
}

// mutations gives the sample as it is, and every single change of it.
func (s sample) mutations() []mutation {
	var all []mutation
	body := encoded(s.doc)
	add := func(sort, pointer, name string, change func(*mutation)) {
		m := mutation{
			sample: s, sort: sort, pointer: pointer, name: name, status: s.outcome.Statuses[0],
			header: http.Header{"Content-Type": {s.outcome.ContentTypes[0]}}, body: body,
		}
		change(&m)
		all = append(all, m)
	}
	add("as documented", "", "", func(*mutation) {})
	for _, status := range []int{200, 201, 302, 401, 500} {
		if status != s.outcome.Statuses[0] {
			add("status", "", fmt.Sprint(status), func(m *mutation) { m.status = status })
		}
	}
	for _, contentType := range []string{"text/html; charset=utf-8", ""} {
		add("content type", "", contentType, func(m *mutation) {
			if m.header.Set("Content-Type", contentType); contentType == "" {
				m.header["Content-Type"] = nil
			}
		})
	}
	for _, contentType := range []string{"application/json; charset=utf-8", "application/problem+json"} {
		add("other JSON type", "", contentType, func(m *mutation) { m.header.Set("Content-Type", contentType) })
	}
	text := func(sort, name string, changed []byte) {
		add(sort, "", name, func(m *mutation) { m.body = changed })
	}
	text("truncation", "all", nil)
	text("truncation", "half", body[:len(body)/2])
	text("truncation", "last byte", body[:len(body)-1])
	text("trailing data", "page", append(slices.Clone(body), "<html></html>"...))
	text("white space", "around", []byte("\r\n "+string(body)+"\n"))
	text("byte order mark", "", append([]byte("\ufeff"), body...))
	text("encoding", "", bytes.Replace(body, []byte(`":`), []byte("\xff\":"), 1))
	text("whole body", "null", []byte("null"))
	text("whole body", "array", append(append([]byte("["), body...), ']'))
	if object, ok := s.doc.(map[string]any); ok {
		for _, name := range slices.Sorted(maps.Keys(object)) {
			twice := fmt.Appendf(nil, "{%q:%s,%s", name, encoded(object[name]), body[1:])
			add("duplicate key", "/"+name, "same", func(m *mutation) { m.body = twice })
		}
	}
	for _, p := range pointersOf(s.doc, "") {
		s.memberMutations(p, func(sort, name string, doc any) {
			add(sort, p, name, func(m *mutation) { m.body = encoded(doc) })
		})
	}
	for _, v := range []any{"x", map[string]any{"a": 1}} {
		add("extra member", "/undocumented", fmt.Sprintf("%T", v), func(m *mutation) { m.body = encoded(put(s.doc, "/undocumented", v)) })
	}
	return all
}

// memberMutations changes what stands at one pointer.
func (s sample) memberMutations(pointer string, add func(sort, name string, doc any)) {
	v, _ := tree.Lookup(s.doc, pointer)
	change := func(sort, name string, value any) { add(sort, name, put(s.doc, pointer, value)) }
	add("member dropped", "", drop(s.doc, pointer))
	for _, other := range []any{"text", json.Number("7"), nil} {
		if tree.TypeOf(other) != tree.TypeOf(v) {
			change("type", tree.TypeOf(other), other)
		}
	}
	switch v := v.(type) {
	case string:
		change("empty string", "", "")
		change("other text", "", "SOMETHING ELSE")
		change("text around", "", " "+v+" ")
		change("invisible character", "", v+"\u200b")
	case json.Number:
		change("other number", "987", json.Number("987"))
		change("other number", "-1", json.Number("-1"))
		change("other number", "fraction", json.Number(strings.TrimSuffix(v.String(), ".5")+".5"))
		change("number as text", "", v.String())
		if tree.TypeOf(v) == "integer" {
			change("number written otherwise", "", json.Number(v.String()+".0"))
		}
		change("other number", "huge", json.Number("1e300"))
	case bool:
		change("other boolean", "", !v)
		change("boolean as text", "", fmt.Sprint(v))
	case map[string]any:
		change("extra member", "inside", put(v, "/undocumented", "x"))
	}
}

func encoded(doc any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(doc); err != nil {
		panic(err) // every value here has a JSON form
	}
	return bytes.TrimSpace(b.Bytes())
}

// pointersOf lists every member of nested objects, and the first item of arrays.
func pointersOf(doc any, at string) []string {
	var all []string
	switch v := doc.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			p := tree.JoinPointer(at, name)
			all = append(append(all, p), pointersOf(v[name], p)...)
		}
	case []any:
		if len(v) > 0 {
			p := at + "/0"
			all = append(append(all, p), pointersOf(v[0], p)...)
		}
	}
	return all
}

// put copies doc with another value at the pointer.
func put(doc any, pointer string, value any) any {
	tokens, _ := tree.SplitPointer(pointer)
	return with(doc, tokens, func(object map[string]any, name string) { object[name] = value })
}

// drop copies doc without the member.
func drop(doc any, pointer string) any {
	tokens, _ := tree.SplitPointer(pointer)
	return with(doc, tokens, func(object map[string]any, name string) { delete(object, name) })
}

// with copies doc and lets change work on the object of the path's last name. A
// first item is changed by way of an object that stands for its array.
func with(doc any, path []string, change func(map[string]any, string)) any {
	var object map[string]any
	items, isArray := doc.([]any)
	switch v := doc.(type) {
	case map[string]any:
		object = maps.Clone(v)
	case []any:
		object = map[string]any{"0": v[0]}
	default:
		return doc
	}
	if len(path) == 1 {
		change(object, path[0])
	} else {
		object[path[0]] = with(object[path[0]], path[1:], change)
	}
	if !isArray {
		return object
	}
	rest := slices.Clone(items[1:])
	if first, kept := object["0"]; kept {
		return append([]any{first}, rest...)
	}
	return rest
}
