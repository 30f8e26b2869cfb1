//go:build exports

package exporttest

import (
	"slices"
	"testing"
)

// What the documents that our reader is tried on do on purpose, as documents of others do.
var onPurpose = []string{
	"no-invalid-media-type-examples",          // XML, and JSON that is written as a text
	"no-required-schema-properties-undefined", // members that are only required
	"no-server-trailing-slash",
	"operation-operationId",
}

// What our reader of OpenAPI is tried on are documents of OpenAPI, as Redocly knows it.
func TestRedoclyKnowsWhatWeRead(t *testing.T) {
	for _, p := range lint(t, "../importer/openapi/testdata") {
		if !slices.Contains(onPurpose, p.RuleID) {
			t.Errorf("%s: %s: %s", p.Location[0].Source.Ref, p.RuleID, p.Message)
		}
	}
}
