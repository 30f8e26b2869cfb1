package tree

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// ScalarText is a decoded JSON scalar as text without quotes, so that 200 and
// "200" select the same outcome; whether the type is right is for a schema to
// say. ok is false for a list, an object and whatever is no decoded JSON.
func ScalarText(v any) (text string, ok bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		if f, err := v.Float64(); err == nil && whole(string(v)) && math.Abs(f) < 1<<53 {
			return strconv.FormatInt(int64(f), 10), true // 2e2 and 200.0 are 200
		}
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	case nil:
		return "null", true
	}
	return "", false
}

// TypeOf is the JSON Schema type of a decoded value whose numbers are
// [json.Number]. A number without a fraction is an integer however it is
// written: 1.0 and 1e2 are (draft-07, 6.1.1). What is no decoded JSON is
// "unknown".
func TypeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	case json.Number:
		if whole(string(v)) {
			return "integer"
		}
		return "number"
	}
	return "unknown"
}

// whole tells whether a JSON number has no fraction. It looks at the digits
// alone: computing the value of 1e999999 would hold a core.
func whole(number string) bool {
	mantissa, exponent := number, ""
	if i := strings.IndexAny(number, "eE"); i >= 0 {
		mantissa, exponent = number[:i], number[i+1:]
	}
	integer, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(integer, "-0") + fraction
	significant := strings.TrimRight(digits, "0")
	if strings.Trim(significant, "0") == "" {
		return true // zero, whatever the exponent
	}
	shift := 0
	if exponent != "" {
		var err error
		if shift, err = strconv.Atoi(exponent); err != nil {
			return !strings.HasPrefix(exponent, "-") // beyond int, so larger than any fraction is long
		}
	}
	// The last digit that is not zero must stand before the decimal point.
	return shift >= len(fraction)-(len(digits)-len(significant))
}
