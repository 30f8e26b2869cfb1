package loginwatch

import (
	"strings"
	"time"
)

// Outcome is one documented answer. It is chosen by status, content type and
// discriminator; then its one schema validates the body.
type Outcome struct {
	ID           string
	Statuses     []int      // any of them; the first is what the simulator sends
	Body         BodyFormat // never multipart
	ContentTypes []string   // any of them, "" for none at all; the simulator sends the first. Empty when no type is promised
	Headers      []AnswerHeader
	Cookies      []AnswerCookie
	Where        []Field // what the answer must have to be this outcome
	Contains     string  // text that a body must contain, whatever its letter case, when it has no schema
	Schema       *SchemaRef
	Example      *Example
	Means        Verdict     // the verdict when success was due
	When         []Condition // what the simulator answers it for
	AsOf         time.Time   // an instant at which the example was true; zero when it does not matter
	Placeholders []Place     // of values in the example that stand for a value and are none
	Cite         Cite
	Pos          Pos
}

// Unspecified tells whether the document says nothing about the body.
func (o *Outcome) Unspecified() bool { return o.Body == BodyUnspecified }

// Structured tells whether the outcome promises a body that its schema describes.
func (o *Outcome) Structured() bool { return o.Body.Structured() && o.Schema != nil }

// Header finds a documented header, whatever the letter case; nil when there is
// none.
func (o *Outcome) Header(name string) *AnswerHeader {
	for i := range o.Headers {
		if strings.EqualFold(o.Headers[i].Name, name) {
			return &o.Headers[i]
		}
	}
	return nil
}

// Cookie finds a documented cookie; nil when there is none. Names have letter case
// (RFC 6265, 5.3).
func (o *Outcome) Cookie(name string) *AnswerCookie {
	for i := range o.Cookies {
		if o.Cookies[i].Name == name {
			return &o.Cookies[i]
		}
	}
	return nil
}

// AnswerHeader is a header that an outcome is documented to have.
type AnswerHeader struct {
	Name     string
	Example  string
	Secret   bool // its value is never shown, and the simulator makes a new one each time
	Optional bool // may be absent
	Cite     Cite
	Pos      Pos
}

// AnswerCookie is a cookie that an outcome is documented to set, with the
// attributes that the document promises. Its value is a secret always.
type AnswerCookie struct {
	Name     string
	Example  string // of its value
	Optional bool   // may be absent
	Secure   bool
	HTTPOnly bool
	SameSite string // "lax", "strict", "none"; "" when nothing is promised
	Cite     Cite
	Pos      Pos
}

// Test says how a [Field] is compared. The list is closed.
type Test string

// The tests.
const (
	TestEquals  Test = ""        // the scalar is the value
	TestPrefix  Test = "prefix"  // the text begins with the value
	TestPresent Test = "present" // anything but null
	TestAbsent  Test = "absent"  // nothing, or null
)

// Field is a place in an answer and what is expected there. Value is a scalar as
// JSON text without quotes: 405, true, LOGIN_FAILED.
type Field struct {
	At    Place
	Test  Test
	Value string // of TestEquals and TestPrefix
	Pos   Pos
}
