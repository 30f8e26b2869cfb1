package wire

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

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
	Prefixed   Shape = "prefixed"   // JSON with something else before it, such as a warning
	Encoded    Shape = "encoded"    // in a content coding that is not undone here
	Other      Shape = "other"
)

// Answer is one answer, decoded once.
type Answer struct {
	Status     int
	Header     http.Header
	MediaType  string   // lower case, without parameters; "" when there is none; of several, the one of JSON
	MediaTypes []string // as many as Content-Type has, which should be one
	Body       []byte   // with the content coding undone, where that can be done
	Coding     Coding   // why Body is still encoded; [CodingNone] when it is plain
	Charset    Charset  // why Body is no text that may be parsed; [CharsetUTF8] when it is
	Shape      Shape
	Format     loginwatch.BodyFormat // in which the body is, or should be, written; JSON where nothing else is documented
	Doc        any                   // the body, decoded by its format; numbers of JSON are [encoding/json.Number]
	Refusal    *guard.Refusal        // why the body can't be parsed as its format; nil when Doc is set

	came    time.Time // by our clock
	address string    // of the request
}

// Read decodes the answer of an exchange as that of the documented formats which
// it is written in, and as JSON when it is in none of them. It never fails: what
// can't be read is an answer too, and says why.
func Read(x *loginwatch.Exchange, documented ...loginwatch.BodyFormat) *Answer {
	a := &Answer{Status: x.Status, Header: x.Header, MediaTypes: mediaTypes(x.Header), Body: x.Body, Format: loginwatch.BodyJSON, came: x.Finished, address: x.URL}
	a.MediaType = chosen(a.MediaTypes)
	a.undo(x.Header.Values("Content-Encoding"))
	a.Shape = a.shape(x.TooLarge)
	switch {
	case x.TooLarge:
		a.Refusal = &guard.Refusal{Cause: guard.TooLarge}
	case a.Coding != CodingNone:
		a.Refusal = &guard.Refusal{Cause: guard.Encoding}
	default:
		a.Format = a.format(documented)
		if a.Format == loginwatch.BodyForm && bytes.IndexByte(a.Body, '=') < 0 {
			a.Refusal = &guard.Refusal{Cause: guard.Syntax} // any word is a form of one name, and says nothing
			break
		}
		a.Doc, a.Refusal = guard.DecodeAs(a.Format, a.Body)
	}
	if a.Refusal != nil && a.Coding == CodingNone && a.Format == loginwatch.BodyJSON {
		a.Charset = charset(a.Body, a.Refusal.Cause)
		if (a.Shape == HTML || a.Shape == Other) && !x.TooLarge && a.endsInJSON() {
			a.Shape = Prefixed
		}
	}
	return a
}

// format is the documented one that the body looks like. Of JSON and a form the
// first byte decides: no form that a login answers begins with a brace.
func (a *Answer) format(documented []loginwatch.BodyFormat) loginwatch.BodyFormat {
	switch {
	case slices.Contains(documented, loginwatch.BodyXML) && (a.Shape == XML || a.Shape == HTML && a.MediaType != "text/html" && a.MediaType != xhtml):
		return loginwatch.BodyXML
	case slices.Contains(documented, loginwatch.BodyForm) && a.Shape == Other && (a.MediaType == loginwatch.BodyForm.MediaType() || bytes.IndexByte(a.Body, '=') > 0):
		return loginwatch.BodyForm
	case len(documented) > 0 && !slices.Contains(documented, loginwatch.BodyJSON) && a.Shape == Other:
		return documented[0]
	}
	return loginwatch.BodyJSON
}

// Lookup finds the value at a place of the answer. Nothing is found in a body
// that could not be decoded.
func (a *Answer) Lookup(p loginwatch.Place) (value any, found bool) {
	if !p.InDocument() {
		return a.outside(p)
	}
	if a.Refusal != nil {
		return nil, false
	}
	return Lookup(a.Doc, p)
}

// outside finds a value that is not in the decoded body. Of several headers of one
// name the first counts, as with most consumers; of cookies the last, since it is
// the one that stays (RFC 6265, 5.3).
func (a *Answer) outside(p loginwatch.Place) (value any, found bool) {
	if name, ok := p.Header(); ok {
		if lines := a.Header.Values(name); len(lines) > 0 {
			return lines[0], true
		}
		return nil, false
	}
	if name, ok := p.Cookie(); ok {
		if c := a.Cookie(name); c != nil {
			return c.Value, true
		}
		return nil, false
	}
	if p == loginwatch.PlaceText && a.Coding == CodingNone && (a.Charset == CharsetUTF8 || a.Charset == CharsetMarked) && len(a.Body) > 0 && utf8.Valid(a.Body) {
		text := strings.TrimSuffix(string(a.Body), "\n") // which ends a line of text, and is none of its words
		return strings.TrimSuffix(text, "\r"), true
	}
	return nil, false
}

// Lookup finds the value at a place of a decoded body, such as one whose fields
// were put back where the document has them.
func Lookup(doc any, p loginwatch.Place) (value any, found bool) {
	return tree.Lookup(doc, p.String())
}

// PromisesJSON tells whether the media type is one of JSON's (RFC 8259, 11 and
// RFC 6839, 3.1).
func (a *Answer) PromisesJSON() bool { return isJSON(a.MediaType) }

// shape looks at the beginning, and not behind it: the body may be cut.
func (a *Answer) shape(cut bool) Shape {
	start := bytes.TrimLeft(a.Body, " \t\r\n\ufeff")
	start = bytes.ToLower(start[:min(len(start), 512)])
	switch {
	case a.Coding != CodingNone:
		return Encoded
	case len(start) == 0 && !cut && len(a.Body) <= guard.Defaults().Bytes:
		return Empty // behind what was not read something may stand
	case bytes.HasPrefix(start, []byte("{")) || bytes.HasPrefix(start, []byte("[")):
		return Structured
	case bytes.HasPrefix(start, []byte("<")) && !bytes.Contains(start, []byte("<html")) && !bytes.Contains(start, []byte("<!doctype html")) &&
		(bytes.HasPrefix(start, []byte("<?xml")) || a.MediaType != "text/html" && a.element(start) || strings.HasSuffix(a.MediaType, "xml") && a.MediaType != xhtml):
		return XML
	case a.MediaType == "text/html" || a.MediaType == xhtml || bytes.HasPrefix(start, []byte("<")):
		return HTML
	}
	return Other
}

// element tells whether a body that begins so is one element of XML, by a name
// that HTML has not: a hyphen makes it one of a page's own (HTML, 4.13.3).
func (a *Answer) element(start []byte) bool {
	end := bytes.IndexAny(start, " \t\r\n/>")
	if end < 2 || start[0] != '<' {
		return false
	}
	name := string(start[1:end])
	return !strings.ContainsAny(name, "-!?<") && !slices.Contains(pageElements, name) &&
		bytes.HasSuffix(bytes.ToLower(bytes.TrimSpace(a.Body)), []byte("</"+name+">"))
}

// pageElements are what a page, or a piece of one, begins with.
var pageElements = []string{
	"html", "head", "body", "title", "meta", "link", "script", "style", "noscript", "div", "span", "p", "br", "hr", "a", "b", "i", "h1", "h2", "h3",
	"h4", "h5", "h6", "center", "table", "form", "pre", "img", "iframe", "font", "main", "section", "header", "footer", "nav", "ul", "ol", "li",
	"strong", "em", "code", "small", "article", "aside", "svg", "button", "label", "blockquote", "address", "tt", "u", "dl", "fieldset",
}

// prefixTries bounds how many beginnings are tried: a warning has few braces.
const prefixTries = 16

// endsInJSON tells whether the body ends in a JSON object, whatever stands
// before it.
func (a *Answer) endsInJSON() bool {
	rest := bytes.TrimSpace(a.Body)
	if !bytes.HasSuffix(rest, []byte("}")) {
		return false
	}
	for range prefixTries {
		i := bytes.IndexByte(rest, '{')
		if i < 0 {
			return false
		}
		if doc, refusal := guard.Decode(rest[i:], guard.Defaults()); refusal == nil {
			object, _ := doc.(map[string]any)
			return len(object) > 0
		}
		rest = rest[i+1:]
	}
	return false
}

// pageStart is how much of a page is searched: its marks stand in its head, and
// pages of errors are short.
const pageStart = 16 << 10

// Start gives the beginning of the body in small letters, to look for the marks of
// a page in it.
func (a *Answer) Start() []byte { return bytes.ToLower(a.Body[:min(len(a.Body), pageStart)]) }
