package sim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// gatewayPage is what stands before an API that is down.
func gatewayPage(title string) []byte {
	return []byte("<!DOCTYPE html>\n<html><head><title>" + title + "</title></head>\n" +
		"<body><center><h1>" + title + "</h1></center></body></html>\n")
}

// extraField is the name of what FaultExtraField adds.
const extraField = "addedByTheSimulator"

// largeTail is more than a client should read of a login's answer.
const largeTail = 300 << 10

// victim is the field of a success that faults break. Fields that select the
// outcome are spared, so that the answer is still recognised as what it is.
type victim struct {
	dropped string // pointer; "" when no field is required; the token when no other is
	retyped string // pointer; no ruling tolerates another type there
	token   string // pointer; without it nobody would take the answer for a success
}

func newVictim(c *loginwatch.Contract, o *loginwatch.Operation, x *loginwatch.Outcome, found []leaf) victim {
	var v victim
	for _, l := range found {
		field, ok := documented(x, l.pointer)
		selects := slices.ContainsFunc(x.Where, func(f loginwatch.Field) bool { return f.At.String() == l.pointer })
		if !ok || !field.Required || !l.member || selects {
			continue
		}
		if o.Token != nil && o.Token.Outcome == x && o.Token.At.String() == l.pointer {
			v.token = l.pointer
		} else if v.dropped == "" {
			v.dropped = l.pointer
		}
		if v.retyped == "" && x.Body == loginwatch.BodyJSON && loginwatch.Place(l.pointer).InDocument() && !tolerated(c, o, x, l.pointer) {
			v.retyped = l.pointer
		}
	}
	v.dropped = cmp.Or(v.dropped, v.token)
	return v
}

// documented says what an outcome documents of a place.
func documented(x *loginwatch.Outcome, place string) (loginwatch.SchemaField, bool) {
	if name, ok := loginwatch.Place(place).Header(); ok {
		return loginwatch.SchemaField{Required: !x.Header(name).Optional}, true
	}
	if name, ok := loginwatch.Place(place).Cookie(); ok {
		return loginwatch.SchemaField{Required: !x.Cookie(name).Optional}, true
	}
	if x.Schema == nil {
		return loginwatch.SchemaField{}, false
	}
	return x.Schema.At(place)
}

// tolerated tells whether a ruling allows a variance at a field.
func tolerated(c *loginwatch.Contract, o *loginwatch.Operation, x *loginwatch.Outcome, pointer string) bool {
	return slices.ContainsFunc(c.Defects, func(d *loginwatch.Defect) bool {
		return d.Tolerate != nil && slices.ContainsFunc(d.At, func(p loginwatch.Statement) bool {
			return p.Operation == o.ID && (p.Outcome == x.ID || p.Outcome == "*") && p.At.String() == pointer
		})
	})
}

// spoilGrant changes what a success grants.
func (a *answer) spoilGrant(f Fault, g *grant) {
	switch f.Name {
	case FaultShortLived:
		g.lifetime /= 10
	case FaultAlgNone:
		g.unsigned = true
	case FaultOtherKey:
		g.key = otherKey
	case FaultRotatedKey:
		g.key = rotatedKey
	case FaultExpired:
		if a.dated {
			g.issued = g.issued.Add(-g.lifetime - time.Hour)
		} else {
			g.lifetime = 0 // a body's own "seconds left" is all that can tell
		}
	}
}

// spoil changes the body of a success. An answer that lacks what the fault would
// break stays as it is.
func (a *answer) spoil(f Fault, r *reply) error {
	if len(r.body) == 0 {
		return nil
	}
	switch f.Name {
	case FaultTrailingHTML:
		r.body = append(bytes.Clone(r.body), gatewayPage("504 Gateway Time-out")...)
	case FaultTruncated:
		r.body = r.body[:len(r.body)/2]
	case FaultEmpty:
		r.body = nil
	case FaultLarge:
		r.body = append(bytes.Clone(r.body), bytes.Repeat([]byte("\n"), largeTail)...)
	case FaultBOM:
		r.body = append([]byte("\ufeff"), r.body...)
	case FaultDuplicateKey:
		if rest, found := bytes.CutPrefix(r.body, []byte("{")); found && a.outcome.Body == loginwatch.BodyJSON && len(bytes.TrimSpace(rest)) > 1 {
			r.body = append([]byte(`{"`+extraField+`":1,"`+extraField+`":2,`), rest...)
		}
	case FaultWrongContentType:
		r.contentType = otherContentType(a.outcome.ContentTypes)
		delete(r.header, "Content-Type")
	case FaultDropField, FaultWrongType, FaultExtraField:
		switch a.outcome.Body {
		case loginwatch.BodyJSON:
			return a.spoilField(f, r)
		case loginwatch.BodyForm, loginwatch.BodyXML:
			return a.spoilText(f, r)
		}
	}
	return nil
}

// otherContentType is one that is not documented.
func otherContentType(documented []string) string {
	if slices.Contains(documented, "text/plain") {
		return "application/octet-stream"
	}
	return "text/plain; charset=utf-8"
}

func (a *answer) spoilField(f Fault, r *reply) error {
	doc, err := decode(r.body)
	if err != nil {
		return fmt.Errorf("outcome %q: %w", a.outcome.ID, err)
	}
	switch f.Name {
	case FaultDropField:
		change(doc, a.victim.dropped, func(m map[string]any, key string) { delete(m, key) })
	case FaultWrongType:
		change(doc, a.victim.retyped, func(m map[string]any, key string) { m[key] = otherType(m[key]) })
	case FaultExtraField:
		if m, ok := doc.(map[string]any); ok {
			m[extraField] = true
		}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(doc); err != nil {
		return fmt.Errorf("outcome %q: %w", a.outcome.ID, err)
	}
	r.body = bytes.TrimSpace(b.Bytes())
	return nil
}

// change applies fn to the object member that pointer names.
func change(doc any, pointer string, fn func(m map[string]any, key string)) {
	tokens, ok := tree.SplitPointer(pointer)
	if !ok || len(tokens) == 0 {
		return
	}
	last := len(tokens) - 1
	parent := ""
	for _, t := range tokens[:last] {
		parent = tree.JoinPointer(parent, t)
	}
	node, _ := tree.Lookup(doc, parent)
	if m, ok := node.(map[string]any); ok {
		fn(m, tokens[last])
	}
}

// otherType is the value that a careless change of the API would make of it.
func otherType(v any) any {
	switch v := v.(type) {
	case string:
		return 42
	case json.Number:
		return v.String()
	case bool:
		return fmt.Sprint(v)
	}
	return map[string]any{}
}
