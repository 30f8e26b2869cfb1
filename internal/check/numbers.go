package check

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// integers reports integers that are written as no typed client reads them,
// with a fraction or an exponent: to JSON Schema 1.0 and 1e0 are the integer 1.
func (j *judge) integers(o *loginwatch.Outcome, doc any) {
	var visit func(v any, pointer string)
	visit = func(v any, pointer string) {
		switch v := v.(type) {
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				if at := tree.JoinPointer(pointer, name); named(o.Schema, at) {
					visit(v[name], at)
				}
			}
		case []any:
			for i, inner := range v {
				visit(inner, pointer+"/"+strconv.Itoa(i))
			}
		case json.Number:
			if !strings.ContainsAny(string(v), ".eE") || tree.TypeOf(v) != "integer" {
				return
			}
			if field, ok := o.Schema.At(pointer); ok && slices.Contains(strings.Split(field.Type, "|"), "integer") {
				f := j.fieldFinding(o, loginwatch.KindFormat, pointer, "integer", "an integer written with "+written(string(v)))
				f.Class = loginwatch.Tolerated
				j.add(f)
			}
		}
	}
	visit(doc, "")
}

func written(number string) string {
	if strings.ContainsAny(number, "eE") {
		return "an exponent"
	}
	return "a fraction"
}
