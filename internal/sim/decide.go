package sim

import (
	"fmt"
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
	why        string            // in the contract's words
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
			why := fmt.Sprintf("more than %d requests in %v", op.window.limit, op.window.per)
			return decision{when: loginwatch.WhenRateLimited, retryAfter: wait, why: why}, nil
		}
	}
	doc, readable := op.decode(r)
	j := v.judge(op, r, path, doc, now)
	for _, h := range op.headers {
		if !h.satisfied(r.Header, j.right) {
			return j.header(h), nil
		}
	}
	if why := j.whyCookie(); why != "" {
		return decision{when: loginwatch.WhenMissingHeader, why: why}, nil
	}
	d, err := op.judgeBody(r, doc, readable)
	if err != nil || d.when != "" {
		return d, err
	}
	found, _ := op.path.match(path)
	query, why := readQuery(op.query, r.URL)
	if why != "" {
		return decision{when: loginwatch.WhenInvalid, why: why}, nil
	}
	d = op.identify(doc, append(found, query...), r, j)
	if d.when == loginwatch.WhenValid {
		d.ends, d.says = j.ends(), j.says()
	}
	return d, nil
}

// header is the decision about a header that is not as documented.
func (j *judgement) header(h headerRule) decision {
	return decision{when: loginwatch.WhenMissingHeader, noSecret: !h.secret, refused: h.secret && h.sent(j.r.Header), why: h.why(j.r.Header, j)}
}

// readQuery gives the values that the query carries. A documented parameter
// that is absent or not of its form makes the request invalid, and why says so.
func readQuery(rules []paramRule, u *url.URL) (found []binding, why string) {
	if len(rules) == 0 {
		return nil, ""
	}
	sent, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, "the query can't be decoded"
	}
	for _, p := range rules {
		if !sent.Has(p.name) {
			return nil, fmt.Sprintf("query parameter %s is missing", p.name)
		}
		values, ok := p.value.match(sent.Get(p.name))
		if !ok {
			return nil, fmt.Sprintf("query parameter %s is not %s", p.name, p.value.written())
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
	missing := decision{when: loginwatch.WhenUnknownUser}
	for _, f := range o.forms {
		values, ok := carried(f.secrets, doc)
		if !ok {
			continue
		}
		query, why := readQuery(f.query, r.URL)
		if why != "" {
			missing = decision{when: loginwatch.WhenInvalid, why: why}
			continue
		}
		fits = append(fits, fit{f, slices.Concat(around, query, values)})
	}
	if len(fits) == 0 && missing.why == "" {
		missing.why = o.whyOfNoForm(doc)
	}
	best, most := missing, -1
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
			return decision{when: loginwatch.WhenUnknownUser, why: j.whyWrong(wrong)}
		}
	}
	if len(wrong) > 0 {
		return decision{when: loginwatch.WhenWrongPassword, why: j.whyWrong(wrong)}
	}
	for _, h := range f.headers {
		if !h.satisfied(r.Header, j.right) {
			return j.header(h)
		}
	}
	if f.id == "" {
		return decision{when: loginwatch.WhenValid, why: "nothing speaks against it"}
	}
	return decision{when: loginwatch.WhenValid, why: "right as in case " + f.id}
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
