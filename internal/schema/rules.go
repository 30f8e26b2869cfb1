package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch/internal/tree"
)

// keyword checks the value of a keyword that holds no schema.
func (l *linter) keyword(f form, k string, v any, loc string) {
	want := ""
	switch f {
	case identifier, noteText:
		if s, ok := v.(string); !ok || strings.TrimSpace(s) == "" {
			want = "a text"
		}
	case noteBool, truth:
		if _, ok := v.(bool); !ok {
			want = "true or false"
		}
	case noteList:
		if _, ok := v.([]any); !ok {
			want = "a list"
		}
	case size:
		if !isSize(v) {
			want = "an integer of 0 or more"
		}
	case anyNumber, positive:
		n, ok := v.(json.Number)
		if r, _ := new(big.Rat).SetString(string(n)); !ok || r == nil || f == positive && r.Sign() <= 0 {
			want = map[bool]string{true: "a number above 0", false: "a number"}[f == positive]
		}
	case valueList:
		if list, ok := v.([]any); !ok || len(list) == 0 {
			want = "a list of values"
		}
	case nameList:
		l.names(k, v, loc)
	case typeNames:
		l.types(v, loc)
	case expression:
		l.pattern(v, loc, true)
	case formatName:
		l.format(v, loc)
	case reference:
		l.reference(v, loc)
	}
	if want != "" {
		l.value(loc, "%q must be %s, not %s", k, want, given(v))
	}
}

func (l *linter) names(k string, v any, loc string) {
	list, ok := v.([]any)
	if !ok {
		l.value(loc, "%q must be a list of names, not %s", k, article(v))
		return
	}
	seen := map[string]bool{}
	for i, e := range list {
		name, ok := e.(string)
		switch {
		case !ok:
			l.value(index(loc, i), "%q must be a list of names, not of %s", k, article(e))
		case seen[name]:
			l.value(index(loc, i), "%q has %q twice", k, name)
		}
		seen[name] = true
	}
}

func (l *linter) types(v any, loc string) {
	list, ok := v.([]any)
	at := func(i int) string { return index(loc, i) }
	if !ok {
		list, at = []any{v}, func(int) string { return loc }
	}
	if len(list) == 0 {
		l.value(loc, `"type" must not be empty`)
	}
	seen := map[string]bool{}
	for i, e := range list {
		name, ok := e.(string)
		switch {
		case !ok:
			l.value(at(i), `"type" must be the name of a type, not %s`, article(e))
		case !slices.Contains(typeList, name):
			known := map[string]bool{}
			for _, t := range typeList {
				known[t] = true
			}
			l.value(at(i), "unknown type %q%s", name, didYouMean(name, known))
		case seen[name]:
			l.value(at(i), `"type" has %q twice`, name)
		}
		seen[name] = true
	}
}

// pattern asks for an expression that RE2 compiles: it knows no look-around
// and no back-reference, and takes linear time on any text.
func (l *linter) pattern(v any, loc string, onValue bool) {
	s, ok := v.(string)
	if !ok {
		l.value(loc, `"pattern" must be a text, not %s`, article(v))
		return
	}
	if _, err := regexp.Compile(s); err != nil {
		reason := err.Error()
		var e *syntax.Error
		if errors.As(err, &e) {
			reason = fmt.Sprintf("%s: %s", e.Code, e.Expr)
		}
		l.report(loc, onValue, "pattern does not compile (RE2): %s", reason)
	}
}

func (l *linter) format(v any, loc string) {
	s, ok := v.(string)
	if !ok {
		l.value(loc, `"format" must be a text, not %s`, article(v))
		return
	}
	if _, known := formats[s]; !known {
		hint := didYouMean(s, formats)
		if hint == "" {
			hint = ", known are " + strings.Join(slices.Sorted(maps.Keys(formats)), ", ")
		}
		l.value(loc, "unknown format %q%s", s, hint)
	}
}

func (l *linter) reference(v any, loc string) {
	s, ok := v.(string)
	if !ok {
		l.value(loc, `"$ref" must be a text, not %s`, article(v))
		return
	}
	target, ok := refTarget(s)
	if !ok {
		l.value(loc, `"$ref" must be "#/definitions/…": a schema refers to its own file alone`)
		return
	}
	if found, ok := tree.Lookup(l.root, target); !ok {
		l.value(loc, `"$ref" points nowhere: there is no %s`, target)
	} else if _, isBool := found.(bool); !isBool && tree.TypeOf(found) != "object" {
		l.value(loc, `"$ref" points to %s, which is no schema`, article(found))
	}
}

// company reports keywords that draft-07 ignores because of their neighbours.
func (l *linter) company(m map[string]any, loc string) {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		at := tree.JoinPointer(loc, k)
		if _, refers := m["$ref"]; refers && keywords[k] > reference && k != "definitions" {
			l.key(at, `keyword %q beside "$ref" is ignored`, k)
		}
		if _, conditional := m["if"]; !conditional && (k == "then" || k == "else") {
			l.key(at, `keyword %q without "if" is ignored`, k)
		}
	}
	if _, conditional := m["if"]; conditional && m["then"] == nil && m["else"] == nil {
		l.key(loc+"/if", `keyword "if" without "then" and "else" is ignored`)
	}
	if _, cited := m["x-cite"]; m["x-in"] != nil && !cited {
		l.key(loc+"/x-in", `keyword "x-in" without "x-cite" is ignored`)
	}
	_, tuple := m["items"].([]any)
	if _, more := m["additionalItems"]; more && !tuple {
		l.key(loc+"/additionalItems", `keyword "additionalItems" without a list in "items" is ignored`)
	}
}

// untyped reports, in the files of a pack, keywords that never judge the values
// they seem to: draft-07 lets each of them pass every other type. Branches of
// combining keywords are not asked: the schema around them has the type.
func (l *linter) untyped(m map[string]any, loc string) {
	if _, refers := m["$ref"]; !l.strict || refers {
		return
	}
	types := stringsOf(m["type"])
	if slices.Contains(types, "integer") {
		types = append(types, "number")
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		of, ok := judged[k]
		if !ok || slices.Contains(types, of) {
			continue
		}
		at := tree.JoinPointer(loc, k)
		if len(types) == 0 {
			l.key(at, "keyword %q without \"type\": %q passes every value of another type", k, of)
		} else if !slices.ContainsFunc(types, func(t string) bool { return !slices.Contains(typeList, t) }) {
			l.key(at, "keyword %q judges the type %q alone, which \"type\" does not have", k, of)
		}
	}
}

// promises checks, for the files of a pack, that required members are
// described and that additions stay allowed.
func (l *linter) promises(m map[string]any, loc string, members map[string]bool) {
	if !l.strict {
		return
	}
	if m["additionalProperties"] == false {
		l.value(loc+"/additionalProperties", `"additionalProperties": false is not used here: members that the document does not name are reported and break nothing`)
	}
	list, _ := m["required"].([]any)
	for i, e := range list {
		if name, ok := e.(string); ok && !members[name] {
			l.value(index(loc+"/required", i), "required %q is not among the properties%s", name, didYouMean(name, members))
		}
	}
}

// documented adds to members the names that m documents, itself or through
// the schemas that it refers to and combines.
func (l *linter) documented(m map[string]any, members map[string]bool) map[string]bool {
	names := maps.Clone(members)
	if names == nil {
		names = map[string]bool{}
	}
	visited := map[string]bool{}
	var visit func(v any)
	visit = func(v any) {
		m, ok := v.(map[string]any)
		if !ok {
			return
		}
		if ref, ok := m["$ref"].(string); ok {
			if target, ok := refTarget(ref); ok && !visited[target] {
				visited[target] = true
				found, _ := tree.Lookup(l.root, target)
				visit(found)
			}
			return
		}
		properties, _ := m["properties"].(map[string]any)
		for k := range properties {
			names[k] = true
		}
		for _, k := range []string{"allOf", "anyOf", "oneOf"} {
			list, _ := m[k].([]any)
			for _, e := range list {
				visit(e)
			}
		}
		visit(m["then"])
		visit(m["else"])
	}
	visit(m)
	return names
}
