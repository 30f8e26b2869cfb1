package check

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// front is what shows that something else than the login answered, or stands
// in front of it.
type front struct {
	says string          // after the shape of the body: "by its header …, a challenge of …"
	sign loginwatch.Sign // [loginwatch.SignNone] when it merely stands there
}

// mark is one thing by which a front is known. All that is set must be there.
type mark struct {
	status int
	header string
	value  string   // lower case, somewhere in the header's value
	body   string   // lower case, somewhere at the beginning of the page
	and    string   // lower case, there as well
	codes  []string // one of them is the number after body
	begins bool     // what body says must be a heading of the page, or its first words
	works  bool     // only of a service that says that it works, or that it does not now
	proxys bool     // our own proxy may have it too
	front
	source string // who says that it means this
}

// inFront looks for the marks of whoever answers in the vendor's place. A
// document under a status of success is the login's own.
func (j *judge) inFront() *front {
	if j.answer.Refusal == nil && j.x.Status < 400 {
		return nil
	}
	var page []byte
	if j.answer.Refusal != nil && j.answer.Shape != wire.Encoded {
		page = j.answer.Start()
	}
	said := sync.OnceValue(func() [][]byte { return said(page) })
	for i := range marks {
		if m := &marks[i]; m.on(j, page, said) && (!m.proxys || !j.x.Forwarded) && (j.answer.Refusal != nil || m.sign != loginwatch.SignNone) {
			return &m.front
		}
	}
	return nil
}

func (m *mark) on(j *judge, page []byte, said func() [][]byte) bool {
	if m.status != 0 && m.status != j.x.Status || m.works && j.x.Status != 503 && j.x.Status/100 != 2 {
		return false
	}
	if m.header != "" {
		value := strings.ToLower(strings.Join(j.x.Header.Values(m.header), ", "))
		if value == "" || !strings.Contains(value, m.value) {
			return false
		}
	}
	if m.begins {
		return begins(said(), m.body)
	}
	_, after, found := bytes.Cut(page, []byte(m.body))
	return m.body == "" || found && bytes.Contains(page, []byte(m.and)) && (len(m.codes) == 0 || slices.Contains(m.codes, number(after)))
}

// heading is what a page says first of all of itself.
var heading = regexp.MustCompile(`(?s)<(?:title|h1)[^>]*>(.*?)</(?:title|h1)`)

// untagged is a page without its tags. One that does not end is none.
func untagged(page []byte) []byte {
	var text []byte
	for {
		begin := bytes.IndexByte(page, '<')
		end := -1
		if begin >= 0 {
			end = bytes.IndexByte(page[begin:], '>')
		}
		if end < 0 {
			return append(text, page...)
		}
		text, page = append(text, page[:begin]...), page[begin+end+1:]
	}
}

// number gives the number that stands next, behind tags and white space.
func number(text []byte) string {
	text = bytes.TrimLeft(untagged(text[:min(len(text), 200)]), " \t\r\n")
	end := bytes.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(text)
	}
	return string(text[:end])
}

// firstWords is as much as somebody writes who says one thing and no more: not
// a page with a menu, and not the trace of a stack.
const firstWords = 300

// said gives the headings of a page, or the text of one that has none and few words.
func said(page []byte) [][]byte {
	var said [][]byte
	for _, m := range heading.FindAllSubmatch(page, -1) {
		said = append(said, m[1])
	}
	if len(said) > 0 {
		return said
	}
	if text := bytes.TrimSpace(untagged(page)); len(text) <= firstWords {
		said = append(said, text)
	}
	return said
}

// begins tells whether what a page says first has the word as a word of its own.
func begins(said [][]byte, word string) bool {
	whole := regexp.MustCompile(`(?:^|[\s"'(>])` + regexp.QuoteMeta(word) + `(?:$|[\s"').,:;!?<])`)
	return slices.ContainsFunc(said, whole.Match)
}

// stops tells whether whoever answers lets nothing through to the login.
func (f *front) stops() bool {
	return f != nil && (f.sign == loginwatch.SignWall || f.sign == loginwatch.SignPortal)
}

// sign says what an answer that is not as documented shows beyond its reason:
// who answered, where it was not the login.
func (j *judge) sign() {
	if j.out.Sign != loginwatch.SignNone || j.answer.Refusal == nil && (j.front == nil || j.front.sign == loginwatch.SignNone) {
		return
	}
	switch j.out.Verdict {
	case loginwatch.Drift, loginwatch.Unavailable, loginwatch.Rejected:
	case loginwatch.Throttled: // a challenge under 429 says nothing of how often we come
		if !j.front.stops() {
			return
		}
	default:
		return
	}
	o := j.op.Outcome(j.out.Outcome)
	switch s := j.x.Status; {
	case o != nil && (o.Means == loginwatch.Rejected || !o.Unspecified()) && !j.out.MayBeProxys && (!o.Unspecified() || !j.front.stops()):
		return // the document knows this answer
	case j.redirects() && (o == nil || o.Means != loginwatch.Rejected):
		return
	case j.front != nil && j.front.sign != loginwatch.SignNone:
		j.out.Sign = j.front.sign
		if j.out.Sign == loginwatch.SignWall && j.answer.Shape != wire.HTML {
			j.out.Sign = loginwatch.SignBlocked
		}
	case j.out.MayBeProxys:
		j.out.Sign = loginwatch.SignForwarded
	case j.gatewayFailed():
		return
	case j.answer.Shape == wire.HTML:
		if !j.pageDue() {
			j.out.Sign = loginwatch.SignPage
		}
	case j.answer.Shape == wire.Empty && (s < 500 && !absent(s) || s == 503) && j.documentDue() && o == nil && j.out.Verdict != loginwatch.Rejected:
		j.out.Sign = loginwatch.SignEmpty
	}
}

// mayBeProxys tells whether our own proxy may have given an answer that is not as
// documented. JSON, and what the document shows, proxies do not send by
// themselves; and 401 is no status of theirs (RFC 9110, 15.5.2).
func (j *judge) mayBeProxys() bool {
	o := j.op.Outcome(j.out.Outcome)
	return j.x.Forwarded && j.out.Verdict != loginwatch.OK && j.x.Status != 401 && (o == nil || o.Unspecified()) &&
		!j.answer.PromisesJSON() && j.answer.Refusal != nil && j.answer.Shape != wire.Structured && j.answer.Shape != wire.Prefixed
}

// absent tells whether the status itself says that the login is not at this
// address (RFC 9110, 15.5.5, 15.5.6, 15.5.11 and 15.5.20): a body would add
// nothing to it, so an empty one shows nobody in front.
func absent(status int) bool { return status == 404 || status == 405 || status == 410 || status == 421 }

// pageDue tells whether the document promises a page for the case.
func (j *judge) pageDue() bool {
	return slices.ContainsFunc(j.Case.Expect, func(o *loginwatch.Outcome) bool { return slices.Contains(o.ContentTypes, "text/html") })
}

// gatewayFailed tells whether the status itself says what happened behind
// whoever answered: it got no valid answer (RFC 9110, 15.6.3 and 15.6.5;
// Cloudflare, 5xx errors).
func (j *judge) gatewayFailed() bool {
	s := j.x.Status
	return s == 502 || s == 504 || s >= 520 && s <= 527 && strings.EqualFold(j.x.Header.Get("Server"), "cloudflare")
}

// documentDue tells whether a body with fields is promised for the case, or for
// the operation where nothing is promised for the case.
func (j *judge) documentDue() bool {
	due := j.Case.Expect
	if len(due) == 0 {
		due = j.op.Outcomes
	}
	return slices.ContainsFunc(due, (*loginwatch.Outcome).Structured)
}
