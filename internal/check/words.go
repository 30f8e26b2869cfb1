package check

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/tree"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// describe is the shape of the body and its media type, for people.
func (j *judge) describe() string {
	a := j.answer
	switch {
	case a.Shape == wire.Empty:
		return "an empty body" + j.whose()
	case a.Refusal == nil:
		return a.Format.Words() + " as " + shown(a.MediaType)
	}
	if a.Shape == wire.HTML && a.MediaType == "text/html" {
		return j.bytes() + j.whose()
	}
	return j.bytes() + " as " + shown(a.MediaType) + j.whose()
}

// bytes is the shape of a body that is no JSON.
func (j *judge) bytes() string {
	n := fmt.Sprintf("%d bytes", len(j.answer.Body))
	large := j.tooLarge()
	if large {
		n = tooLarge
	}
	switch j.answer.Shape {
	case wire.Empty:
		return "an empty body"
	case wire.HTML:
		return "an HTML page of " + n
	case wire.XML:
		return "XML of " + n
	case wire.Encoded:
		return n + " in a content encoding"
	case wire.Prefixed:
		return n + ", which are JSON with something else before it"
	}
	if large {
		return n
	}
	return n + " that are no " + j.answer.Format.Words()
}

// typesOf lists the media types under which an outcome may come.
func typesOf(o *loginwatch.Outcome) string {
	types := make([]string, len(o.ContentTypes))
	for i, t := range o.ContentTypes {
		types[i] = cmp.Or(t, "no content type")
	}
	return strings.Join(types, " or ")
}

// whose says who seems to have made the answer; "" when nothing shows it.
func (j *judge) whose() string {
	if j.front == nil {
		return ""
	}
	return ", " + j.front.says
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

// codings says of each content coding that is not read what it is.
var codings = map[wire.Coding]string{
	wire.CodingBrotli:   "content encoding br (brotli), which loginwatch neither reads nor asks for",
	wire.CodingZstd:     "content encoding zstd, which loginwatch neither reads nor asks for",
	wire.CodingDeflate:  "content encoding deflate (zlib), which loginwatch neither reads nor asks for",
	wire.CodingCompress: "content encoding compress, which loginwatch neither reads nor asks for",
	wire.CodingSeveral:  "several content encodings in a row, which loginwatch does not read",
	wire.CodingUnknown:  "a content encoding that loginwatch does not know, and did not ask for",
	wire.CodingNoGzip:   "a body that is no gzip, though Content-Encoding says so",
	wire.CodingGzipCut:  "gzip that ends early or is damaged",
	wire.CodingTwice:    "a body that was compressed twice, though Content-Encoding says gzip once",
	wire.CodingUnnamed:  "a compressed body without a Content-Encoding",
}

// charsets says of each character set that JSON may not be in what it is.
var charsets = map[wire.Charset]string{
	wire.CharsetMarked:    "a byte order mark (BOM) before the text",
	wire.CharsetUTF16:     "UTF-16 instead of UTF-8",
	wire.CharsetUTF32:     "UTF-32 instead of UTF-8",
	wire.CharsetOneByte:   "a one-byte character set such as Latin-1 (ISO 8859-1) instead of UTF-8",
	wire.CharsetSurrogate: "half of a surrogate pair, which is no character",
	wire.CharsetNone:      "bytes that are no UTF-8",
}

// tooLarge names a limit that is ours, and not the vendor's or HTTP's.
var tooLarge = fmt.Sprintf("more than the %d KiB that loginwatch reads", guard.Defaults().Bytes>>10)

// tooLarge tells whether the body is larger than we read, as it came or decoded.
func (j *judge) tooLarge() bool {
	return j.answer.Refusal != nil && j.answer.Refusal.Cause == guard.TooLarge
}

// refusalFinding says why the body can't be parsed in the outcome's format.
func (j *judge) refusalFinding(o *loginwatch.Outcome) loginwatch.Finding {
	r := j.answer.Refusal
	f := loginwatch.Finding{
		Kind: loginwatch.KindNotJSON, Documented: "one JSON value",
		Contract: o.Pos.FileLine(), Document: o.Cite.Document, Quote: o.Cite.Quote(),
	}
	if o.Body != loginwatch.BodyJSON {
		return j.malformed(o, f)
	}
	if r == nil || j.answer.Format != o.Body {
		f.Got = j.describe()
		return f
	}
	// Otherwise a key is the vendor's; without a decoded body nobody knows what
	// must not be shown.
	if o.Schema != nil && named(o.Schema, r.Pointer) {
		f.Pointer = r.Pointer
	}
	limits := guard.Defaults()
	switch coding, charset := j.answer.Coding, j.answer.Charset; {
	case j.tooLarge():
		f.Kind, f.Got = loginwatch.KindTruncated, tooLarge
	case coding != wire.CodingNone:
		f.Kind, f.Got = loginwatch.KindEncoding, codings[coding]
	case charset != wire.CharsetUTF8:
		f.Kind, f.Got = loginwatch.KindEncoding, charsets[charset]
	case r.Cause == guard.Truncated:
		f.Kind, f.Got = loginwatch.KindTruncated, fmt.Sprintf("JSON that ends unfinished after %d bytes", len(j.answer.Body))
	case r.Cause == guard.Trailing && j.answer.Shape == wire.Structured:
		f.Got = fmt.Sprintf("JSON with more data after it, from byte %d of %d", r.Offset, len(j.answer.Body))
	case r.Cause == guard.DuplicateKey:
		f.Kind, f.Got = loginwatch.KindDuplicateKey, "a member that stands there twice"
	case r.Cause == guard.NumberOutOfRange:
		f.Kind, f.Got = loginwatch.KindValue, "a number that no consumer can hold"
	case r.Cause == guard.NumberTooLong:
		f.Kind, f.Got = loginwatch.KindValue, fmt.Sprintf("a number longer than the %d characters that loginwatch reads", limits.NumberLength)
	case r.Cause == guard.TooDeep:
		f.Kind, f.Got = loginwatch.KindValue, fmt.Sprintf("nested deeper than the %d levels that loginwatch reads", limits.Depth)
	case r.Cause == guard.TooManyTokens:
		f.Kind, f.Got = loginwatch.KindValue, fmt.Sprintf("more than the %d values that loginwatch reads", limits.Tokens)
	case j.answer.Shape == wire.Structured:
		f.Got = fmt.Sprintf("%d bytes that begin like JSON and are none from byte %d", len(j.answer.Body), r.Offset)
	default:
		f.Got = j.bytes() + j.whose()
	}
	return f
}

// malformed says why a body is no XML or form data, where that is promised.
func (j *judge) malformed(o *loginwatch.Outcome, f loginwatch.Finding) loginwatch.Finding {
	word := o.Body.Words()
	f.Kind, f.Documented = loginwatch.KindMalformed, "a body of "+word
	r := j.answer.Refusal
	switch {
	case r == nil || j.answer.Format != o.Body:
		f.Got = j.describe()
	case j.tooLarge():
		f.Kind, f.Got = loginwatch.KindTruncated, tooLarge
	case j.answer.Coding != wire.CodingNone:
		f.Kind, f.Got = loginwatch.KindEncoding, codings[j.answer.Coding]
	case r.Cause == guard.Truncated:
		f.Got = fmt.Sprintf("%s that ends unfinished after %d bytes", word, len(j.answer.Body))
	case r.Cause == guard.TooDeep || r.Cause == guard.TooManyTokens:
		f.Got = fmt.Sprintf("%s with more in it than loginwatch reads (%s)", word, r.Cause)
	case r.Cause == guard.Encoding:
		f.Got = word + " that is in another encoding than UTF-8, or says so"
	case r.Cause == guard.Forbidden:
		f.Got = "XML with a document type or a processing instruction, which loginwatch does not read"
	default:
		f.Got = fmt.Sprintf("%s, which are none from byte %d", j.bytes(), r.Offset)
	}
	return f
}

// told says which value stands at a discriminator. Booleans, documented codes
// and, where the documented ones are HTTP's, those of HTTP are closed lists and
// may be told; any other value is the vendor's.
func (j *judge) told(pointer string, v any) string {
	if v == nil {
		return "null"
	}
	return j.toldIn(pointer, v, "another "+tree.TypeOf(v))
}

// toldIn is told for any place, with the words for what may not be repeated.
func (j *judge) toldIn(pointer string, v any, otherwise string) string {
	if b, ok := v.(bool); ok {
		return strconv.FormatBool(b)
	}
	text, scalar := tree.ScalarText(v)
	if !scalar {
		return otherwise
	}
	for _, o := range j.op.Outcomes {
		for _, w := range o.Where {
			if w.At.String() == pointer && w.Test == loginwatch.TestEquals && w.Value == text {
				return text + " (" + o.ID + ")"
			}
		}
	}
	if n, err := strconv.Atoi(text); err == nil && http.StatusText(n) != "" && text == strconv.Itoa(n) && j.httpCodes(pointer) {
		return text
	}
	return otherwise
}

// httpCodes tells whether the codes that the document has at a discriminator
// are the status codes of HTTP.
func (j *judge) httpCodes(pointer string) bool {
	found := false
	for _, o := range j.op.Outcomes {
		for _, w := range o.Where {
			if w.At.String() != pointer || w.Test != loginwatch.TestEquals {
				continue
			}
			if n, err := strconv.Atoi(w.Value); err != nil || http.StatusText(n) == "" {
				return false
			}
			found = true
		}
	}
	return found
}

// documentedCodes lists what the document has at a discriminator: of the
// outcomes that may come with this status and the one that is nearest, or of
// all when it tells no outcome of this status.
func (j *judge) documentedCodes(near *loginwatch.Outcome, pointer string) string {
	var here, all []string
	for _, o := range j.op.Outcomes {
		for _, w := range o.Where {
			words := testWords(w)
			if w.At.String() != pointer || slices.Contains(all, words) {
				continue
			}
			all = append(all, words)
			if slices.Contains(o.Statuses, j.x.Status) || o == near && slices.Contains(near.Statuses, j.x.Status) {
				here = append(here, words)
			}
		}
	}
	if len(here) == 0 {
		here = all
	}
	return strings.Join(here, " or ")
}

// testWords is what a discriminator asks for.
func testWords(w loginwatch.Field) string {
	switch w.Test {
	case loginwatch.TestPrefix:
		return "a text that begins with " + strconv.Quote(w.Value)
	case loginwatch.TestPresent:
		return "something"
	case loginwatch.TestAbsent:
		return "nothing"
	}
	return w.Value
}
