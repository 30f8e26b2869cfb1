package page

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
)

// answers says what an operation answers, and what for.
func (b *builder) answers(op *loginwatch.Operation) {
	b.heading(4, line(say("Answers of "), name(op.ID)))
	var rows [][]text
	for _, o := range op.Outcomes {
		statuses := make([]string, len(o.Statuses))
		for i, s := range o.Statuses {
			statuses[i] = strconv.Itoa(s)
		}
		rows = append(rows, []text{
			name(o.ID), say(strings.Join(statuses, " or ")), toldBy(o), body(o), mark(string(o.Means)), conditions(o), b.source(name(op.ID+"."+o.ID), o.Cite),
		})
	}
	b.say(say("The first that fits is the answer. Means is the verdict where success was due."))
	b.table([]string{"Answer", "HTTP", "Told by", "Body", "Means", "Given for", "Source"}, rows...)
	b.answerParts(op)
	var done []*loginwatch.Outcome
	for _, o := range op.Outcomes {
		if o.Schema == nil || slices.Contains(done, o) {
			continue
		}
		alike := slices.DeleteFunc(slices.Clone(op.Outcomes), func(other *loginwatch.Outcome) bool { return other.Schema == nil || other.Schema.Name != o.Schema.Name })
		done = append(done, alike...)
		b.heading(4, line(say("Body of "), answersOf(op, alike)))
		b.schema(op.ID+"."+o.ID, o.Schema, "")
	}
	for _, o := range op.Outcomes {
		if o.Example == nil {
			continue
		}
		b.say(line(say("Example of "), name(op.ID+"."+o.ID), say(" ("), name(o.Example.File), say("):")))
		b.listing(laidOut(o.Example.Body, o.Body))
	}
}

// answersOf names answers.
func answersOf(op *loginwatch.Operation, all []*loginwatch.Outcome) text {
	texts := make([]text, len(all))
	for i, o := range all {
		texts[i] = name(op.ID + "." + o.ID)
	}
	return joined(", ", texts...)
}

// toldBy says what an answer has to have beside its status.
func toldBy(o *loginwatch.Outcome) text {
	var all []text
	for _, f := range o.Where {
		at := name(f.At.String())
		switch f.Test {
		case loginwatch.TestPresent:
			all = append(all, line(at, say(" is there")))
		case loginwatch.TestAbsent:
			all = append(all, line(at, say(" is not there")))
		case loginwatch.TestPrefix:
			all = append(all, line(at, say(" begins with "), name(f.Value)))
		default:
			all = append(all, line(at, say(" is "), name(f.Value)))
		}
	}
	if o.Contains != "" {
		all = append(all, line(say("it contains “"+o.Contains+"”")))
	}
	return joined(", ", all...)
}

func body(o *loginwatch.Outcome) text {
	var what text
	switch o.Body {
	case loginwatch.BodyNone:
		return say("none")
	case loginwatch.BodyUnspecified:
		return say("nothing is said")
	default:
		what = say(o.Body.Words())
	}
	types := make([]text, len(o.ContentTypes))
	for i, t := range o.ContentTypes {
		if types[i] = name(t); t == "" {
			types[i] = say("no type")
		}
	}
	if len(types) > 0 {
		what = line(what, say(" as "), joined(" or ", types...))
	}
	return what
}

func conditions(o *loginwatch.Outcome) text {
	var all []text
	for _, w := range o.When {
		all = append(all, say(givenFor[w]))
	}
	return joined("; ", all...)
}

// answerParts are the headers and cookies of all answers.
func (b *builder) answerParts(op *loginwatch.Operation) {
	var rows [][]text
	add := func(o *loginwatch.Outcome, where, what string, says text, optional bool, c loginwatch.Cite) {
		always := "always"
		if optional {
			always = "may be absent"
		}
		rows = append(rows, []text{name(o.ID), say(where), name(what), joined(", ", says, say(always)), b.source(name(op.ID+"."+o.ID+"@"+where+":"+what), c)})
	}
	for _, o := range op.Outcomes {
		for _, h := range o.Headers {
			says := name(h.Example)
			if h.Secret {
				says = joined(", ", says, say("secret"))
			}
			add(o, "header", h.Name, says, h.Optional, h.Cite)
		}
		for _, k := range o.Cookies {
			var attributes []text
			for _, a := range []struct {
				name string
				is   bool
			}{{"Secure", k.Secure}, {"HttpOnly", k.HTTPOnly}, {"SameSite=" + k.SameSite, k.SameSite != ""}} {
				if a.is {
					attributes = append(attributes, name(a.name))
				}
			}
			add(o, "cookie", k.Name, joined(", ", name(k.Example), joined(" ", attributes...)), k.Optional, k.Cite)
		}
	}
	b.table([]string{"Answer", "In", "Name", "Says", "Source"}, rows...)
}

// laidOut gives a documented body, JSON with line breaks that the document may not have.
func laidOut(body []byte, format loginwatch.BodyFormat) string {
	var b bytes.Buffer
	if format == loginwatch.BodyJSON && json.Indent(&b, bytes.TrimSpace(body), "", "  ") == nil {
		return b.String()
	}
	return string(body)
}

// compact writes a JSON value in one line.
func compact(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // it was read as JSON or YAML
	return strings.TrimSpace(b.String())
}

// span is a duration as people write it.
func span(d time.Duration) string {
	if day := 24 * time.Hour; d >= 2*day && d%day == 0 {
		return counted(int(d/day), "day")
	}
	return loginwatch.Span(d)
}
