package schema

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/xeipuuv/gojsonschema"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// separator stands between the names of a gojsonschema context. No member name
// contains it: it is not UTF-8, which checkDocument asks of every name.
const separator = "\xff"

// translate turns the errors of a schema without combining keywords into
// violations. The library's own texts and values are never used: the value of
// a missing member's error is the whole body.
func (x *explainer) translate(errs []gojsonschema.ResultError, v any, base string) ([]loginwatch.Violation, error) {
	all := make([]loginwatch.Violation, 0, len(errs))
	for _, e := range errs {
		path := strings.Split(e.Context().String(separator), separator)[1:]
		relative := ""
		for _, name := range path {
			relative = tree.JoinPointer(relative, name)
		}
		got, _ := tree.Lookup(v, relative)
		found := loginwatch.Violation{Pointer: base + relative, Got: shape(got)}
		switch e.Type() {
		case "number_all_of": // its branches' own errors stand beside it
			continue
		case "internal":
			return nil, errors.New("gojsonschema could not compare a value")
		}
		if !x.fill(&found, e, got) {
			return nil, fmt.Errorf("gojsonschema reports %q, which is not known here", e.Type())
		}
		all = append(all, found)
	}
	return all, nil
}

func (x *explainer) fill(f *loginwatch.Violation, e gojsonschema.ResultError, got any) bool {
	detail := e.Details()
	f.Kind = loginwatch.KindValue
	switch e.Type() {
	case "required", "missing_dependency":
		name, _ := cmp.Or(detail["property"], detail["dependency"]).(string)
		f.Pointer = tree.JoinPointer(f.Pointer, name)
		f.Kind, f.Documented, f.Got = loginwatch.KindMissing, x.required(f.Pointer), "absent"
	case "additional_property_not_allowed":
		name, _ := detail["property"].(string)
		f.Pointer = tree.JoinPointer(f.Pointer, name)
		extra, _ := tree.Lookup(got, tree.JoinPointer("", name))
		f.Kind, f.Documented, f.Got = loginwatch.KindExtra, "no such member", shape(extra)
	case "false":
		f.Kind, f.Documented = loginwatch.KindExtra, "no such member"
	case "invalid_type":
		f.Kind, f.Got = loginwatch.KindType, tree.TypeOf(got)
		f.Documented = strings.NewReplacer("[", "", "]", "", ",", "|").Replace(fmt.Sprint(detail["expected"]))
	case "format":
		f.Kind, f.Documented = loginwatch.KindFormat, formats[fmt.Sprint(detail["format"])].says
	default:
		f.Documented = constraint(e)
	}
	return f.Documented != ""
}

// constraint words the keywords that narrow a value; "" for an unknown error.
func constraint(e gojsonschema.ResultError) string {
	d := e.Details()
	switch e.Type() {
	case "const":
		return fmt.Sprint(d["allowed"])
	case "enum":
		return "one of " + fmt.Sprint(d["allowed"])
	case "pattern":
		return fmt.Sprintf("text matching %v", d["pattern"])
	case "string_gte":
		return "at least " + counted(d["min"], "character")
	case "string_lte":
		return "at most " + counted(d["max"], "character")
	case "array_min_items":
		return "at least " + counted(d["min"], "item")
	case "array_max_items":
		return "at most " + counted(d["max"], "item")
	case "array_no_additional_items":
		return "no further items"
	case "array_min_properties":
		return "at least " + counted(d["min"], "member")
	case "array_max_properties":
		return "at most " + counted(d["max"], "member")
	case "unique":
		return "items that differ"
	case "multiple_of":
		return "a multiple of " + number(d["multiple"])
	case "number_gte":
		return "at least " + number(d["min"])
	case "number_gt":
		return "more than " + number(d["min"])
	case "number_lte":
		return "at most " + number(d["max"])
	case "number_lt":
		return "less than " + number(d["max"])
	}
	return ""
}

func counted(n any, noun string) string {
	if i, ok := n.(int); ok {
		return count(i, noun)
	}
	return fmt.Sprint(n, " ", noun, "s")
}

// number prints a bound as its schema writes it: 9007199254740991, not 9.007e+15.
func number(v any) string {
	if f, ok := v.(*big.Float); ok {
		if f.IsInt() {
			return f.Text('f', 0)
		}
		return f.Text('g', 17)
	}
	return fmt.Sprint(v)
}

// required is what the schema documents of a member that is missing.
func (x *explainer) required(pointer string) string {
	if field, ok := x.schema.At(pointer); ok && field.Type != "" {
		return "required " + field.Type
	}
	return "required"
}

// tidy sorts violations and drops those said twice, as by two branches.
func tidy(all []loginwatch.Violation) []loginwatch.Violation {
	slices.SortFunc(all, func(a, b loginwatch.Violation) int {
		return cmp.Or(
			cmp.Compare(a.Pointer, b.Pointer),
			cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(a.Documented, b.Documented),
			cmp.Compare(a.Got, b.Got),
		)
	})
	return slices.Compact(all)
}
