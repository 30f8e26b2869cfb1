// Package importer has the nouns in which foreign descriptions of calls are said,
// whatever they are written in: a line for curl, a HAR, an OpenAPI document, a
// collection. The packages below it read one kind each and make a [Recording] of it.
//
// It opens no file, follows no reference out of what it was given and sends nothing.
package importer

import (
	"encoding/json"
	"fmt"

	"github.com/loginwatch/loginwatch"
)

// Recording is what a description says about calls, in its order. What it holds may
// be secret: nothing of it is shown before it went through a draft.
type Recording struct {
	Title     string     // what the description calls itself; "" when it does not
	Address   string     // the page that it names as its documentation; "" without one
	Servers   []Server   // where the calls go, when the description says so apart from them
	Variables []Variable // values that the description itself gives names to
	Exchanges []Exchange
	Remarks   []Remark // what can't be taken over
}

// Server is an address below which calls are made.
type Server struct {
	Name string // what it is for, in the description's words; "" when it does not say
	URL  loginwatch.Template
}

// Variable is a named value: a base URL, a user's name, a password.
type Variable struct {
	Name   string // as templates have it
	Value  string // "" when the description gives none
	Secret bool   // the description marks it as one
}

// Exchange is one call, with the answers to it that are known.
type Exchange struct {
	Name    string // what the description calls it; "" when it does not
	At      Place
	Request Request
	Answers []Answer
	Kept    []Kept

	Operation string // what it is in the contract that our own export was made of; "" in any other description
}

// Request is what is sent. Each of its texts may hold variables.
type Request struct {
	Method  string
	URL     loginwatch.Template // from the scheme, or from a variable, to the path; encoded as it is sent
	Query   []Field             // decoded
	Headers []Field
	Basic   *Basic // HTTP Basic authentication; then no Authorization is among the headers
	Body    *Body  // nil: none
}

// Field is a header, a parameter of a query or a field of a form.
type Field struct {
	Name     string
	Value    loginwatch.Template
	Optional bool // the description says that the call does without it
}

// Basic is the user and password of HTTP Basic authentication (RFC 7617).
type Basic struct {
	User, Password loginwatch.Template
}

// Body is what a request carries. A form's fields are decoded, any other body is a text.
type Body struct {
	ContentType string // as sent; "" when nothing says so
	Text        loginwatch.Template
	Fields      []Field         // of application/x-www-form-urlencoded and multipart/form-data
	Schema      json.RawMessage // draft-07, whole in itself; nil when the description has none
}

// Answer is one answer to a call: seen, or described.
type Answer struct {
	Name        string // what the description calls it; "" when it does not
	At          Place
	Status      int // 0: any that is not described
	ContentType string
	Headers     []AnswerHeader
	Body        []byte          // an example; nil when there is none
	Schema      json.RawMessage // draft-07, whole in itself; nil when the description has none
	Text        string          // what the description says of it

	// What our own exports say on top, and no other description does.
	Means    loginwatch.Verdict // "" when nothing does
	When     []loginwatch.Condition
	Where    []loginwatch.Field
	Contains string
}

// AnswerHeader is one header of an answer.
type AnswerHeader struct{ Name, Value string }

// Kept says that the description takes a value out of the answer for later calls.
type Kept struct {
	Variable string
	From     string // a place as contracts write it: /pointer, header:NAME or cookie:NAME
}

// Place is where in the description something stands.
type Place struct {
	Line int    // from 1; 0 when it is not known
	Path string // such as entries[3] or /paths/~1login/post; "" when lines say it all
}

// String gives the place as errors show it.
func (p Place) String() string {
	switch {
	case p.Line == 0:
		return p.Path
	case p.Path == "":
		return fmt.Sprintf("line %d", p.Line)
	default:
		return fmt.Sprintf("line %d, %s", p.Line, p.Path)
	}
}

// Remark is something of a description that was understood, and that no pack can say or
// that was left out on purpose. Its text holds no value of the description.
type Remark struct {
	At   Place
	Text string
}

// Error is a description that can't be read. Its text holds no value of the description.
type Error struct {
	At  Place
	Err error
}

func (e *Error) Error() string {
	if at := e.At.String(); at != "" {
		return at + ": " + e.Err.Error()
	}
	return e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }
