package route

import (
	"maps"
	"slices"
	"strconv"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// Template gives the body of a case as a request of it is decoded, with its
// placeholders in it.
func Template(k *loginwatch.Case) any {
	text, isText := k.Body.(string)
	switch format := k.Operation.Request.Format(); {
	case format == loginwatch.BodyXML && isText:
		doc, _ := guard.DecodeAs(format, []byte(text))
		return doc
	case format == loginwatch.BodyForm:
		return soleTexts(k.Body)
	}
	return k.Body
}

// soleTexts gives a form's fields as they are decoded: a list of one text is that
// text, since nothing in a form tells the two apart.
func soleTexts(body any) any {
	members, ok := body.(map[string]any)
	if !ok {
		return body
	}
	out := make(map[string]any, len(members))
	for name, v := range members {
		if list, isList := v.([]any); isList && len(list) == 1 {
			v = list[0]
		}
		out[name] = v
	}
	return out
}

// Scalar is one of a body, as text.
type Scalar struct{ Pointer, Text string }

// Scalars lists the scalars of a body in the order of their names.
func Scalars(body any) []Scalar {
	var found []Scalar
	var walk func(pointer string, v any)
	walk = func(pointer string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				walk(tree.JoinPointer(pointer, key), v[key])
			}
		case []any:
			for i, item := range v {
				walk(tree.JoinPointer(pointer, strconv.Itoa(i)), item)
			}
		default:
			if text, ok := tree.ScalarText(v); ok {
				found = append(found, Scalar{pointer, text})
			}
		}
	}
	walk("", body)
	return found
}
