package check_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// fieldMutations changes one field of the body at a time.
func fieldMutations(t testing.TB, a answer) []mutation {
	var doc any
	if err := json.Unmarshal(a.body, &doc); err != nil {
		t.Fatal(err)
	}
	var all []mutation
	add := func(sort, pointer string, value any, class loginwatch.Class, kinds ...loginwatch.Kind) {
		m := mutation{sort: sort, name: fmt.Sprintf("%s %s %T", sort, pointer, value), answer: a, class: class, kinds: kinds, pointer: pointer}
		m.answer.body = encode(t, with(t, doc, pointer, value))
		if a.status >= 500 {
			m.verdict = []loginwatch.Verdict{loginwatch.Unavailable}
		}
		all = append(all, m)
	}
	for _, pointer := range pointers(doc, "") {
		field, ok := a.outcome.Schema.At(pointer)
		if !ok {
			t.Fatalf("%s %s: the example's %s is in no schema", a.contract.Vendor, a.outcome.ID, pointer)
		}
		v, _ := tree.Lookup(doc, pointer)
		isToken := a.k.Operation.Token != nil && a.k.Operation.Token.Outcome == a.outcome && a.k.Operation.Token.At.String() == pointer
		if field.Required {
			add("required field dropped", pointer, absent{}, loginwatch.Breaking, loginwatch.KindMissing, loginwatch.KindTokenMissing)
		}
		for _, other := range []any{"text", 7.5, true, map[string]any{}, []any{}, nil} {
			if fmt.Sprintf("%T", other) == fmt.Sprintf("%T", v) {
				continue
			}
			sort := "type flipped"
			kinds := []loginwatch.Kind{loginwatch.KindType}
			if other == nil {
				sort = "null"
				if isToken {
					kinds = append(kinds, loginwatch.KindTokenMissing)
				}
			}
			add(sort, pointer, other, tolerance(t, a, pointer, other), kinds...)
		}
		if isToken {
			add("emptied token", pointer, "", loginwatch.Breaking, loginwatch.KindTokenMissing)
		}
		if constrained(a.outcome.Schema.JSON, pointer) {
			switch v.(type) {
			case string:
				add("enum changed", pointer, "SOMETHING ELSE", loginwatch.Breaking, loginwatch.KindValue)
			case float64:
				add("enum changed", pointer, 987, loginwatch.Breaking, loginwatch.KindValue)
			case bool:
				add("enum changed", pointer, v == false, loginwatch.Breaking, loginwatch.KindValue)
			}
		}
		if object, ok := v.(map[string]any); ok {
			_ = object
			add("extra field", tree.JoinPointer(pointer, "undocumented"), "x", loginwatch.Additive, loginwatch.KindExtra)
		}
	}
	for _, w := range a.outcome.Where {
		v, _ := tree.Lookup(doc, w.At.String())
		var other any = "OTHER"
		if _, number := v.(float64); number {
			other = 999
		}
		add("application code", w.At.String(), other, loginwatch.Breaking, loginwatch.KindValue)
	}
	for _, other := range []any{"x", 1, true, nil, []any{map[string]any{"a": 1}}, map[string]any{"a": 1}} {
		add("extra field", "/undocumented", other, loginwatch.Additive, loginwatch.KindExtra)
	}
	return all
}

// pointers lists every member of nested objects.
func pointers(doc any, at string) []string {
	object, ok := doc.(map[string]any)
	if !ok {
		return nil
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(object)) {
		pointer := tree.JoinPointer(at, name)
		all = append(append(all, pointer), pointers(object[name], pointer)...)
	}
	return all
}

// tolerance is the class that the contract's rulings give a value.
func tolerance(t testing.TB, a answer, pointer string, value any) loginwatch.Class {
	t.Helper()
	for _, d := range a.contract.Defects {
		for _, at := range d.At {
			if d.Tolerate == nil || d.Tolerate.Schema == nil || at.Operation != a.k.Operation.ID || at.At.String() != pointer {
				continue
			}
			if at.Outcome != "*" && at.Outcome != a.outcome.ID {
				continue
			}
			if f, ok := value.(float64); ok {
				value = json.Number(fmt.Sprint(f))
			}
			if violations, err := d.Tolerate.Schema.Validate(value); err == nil && len(violations) == 0 {
				return loginwatch.Tolerated
			}
		}
	}
	return loginwatch.Breaking
}

// constrained tells whether the schema lists the values of a field.
func constrained(schema []byte, pointer string) bool {
	var node any
	if json.Unmarshal(schema, &node) != nil {
		return false
	}
	tokens, _ := tree.SplitPointer(pointer)
	for _, token := range tokens {
		object, _ := node.(map[string]any)
		properties, _ := object["properties"].(map[string]any)
		node = properties[token]
	}
	object, _ := node.(map[string]any)
	return object["enum"] != nil || object["const"] != nil
}
