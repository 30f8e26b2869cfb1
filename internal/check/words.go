package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// html tells whether the body is a page, or is called one.
func (j *judge) html() bool {
	return j.answer.Shape == wire.HTML || j.answer.MediaType == "text/html"
}

// describe is the shape of the body, for people.
func (j *judge) describe() string {
	a := j.answer
	switch {
	case len(a.Body) == 0:
		return "an empty body"
	case a.Refusal == nil:
		return "JSON as " + shown(a.MediaType)
	case j.html():
		return "HTML as " + shown(a.MediaType)
	}
	return fmt.Sprintf("%d bytes as %s", len(a.Body), shown(a.MediaType))
}

// shown is a media type fit to be shown.
func shown(mediaType string) string {
	switch {
	case mediaType == "":
		return "no content type"
	case slices.Contains(shownTypes, mediaType):
		return mediaType
	case strings.HasSuffix(mediaType, "+json"):
		return "another type of JSON"
	}
	return "another content type"
}

// shownTypes are the media types that may be repeated: any other is foreign text
// and could hold anything.
var shownTypes = []string{
	"application/json", "application/problem+json", "application/xml", "application/octet-stream", "application/x-www-form-urlencoded",
	"application/javascript", "application/xhtml+xml", "text/html", "text/plain", "text/xml", "text/json", "text/javascript",
}

// refusalFinding says why the body can't be parsed.
func (j *judge) refusalFinding(o *loginwatch.Outcome) loginwatch.Finding {
	r := j.answer.Refusal
	pointer := r.Pointer
	if o.Schema == nil || !named(o.Schema, pointer) {
		pointer = "" // a key of the vendor's; without a decoded body nobody knows what must not be shown
	}
	kind, got := loginwatch.KindNotJSON, string(r.Cause)
	if j.answer.Shape == wire.Encoded {
		return loginwatch.Finding{
			Kind: loginwatch.KindEncoding, Documented: "one JSON value", Got: "a body that is not in the content encoding it names",
			Contract: o.Pos.FileLine(), Quote: o.Cite.Quote(),
		}
	}
	switch r.Cause {
	case guard.Empty:
		got = "an empty body"
	case guard.Truncated, guard.TooLarge:
		kind = loginwatch.KindTruncated
	case guard.Encoding:
		kind = loginwatch.KindEncoding
	case guard.DuplicateKey:
		kind = loginwatch.KindDuplicateKey
	case guard.NumberTooLong, guard.NumberOutOfRange, guard.TooDeep, guard.TooManyTokens:
		kind = loginwatch.KindValue
	case guard.Syntax, guard.Trailing:
		switch {
		case j.html():
			got = "HTML"
		case r.Cause == guard.Trailing && j.answer.Shape == wire.Structured:
			got = "JSON with more data after it"
		default:
			got = fmt.Sprintf("%d bytes that are no JSON", len(j.answer.Body))
		}
	}
	return loginwatch.Finding{
		Kind: kind, Pointer: pointer, Documented: "one JSON value", Got: got,
		Contract: o.Pos.FileLine(), Quote: o.Cite.Quote(),
	}
}
