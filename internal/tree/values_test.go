package tree

import (
	"encoding/json"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestScalarText(t *testing.T) {
	for _, tt := range []struct {
		value any
		text  string
		ok    bool
	}{
		{"LOGIN_FAILED", "LOGIN_FAILED", true},
		{"", "", true},
		{json.Number("1.0"), "1", true},
		{json.Number("2e2"), "200", true},
		{json.Number("1.5"), "1.5", true},
		{json.Number("1e300"), "1e300", true},
		{true, "true", true},
		{nil, "null", true},
		{[]any{"a"}, "", false},
		{map[string]any{}, "", false},
		{1.5, "", false},
	} {
		if text, ok := ScalarText(tt.value); text != tt.text || ok != tt.ok {
			t.Errorf("%#v: got %q, %t", tt.value, text, ok)
		}
	}
}

func TestTypeOf(t *testing.T) {
	number := func(s string) any { return json.Number(s) }
	for want, values := range map[string][]any{
		"null":    {nil},
		"boolean": {false},
		"string":  {""},
		"array":   {[]any(nil)},
		"object":  {map[string]any{}},
		"integer": {number("0"), number("-7"), number("1.0"), number("1e2"), number("1.50e1"), number("-0.0"), number("0.00e-5"),
			number("100e-2"), number("12345678901234567890"), number("1e999999999"), number("1e99999999999999999999"), number("0e-99999999999999999999")},
		"number":  {number("1.5"), number("1e-1"), number("1.55e1"), number("10e-2"), number("0.01e1"), number("1e-99999999999999999999")},
		"unknown": {1.5, 7, []string{"a"}},
	} {
		for _, v := range values {
			if got := TypeOf(v); got != want {
				t.Errorf("%#v: got %s, want %s", v, got, want)
			}
		}
	}
}

// Counting digits must say what arithmetic says.
func TestTypeOfNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`-?(0|[1-9][0-9]{0,4})(\.[05]{0,3}[0-9])?([eE][+-]?[0-9]{1,2})?`).Draw(t, "number")
		r, ok := new(big.Rat).SetString(number)
		if !ok {
			t.Fatalf("%s is no number", number)
		}
		want := map[bool]string{true: "integer", false: "number"}[r.IsInt()]
		if got := TypeOf(json.Number(number)); got != want {
			t.Errorf("%s: got %s, want %s", number, got, want)
		}
	})
}
