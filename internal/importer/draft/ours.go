package draft

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// What our own exports say of an outcome is taken as it is: nothing is inferred beside it.
// Anybody can write that into a description, so that no value of it is shown which one of
// another description would not be.

// states tells whether the answers to an exchange say what they mean.
func states(e *importer.Exchange) bool {
	return slices.ContainsFunc(e.Answers, func(a importer.Answer) bool { return a.Means != "" })
}

var contractName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// isName tells whether a name of the description is one that a contract can have.
func (m *maker) isName(name string) bool {
	const longest = 60
	return len(name) <= longest && contractName.MatchString(name) && y(name) == name && !looksSecret(name) && m.betrays(name) == nil && !m.invented.hidden(name)
}

// stated leaves the answers that say what they mean.
func (m *maker) stated(op *operation, all []importer.Answer) []importer.Answer {
	kept := slices.DeleteFunc(slices.Clone(all), func(a importer.Answer) bool { return a.Means == "" })
	if n := len(all) - len(kept); n > 0 {
		m.remark(op.at, "%s to %s left out: the others say by x-loginwatch members what they mean", count(n, "answer"), op.call)
	}
	return kept
}

// foreign is a call as another description has it, which states nothing.
func foreign(c *call) *call {
	plain := *c
	plain.admitted = 0
	plain.exchanges = slices.Clone(c.exchanges)
	for i, e := range c.exchanges {
		copied := *e
		copied.Answers = slices.Clone(e.Answers)
		for j := range copied.Answers {
			a := &copied.Answers[j]
			a.Means, a.When, a.Where, a.Contains = "", nil, nil, ""
		}
		plain.exchanges[i] = &copied
	}
	return &plain
}

// asStated joins the answers of one outcome, each with another status or media type.
func (m *maker) asStated(op *operation) {
	var kept []*outcome
	for _, o := range op.outcomes {
		i := slices.IndexFunc(kept, func(k *outcome) bool { return o.from.Name != "" && k.from.Name == o.from.Name })
		switch {
		case i < 0:
			kept = append(kept, o)
		case kept[i].status != o.status && !slices.Contains(kept[i].also, o.status):
			if k := kept[i]; k.body == "" && k.doc == nil { // a status without a body came before one with it
				k.contentType, k.body, k.schema, k.doc, k.raw, k.contains = o.contentType, o.body, o.schema, o.doc, o.raw, o.contains
			}
			kept[i].also = append(kept[i].also, o.status)
		case kept[i].status == o.status && kept[i].doc != nil && o.doc != nil && !slices.Contains(kept[i].otherTypes, mediaOf(o.from.ContentType)):
			kept[i].otherTypes = append(kept[i].otherTypes, mediaOf(o.from.ContentType))
		}
	}
	op.outcomes = kept
	taken := map[loginwatch.Condition]bool{}
	for _, o := range kept {
		m.statedWhere(op, o)
		for _, c := range o.from.When {
			if !taken[c] {
				taken[c] = true
				o.when = append(o.when, c)
			}
		}
	}
	for _, o := range kept {
		if o.means == loginwatch.OK && !taken[loginwatch.WhenValid] {
			taken[loginwatch.WhenValid] = true
			o.when = append(o.when, loginwatch.WhenValid)
		}
	}
}

// statedWhere takes the comparisons over. Where a value was invented in the place of one
// that they compare, the compared one stands there.
func (m *maker) statedWhere(op *operation, o *outcome) {
	for _, w := range o.from.Where {
		if !w.At.InDocument() {
			continue
		}
		at := w.At.String()
		raw, _ := tree.Lookup(o.raw, at)
		v, found := tree.Lookup(o.doc, at)
		found = found && v != nil // null is absent
		if text, _ := tree.ScalarText(v); found && w.Test != loginwatch.TestPresent && !passes(w, text) && passes(w, scalarText(raw)) && m.comparable(o, lastName(at), w.Value) {
			if w.Test == loginwatch.TestPrefix {
				raw = w.Value
			}
			o.doc = replacedAt(o.doc, at, raw)
			place := op.call.String() + " answer " + strconv.Itoa(o.status) + " " + placed(at)
			m.draft.Replaced = slices.DeleteFunc(m.draft.Replaced, func(r Replacement) bool { return r.At == place })
			v = raw
		}
		if found == (w.Test == loginwatch.TestAbsent) || found && w.Test != loginwatch.TestPresent && !passes(w, scalarText(v)) {
			continue
		}
		if found && !hasPlace(o.schema, at) {
			o.schema = m.inferred(o.doc)
		}
		o.where = append(o.where, w)
	}
}

func scalarText(v any) string {
	text, _ := tree.ScalarText(v)
	return text
}

func passes(w loginwatch.Field, text string) bool {
	return w.Test == loginwatch.TestEquals && text == w.Value || w.Test == loginwatch.TestPrefix && strings.HasPrefix(text, w.Value)
}

// sayable tells whether a text that a description compares with may be shown, as one that
// its schema lists may.
func (m *maker) sayable(field, text string) bool {
	const longest = 200
	return len(text) <= longest && !passwordName(field) && (!looksSecret(text) || ofWords(text)) && m.betrays(text) == nil && !m.invented.hidden(text) && !m.people.in(text)
}

// comparable is sayable for a value in a body: what a success has in a field for a secret
// is somebody's.
func (m *maker) comparable(o *outcome, field, text string) bool {
	return m.sayable(field, text) && (o.means != loginwatch.OK || !secretField(field))
}

// ofWords tells whether a text is the name of something in a program, such as
// UserNotFoundException: letters alone, with a capital for every four or more. What is
// made by chance has one for every two. That tells nothing of a description in which
// anything may stand anywhere, and is asked of what our own exports state alone.
func ofWords(text string) bool {
	for part := range strings.FieldsFuncSeq(text, func(c rune) bool { return c == '.' || c == ':' }) {
		words := 0
		if part != "" && sortOf(rune(part[0])) == lower {
			words++
		}
		for i, c := range part {
			switch sort := sortOf(c); {
			case sort == upper:
				words++
			case sort == digit && i > 0 && i == len(part)-1: // such as oauth2
			case sort != lower:
				return false
			}
		}
		const least, short = 4, 12 // letters of a word; what is shorter is nothing by its looks
		if len(part) >= short && len(part) < words*least {
			return false
		}
	}
	return true
}

// mayBeSecret tells whether a text that is sent can be a secret by its looks.
func (m *maker) mayBeSecret(at int, text string) bool {
	return looksSecret(text) && (m.ops[at].call.first().Operation == "" || !ofWords(text))
}

// replacedAt is a document with another value at a place that it has.
func replacedAt(doc any, pointer string, v any) any {
	tokens, _ := tree.SplitPointer(pointer)
	if len(tokens) == 0 {
		return v
	}
	inner := tree.JoinPointer("", tokens[0])
	rest := strings.TrimPrefix(pointer, inner)
	switch doc := doc.(type) {
	case map[string]any:
		doc[tokens[0]] = replacedAt(doc[tokens[0]], rest, v)
	case []any:
		if i, err := strconv.Atoi(tokens[0]); err == nil && i >= 0 && i < len(doc) {
			doc[i] = replacedAt(doc[i], rest, v)
		}
	}
	return doc
}

// statedHeader writes a header by which an outcome is known: with what is compared as its
// example.
func (m *maker) statedHeader(o *outcome, a importer.Answer, name string) bool {
	if a.Means == "" || !isHeaderName(name) {
		return false
	}
	for _, w := range a.Where {
		known, isHeader := w.At.Header()
		if !isHeader || !strings.EqualFold(known, name) || w.Test != loginwatch.TestEquals && w.Test != loginwatch.TestPrefix {
			continue
		}
		if text := oneLine(w.Value); text == "" || secretName(fieldOfHeader(name)) || !m.sayable(fieldOfHeader(name), text) {
			continue
		}
		example := w.Value
		if strings.HasSuffix(example, " ") { // no header ends with one (RFC 9110, 5.5)
			example += "invented"
		}
		o.headers = append(o.headers, answerHeader{name, example, false})
		o.where = append(o.where, w)
		return true
	}
	return false
}

// containing writes a text that is known by some words in it: those are all that is kept.
func (m *maker) containing(o *outcome, a importer.Answer, media string) bool {
	if a.Means == "" || a.Contains == "" || len(a.Body) == 0 || oneLine(a.Contains) != a.Contains || !m.sayable("", a.Contains) {
		return false
	}
	o.contains, o.contentType, o.body = a.Contains, media, string(loginwatch.BodyText)
	return true
}
