package pact

import (
	"encoding/json"
	"slices"

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
	// Pact compares headers as text, and the attributes of Set-Cookie stand in any order.
	ReasonCookie = "the answer sets a documented cookie, and a pact would hold the order of its attributes against the vendor"
	// Pact takes a body for JSON by its content type alone.
	ReasonOtherType = "the answer is JSON under a content type that is not JSON's, and Pact reads it as text"
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
	case len(k.Expect[0].Cookies) > 0:
		return ReasonCookie
	case k.Expect[0].Body == loginwatch.BodyJSON && !slices.Contains(k.Expect[0].ContentTypes, "application/json"):
		return ReasonOtherType
	case slices.Contains([]loginwatch.BodyFormat{loginwatch.BodyText, loginwatch.BodyForm, loginwatch.BodyXML}, k.Expect[0].Body):
		return ReasonText
	}
	return ""
}
