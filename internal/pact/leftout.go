package pact

import (
	"encoding/json"

	"github.com/loginwatch/loginwatch"
)

// The reasons for which a case is in no pact. The list is closed; `loginwatch
// verify` covers such cases.
const (
	// Measured with libpact_ffi 0.5.8: its mock server and its verifier parse
	// every body under a JSON content type, and refuse one that is no JSON.
	ReasonNotJSON = "the request body is no JSON, and Pact parses what it sends and receives under a JSON content type"
	// A pact without an expected answer can't be written.
	ReasonNoAnswer = "the document promises no answer, and a pact has to expect one"
	// Of a text, Pact through pact-go can compare nothing but the whole.
	ReasonText = "the answer is a text of which a part is promised, and a pact would ask for the whole"
)

// LeftOut gives the reason for which Pact can't express a case; "" when it can.
func LeftOut(k *loginwatch.Case) string {
	switch {
	case k.Raw != "" && !json.Valid([]byte(k.Raw)):
		return ReasonNotJSON
	case len(k.Expect) == 0:
		return ReasonNoAnswer
	case k.Expect[0].Contains != "":
		return ReasonText
	}
	return ""
}
