package draft

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// Schemas that refer to each other in few lines and many ways give neither an example
// nor a schema, and that at once.
func TestHeavySchemas(t *testing.T) {
	chain := func(keyword string, wide, long int) string {
		var b strings.Builder
		for i := range long {
			refs := strings.TrimSuffix(strings.Repeat(fmt.Sprintf(`{"$ref":"#/definitions/d%d"},`, i+1), wide), ",")
			fmt.Fprintf(&b, `"d%d":{"%s":[%s]},`, i, keyword, refs)
		}
		return fmt.Sprintf(`{"$ref":"#/definitions/d0","definitions":{%s"d%d":{"type":"object","properties":{"token":{"type":"string"}}}}}`, b.String(), long)
	}
	for name, tc := range map[string]struct {
		schema string
		taken  bool
	}{
		"one after the other":    {chain("allOf", 1, 5), true},
		"three, three times":     {chain("allOf", 3, 3), true},
		"fifty, four times":      {chain("allOf", 50, 4), false},
		"choices":                {chain("anyOf", 50, 4), false},
		"of all but one":         {chain("oneOf", 50, 4), false},
		"two, thirty times":      {chain("allOf", 2, 30), false},
		"back to itself":         {`{"type":"object","properties":{"a":{"$ref":"#/definitions/d"}},"definitions":{"d":{"allOf":[{"$ref":"#/definitions/d"},{"$ref":"#/definitions/d"}]}}}`, false},
		"a reference to nowhere": {`{"type":"object","properties":{"a":{"$ref":"#/definitions/d"}}}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMaker(nil, Options{}, everything)
			if got := m.described(json.RawMessage(tc.schema)) != nil; got != tc.taken {
				t.Errorf("the schema is taken: %v", got)
			}
			if _, got := exampleOf(json.RawMessage(tc.schema)); got && !tc.taken {
				t.Error("there is an example")
			}
			if _, got := exampleOfRequest(json.RawMessage(tc.schema)); got && !tc.taken {
				t.Error("there is an example of a request")
			}
		})
	}
}
