package wire

import (
	"bytes"
	"mime"
	"net/http"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// Shape is what a body looks like, whatever its header promises. The list is
// closed.
type Shape string

// The shapes.
const (
	Empty      Shape = "empty"
	HTML       Shape = "html"       // begins as a page does, or is called one
	Structured Shape = "structured" // begins as an object or array of JSON does
	Encoded    Shape = "encoded"    // in a content coding that can't be undone here
	Other      Shape = "other"
)

// Answer is one answer, decoded once.
type Answer struct {
	Status    int
	Header    http.Header
	MediaType string // lower case, without parameters; "" when there is none
	Body      []byte // with the content coding undone, where that can be done
	Shape     Shape
	Doc       any            // the decoded body; its numbers are [encoding/json.Number]
	Refusal   *guard.Refusal // why the body is no JSON that may be parsed; nil when Doc is set
}

// Read decodes the answer of an exchange. It never fails: what can't be read is
// an answer too, and says why.
func Read(x *loginwatch.Exchange) *Answer {
	a := &Answer{Status: x.Status, Header: x.Header, MediaType: mediaType(x.Header), Body: x.Body}
	undone := a.undo(x.Header.Get("Content-Encoding"))
	a.Shape = a.shape(undone)
	switch {
	case x.TooLarge:
		a.Refusal = &guard.Refusal{Cause: guard.TooLarge}
	case !undone:
		a.Refusal = &guard.Refusal{Cause: guard.Encoding}
	default:
		a.Doc, a.Refusal = guard.Decode(a.Body, guard.Defaults())
	}
	return a
}

// Lookup finds the value at a place of the answer. Nothing is found in a body
// that could not be decoded.
func (a *Answer) Lookup(p loginwatch.Place) (value any, found bool) {
	if a.Refusal != nil {
		return nil, false
	}
	return tree.Lookup(a.Doc, p.Pointer())
}

// PromisesJSON tells whether the media type is one of JSON's (RFC 8259, 11 and
// RFC 6839, 3.1).
func (a *Answer) PromisesJSON() bool {
	return a.MediaType == "application/json" || strings.HasPrefix(a.MediaType, "application/") && strings.HasSuffix(a.MediaType, "+json")
}

func (a *Answer) shape(undone bool) Shape {
	start := bytes.TrimLeft(a.Body[:min(len(a.Body), 512)], " \t\r\n\ufeff")
	switch {
	case !undone:
		return Encoded
	case len(a.Body) == 0:
		return Empty
	case a.MediaType == "text/html" || bytes.HasPrefix(start, []byte("<")):
		return HTML
	case bytes.HasPrefix(start, []byte("{")) || bytes.HasPrefix(start, []byte("[")):
		return Structured
	}
	return Other
}

// mediaType reads Content-Type tolerantly: a parameter that no parser accepts
// does not hide the type before it.
func mediaType(h http.Header) string {
	value := h.Get("Content-Type")
	t, _, err := mime.ParseMediaType(value)
	if err != nil {
		t, _, _ = strings.Cut(value, ";")
		t = strings.ToLower(strings.TrimSpace(t))
	}
	return t
}
