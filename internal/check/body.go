package check

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
)

// body is what an answer's bytes turned out to be.
type body struct {
	raw        []byte
	mediaType  string // lower case, without parameters; "" when absent
	json       bool   // the content type promises JSON
	html       bool
	encoded    bool // in a content encoding that can't be undone
	structured bool // begins as an object or array of JSON does
	doc        any
	refusal    *guard.Refusal // why the bytes are no JSON that may be parsed; nil when doc is set
}

func readBody(x *loginwatch.Exchange) body {
	b := body{raw: x.Body, mediaType: mediaType(x.Header)}
	b.decode(x.Header.Get("Content-Encoding"))
	b.json = b.mediaType == "application/json" || strings.HasPrefix(b.mediaType, "application/") && strings.HasSuffix(b.mediaType, "+json")
	start := bytes.TrimLeft(b.raw[:min(len(b.raw), 512)], " \t\r\n\ufeff")
	b.html = b.mediaType == "text/html" || bytes.HasPrefix(start, []byte("<"))
	b.structured = bytes.HasPrefix(start, []byte("{")) || bytes.HasPrefix(start, []byte("["))
	if x.TooLarge {
		b.refusal = &guard.Refusal{Cause: guard.TooLarge}
		return b
	}
	if b.encoded {
		b.refusal = &guard.Refusal{Cause: guard.Encoding}
		return b
	}
	b.doc, b.refusal = guard.Decode(b.raw, guard.Defaults())
	return b
}

// decode undoes gzip, which every HTTP library does unasked and some gateways
// send unasked; any other coding is one that a consumer may not know. One byte
// above guard's limit is enough to be refused for its size.
func (b *body) decode(coding string) {
	switch strings.ToLower(strings.TrimSpace(coding)) {
	case "", "identity":
		return
	case "gzip", "x-gzip":
		if r, err := gzip.NewReader(bytes.NewReader(b.raw)); err == nil {
			plain, err := io.ReadAll(io.LimitReader(r, int64(guard.Defaults().Bytes)+1))
			if err == nil {
				b.raw = plain
				return
			}
		}
	}
	b.encoded = true
}

// describe is the shape of the body, for people.
func (b *body) describe() string {
	switch {
	case len(b.raw) == 0:
		return "an empty body"
	case b.refusal == nil:
		return "JSON as " + shown(b.mediaType)
	case b.html:
		return "HTML as " + shown(b.mediaType)
	}
	return fmt.Sprintf("%d bytes as %s", len(b.raw), shown(b.mediaType))
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

// shownTypes are the media types that may be repeated: any other is foreign text
// and could hold anything.
var shownTypes = []string{
	"application/json", "application/problem+json", "application/xml", "application/octet-stream", "application/x-www-form-urlencoded",
	"application/javascript", "application/xhtml+xml", "text/html", "text/plain", "text/xml", "text/json", "text/javascript",
}

// refusalFinding says why the body can't be parsed.
func (j *judge) refusalFinding(o *loginwatch.Outcome) loginwatch.Finding {
	r := j.body.refusal
	pointer := r.Pointer
	if o.Schema == nil || !named(o.Schema, pointer) {
		pointer = "" // a key of the vendor's; without a decoded body nobody knows what must not be shown
	}
	kind, got := loginwatch.KindNotJSON, string(r.Cause)
	if j.body.encoded {
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
		case j.body.html:
			got = "HTML"
		case r.Cause == guard.Trailing && j.body.structured:
			got = "JSON with more data after it"
		default:
			got = fmt.Sprintf("%d bytes that are no JSON", len(j.body.raw))
		}
	}
	return loginwatch.Finding{
		Kind: kind, Pointer: pointer, Documented: "one JSON value", Got: got,
		Contract: o.Pos.FileLine(), Quote: o.Cite.Quote(),
	}
}

// serverTime reads the Date header; zero when there is none that can be read.
func serverTime(h http.Header) time.Time {
	t, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return t
}

// retryAfter reads RFC 9110, 10.2.3: seconds or a date. A date counts from the
// vendor's own clock when the answer has one.
func retryAfter(h http.Header, server, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0
	}
	var wait time.Duration
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if errors.Is(err, strconv.ErrRange) {
		wait = retryAfterLimit
	} else if at, err := http.ParseTime(value); err == nil {
		if server.IsZero() {
			server = now
		}
		wait = at.Sub(server)
	}
	return min(max(wait, 0), retryAfterLimit)
}
