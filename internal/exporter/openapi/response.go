package openapi

import (
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/exporter"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// answer is an outcome of one of an endpoint's operations.
type answer struct {
	*loginwatch.Outcome
	of     *loginwatch.Operation
	joined bool // the endpoint has several operations
}

// name is that of the answer's example.
func (a answer) name() string {
	if a.joined {
		return a.of.ID + "." + a.ID
	}
	return a.ID
}

// responses gives the answers of an endpoint by their status, those of success first.
func (w *writer) responses(e *Endpoint) exporter.Map {
	byStatus, order := map[int][]answer{}, []int{}
	add := func(success bool) {
		for _, o := range e.Operations {
			for _, x := range o.Outcomes {
				if (x.Means == loginwatch.OK) != success {
					continue
				}
				for _, status := range x.Statuses {
					if byStatus[status] == nil {
						order = append(order, status)
					}
					byStatus[status] = append(byStatus[status], answer{x, o, len(e.Operations) > 1})
				}
			}
		}
	}
	add(true)
	add(false)
	m := exporter.Map{}
	for _, status := range order {
		m.Set(strconv.Itoa(status), w.response(byStatus[status]))
	}
	return m
}

// response joins the answers of one status.
func (w *writer) response(answers []answer) exporter.Map {
	m := exporter.Map{{Key: "description", Value: describeAnswers(answers)}}
	m.Add("headers", answerHeaders(answers))
	content, shown := w.content(answers)
	m.Add("content", content)
	var bare []any
	for _, a := range answers {
		if !slices.Contains(shown, a.Outcome) {
			bare = append(bare, outcomeOf(a))
		}
	}
	m.Add("x-loginwatch-outcomes", bare)
	return m
}

func describeAnswers(answers []answer) string {
	lines := make([]string, len(answers))
	for i, a := range answers {
		line := a.name() + ": "
		if a.Means == loginwatch.OK {
			line += "as documented."
		} else {
			line += "where success was due the verdict is " + string(a.Means) + "."
		}
		if a.Unspecified() {
			line += " The document does not describe its body."
		}
		if len(a.ContentTypes) > 0 && slices.Contains(a.ContentTypes, "") {
			line += " It may come without a Content-Type."
		}
		lines[i] = strings.TrimSpace(line + " " + source(a.Cite))
	}
	if len(lines) == 1 {
		return lines[0]
	}
	return "- " + strings.Join(lines, "\n- ") + "\n"
}

// outcomeOf says of an outcome what OpenAPI has no member for.
func outcomeOf(a answer) exporter.Map {
	m := exporter.Map{}
	if a.joined {
		m.Set("x-loginwatch-operation", a.of.ID)
	}
	m.Set("x-loginwatch-outcome", a.ID)
	m.Set("x-loginwatch-means", string(a.Means))
	m.Add("x-loginwatch-when", exporter.Texts(a.When...))
	where := exporter.Map{}
	for _, f := range a.Where {
		switch f.Test {
		case loginwatch.TestPrefix:
			where.Set(string(f.At), exporter.Map{{Key: "prefix", Value: f.Value}})
		case loginwatch.TestPresent, loginwatch.TestAbsent:
			where.Set(string(f.At), exporter.Map{{Key: "present", Value: f.Test == loginwatch.TestPresent}})
		default:
			where.Set(string(f.At), f.Value)
		}
	}
	m.Add("x-loginwatch-where", where)
	m.Add("x-loginwatch-contains", a.Contains)
	if a.Unspecified() {
		m.Set("x-loginwatch-body", string(a.Body))
	}
	cite(&m, a.Cite)
	return m
}

// content gives the bodies of the answers by their media types, and the outcomes that have
// an example there.
func (w *writer) content(answers []answer) (m exporter.Map, shown []*loginwatch.Outcome) {
	var order []string
	byType := map[string][]answer{}
	for _, a := range answers {
		for _, media := range a.ContentTypes {
			if media == "" {
				continue
			}
			if byType[media] == nil {
				order = append(order, media)
			}
			byType[media] = append(byType[media], a)
		}
	}
	open := slices.ContainsFunc(answers, func(a answer) bool { return a.Unspecified() })
	for _, media := range order {
		object := exporter.Map{{Key: "schema", Value: w.answerSchema(media, byType[media], open)}}
		examples := exporter.Map{}
		for _, a := range byType[media] {
			if a.Example == nil {
				continue
			}
			example := outcomeOf(a)
			example.Set("value", exampleValue(a.Outcome))
			examples.Set(a.name(), example)
			shown = append(shown, a.Outcome)
		}
		object.Add("examples", examples)
		m.Set(media, object)
	}
	if open && len(m) > 0 { // beside what is described comes what is not
		m.Set("*/*", exporter.Map{})
	}
	return m, shown
}

// exampleValue is a documented body: of JSON its value, of anything else the text.
func exampleValue(o *loginwatch.Outcome) any {
	if o.Body == loginwatch.BodyJSON {
		if value, err := exporter.Ordered(o.Example.Body); err == nil {
			return value
		}
	}
	return string(o.Example.Body)
}

// answerSchema describes the bodies of one status and media type. Where an outcome of the
// status is open, its body may be of that type as well.
func (w *writer) answerSchema(media string, answers []answer, open bool) exporter.Map {
	var refs []any
	var of []answer
	for _, a := range answers {
		if !a.Structured() {
			return exporter.Map{{Key: "type", Value: "string"}}
		}
		if !slices.ContainsFunc(of, func(other answer) bool { return other.Schema.Name == a.Schema.Name }) {
			of, refs = append(of, a), append(refs, w.schemaRef(a.Schema))
		}
	}
	if open {
		refs = append(refs, exporter.Map{{Key: "description", Value: "A body that the document does not describe."}})
	}
	decoded := anyOf(refs)
	if pointer := discriminator(answers); pointer != "" && len(refs) > 1 && !open {
		parts := make([]any, len(answers))
		for i, a := range answers {
			parts[i] = exporter.Map{{Key: "allOf", Value: []any{w.schemaRef(a.Schema), constAt(pointer, a.Outcome)}}}
		}
		decoded = exporter.Map{{Key: "oneOf", Value: parts}}
	}
	return written(answers[0].Body, media, decoded, true)
}

// discriminator is a place at which each of the answers has a value of its own; "" for
// none. Without one several schemas may fit one body, and the first outcome counts.
func discriminator(answers []answer) string {
	for _, f := range answers[0].Where {
		if f.Test != loginwatch.TestEquals || f.At == "" || !f.At.InDocument() {
			continue
		}
		var seen []string
		for _, a := range answers {
			for _, other := range a.Where {
				if other.At == f.At && other.Test == loginwatch.TestEquals && !slices.Contains(seen, other.Value) && constAt(string(f.At), a.Outcome) != nil {
					seen = append(seen, other.Value)
					break
				}
			}
		}
		if len(seen) == len(answers) {
			return string(f.At)
		}
	}
	return ""
}

// constAt asks for the value at a place of the outcome's example, which is one that its
// discriminator takes; nil where there is none, or where a list leads to it.
func constAt(pointer string, o *loginwatch.Outcome) exporter.Map {
	value, inList, found := exampleAt(o, pointer)
	if !found || inList {
		return nil
	}
	tokens, _ := tree.SplitPointer(pointer)
	schema := exporter.Map{{Key: "const", Value: value}}
	for _, token := range slices.Backward(tokens) {
		schema = exporter.Map{
			{Key: "required", Value: exporter.Texts(token)},
			{Key: "properties", Value: exporter.Map{{Key: token, Value: schema}}},
		}
	}
	return schema
}

// ExampleAt gives the value at a pointer of an outcome's example in JSON.
func ExampleAt(o *loginwatch.Outcome, pointer string) (value any, found bool) {
	value, _, found = exampleAt(o, pointer)
	return value, found
}

func exampleAt(o *loginwatch.Outcome, pointer string) (value any, inList, found bool) {
	if o.Example == nil || o.Body != loginwatch.BodyJSON {
		return nil, false, false
	}
	value, err := exporter.Ordered(o.Example.Body)
	if err != nil {
		return nil, false, false
	}
	tokens, _ := tree.SplitPointer(pointer)
	for _, token := range tokens {
		switch v := value.(type) {
		case exporter.Map:
			if !slices.Contains(keys(v), token) {
				return nil, inList, false
			}
			value = v.Get(token)
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(v) {
				return nil, true, false
			}
			value, inList = v[i], true
		default:
			return nil, inList, false
		}
	}
	return value, inList, true
}
