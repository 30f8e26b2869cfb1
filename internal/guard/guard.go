// Package guard makes one pass over bytes that somebody else wrote, before
// anything parses them. What passes is strict RFC 8259 JSON, or a form, multipart
// form data or XML read as strictly, within limits that keep every parser and
// validator behind it cheap: no depth, number, key or length in it can make one
// of them panic, hold a core or grow.
//
// It never repairs and never prints, and no value of a refused body leaves it: a
// refusal says what is wrong and where. Of JSON no value is built while it looks.
package guard

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/loginwatch/loginwatch"
)

// Limits bound what passes. They are exact: a zero admits nothing, so that a
// forgotten field can't open the gate.
type Limits struct {
	Bytes        int // length of the body
	Depth        int // objects and arrays open at once
	NumberLength int // characters of one number
	Exponent     int // absolute value of a written exponent
	Tokens       int // values and member names together; in XML, elements and attributes count four times
}

// Defaults gives the limits for an answer to a login. The biggest documented
// answer is below 2 KB and 5 deep; as many bytes pass as are read
// (loginwatch.BodyLimit). An exponent of 308 is the last that a float64 holds; 40
// characters are enough for every 64-bit number and every exact float64 that
// anybody writes; behind 10,000 tokens a validator that takes microseconds per
// member still ends within milliseconds.
func Defaults() Limits {
	return Limits{Bytes: 256 << 10, Depth: 32, NumberLength: 40, Exponent: 308, Tokens: 10_000}
}

// Cause says why bytes were refused. The list is closed.
type Cause string

// The causes.
const (
	Empty            Cause = "empty"               // nothing but white space
	TooLarge         Cause = "too-large"           // longer than Limits.Bytes
	Encoding         Cause = "encoding"            // no UTF-8, or none by its own words; in JSON a byte order mark, or half of a surrogate pair
	Truncated        Cause = "truncated"           // the input ends inside the value
	Syntax           Cause = "syntax"              // anything else that is not of the format
	Trailing         Cause = "trailing"            // something follows the value
	DuplicateKey     Cause = "duplicate-key"       // two members of one object, attributes of one element or parts have the same name
	TooDeep          Cause = "too-deep"            // more than Limits.Depth
	NumberTooLong    Cause = "number-too-long"     // more than Limits.NumberLength
	NumberOutOfRange Cause = "number-out-of-range" // no int64, uint64 or finite float64 holds it
	TooManyTokens    Cause = "too-many-tokens"     // more than Limits.Tokens
	Forbidden        Cause = "forbidden"           // a document type or a processing instruction: well-formed XML that is not read
)

// Refusal is the first thing wrong with the bytes, in reading order.
type Refusal struct {
	Cause  Cause
	Offset int // bytes before the place
	// Pointer (RFC 6901) names the member or number for DuplicateKey,
	// NumberTooLong and NumberOutOfRange and is empty otherwise. Its names are
	// the vendor's text: a name is there whole, or as its length in characters
	// when it is long or unprintable, so that a search for secrets sees all of
	// it. When the pointer would be long it names an enclosing place.
	Pointer string
}

// Error says what and where. Beware of a nil *Refusal in an error interface.
func (r *Refusal) Error() string {
	if r.Pointer != "" {
		return fmt.Sprintf("%s at byte %d (%s)", r.Cause, r.Offset, r.Pointer)
	}
	return fmt.Sprintf("%s at byte %d", r.Cause, r.Offset)
}

// Check gives the first reason to refuse body, or nil when it is one clean
// JSON value. Its time is linear in the length of body, whatever is in it.
func Check(body []byte, l Limits) *Refusal {
	if len(body) > l.Bytes {
		return &Refusal{Cause: TooLarge, Offset: l.Bytes}
	}
	s := scanner{in: body, limits: l, names: make([]span, 0, usualNames)}
	r := s.document()
	if r != nil {
		r.shorten()
	}
	return r
}

// Decode gives the value of a body that passes Check. Its numbers are
// [json.Number], its objects map[string]any and its arrays []any.
func Decode(body []byte, l Limits) (any, *Refusal) {
	if r := Check(body, l); r != nil {
		return nil, r
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		// Only limits beyond encoding/json's own (10,000 deep) lead here.
		return nil, &Refusal{Cause: Syntax, Offset: int(d.InputOffset())}
	}
	return v, nil
}

// DecodeAs gives the value of a body that is written in a format, within the default
// limits. A text is its own value; of what has no reader here, as [DecodeMultipart]
// needs a boundary, the body has to be JSON.
func DecodeAs(format loginwatch.BodyFormat, body []byte) (any, *Refusal) {
	switch format {
	case loginwatch.BodyForm:
		return DecodeForm(body, Defaults())
	case loginwatch.BodyXML:
		return DecodeXML(body, Defaults())
	case loginwatch.BodyText:
		return string(body), nil
	}
	return Decode(body, Defaults())
}

// located tells whether a refusal for the cause names the place in the value.
func (c Cause) located() bool {
	return slices.Contains([]Cause{DuplicateKey, NumberTooLong, NumberOutOfRange}, c)
}
