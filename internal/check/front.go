package check

import (
	"bytes"
	"slices"
	"strings"

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
	value  string // lower case, somewhere in the header's value
	body   string // lower case, somewhere at the beginning of the page
	front
	source string // who says that it means this
}

// pageStart is how much of a page is searched: marks stand in its head.
const pageStart = 16 << 10

// inFront looks for the marks of whoever answers in the vendor's place. A
// document under a status of success is the login's own.
func (j *judge) inFront() *front {
	if j.answer.Refusal == nil && j.x.Status < 400 {
		return nil
	}
	var page []byte
	if j.answer.Refusal != nil && j.answer.Shape != wire.Encoded {
		page = bytes.ToLower(j.answer.Body[:min(len(j.answer.Body), pageStart)])
	}
	for i := range marks {
		if m := &marks[i]; m.on(j, page) && (j.answer.Refusal != nil || m.sign != loginwatch.SignNone) {
			return &m.front
		}
	}
	return nil
}

func (m *mark) on(j *judge, page []byte) bool {
	if m.status != 0 && m.status != j.x.Status {
		return false
	}
	if m.header != "" {
		value := strings.ToLower(strings.Join(j.x.Header.Values(m.header), ", "))
		if value == "" || !strings.Contains(value, m.value) {
			return false
		}
	}
	return m.body == "" || bytes.Contains(page, []byte(m.body))
}

// sign says what an answer that is not as documented shows beyond its reason:
// who answered, where it was not the login.
func (j *judge) sign() {
	if j.out.Sign != loginwatch.SignNone || j.answer.Refusal == nil && (j.front == nil || j.front.sign == loginwatch.SignNone) {
		return
	}
	switch j.out.Verdict {
	case loginwatch.Drift, loginwatch.Unavailable, loginwatch.Rejected:
	default:
		return
	}
	o := j.op.Outcome(j.out.Outcome)
	switch s := j.x.Status; {
	case o != nil && (o.Means == loginwatch.Rejected || !o.Unspecified):
		return // the document knows this answer
	case s >= 300 && s < 400:
		return
	case j.front != nil && j.front.sign != loginwatch.SignNone:
		j.out.Sign = j.front.sign
		if j.out.Sign == loginwatch.SignWall && j.answer.Shape != wire.HTML {
			j.out.Sign = loginwatch.SignBlocked
		}
	case j.gatewayFailed():
		return
	case j.answer.Shape == wire.HTML:
		if !j.pageDue() {
			j.out.Sign = loginwatch.SignPage
		}
	case j.answer.Shape == wire.Empty && (s < 500 && !absent(s) || s == 503) && j.jsonDue() && o == nil && j.out.Verdict != loginwatch.Rejected:
		j.out.Sign = loginwatch.SignEmpty
	}
}

// absent tells whether the status itself says that the login is not at this
// address (RFC 9110, 15.5.5, 15.5.6, 15.5.11 and 15.5.20): a body would add
// nothing to it, so an empty one shows nobody in front.
func absent(status int) bool { return status == 404 || status == 405 || status == 410 || status == 421 }

// pageDue tells whether the document promises a page for the case.
func (j *judge) pageDue() bool {
	return slices.ContainsFunc(j.Case.Expect, func(o *loginwatch.Outcome) bool { return o.ContentType == "text/html" })
}

// gatewayFailed tells whether the status itself says what happened behind
// whoever answered: it got no valid answer (RFC 9110, 15.6.3 and 15.6.5;
// Cloudflare, 5xx errors).
func (j *judge) gatewayFailed() bool {
	s := j.x.Status
	return s == 502 || s == 504 || s >= 520 && s <= 527 && strings.EqualFold(j.x.Header.Get("Server"), "cloudflare")
}

// jsonDue tells whether the document promises JSON for the case, or for the
// operation where it promises nothing for the case.
func (j *judge) jsonDue() bool {
	due := j.Case.Expect
	if len(due) == 0 {
		due = j.op.Outcomes
	}
	return slices.ContainsFunc(due, (*loginwatch.Outcome).JSON)
}
