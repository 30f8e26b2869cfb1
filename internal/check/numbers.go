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

// mostIntegers of one body are looked up.
const mostIntegers = 200

// integers reports integers that are written as no typed client reads them,
// with a fraction or an exponent: to JSON Schema 1.0 and 1e0 are the integer 1.
// Each has to be looked up in the schema, so of a body far above any login's
// none is, and of one with many such numbers the first.
func (j *judge) integers(o *loginwatch.Outcome, doc any) {
	if len(j.answer.Body) > largeBody {
		return
	}
	left := mostIntegers
	var visit func(v any, pointer string)
	visit = func(v any, pointer string) {
		switch v := v.(type) {
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				visit(v[name], tree.JoinPointer(pointer, name))
			}
		case []any:
			for i, inner := range v {
				visit(inner, pointer+"/"+strconv.Itoa(i))
			}
		case json.Number:
			if left == 0 || !strings.ContainsAny(string(v), ".eE") || tree.TypeOf(v) != "integer" {
				return
			}
			if left--; named(o.Schema, pointer) {
				j.integer(o, pointer, string(v))
			}
		}
	}
	visit(doc, "")
}

// integer reports one of them where the document promises an integer.
func (j *judge) integer(o *loginwatch.Outcome, pointer, text string) {
	field, ok := o.Schema.At(pointer)
	if !ok || !slices.Contains(strings.Split(field.Type, "|"), "integer") {
		return
	}
	f := j.fieldFinding(o, loginwatch.KindFormat, pointer, "integer", "an integer written with "+written(text))
	f.Class = loginwatch.Tolerated
	j.add(f)
}

func written(number string) string {
	if strings.ContainsAny(number, "eE") {
		return "an exponent"
	}
	return "a fraction"
}
