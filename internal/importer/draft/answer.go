package draft

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// answers writes what an operation is answered with: the success first.
func (m *maker) answers(at int) {
	op := m.ops[at]
	var all []importer.Answer
	for _, e := range op.call.exchanges {
		all = append(all, e.Answers...)
	}
	stated := slices.ContainsFunc(op.call.exchanges, states)
	if stated {
		all = m.stated(op, all)
	} else {
		byRank := map[int][]importer.Answer{}
		for _, a := range all {
			r := rank(op, a)
			byRank[r] = append(byRank[r], a)
		}
		all = all[:0]
		for _, r := range slices.Sorted(maps.Keys(byRank)) {
			all = append(all, byRank[r]...)
		}
	}
	others := 0
	for _, a := range all {
		if a.Status < 200 || a.Status > 599 {
			others++
			continue
		}
		op.outcomes = append(op.outcomes, m.outcome(op, a))
	}
	if others > 0 {
		m.remark(op.at, "%s without a status to %s left out: a contract says which statuses come", count(others, "answer"), op.call)
	}
	if !slices.ContainsFunc(op.outcomes, func(o *outcome) bool { return o.means == loginwatch.OK }) {
		m.noSuccess(op)
	}
	if stated {
		m.asStated(op)
	} else {
		m.apart(op)
		m.conditions(op)
	}
	if m.fallback < bodiless {
		m.token(op)
	}
	m.captured(op)
}

func rank(op *operation, a importer.Answer) int {
	bare := 0 // what shows no body comes after what can be told from it
	if len(a.Body) == 0 && a.Schema == nil {
		bare = 1
	}
	switch {
	case succeeds(a.Status) && disowned(op.call, a) == "":
		return bare
	case a.Status < http.StatusInternalServerError:
		return 2 + bare
	}
	return 4 + bare
}

// noSuccess says that a call succeeds, though nobody knows with what.
func (m *maker) noSuccess(op *operation) {
	o := &outcome{id: "success", status: http.StatusOK, also: []int{http.StatusCreated, http.StatusNoContent}, body: string(loginwatch.BodyUnspecified), means: loginwatch.OK}
	at := 0 // but a refusal of that status comes first: nothing is known of the success that could tell it from one
	for i, k := range op.outcomes {
		if no := signOf(k); k.status == o.status && no != nil && len(op.captures) == 0 {
			k.where, at = no, i+1
		}
	}
	if op.role == loginwatch.RoleSubject && slices.ContainsFunc(op.outcomes, func(k *outcome) bool { return isHalfway(k.from) }) {
		m.remark(op.at, "an answer to %s says that one more step is due, such as a one-time code: no such step is drafted", op.call)
	}
	op.outcomes = slices.Insert(op.outcomes, at, o)
	takes := "status 200, 201 or 204"
	defer func() {
		give := "write its schema and example"
		if op.role == loginwatch.RoleSubject {
			give = "give one with --answer, or " + give
		}
		m.remark(op.at, "no successful answer to %s is known: the contract takes any with %s; %s", op.call, takes, give)
	}()
	if len(op.captures) == 0 {
		return
	}
	doc := map[string]any{}
	for _, c := range op.captures {
		set(doc, c.at, m.invented.replace("Aq1Zx2Sw3Ed4Cv5Fr6Tg7"+c.at, ""))
	}
	if len(doc) > 0 {
		o.body, o.also, o.doc, o.raw = "", nil, doc, doc
		takes = "status 200 that has what later calls send"
		o.schema = m.inferred(doc)
	}
}

// set makes what a pointer leads to.
func set(doc map[string]any, pointer, text string) {
	tokens, ok := tree.SplitPointer(pointer)
	if !ok || len(tokens) == 0 || strings.Contains(pointer, ":") {
		return
	}
	for _, t := range tokens[:len(tokens)-1] {
		inner, isObject := doc[t].(map[string]any)
		if !isObject {
			inner = map[string]any{}
			doc[t] = inner
		}
		doc = inner
	}
	doc[tokens[len(tokens)-1]] = text
}

// outcome writes one answer.
func (m *maker) outcome(op *operation, a importer.Answer) *outcome {
	o := &outcome{status: a.Status, from: a, means: meaning(op, a), described: m.o.Text != nil || a.Text != ""}
	if m.betrays(a.Name) != nil || m.people.in(a.Name) {
		a.Name = ""
	}
	o.id = outcomeName(o, a)
	if a.Means != "" && m.isName(a.Name) {
		o.id = a.Name
	}
	o.cite = m.cites.find(a.Name, strconv.Itoa(a.Status))
	m.content(op, o, a)
	m.around(op, o, a)
	return o
}

// refusals are words by which an answer says that it was the credential, whatever its status.
var refusals = regexp.MustCompile(`(?i)invalid[ _-]?(grant|credential|password|pin|user|login|client|token|key)|incorrect|not correct|unauthori[sz]ed|(bad|wrong)[ _-]?(credential|pass|user|pin|login)|(login|pass(word|wd)?|credentials?|authentication|auth)[ _-]?(error|failed|failure|mismatch|wrong)|not authenticated|(user|account)[ _-]?(not[ _-]?found|unknown)|(unknown|no such)[ _-](user|account)|(user|account) .{0,60}(does not exist|not found)`)

func meaning(op *operation, a importer.Answer) loginwatch.Verdict {
	no := disowned(op.call, a)
	switch {
	case a.Means != "":
		return a.Means
	case no != "":
		return no
	case leadsOn(op, a):
		return loginwatch.OK
	case succeeds(a.Status) && a.Status < 300, succeeds(a.Status) && op.role == loginwatch.RoleSubject && slices.ContainsFunc(a.Headers, func(h importer.AnswerHeader) bool { return strings.EqualFold(h.Name, "Set-Cookie") }):
		return loginwatch.OK
	case a.Status == http.StatusTooManyRequests:
		return loginwatch.Throttled
	case a.Status >= 500:
		return loginwatch.Unavailable
	case a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden:
		return loginwatch.Rejected
	case a.Status < 500 && a.Status >= 400 && (refusals.Match(a.Body) || refusals.MatchString(a.Text)):
		return loginwatch.Rejected
	}
	return loginwatch.Drift
}

func outcomeName(o *outcome, a importer.Answer) string {
	if name := slugOf(a.Name); name != "" && !looksSecret(a.Name) && name != "request" && name != "undocumented" && len(name) > 3 {
		return name
	}
	switch {
	case o.means == loginwatch.OK:
		return "success"
	case o.means == loginwatch.Rejected && a.Status < 400:
		return "refused"
	case a.Status < 400:
		return "other"
	}
	switch a.Status {
	case http.StatusUnauthorized:
		return "refused"
	case http.StatusTooManyRequests:
		return "too-many-requests"
	}
	if text := http.StatusText(a.Status); text != "" {
		return slugOf(text)
	}
	return "status-" + strconv.Itoa(a.Status)
}

// content writes what the body of an answer is.
func (m *maker) content(op *operation, o *outcome, a importer.Answer) {
	if a.Status == http.StatusNoContent || a.Status == http.StatusNotModified {
		return
	}
	o.body = string(loginwatch.BodyUnspecified)
	where := op.call.String() + " answer " + strconv.Itoa(a.Status)
	doc, isJSON := jsonOf(a)
	if m.fallback >= bodiless && len(op.captures) == 0 {
		return
	}
	media := mediaOf(a.ContentType)
	switch {
	case isJSON:
		o.raw = doc
	case len(a.Body) == 0 && a.Schema != nil:
		if o.raw, isJSON = exampleOf(a.Schema); !isJSON {
			m.remark(a.At, "no example could be made of the schema of answer %d to %s: its body is left unspecified", a.Status, op.call)
			return
		}
	case m.containing(o, a, media):
		return
	case len(a.Body) > 0:
		m.remark(a.At, "the body of answer %d to %s is no JSON%s, and is left unspecified", a.Status, op.call, unread(a.Body))
		return
	default:
		return
	}
	o.body = ""
	if media != "" && media != "application/json" {
		o.contentType = media
		if !strings.HasSuffix(media, "+json") {
			o.body = string(loginwatch.BodyJSON)
		}
	} else if media == "" && len(a.Body) > 0 && m.o.Text == nil && len(a.Headers) > 0 {
		o.contentType, o.body = "none", string(loginwatch.BodyJSON)
	}
	o.doc = m.invented.document(o.raw, where, o.means != loginwatch.OK, apiWords(a.Schema))
	o.schema = m.answerSchema(op, o, a)
}

// captured drops captures of what no outcome has: who uses them gets a secret to supply.
func (m *maker) captured(op *operation) {
	op.captures = slices.DeleteFunc(op.captures, func(c capture) bool {
		for _, o := range op.outcomes {
			if o.means == loginwatch.OK && m.shows(o, c.at) {
				return false
			}
		}
		m.remark(op.at, "no successful answer to %s has a text at %s that a step can capture, for ${%s}: that has to be configured", op.call, placed(c.at), c.name)
		m.uncaptured(c.name)
		return true
	})
}

// shows tells whether an outcome has something at a place; a secret, from now on.
func (m *maker) shows(o *outcome, at string) bool {
	if name, header := loginwatch.Place(at).Header(); header {
		return slices.ContainsFunc(o.headers, func(h answerHeader) bool { return strings.EqualFold(h.name, name) })
	}
	if name, cookie := loginwatch.Place(at).Cookie(); cookie {
		return slices.ContainsFunc(o.cookies, func(c answerCookie) bool { return c.name == name })
	}
	shown, _ := tree.Lookup(o.doc, at)
	if _, isText := shown.(string); !isText {
		return false // a run captures texts alone
	}
	if markSecret(o.schema, at) {
		return true
	}
	// The description's schema does not have it, though its example does.
	if o.from.Schema != nil {
		m.remark(o.from.At, "the schema of an answer does not have %s, which its example has: inferred from that", placed(at))
	}
	o.schema = m.inferred(o.doc)
	return markSecret(o.schema, at)
}
