package page

import (
	"maps"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// example shows what a case that should succeed sends, as a message of HTTP with
// placeholders where values stand.
func (b *builder) example(op *loginwatch.Operation) {
	for _, k := range b.c.Cases {
		if k.Operation != op || !k.SuccessDue() {
			continue
		}
		b.say(line(say("Example of a request, the case "), name(k.ID), say(":")))
		b.listing(message(k.Request()))
		return
	}
}

// message writes a request with its placeholders; a multipart body without what stands
// between its fields.
func message(r loginwatch.CaseRequest) string {
	target := r.Path
	for i, q := range r.Query {
		target += map[bool]string{true: "?", false: "&"}[i == 0] + q.Name + "=" + q.Value
	}
	lines := []string{r.Method + " " + target}
	for _, h := range r.Headers {
		lines = append(lines, h.Name+": "+h.Value)
	}
	for _, k := range r.Cookies {
		lines = append(lines, "Cookie: "+k.Name+"=…")
	}
	switch whole, _ := r.Body.(string); {
	case r.Raw != "":
		lines = append(lines, "", r.Raw)
	case r.Body == nil:
	case whole != "":
		lines = append(lines, "", whole)
	case r.Format == loginwatch.BodyForm:
		lines = append(lines, "", strings.Join(fields(r.Body, "="), "&"))
	case r.Format == loginwatch.BodyMultipart:
		lines = append(append(lines, ""), fields(r.Body, ": ")...)
	default:
		lines = append(lines, "", laidOut([]byte(compact(r.Body)), loginwatch.BodyJSON))
	}
	return strings.Join(lines, "\n")
}

// fields gives the members of a form's body.
func fields(body any, between string) (all []string) {
	members, _ := body.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(members)) {
		value, ok := members[name].(string)
		if !ok {
			value = compact(members[name])
		}
		all = append(all, name+between+value)
	}
	return all
}

// cases lists what is worth sending, and what is promised for it.
func (b *builder) cases() {
	var rows [][]text
	for _, k := range b.c.Cases {
		var expected []text
		for _, o := range k.Expect {
			expected = append(expected, name(o.ID))
		}
		if k.Undocumented {
			expected = append(expected, say("an answer that is not documented"))
		}
		var note []text
		if k.Risk != "" {
			note = append(note, say("it can lock an account, and runs only when it is named"))
		}
		if k.AlternativeTo != "" {
			note = append(note, line(say("another form of "), name(k.AlternativeTo)))
		}
		for _, before := range k.After {
			note = append(note, line(say("after "), name(before.ID)))
		}
		rows = append(rows, []text{
			name(k.ID), name(k.Operation.ID), say(k.Title), joined(" or ", expected...), joined("; ", note...), b.source(line(say("case "), name(k.ID)), k.Cite),
		})
	}
	if len(rows) == 0 {
		return
	}
	b.heading(3, say("Cases"))
	b.say(say("Requests that are worth sending, and the answers that the document promises for them."))
	b.table([]string{"Case", "Operation", "Sends", "Answer", "Note", "Source"}, rows...)
}
