package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// leaf is a scalar of a JSON text and the place where it stands, so that a body
// can get new values and stay as the document prints it in all else.
type leaf struct {
	pointer    string
	start, end int
	value      any  // string, json.Number, bool or nil
	member     bool // of an object, not an item of an array
	from, to   int  // of the member with its name, in a form and in XML
}

// leaves lists the scalars of a body of any format in the order in which they
// stand. A text is one.
func leaves(format loginwatch.BodyFormat, body []byte) ([]leaf, error) {
	switch format {
	case loginwatch.BodyForm:
		return formLeaves(body)
	case loginwatch.BodyXML:
		return xmlLeaves(body)
	case loginwatch.BodyJSON:
		return jsonLeaves(body)
	case loginwatch.BodyText:
		return []leaf{{pointer: string(loginwatch.PlaceText), end: len(body), value: string(body)}}, nil
	}
	return nil, nil
}

// container is an open object or array while a text is read.
type container struct {
	pointer string
	array   bool
	index   int
	key     string
	hasKey  bool
}

// child is the pointer of the value that comes next.
func (c *container) child() string {
	if c.array {
		return tree.JoinPointer(c.pointer, strconv.Itoa(c.index))
	}
	return tree.JoinPointer(c.pointer, c.key)
}

// jsonLeaves lists the scalars of a JSON text in the order in which they stand.
func jsonLeaves(text []byte) ([]leaf, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var found []leaf
	var open []*container
	for {
		before := int(dec.InputOffset())
		token, err := dec.Token()
		if errors.Is(err, io.EOF) && len(open) == 0 {
			return found, nil
		}
		if err != nil {
			return nil, fmt.Errorf("not JSON at byte %d", before)
		}
		if token == json.Delim('}') || token == json.Delim(']') {
			open = open[:len(open)-1]
			continue
		}
		pointer, member := "", false
		if len(open) > 0 {
			top := open[len(open)-1]
			if key, isText := token.(string); isText && !top.array && !top.hasKey {
				top.key, top.hasKey = key, true
				continue
			}
			pointer, member = top.child(), !top.array
			top.hasKey = false
			top.index++
		}
		if d, ok := token.(json.Delim); ok {
			open = append(open, &container{pointer: pointer, array: d == '['})
			continue
		}
		start := before + len(text[before:]) - len(bytes.TrimLeft(text[before:], " \t\r\n,:"))
		found = append(found, leaf{pointer: pointer, start: start, end: int(dec.InputOffset()), value: token, member: member})
	}
}

// decode reads a JSON text of our own making or of a contract; numbers stay as
// they are written.
func decode(text []byte) (doc any, err error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	return doc, nil
}

// patch is new text for one place.
type patch struct {
	start, end int
	text       string
}

// apply puts patches, which must be in order and apart, into a text.
func apply(text []byte, patches []patch) []byte {
	var b bytes.Buffer
	b.Grow(len(text) + 64*len(patches))
	end := 0
	for _, p := range patches {
		b.Write(text[end:p.start])
		b.WriteString(p.text)
		end = p.end
	}
	b.Write(text[end:])
	return b.Bytes()
}

// quote is a string as JSON text.
func quote(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return `""` // cannot happen: every string has a JSON form
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// under tells whether pointer is, or lies below, what pattern names; "*" in the
// pattern is any index of an array.
func under(pattern, pointer string) bool {
	want, ok1 := tree.SplitPointer(pattern)
	have, ok2 := tree.SplitPointer(pointer)
	if !ok1 || !ok2 || len(have) < len(want) {
		return false
	}
	return slices.EqualFunc(want, have[:len(want)], func(w, h string) bool {
		if w == "*" {
			_, err := strconv.Atoi(h)
			return err == nil || h == w
		}
		return w == h
	})
}

// everywhere gives the values that a pointer names, where one "*" may stand for
// every index of an array.
func everywhere(doc any, pointer string) []any {
	before, after, star := strings.Cut(pointer, "/*")
	if !star || after != "" && after[0] != '/' {
		if v, ok := tree.Lookup(doc, pointer); ok {
			return []any{v}
		}
		return nil
	}
	v, _ := tree.Lookup(doc, before)
	items, _ := v.([]any)
	var found []any
	for _, item := range items {
		if v, ok := tree.Lookup(item, after); ok {
			found = append(found, v)
		}
	}
	return found
}
