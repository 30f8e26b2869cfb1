package sim

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// write writes a value, given as JSON text, as a format has it.
func write(format loginwatch.BodyFormat, value string) string {
	switch format {
	case loginwatch.BodyForm:
		return url.QueryEscape(unquote(value))
	case loginwatch.BodyXML:
		var b bytes.Buffer
		_ = xml.EscapeText(&b, []byte(unquote(value))) // a buffer takes everything
		return b.String()
	case loginwatch.BodyText:
		return unquote(value)
	}
	return value
}

// unquote is the text of a scalar that is given as JSON text.
func unquote(value string) string {
	var text string
	if json.Unmarshal([]byte(value), &text) == nil {
		return text
	}
	return value
}

// formLeaves lists the values of a form (application/x-www-form-urlencoded).
func formLeaves(body []byte) ([]leaf, error) {
	doc, refusal := guard.DecodeAs(loginwatch.BodyForm, body)
	if refusal != nil {
		return nil, refusal
	}
	object, _ := doc.(map[string]any)
	seen := map[string]int{}
	var found []leaf
	for from := 0; from < len(body); {
		to := len(body)
		if n := bytes.IndexByte(body[from:], '&'); n >= 0 {
			to = from + n
		}
		name, text, _ := strings.Cut(string(body[from:to]), "=")
		key, err1 := url.QueryUnescape(name)
		value, err2 := url.QueryUnescape(text)
		if err1 == nil && err2 == nil && to > from {
			l := leaf{pointer: tree.JoinPointer("", key), start: to - len(text), end: to, value: value, member: true, from: from, to: min(to+1, len(body))}
			if _, several := object[key].([]any); several {
				l.pointer, l.member = tree.JoinPointer(l.pointer, strconv.Itoa(seen[key])), false
			}
			seen[key]++
			found = append(found, l)
		}
		from = to + 1
	}
	return found, nil
}

// element is an open element while XML is read.
type element struct {
	pointer  string
	from     int // of its tag
	children map[string]int
	start    int // of its text, if it has nothing else
	leaf     bool
	text     string
}

// xmlLeaves lists the texts of elements that have neither attributes nor
// elements: the places of what a login answers.
func xmlLeaves(body []byte) ([]leaf, error) {
	doc, refusal := guard.DecodeAs(loginwatch.BodyXML, body)
	if refusal != nil {
		return nil, refusal
	}
	dec := xml.NewDecoder(bytes.NewReader(body))
	var found []leaf
	open := []*element{{children: map[string]int{}}}
	for {
		before := int(dec.InputOffset())
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, errors.New("not XML")
		}
		top := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			top.leaf = false
			pointer := tree.JoinPointer(top.pointer, token.Name.Local)
			if v, _ := tree.Lookup(doc, pointer); isList(v) {
				pointer = tree.JoinPointer(pointer, strconv.Itoa(top.children[token.Name.Local]))
			}
			top.children[token.Name.Local]++
			open = append(open, &element{
				pointer: pointer, from: before, children: map[string]int{}, start: int(dec.InputOffset()), leaf: plainElement(token),
			})
		case xml.CharData:
			top.text += string(token)
		case xml.EndElement:
			open = open[:len(open)-1]
			if top.leaf && before >= top.start {
				_, item := strconv.Atoi(top.pointer[strings.LastIndexByte(top.pointer, '/')+1:])
				found = append(found, leaf{
					pointer: top.pointer, start: top.start, end: before, value: top.text, member: item != nil && len(open) > 1,
					from: top.from, to: int(dec.InputOffset()),
				})
			}
		}
	}
}

func isList(v any) bool {
	_, ok := v.([]any)
	return ok
}

// plainElement tells whether an element has no attributes but namespaces.
func plainElement(e xml.StartElement) bool {
	for _, a := range e.Attr {
		if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
			return false
		}
	}
	return true
}

// spoilText breaks a form or XML: everything in them is text, so that no type of a
// value can change.
func (a *answer) spoilText(f Fault, r *reply) error {
	found, err := leaves(a.outcome.Body, r.body)
	if err != nil {
		return fmt.Errorf("outcome %q: %w", a.outcome.ID, err)
	}
	switch f.Name {
	case FaultDropField:
		for _, l := range found {
			if l.pointer == a.victim.dropped {
				r.body = bytes.TrimSuffix(apply(r.body, []patch{{l.from, l.to, ""}}), []byte("&"))
				break
			}
		}
	case FaultExtraField:
		if a.outcome.Body == loginwatch.BodyForm {
			r.body = append(bytes.Clone(r.body), "&"+extraField+"=true"...)
			break
		}
		if end := bytes.LastIndex(r.body, []byte("</")); end > 0 {
			r.body = apply(r.body, []patch{{end, end, "<" + extraField + ">true</" + extraField + ">"}})
		}
	}
	return nil
}
