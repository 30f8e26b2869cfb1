package wire

import (
	"bytes"
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
	XML        Shape = "xml"        // begins as XML does and is no page
	Structured Shape = "structured" // begins as an object or array of JSON does
	Encoded    Shape = "encoded"    // in a content coding that is not undone here
	Other      Shape = "other"
)

// Answer is one answer, decoded once.
type Answer struct {
	Status     int
	Header     http.Header
	MediaType  string         // lower case, without parameters; "" when there is none; of several, the one of JSON
	MediaTypes []string       // as many as Content-Type has, which should be one
	Body       []byte         // with the content coding undone, where that can be done
	Coding     Coding         // why Body is still encoded; [CodingNone] when it is plain
	Charset    Charset        // why Body is no text that may be parsed; [CharsetUTF8] when it is
	Shape      Shape          //
	Doc        any            // the decoded body; its numbers are [encoding/json.Number]
	Refusal    *guard.Refusal // why the body is no JSON that may be parsed; nil when Doc is set
}

// Read decodes the answer of an exchange. It never fails: what can't be read is
// an answer too, and says why.
func Read(x *loginwatch.Exchange) *Answer {
	a := &Answer{Status: x.Status, Header: x.Header, MediaTypes: mediaTypes(x.Header), Body: x.Body}
	a.MediaType = chosen(a.MediaTypes)
	a.undo(x.Header.Values("Content-Encoding"))
	a.Shape = a.shape()
	switch {
	case x.TooLarge:
		a.Refusal = &guard.Refusal{Cause: guard.TooLarge}
	case a.Coding != CodingNone:
		a.Refusal = &guard.Refusal{Cause: guard.Encoding}
	default:
		a.Doc, a.Refusal = guard.Decode(a.Body, guard.Defaults())
	}
	if a.Refusal != nil && a.Coding == CodingNone {
		a.Charset = charset(a.Body, a.Refusal.Cause)
	}
	return a
}

// Lookup finds the value at a place of the answer. Nothing is found in a body
// that could not be decoded.
func (a *Answer) Lookup(p loginwatch.Place) (value any, found bool) {
	if a.Refusal != nil {
		return nil, false
	}
	return Lookup(a.Doc, p)
}

// Lookup finds the value at a place of a decoded body, such as one whose fields
// were put back where the document has them.
func Lookup(doc any, p loginwatch.Place) (value any, found bool) {
	return tree.Lookup(doc, p.Pointer())
}

// PromisesJSON tells whether the media type is one of JSON's (RFC 8259, 11 and
// RFC 6839, 3.1).
func (a *Answer) PromisesJSON() bool { return isJSON(a.MediaType) }

func (a *Answer) shape() Shape {
	start := bytes.ToLower(bytes.TrimLeft(a.Body[:min(len(a.Body), 512)], " \t\r\n\ufeff"))
	switch {
	case a.Coding != CodingNone:
		return Encoded
	case len(bytes.TrimSpace(a.Body)) == 0:
		return Empty
	case bytes.HasPrefix(start, []byte("{")) || bytes.HasPrefix(start, []byte("[")):
		return Structured
	case bytes.HasPrefix(start, []byte("<")) && !bytes.Contains(start, []byte("<html")) && !bytes.Contains(start, []byte("<!doctype html")) &&
		(bytes.HasPrefix(start, []byte("<?xml")) || strings.HasSuffix(a.MediaType, "xml") && a.MediaType != xhtml):
		return XML
	case a.MediaType == "text/html" || a.MediaType == xhtml || bytes.HasPrefix(start, []byte("<")):
		return HTML
	}
	return Other
}
