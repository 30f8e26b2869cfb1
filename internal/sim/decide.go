package sim

import (
	"crypto/subtle"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
)

// maxRequestBody is more than any login request needs, and what guard allows an
// answer.
const maxRequestBody = 256 << 10

// request is a request whose body has been read.
type request struct {
	*http.Request
	body []byte
	cut  bool // the body is too large, or the client stopped in its middle
}

// readRequest reads the body whatever comes of it: net/http sees a client go
// away only after its body has been read.
func readRequest(w http.ResponseWriter, r *http.Request) *request {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBody))
	return &request{Request: r, body: body, cut: err != nil}
}

// decision says for which condition a request is answered.
type decision struct {
	when       loginwatch.Condition
	retryAfter time.Duration // set when rate-limited
	noSecret   bool          // the missing or wrong header carries no secret
}

// decide judges a request in the order in which a server meets its parts: rate
// limit, headers, body, query, identity. An error is the contract's fault, not
// the request's: its schema could not be applied.
func (v *vendor) decide(op *operation, r *request, now time.Time) (decision, error) {
	if op.window != nil {
		if wait := op.window.admit(now); wait > 0 {
			return decision{when: loginwatch.WhenRateLimited, retryAfter: wait}, nil
		}
	}
	right := func(b binding) bool { return v.right(op, b, now) }
	for _, h := range op.headers {
		if !h.satisfied(r.Header, right) {
			return decision{when: loginwatch.WhenMissingHeader, noSecret: !h.secret}, nil
		}
	}
	doc, when, err := op.readBody(r)
	if err != nil || when != "" {
		return decision{when: when}, err
	}
	query, when := op.readQuery(r.URL)
	if when != "" {
		return decision{when: when}, nil
	}
	return op.identify(doc, query, r.Header, right), nil
}

// right tells whether a request says the right value for a name. Besides the
// credential it is right to repeat what another operation of the same vendor
// handed out: that is what a probe's captures do. Variables may have any value.
func (v *vendor) right(op *operation, b binding, now time.Time) bool {
	if !v.secret[b.name] {
		return true
	}
	want, known := v.credentials[b.name]
	if known && subtle.ConstantTimeCompare([]byte(want), []byte(b.value)) == 1 {
		return true
	}
	return v.handedOut.has(b.value, op.ID, now)
}

// readBody decodes the body where the contract has one, and gives the condition
// when it is not as documented.
func (o *operation) readBody(r *request) (doc any, when loginwatch.Condition, err error) {
	if o.Request.Schema == nil && !slices.ContainsFunc(o.forms, func(f form) bool { return f.hasBody }) {
		return nil, "", nil
	}
	doc, refusal := guard.Decode(r.body, guard.Defaults())
	if r.cut || refusal != nil {
		return nil, loginwatch.WhenMalformed, nil
	}
	if o.Request.Schema == nil {
		return doc, "", nil
	}
	violations, err := o.Request.Schema.Validate(doc)
	if err != nil {
		return nil, "", fmt.Errorf("request schema of operation %q: %w", o.ID, err)
	}
	if len(violations) > 0 {
		return nil, loginwatch.WhenInvalid, nil
	}
	return doc, "", nil
}

// readQuery gives the values that the query carries. A documented parameter
// that is absent or not of its form makes the request invalid.
func (o *operation) readQuery(u *url.URL) ([]binding, loginwatch.Condition) {
	if len(o.query) == 0 {
		return nil, ""
	}
	sent, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, loginwatch.WhenInvalid
	}
	var found []binding
	for _, p := range o.query {
		if !sent.Has(p.name) {
			return nil, loginwatch.WhenInvalid
		}
		values, ok := p.value.match(sent.Get(p.name))
		if !ok {
			return nil, loginwatch.WhenInvalid
		}
		found = append(found, values...)
	}
	return found, ""
}

// identify compares what the request says about its sender with the
// credentials. A form whose every secret place another form has too, and more,
// does not decide when the request carries both: that would let a login without
// a password stand for one with a wrong password. Of the others the one that
// finds most decides; a body of no form names nobody that the simulator knows.
func (o *operation) identify(doc any, query []binding, header http.Header, right func(binding) bool) decision {
	if len(o.forms) == 0 { // no case says how to succeed: the query is all there is
		return o.compare(form{}, query, header, right)
	}
	type fit struct {
		form
		values []binding
	}
	var fits []fit
	for _, f := range o.forms {
		if values, ok := carried(f.secrets, doc); ok {
			fits = append(fits, fit{f, append(slices.Clone(query), values...)})
		}
	}
	best, most := decision{when: loginwatch.WhenUnknownUser}, -1
	for _, f := range fits {
		if slices.ContainsFunc(fits, func(more fit) bool { return covers(more.secrets, f.secrets) }) {
			continue
		}
		d := o.compare(f.form, f.values, header, right)
		if d.when == loginwatch.WhenValid {
			return d
		}
		if len(f.values) > most {
			best, most = d, len(f.values)
		}
	}
	return best
}

func (o *operation) compare(f form, found []binding, header http.Header, right func(binding) bool) decision {
	wrong := slices.DeleteFunc(slices.Clone(found), right)
	for _, b := range wrong {
		if !o.password[b.name] {
			return decision{when: loginwatch.WhenUnknownUser}
		}
	}
	if len(wrong) > 0 {
		return decision{when: loginwatch.WhenWrongPassword}
	}
	for _, h := range f.headers {
		if !h.satisfied(header, right) {
			return decision{when: loginwatch.WhenMissingHeader, noSecret: !h.secret}
		}
	}
	return decision{when: loginwatch.WhenValid}
}

// outcome is what the document gives for a condition; nil when it gives none. A
// document that tells a wrong password and an unknown user apart only on one
// side means both with it.
func (o *operation) outcome(when loginwatch.Condition) *loginwatch.Outcome {
	if x := o.OutcomeFor(when); x != nil {
		return x
	}
	switch when {
	case loginwatch.WhenWrongPassword:
		return o.OutcomeFor(loginwatch.WhenUnknownUser)
	case loginwatch.WhenUnknownUser:
		return o.OutcomeFor(loginwatch.WhenWrongPassword)
	}
	return nil
}

// plainStatus answers a condition that the document is silent on.
func (d decision) plainStatus() int {
	switch d.when {
	case loginwatch.WhenWrongPassword, loginwatch.WhenUnknownUser:
		return http.StatusUnauthorized
	case loginwatch.WhenMissingHeader:
		if d.noSecret {
			return http.StatusBadRequest
		}
		return http.StatusUnauthorized
	case loginwatch.WhenWrongPath:
		return http.StatusNotFound
	case loginwatch.WhenRateLimited:
		return http.StatusTooManyRequests
	case loginwatch.WhenValid:
		return http.StatusNoContent
	}
	return http.StatusBadRequest
}
