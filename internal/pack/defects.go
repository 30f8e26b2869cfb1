package pack

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/schema"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

// The parts of a statement that are no outcome.
const (
	partRequest = "request"
	partAll     = "*"
)

func (b *builder) defects() {
	for _, e := range b.file.Defects {
		b.id("defect", e.Key, e.Span)
		f := e.Value
		d := &loginwatch.Defect{
			ID: e.Key, Document: f.Document, Sample: f.Sample, Ruling: f.Ruling, Cite: b.cite(f.citation, f.span), Pos: f.Pos,
		}
		for _, t := range f.At {
			if p, ok := b.parseStatement(t); ok {
				d.At = append(d.At, p)
				b.pointsSomewhere(p, t)
			}
		}
		if f.Tolerate != nil {
			if len(f.At) == 0 {
				b.problem(f.Tolerate.Span, "tolerate needs at: the place where the variance may be")
			}
			d.Tolerate = b.tolerance(*f.Tolerate, d.At)
		}
		b.c.Defects = append(b.c.Defects, d)
	}
}

// parseStatement reads OPERATION.OUTCOME/POINTER, or OPERATION.OUTCOME@PLACE.
func (b *builder) parseStatement(t text) (loginwatch.Statement, bool) {
	if t.Value == "" {
		return loginwatch.Statement{}, false
	}
	head, pointer := t.Value, ""
	if i := strings.IndexAny(t.Value, "/@"); i >= 0 {
		head, pointer = t.Value[:i], strings.TrimPrefix(t.Value[i:], "@")
	}
	opID, outcome, ok := strings.Cut(head, ".")
	if !ok {
		b.problem(t.Span, "%q is no statement: it is written OPERATION.OUTCOME/POINTER, OPERATION.OUTCOME@header:NAME, OPERATION.OUTCOME@cookie:NAME or OPERATION.request/POINTER", t.Value)
		return loginwatch.Statement{}, false
	}
	op := b.c.Operation(opID)
	if op == nil {
		b.problem(t.Span, "unknown operation %q%s", opID, strictyaml.Hint(opID, b.file.Operations.Keys()))
		return loginwatch.Statement{}, false
	}
	if outcome != partRequest && outcome != partAll && op.Outcome(outcome) == nil {
		known := append(outcomeIDs(op), partRequest)
		b.problem(t.Span, "operation %q has no outcome %q%s", opID, outcome, strictyaml.Hint(outcome, known))
		return loginwatch.Statement{}, false
	}
	return loginwatch.Statement{Operation: opID, Outcome: outcome, At: loginwatch.Place(pointer), Pos: t.Pos}, true
}

// schemasAt gives the schemas of a statement. known is false when one of them is
// missing because of a problem of its own.
func (b *builder) schemasAt(p loginwatch.Statement) (schemas []*loginwatch.SchemaRef, known bool) {
	op := b.c.Operation(p.Operation)
	declared, _ := b.file.Operations.Get(p.Operation)
	add := func(ref *text, s *loginwatch.SchemaRef) {
		if known = known && (ref == nil || s != nil); s != nil && !slices.Contains(schemas, s) {
			schemas = append(schemas, s)
		}
	}
	known = true
	if p.Outcome == partRequest {
		add(declared.Request.Schema, op.Request.Schema)
		return schemas, known
	}
	for _, o := range op.Outcomes {
		if p.Outcome == partAll || p.Outcome == o.ID {
			f, _ := declared.Outcomes.Get(o.ID)
			add(f.Schema, o.Schema)
		}
	}
	return schemas, known
}

// pointsSomewhere reports a pointer that no schema of its statement has.
func (b *builder) pointsSomewhere(p loginwatch.Statement, t text) {
	if !p.At.InDocument() {
		for _, o := range b.c.Operation(p.Operation).Outcomes {
			if p.Outcome != o.ID {
				continue
			}
			if _, _, mistake := inOutcome(o, p.At); mistake != "" {
				b.problem(t.Span, "%s", mistake)
			}
			return
		}
		b.problem(t.Span, "a header or a cookie is one of a single outcome's answer")
		return
	}
	schemas, known := b.schemasAt(p)
	if !known || p.At == "" {
		return
	}
	if !slices.ContainsFunc(schemas, func(s *loginwatch.SchemaRef) bool { _, ok := s.At(p.At.String()); return ok }) {
		b.problem(t.Span, "%s is not in the schema of %s.%s", p.At, p.Operation, p.Outcome)
	}
}

// tolerance reads an inline schema, {moved_to: POINTER} or {status: [N]}.
func (b *builder) tolerance(v strictyaml.Value, at []loginwatch.Statement) *loginwatch.Tolerance {
	m, ok := v.Any.(map[string]any)
	if !ok || len(m) == 0 {
		b.problem(v.Span, "tolerate must be a JSON Schema, {moved_to: POINTER} or {status: [N]}")
		return nil
	}
	movedTo, moved := m["moved_to"]
	status, other := m["status"]
	switch {
	case (moved || other) && len(m) > 1:
		b.problem(v.Span, "moved_to and status stand alone in tolerate")
	case moved:
		return b.movedTo(movedTo, v, at)
	case other:
		return b.statuses(status, v, at)
	default:
		s, err := schema.CompileValue(v.Any)
		if err != nil {
			b.problem(v.Span, "tolerate is no usable JSON Schema: %v", err)
			return nil
		}
		return &loginwatch.Tolerance{Schema: s}
	}
	return nil
}

// movedTo checks that a field may stand at another place: inside an object that
// the schema knows, and where it names nothing else.
func (b *builder) movedTo(to any, v strictyaml.Value, at []loginwatch.Statement) *loginwatch.Tolerance {
	pointer, _ := to.(string)
	span := v.At("/moved_to")
	place := loginwatch.Place(pointer)
	switch {
	case pointer == "" || !isPlace(place) || place == loginwatch.PlaceText:
		b.problem(span, "moved_to must be a JSON Pointer, which begins with a slash, header:NAME or cookie:NAME")
		return nil
	case !place.InDocument():
		return &loginwatch.Tolerance{MovedTo: place}
	}
	parent := pointer[:strings.LastIndexByte(pointer, '/')]
	for _, p := range at {
		schemas, _ := b.schemasAt(p)
		for _, s := range schemas {
			if _, ok := s.At(parent); !ok {
				b.problem(span, "%s is not in schema %q, so nothing can move into it", parent, s.Name)
			}
			if _, taken := s.At(pointer); taken {
				b.problem(span, "%s is a field of its own in schema %q", pointer, s.Name)
			}
		}
	}
	return &loginwatch.Tolerance{MovedTo: loginwatch.Place(pointer)}
}

func (b *builder) statuses(list any, v strictyaml.Value, at []loginwatch.Statement) *loginwatch.Tolerance {
	span := v.At("/status")
	items, _ := list.([]any)
	t := &loginwatch.Tolerance{}
	for _, item := range items {
		number, _ := item.(json.Number)
		n, err := number.Int64()
		if err != nil || n < 100 || n > 599 {
			b.problem(span, "status must be a list of numbers between 100 and 599")
			return nil
		}
		t.Statuses = append(t.Statuses, int(n))
	}
	if len(t.Statuses) == 0 {
		b.problem(span, "status must be a list of numbers between 100 and 599")
		return nil
	}
	for _, p := range at {
		if p.At != "" || p.Outcome == partRequest {
			b.problem(span, "status is about an outcome as a whole: %s.%s%s is not one", p.Operation, p.Outcome, p.At)
		}
	}
	return t
}

const negativeSuffix = ".asdocumented.txt"

func (b *builder) negatives() {
	for _, e := range b.file.Negatives {
		b.id("negative", e.Key, e.Span)
		f := e.Value
		n := &loginwatch.Negative{ID: e.Key, File: f.File.Value, Why: f.Why, Cite: b.cite(f.citation, f.span), Pos: f.Pos}
		if f.File.Value != "" {
			n.Body = b.readExample(f.File.Value, f.File)
		}
		if f.File.Value != "" && !strings.HasSuffix(f.File.Value, negativeSuffix) {
			b.problem(f.File.Span, "the name of a negative's file must end with %s, so that nobody takes it for an example", negativeSuffix)
		}
		for _, t := range f.Against {
			if p, ok := b.parseStatement(t); ok {
				n.Against = append(n.Against, p)
				b.mustRefuse(n, p, t)
			}
		}
		b.c.Negatives = append(b.c.Negatives, n)
	}
}

// mustRefuse reports a statement whose schema accepts the negative's body.
func (b *builder) mustRefuse(n *loginwatch.Negative, p loginwatch.Statement, t text) {
	if p.At != "" {
		b.problem(t.Span, "a negative is a whole body: leave out %s", p.At)
		return
	}
	schemas, known := b.schemasAt(p)
	if known && len(schemas) == 0 {
		b.problem(t.Span, "%s.%s has no schema that could refuse anything", p.Operation, p.Outcome)
	}
	if n.Body == nil {
		return
	}
	for format, schemas := range b.byFormat(p) {
		if format == loginwatch.BodyMultipart {
			b.problem(t.Span, "a negative can't be held against %s.%s: the boundary of a multipart body is its header's", p.Operation, p.Outcome)
			continue
		}
		doc, refusal := guard.DecodeAs(format, n.Body)
		if refusal != nil {
			continue
		}
		for _, s := range schemas {
			if violations, err := s.Validate(doc); err == nil && len(violations) == 0 {
				b.problem(t.Span, "schema %q accepts %s, which must not pass", s.Name, n.File)
			}
		}
	}
}

// byFormat gives the schemas of a statement by the formats of the bodies that they
// are of.
func (b *builder) byFormat(p loginwatch.Statement) map[loginwatch.BodyFormat][]*loginwatch.SchemaRef {
	op := b.c.Operation(p.Operation)
	all := map[loginwatch.BodyFormat][]*loginwatch.SchemaRef{}
	add := func(format loginwatch.BodyFormat, s *loginwatch.SchemaRef) {
		if s != nil && !slices.Contains(all[format], s) {
			all[format] = append(all[format], s)
		}
	}
	if p.Outcome == partRequest {
		add(op.Request.Format(), op.Request.Schema)
		return all
	}
	for _, o := range op.Outcomes {
		if p.Outcome == partAll || p.Outcome == o.ID {
			add(o.Body, o.Schema)
		}
	}
	return all
}
