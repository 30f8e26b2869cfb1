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
	ReasonNotJSON = "the request body is not what its content type says, and Pact parses what it sends and receives"
	// A pact without an expected answer can't be written.
	ReasonNoAnswer = "the document promises no answer, and a pact has to expect one"
	// Pact compares headers as text, and the attributes of Set-Cookie stand in any order.
	ReasonCookie = "the answer sets a documented cookie, and a pact would hold the order of its attributes against the vendor"
	// Pact takes a body for JSON by its content type alone.
	ReasonOtherType = "the answer is JSON under another content type than application/json, which Pact may read as text"
	// Of what is no JSON, Pact through pact-go can compare nothing but the whole.
	ReasonText = "the answer is text, XML or form data, and a pact would ask for the whole of it to the letter"
)

// Reasons that lie in the request.
const (
	// Of what pact-go sends as text, XML or multipart, no part can be left open for
	// who verifies to fill in, so that a credential would stand in the pact.
	ReasonBody = "the request body is text, XML or multipart, in which a pact can leave no place open for a credential"
	// A pact holds what stays the same; a verifier computes nothing.
	ReasonComputed = "the request carries a computed value, which a pact can neither hold nor compute"
	// The interactions of a pact stand alone.
	ReasonCarries = "the request carries a cookie of an answer before it, and a pact's interactions stand alone"
	// pact-go writes a path as it is.
	ReasonPath = "the path holds a secret, and a pact can leave no part of a path open for one"
)

// LeftOut gives the reason for which Pact can't express a case of the contract;
// "" when it can.
func LeftOut(k *loginwatch.Case, c *loginwatch.Contract) string {
	if reason := RequestLeftOut(k, c); reason != "" {
		return reason
	}
	switch {
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

// RequestLeftOut gives the reason that lies in the request of a case; "" when Pact
// can express that.
func RequestLeftOut(k *loginwatch.Case, c *loginwatch.Contract) string {
	request := k.Request()
	form := request.Format == loginwatch.BodyForm
	switch {
	case k.Raw != "" && (form || request.Format == loginwatch.BodyJSON && !json.Valid([]byte(k.Raw))):
		return ReasonNotJSON
	case (k.Raw != "" || k.Body != nil) && !form && request.Format != loginwatch.BodyJSON:
		return ReasonBody
	case len(request.Cookies) > 0:
		return ReasonCarries
	case slices.ContainsFunc(request.Names(true), func(name string) bool { return c.ComputedValue(name) != nil }):
		return ReasonComputed
	case slices.ContainsFunc(loginwatch.Placeholders(request.Path), func(name string) bool {
		return slices.ContainsFunc(c.Secrets, func(s loginwatch.Secret) bool { return s.Name == name })
	}):
		return ReasonPath
	}
	return ""
}
