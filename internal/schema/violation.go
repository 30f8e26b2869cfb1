package schema

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
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

// refusals are the keywords that narrow a value, by the library's errors, and the detail
// of the error that has what the keyword says.
var refusals = map[string]struct{ keyword, detail string }{
	"const":                     {"const", "allowed"},
	"enum":                      {"enum", "allowed"},
	"pattern":                   {"pattern", "pattern"},
	"string_gte":                {"minLength", "min"},
	"string_lte":                {"maxLength", "max"},
	"array_min_items":           {"minItems", "min"},
	"array_max_items":           {"maxItems", "max"},
	"array_no_additional_items": {"additionalItems", ""},
	"array_min_properties":      {"minProperties", "min"},
	"array_max_properties":      {"maxProperties", "max"},
	"unique":                    {"uniqueItems", ""},
	"multiple_of":               {"multipleOf", "multiple"},
	"number_gte":                {"minimum", "min"},
	"number_gt":                 {"exclusiveMinimum", "min"},
	"number_lte":                {"maximum", "max"},
	"number_lt":                 {"exclusiveMaximum", "max"},
}

// constraint words the keyword that refused a value; "" for an unknown error.
func constraint(e gojsonschema.ResultError) string {
	r := refusals[e.Type()]
	return narrowing(r.keyword, number(e.Details()[r.detail]))
}

// narrowings are the keywords that narrow a value, in the order in which they are told.
var narrowings = []string{
	"const", "enum", "pattern", "minLength", "maxLength", "minItems", "maxItems", "additionalItems", "uniqueItems", "minProperties", "maxProperties",
	"multipleOf", "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum",
}

// narrowing words a keyword that narrows a value; "" for another one.
func narrowing(keyword, says string) string {
	switch keyword {
	case "const":
		return says
	case "enum":
		return "one of " + says
	case "pattern":
		return "text matching " + says
	case "minLength":
		return "at least " + counted(says, "character")
	case "maxLength":
		return "at most " + counted(says, "character")
	case "minItems":
		return "at least " + counted(says, "item")
	case "maxItems":
		return "at most " + counted(says, "item")
	case "additionalItems":
		return "no further items"
	case "minProperties":
		return "at least " + counted(says, "member")
	case "maxProperties":
		return "at most " + counted(says, "member")
	case "uniqueItems":
		return "items that differ"
	case "multipleOf":
		return "a multiple of " + says
	case "minimum":
		return "at least " + says
	case "exclusiveMinimum":
		return "more than " + says
	case "maximum":
		return "at most " + says
	case "exclusiveMaximum":
		return "less than " + says
	}
	return ""
}

func counted(n, noun string) string {
	if i, err := strconv.Atoi(n); err == nil {
		return count(i, noun)
	}
	return n + " " + noun + "s"
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
