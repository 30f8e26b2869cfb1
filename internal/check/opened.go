package check

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/token"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// Opened says what an answer shows of whether it opened something that has to be
// closed.
type Opened int

// The answers: no sign of it; a body, under the status of a success, that could not be
// read; and a value where a login gives one.
const (
	OpenedNothing Opened = iota
	OpenedPerhaps
	OpenedSomething
)

// opened is wider than what take takes: it asks what the vendor gave, not whether
// it can be sent back. What was refused, limited or is an outage opened nothing.
func (j *judge) opened() Opened {
	if !j.x.Answered() {
		if SuccessStatus(j.op, j.x.Status) && structured(j.x.Body) {
			return OpenedPerhaps // cut on the way
		}
		return OpenedNothing
	}
	o := j.op.Outcome(j.out.Outcome)
	switch {
	case j.out.Verdict != loginwatch.OK && j.out.Verdict != loginwatch.Drift, o != nil && o.Means != loginwatch.OK, j.front.stops():
		return OpenedNothing
	case len(j.out.Captured) > 0 || j.signedIn():
		return OpenedSomething
	case j.gave():
		return OpenedSomething
	case j.answer.Refusal != nil && j.doc == nil && SuccessStatus(j.op, j.x.Status) && j.mayBeDocument():
		return OpenedPerhaps
	}
	return OpenedNothing
}

// SuccessStatus tells whether the status is one of a documented success.
func SuccessStatus(op *loginwatch.Operation, status int) bool {
	return slices.ContainsFunc(op.Outcomes, func(o *loginwatch.Outcome) bool {
		return o.Means == loginwatch.OK && slices.Contains(o.Statuses, status)
	})
}

// mayBeDocument tells whether a body that can't be read may be the document's: a page
// is somebody else's, and nothing is nothing.
func (j *judge) mayBeDocument() bool {
	switch j.answer.Shape {
	case wire.Structured, wire.Prefixed:
		return true
	case wire.Encoded, wire.Other:
		return j.answer.PromisesJSON()
	case wire.XML:
		return j.answer.Format == loginwatch.BodyXML
	}
	return false
}

func structured(body []byte) bool {
	start := bytes.TrimLeft(body, " \t\r\n\ufeff")
	return bytes.HasPrefix(start, []byte("{")) || bytes.HasPrefix(start, []byte("["))
}

// gave tells whether a value stands where a login gives one, in a document that
// says nowhere that it is none.
func (j *judge) gave() bool {
	if !SuccessStatus(j.op, j.x.Status) && (j.x.Status >= 400 || j.op.Token == nil) {
		return false
	}
	doc, places := j.doc, []loginwatch.Place{}
	if t := j.op.Token; t != nil {
		doc, places = j.relocated(t.Outcome), append(places, t.At)
		if j.contradicted(t.Outcome, doc) || j.foreignMember(t.Outcome, doc) || !SuccessStatus(j.op, j.x.Status) && !j.mostly(t.Outcome, doc) {
			return false
		}
	}
	for _, c := range j.Capture {
		places = append(places, c.At)
	}
	return slices.ContainsFunc(j.op.Outcomes, func(o *loginwatch.Outcome) bool {
		return o.Means == loginwatch.OK && slices.ContainsFunc(places, func(at loginwatch.Place) bool {
			v, _ := j.lookup(o, doc, at)
			return says(v)
		})
	})
}

// says tells whether a value can stand for something that was opened, be it of a
// type that nobody can send back.
func says(v any) bool {
	switch v := v.(type) {
	case string:
		_, ok := token.Usable(v)
		return ok
	case json.Number:
		return !zero(v)
	case map[string]any:
		return len(v) > 0
	case []any:
		return len(v) > 0
	}
	return false
}
