package evidence

import (
	"bytes"
	"slices"
	"strings"
	"unicode"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// What a name may have.
const (
	longestName  = 64
	mostDoubted  = 50       // names of one answer that are held against the secrets
	mostMinted   = 50       // values of one answer that names are held against
	mostHeld     = 16 << 10 // bytes of those
	mostSearched = 64 << 10 // bytes of all values, to find those
	telling      = 6        // characters from which a secret inside of a text is no chance
	piece        = 8        // and those of a piece of a value that looks minted
)

// names decides which names of an answer may be kept. One that the contract has, or
// that every HTTP server sends, is public. Any other was chosen by the vendor, who may
// have put a value in its place.
type names struct {
	answer   *answer
	redactor *loginwatch.Redactor // made when the first name is doubted
	pieces   map[string]bool      // of the values that the answer itself holds
	crowded  bool                 // it holds more of them than can be looked at
	doubts   int
}

// shown gives the name, or a star in its place.
func (n *names) shown(name string, documented bool) string {
	if documented || plain(name) && !n.tells(name) {
		return name
	}
	return star
}

// plain tells whether a name looks like one: of a few words, without a number.
func plain(name string) bool {
	if name == "" || len(name) > longestName {
		return false
	}
	for i := range len(name) {
		b := name[i]
		if strings.IndexByte("_-.$@:", b) < 0 && (b < '0' || b > '9') && (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') {
			return false
		}
	}
	return loginwatch.Wordlike(name) && formatOf(name) == ""
}

// tells tells whether a name holds a secret of the run, a value of the answer, or a
// piece of either.
func (n *names) tells(name string) bool {
	if n.doubts++; n.doubts > mostDoubted {
		return true
	}
	if n.redactor == nil {
		var secrets []string
		if n.answer.Secrets != nil {
			secrets = n.answer.Secrets()
		}
		r := loginwatch.NewRedactor(secrets)
		n.redactor, n.pieces = &r, map[string]bool{}
		var values []string
		values, n.crowded = n.answer.minted()
		for _, value := range values {
			eachPiece(value, func(p string) bool { n.pieces[p] = true; return true })
		}
	}
	if n.crowded || n.redactor.HoldsPiece(name) {
		return true
	}
	return !eachPiece(name, func(p string) bool { return !n.pieces[p] })
}

// eachPiece gives all pieces of a text, whatever stands between its letters and digits,
// until yield says that it has enough.
func eachPiece(text string, yield func(string) bool) (all bool) {
	bare := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
	for i := 0; i+piece <= len(bare); i++ {
		if !yield(bare[i : i+piece]) {
			return false
		}
	}
	return true
}

// minted gives the values of the answer that were made for this login; crowded tells that
// there is more than names can be held against, so that none of those may be kept.
func (a *answer) minted() (values []string, crowded bool) {
	held, looked := 0, 0
	take := func(text string) {
		if looked += len(text); looked > mostSearched {
			crowded = true
		}
		if crowded || len(values) >= mostMinted {
			return
		}
		if _, is := look(text); is {
			values = append(values, text)
			held += len(text)
			crowded = held > mostHeld
		}
	}
	for _, lines := range a.Exchange.Header {
		for _, line := range lines {
			take(line)
		}
	}
	for _, c := range wire.Cookies(a.Exchange.Header) {
		take(c.Value)
	}
	if a.Answer != nil && a.Answer.Refusal == nil {
		eachText(a.Answer.Doc, take)
	}
	return values, crowded
}

func eachText(v any, yield func(string)) {
	switch v := v.(type) {
	case string:
		yield(v)
	case []any:
		for _, item := range v {
			eachText(item, yield)
		}
	case map[string]any:
		for _, item := range v {
			eachText(item, yield)
		}
	}
}

// documented tells whether the operation's schemas have the name of a field.
func (a *answer) documented(name string) bool {
	quoted := []byte(`"` + name + `"`)
	return slices.ContainsFunc(a.Case.Operation.Outcomes, func(o *loginwatch.Outcome) bool {
		return o.Schema != nil && bytes.Contains(o.Schema.JSON, quoted)
	})
}

func (a *answer) documentedCookie(name string) bool {
	return slices.ContainsFunc(a.Case.Operation.Outcomes, func(o *loginwatch.Outcome) bool { return o.Cookie(name) != nil })
}

func (a *answer) documentedHeader(name string) bool {
	return slices.Contains(commonHeaders, name) ||
		slices.ContainsFunc(a.Case.Operation.Outcomes, func(o *loginwatch.Outcome) bool { return o.Header(name) != nil })
}

// commonHeaders are what servers, proxies and content networks of all the world send.
var commonHeaders = []string{
	"Accept-Ranges", "Access-Control-Allow-Credentials", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods",
	"Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Access-Control-Max-Age", "Age", "Allow", "Alt-Svc",
	"Cache-Control", "Cf-Cache-Status", "Cf-Ray", "Connection", "Content-Encoding", "Content-Language", "Content-Length",
	"Content-Location", "Content-Security-Policy", "Content-Type", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy",
	"Date", "Etag", "Expires", "Keep-Alive", "Last-Modified", "Link", "Location", "Nel", "Permissions-Policy", "Pragma",
	"Referrer-Policy", "Report-To", "Retry-After", "Server", "Server-Timing", "Strict-Transport-Security", "Trailer",
	"Transfer-Encoding", "Upgrade", "Vary", "Via", "Www-Authenticate", "X-Amz-Cf-Id", "X-Amz-Cf-Pop", "X-Amzn-Requestid",
	"X-Amzn-Trace-Id", "X-Cache", "X-Content-Type-Options", "X-Correlation-Id", "X-Download-Options", "X-Frame-Options",
	"X-Permitted-Cross-Domain-Policies", "X-Powered-By", "X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset",
	"X-Request-Id", "X-Trace-Id", "X-Xss-Protection",
}

// media lets a media type through that is written as one (RFC 6838, 4.2) and tells
// nothing.
func (a *answer) media(mediaType string) string {
	switch mediaType {
	case "application/json", "text/html", "text/plain", "application/xml", "text/xml", "application/x-www-form-urlencoded", "application/problem+json":
		return mediaType
	}
	main, sub, ok := strings.Cut(mediaType, "/")
	sub = strings.ReplaceAll(sub, "+", ".")
	if !ok || !plain(main) || !plain(sub) || a.names.tells(mediaType) {
		return ""
	}
	return mediaType
}
