package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch/internal/tree"
)

// What a document may hold at most. guard keeps tighter limits; these keep the
// validator safe should a caller forget it: gojsonschema panics on 1e999999999
// and spends seconds on 1e999999.
const (
	maxDepth    = 256
	maxNumber   = 400
	maxExponent = 308
)

// checkDocument refuses what gojsonschema would pass over in silence (a float64
// matches none of its types and so every schema) or not survive.
func checkDocument(v any, depth int) error {
	if depth > maxDepth {
		return errors.New("document is nested too deeply")
	}
	switch v := v.(type) {
	case nil, bool, string:
	case json.Number:
		return checkNumber(string(v))
	case []any:
		for _, e := range v {
			if err := checkDocument(e, depth+1); err != nil {
				return err
			}
		}
	case map[string]any:
		for k, e := range v {
			if !utf8.ValidString(k) {
				return errors.New("document has a member name that is not UTF-8")
			}
			if err := checkDocument(e, depth+1); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("document holds a %T, which is no decoded JSON", v)
	}
	return nil
}

func checkNumber(s string) error {
	if len(s) > maxNumber || !json.Valid([]byte(s)) || !strings.ContainsAny(s[:1], "-0123456789") {
		return errors.New("document holds a number that nothing can represent")
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(strings.TrimPrefix(s[i+1:], "+"))
		if err != nil || e > maxExponent || e < -maxExponent {
			return errors.New("document holds a number that nothing can represent")
		}
	}
	return nil
}

// shape describes a value by its type and size alone.
func shape(v any) string {
	switch v := v.(type) {
	case string:
		if v == "" {
			return "empty string"
		}
		return "string of " + count(utf8.RuneCountInString(v), "character")
	case []any:
		if len(v) == 0 {
			return "empty array"
		}
		return "array of " + count(len(v), "item")
	case map[string]any:
		if len(v) == 0 {
			return "empty object"
		}
		return "object of " + count(len(v), "member")
	}
	return tree.TypeOf(v)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
