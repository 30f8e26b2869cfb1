package sim

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
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
	retryAfter time.Duration     // set when rate-limited
	noSecret   bool              // the missing or wrong header carries no secret
	refused    bool              // the header is there, and the secret in it is wrong
	ends       []string          // values that are dead once it is answered
	says       map[string]string // values of the token's claims, by name, as far as they are known
}

// decide judges a request in the order in which a server meets its parts: rate
// limit, headers and cookies, body, path and query, identity. An error is the
// contract's fault, not the request's: its schema could not be applied.
func (v *vendor) decide(op *operation, r *request, path string, now time.Time) (decision, error) {
	if op.window != nil {
		if wait := op.window.admit(now); wait > 0 {
			return decision{when: loginwatch.WhenRateLimited, retryAfter: wait}, nil
		}
	}
	doc, readable := op.decode(r)
	j := v.judge(op, r, path, doc, now)
	for _, h := range op.headers {
		if !h.satisfied(r.Header, j.right) {
			return decision{when: loginwatch.WhenMissingHeader, noSecret: !h.secret, refused: h.secret && h.sent(r.Header)}, nil
		}
	}
	if !j.hasCookies() {
		return decision{when: loginwatch.WhenMissingHeader}, nil
	}
	when, err := op.judgeBody(doc, readable)
	if err != nil || when != "" {
		return decision{when: when}, err
	}
	found, _ := op.path.match(path)
	query, when := readQuery(op.query, r.URL)
	if when != "" {
		return decision{when: when}, nil
	}
	d := op.identify(doc, append(found, query...), r, j)
	if d.when == loginwatch.WhenValid {
		d.ends, d.says = j.ends(), j.says()
	}
	return d, nil
}

// readQuery gives the values that the query carries. A documented parameter
// that is absent or not of its form makes the request invalid.
func readQuery(rules []paramRule, u *url.URL) ([]binding, loginwatch.Condition) {
	if len(rules) == 0 {
		return nil, ""
	}
	sent, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, loginwatch.WhenInvalid
	}
	var found []binding
	for _, p := range rules {
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
func (o *operation) identify(doc any, around []binding, r *request, j *judgement) decision {
	if len(o.forms) == 0 { // no case says how to succeed: path and query are all there is
		return o.compare(form{}, around, r, j)
	}
	type fit struct {
		form
		values []binding
	}
	var fits []fit
	missing := loginwatch.WhenUnknownUser
	for _, f := range o.forms {
		values, ok := carried(f.secrets, doc)
		if !ok {
			continue
		}
		query, when := readQuery(f.query, r.URL)
		if when != "" {
			missing = when
			continue
		}
		fits = append(fits, fit{f, slices.Concat(around, query, values)})
	}
	best, most := decision{when: missing}, -1
	for _, f := range fits {
		if slices.ContainsFunc(fits, func(more fit) bool { return covers(more.secrets, f.secrets) }) {
			continue
		}
		d := o.compare(f.form, f.values, r, j)
		if d.when == loginwatch.WhenValid {
			return d
		}
		if len(f.values) > most {
			best, most = d, len(f.values)
		}
	}
	return best
}

func (o *operation) compare(f form, found []binding, r *request, j *judgement) decision {
	wrong := slices.DeleteFunc(j.plain(found), j.right)
	for _, b := range wrong {
		if !o.password[b.name] {
			return decision{when: loginwatch.WhenUnknownUser}
		}
	}
	if len(wrong) > 0 {
		return decision{when: loginwatch.WhenWrongPassword}
	}
	for _, h := range f.headers {
		if !h.satisfied(r.Header, j.right) {
			return decision{when: loginwatch.WhenMissingHeader, noSecret: !h.secret, refused: h.secret && h.sent(r.Header)}
		}
	}
	return decision{when: loginwatch.WhenValid}
}

// outcome is what the document gives for a condition; nil when it gives none. A
// document that tells a wrong password and an unknown user apart only on one
// side means both with it, and one that has nothing for a wrong header means them
// too when the header carries the credential. Where no other part does, what is said
// of a wrong secret is said of that header's: a dead token is told from none.
func (o *operation) outcome(d decision) *loginwatch.Outcome {
	if x := o.OutcomeFor(loginwatch.WhenWrongPassword); d.refused && o.headersAlone && x != nil {
		return x
	}
	if x := o.OutcomeFor(d.when); x != nil {
		return x
	}
	switch d.when {
	case loginwatch.WhenMissingHeader:
		if d.refused {
			return o.outcome(decision{when: loginwatch.WhenWrongPassword})
		}
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
