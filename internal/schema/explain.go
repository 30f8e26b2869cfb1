package schema

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// explainer turns a refusal into the violations that tell most. gojsonschema
// decides; where a schema combines others, explainer asks it for each branch
// alone and reports the branch with the fewest violations, the first of equals.
type explainer struct {
	schema *Schema
}

// judge gives the violations of v, which stands at pointer, against n.
func (x *explainer) judge(n *node, v any, pointer string) ([]loginwatch.Violation, error) {
	full, err := n.judge.full.Validate(newValue(v))
	if err != nil {
		return nil, err
	}
	if full.Valid() {
		return nil, nil
	}
	plain, err := n.judge.plain.Validate(newValue(v))
	if err != nil {
		return nil, err
	}
	all, err := x.translate(plain.Errors(), v, pointer)
	if err != nil {
		return nil, err
	}
	more, err := x.walk(n, v, pointer)
	if err != nil {
		return nil, err
	}
	if all = append(all, more...); len(all) > 0 {
		return all, nil
	}
	// Both views must agree that it is refused, whatever the explanation.
	return []loginwatch.Violation{{
		Kind: loginwatch.KindValue, Pointer: pointer, Documented: "the documented form", Got: shape(v),
	}}, nil
}

// walk finds the combining keywords that apply to v and below it.
func (x *explainer) walk(n *node, v any, pointer string) ([]loginwatch.Violation, error) {
	if n == nil {
		return nil, nil
	}
	if n.ref != nil {
		return x.walk(n.ref, v, pointer)
	}
	if len(n.types) > 0 && !hasType(n.types, v) {
		return nil, nil // its type is the finding; the rest would be noise
	}
	var c collector
	for _, sub := range n.allOf {
		c.add(x.walk(sub, v, pointer))
	}
	c.add(x.anyOf(n, v, pointer))
	c.add(x.oneOf(n, v, pointer))
	c.add(x.conditional(n, v, pointer))
	switch v := v.(type) {
	case map[string]any:
		c.add(x.object(n, v, pointer))
	case []any:
		c.add(x.array(n, v, pointer))
	}
	return c.all, c.err
}

func (x *explainer) object(n *node, v map[string]any, pointer string) ([]loginwatch.Violation, error) {
	var c collector
	for _, k := range slices.Sorted(maps.Keys(v)) {
		at := tree.JoinPointer(pointer, k)
		for _, sub := range n.members(k) {
			c.add(x.walk(sub, v[k], at))
		}
		c.add(x.walk(n.dependencies[k], v, pointer))
		if n.names == nil {
			continue
		}
		bad, err := x.judge(n.names, k, at)
		if len(bad) > 0 {
			bad = []loginwatch.Violation{{
				Kind: loginwatch.KindExtra, Pointer: at,
				Documented: "a name of the documented form", Got: shape(v[k]),
			}}
		}
		c.add(bad, err)
	}
	return c.all, c.err
}

func (x *explainer) array(n *node, v []any, pointer string) ([]loginwatch.Violation, error) {
	var c collector
	found := n.contains == nil
	for i, e := range v {
		at := index(pointer, i)
		c.add(x.walk(n.item(i), e, at))
		if !found {
			bad, err := x.judge(n.contains, e, at)
			c.add(nil, err)
			found = len(bad) == 0
		}
	}
	if !found {
		c.add([]loginwatch.Violation{{
			Kind: loginwatch.KindValue, Pointer: pointer,
			Documented: "at least one item of the documented form", Got: shape(v),
		}}, nil)
	}
	return c.all, c.err
}

func (x *explainer) anyOf(n *node, v any, pointer string) ([]loginwatch.Violation, error) {
	if len(n.anyOf) == 0 {
		return nil, nil
	}
	branches, fitting, err := x.branches(n.anyOf, v, pointer)
	if err != nil || fitting > 0 {
		return nil, err
	}
	return nearest(branches, pointer), nil
}

func (x *explainer) oneOf(n *node, v any, pointer string) ([]loginwatch.Violation, error) {
	if len(n.oneOf) == 0 {
		return nil, nil
	}
	branches, fitting, err := x.branches(n.oneOf, v, pointer)
	switch {
	case err != nil || fitting == 1:
		return nil, err
	case fitting == 0:
		return nearest(branches, pointer), nil
	}
	return []loginwatch.Violation{{
		Kind: loginwatch.KindValue, Pointer: pointer,
		Documented: "exactly one of " + strconv.Itoa(len(n.oneOf)) + " documented forms", Got: shape(v),
	}}, nil
}

func (x *explainer) conditional(n *node, v any, pointer string) ([]loginwatch.Violation, error) {
	var c collector
	if n.not != nil {
		bad, err := x.judge(n.not, v, pointer)
		c.add(nil, err)
		if err == nil && len(bad) == 0 {
			c.add([]loginwatch.Violation{{
				Kind: loginwatch.KindValue, Pointer: pointer,
				Documented: "anything but the refused form", Got: shape(v),
			}}, nil)
		}
	}
	if n.when == nil {
		return c.all, c.err
	}
	bad, err := x.judge(n.when, v, pointer)
	c.add(nil, err)
	consequence := n.then
	if len(bad) > 0 {
		consequence = n.other
	}
	if consequence != nil {
		c.add(x.judge(consequence, v, pointer))
	}
	return c.all, c.err
}

func (x *explainer) branches(nodes []*node, v any, pointer string) (all [][]loginwatch.Violation, fitting int, err error) {
	for _, b := range nodes {
		bad, err := x.judge(b, v, pointer)
		if err != nil {
			return nil, 0, err
		}
		if bad = tidy(bad); len(bad) == 0 {
			fitting++
		}
		all = append(all, bad)
	}
	return all, fitting, nil
}

// nearest chooses the branch with the fewest violations. Where every branch
// merely wants another type, their types are one statement.
func nearest(branches [][]loginwatch.Violation, pointer string) []loginwatch.Violation {
	var types []string
	for _, b := range branches {
		if len(b) != 1 || b[0].Kind != loginwatch.KindType || b[0].Pointer != pointer {
			types = nil
			break
		}
		types = append(types, b[0].Documented)
	}
	if len(types) > 1 {
		merged := branches[0][0]
		merged.Documented = joinTypes(types)
		return []loginwatch.Violation{merged}
	}
	return slices.MinFunc(branches, func(a, b []loginwatch.Violation) int {
		return cmp.Or(wrongType(a, pointer)-wrongType(b, pointer), len(a)-len(b))
	})
}

// wrongType is 1 when the value itself is of another type: a branch for that
// other type has one violation only and yet is the farthest.
func wrongType(branch []loginwatch.Violation, pointer string) int {
	for _, v := range branch {
		if v.Kind == loginwatch.KindType && v.Pointer == pointer {
			return 1
		}
	}
	return 0
}

// collector keeps the first error and all violations before it.
type collector struct {
	all []loginwatch.Violation
	err error
}

func (c *collector) add(more []loginwatch.Violation, err error) {
	if c.err == nil {
		c.all, c.err = append(c.all, more...), err
	}
}
