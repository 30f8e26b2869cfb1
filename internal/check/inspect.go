package check

import (
	"bytes"
	"maps"
	"slices"
	"strconv"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/token"
	"github.com/loginwatch/loginwatch/internal/tree"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// inspect holds the body and the token against a matched outcome.
func (j *judge) inspect(o *loginwatch.Outcome, lenient *loginwatch.Defect) error {
	if lenient != nil {
		j.lenientStatus(o, lenient)
	}
	j.around(o)
	if o.Structured() {
		return j.inspectBody(o, nil)
	}
	j.inspectToken(o, nil)
	return nil
}

// lenientStatus reports that a ruling let the outcome come with this status.
func (j *judge) lenientStatus(o *loginwatch.Outcome, d *loginwatch.Defect) {
	j.add(loginwatch.Finding{
		Class: loginwatch.Tolerated, Kind: loginwatch.KindStatus, Defect: d.ID,
		Documented: dueStatuses([]*loginwatch.Outcome{o}), Got: strconv.Itoa(j.x.Status),
		Contract: d.Pos.FileLine(), Document: d.Cite.Document, Quote: d.Cite.Quote(),
	})
}

// inspectBody validates the body against the outcome's one schema, tells what
// a ruling tolerates from what breaks, and checks the token. Pointers in known
// have been reported already.
func (j *judge) inspectBody(o *loginwatch.Outcome, known map[string]bool) error {
	doc := j.relocate(o, func(d *loginwatch.Defect, at loginwatch.Place) { j.reportMoved(o, d, at) })
	j.doc = doc
	violations, err := o.Schema.Validate(doc)
	if err != nil {
		return err
	}
	var secrets []string
	for _, v := range violations {
		if len(j.out.Findings) >= findingLimit && j.firstBreaking() != nil {
			break
		}
		if known[v.Pointer] {
			continue
		}
		got := v.Got
		if at, found := tree.Lookup(doc, v.Pointer); v.Kind == loginwatch.KindValue && found {
			got = j.toldIn(v.Pointer, at, got)
		}
		f := j.fieldFinding(o, v.Kind, v.Pointer, v.Documented, got)
		if !named(o.Schema, v.Pointer) {
			if secrets == nil {
				secrets = secretValues(o.Schema, doc)
				j.noteSecrets(secrets)
			}
			f.Pointer = j.foreignPointer(v.Pointer)
		}
		if d := j.ruling(o, v.Pointer, doc); d != nil {
			f.Class, f.Defect = loginwatch.Tolerated, d.ID
			f.Contract, f.Document, f.Quote = d.Pos.FileLine(), d.Cite.Document, d.Cite.Quote()
		}
		j.add(f)
	}
	j.integers(o, doc)
	j.announced(o, doc)
	j.inspectToken(o, doc)
	j.extras(o, doc)
	return nil
}

// inspectToken reads the token of the outcome that carries it.
func (j *judge) inspectToken(o *loginwatch.Outcome, doc any) {
	t := j.op.Token
	if t == nil || t.Outcome != o {
		return
	}
	findings, facts := token.Check(token.Input{
		Token:    t,
		Lookup:   func(at loginwatch.Place) (any, bool) { return j.lookup(o, doc, at) },
		Cookie:   j.answer.Cookie,
		Now:      j.x.Finished,
		Server:   j.server,
		Previous: j.PreviousToken,
		Key:      j.Key,
		Keys:     j.Keys,
		Values:   j.Claims,
		Sent:     j.sent(),
	})
	if t.At == loginwatch.PlaceText && facts.Present && j.noTokenAlone() {
		findings, facts = []loginwatch.Finding{{
			Class: loginwatch.Breaking, Kind: loginwatch.KindTokenMissing, Pointer: t.At.String(), Documented: "a token and nothing else", Got: j.describe(),
			Contract: t.Pos.FileLine(), Document: t.Cite.Document, Quote: t.Cite.Quote(),
		}}, loginwatch.TokenFacts{Documented: facts.Documented}
	}
	for _, f := range findings {
		if f.Kind == loginwatch.KindTokenMissing {
			j.out.Sign = loginwatch.SignNoToken
		}
		j.add(f)
	}
	j.out.Token = facts
}

// noTokenAlone tells whether a body whose whole text should be a token is a page,
// XML or an object of JSON: what answers in those says something else.
func (j *judge) noTokenAlone() bool {
	text := bytes.TrimSpace(j.answer.Body)
	return j.answer.Shape == wire.Structured && j.answer.Refusal == nil || bytes.HasPrefix(text, []byte("<")) && bytes.HasSuffix(text, []byte(">"))
}

// sent tells of the names whose values the request said.
func (j *judge) sent() func(name string) bool {
	var names []string
	return func(name string) bool {
		if names == nil {
			names = j.Contract.Closure(j.Case.Request().Names(true))
		}
		return slices.Contains(names, name)
	}
}

// announced reads the keys of the answer, where it is the one that announces those
// by which a token of the contract is verified.
func (j *judge) announced(o *loginwatch.Outcome, doc any) {
	if o.Means != loginwatch.OK {
		return
	}
	for _, op := range j.Contract.Operations {
		if t := op.Token; t == nil || t.Keys == nil || t.Keys.From != j.Case {
			continue
		}
		keys, findings := token.Announced(op.Token, doc)
		j.out.Keys = keys
		for _, f := range findings {
			j.add(f)
		}
		return
	}
}

// extras reports what the document does not mention.
func (j *judge) extras(o *loginwatch.Outcome, doc any) {
	extra := o.Schema.Extra(doc)
	if len(extra) == 0 {
		return
	}
	j.noteSecrets(secretValues(o.Schema, doc))
	for _, pointer := range extra {
		if len(j.out.Findings) >= findingLimit {
			break
		}
		v, _ := tree.Lookup(doc, pointer)
		j.add(loginwatch.Finding{
			Class: loginwatch.Additive, Kind: loginwatch.KindExtra, Pointer: j.foreignPointer(pointer),
			Documented: "nothing", Got: tree.TypeOf(v), Contract: o.Pos.FileLine(), Document: o.Cite.Document, Quote: o.Cite.Quote(),
		})
	}
}

// fieldFinding is about one field of an outcome's body.
func (j *judge) fieldFinding(o *loginwatch.Outcome, kind loginwatch.Kind, pointer, documented, got string) loginwatch.Finding {
	f := loginwatch.Finding{
		Class: loginwatch.Breaking, Kind: kind, Pointer: pointer, Documented: documented, Got: got,
		Contract: o.Pos.FileLine(), Document: o.Cite.Document, Quote: o.Cite.Quote(),
	}
	if o.Schema == nil || !loginwatch.Place(pointer).InDocument() {
		return f
	}
	if field, ok := o.Schema.At(pointer); ok {
		f.Schema = field.Pos.FileLine()
		if q := field.Cite.Quote(); q != "" {
			f.Document, f.Quote = field.Cite.Document, q
		}
	}
	return f
}

// rulings gives the defects whose ruling tolerates something of the outcome.
func (j *judge) rulings(o *loginwatch.Outcome, yield func(*loginwatch.Defect, loginwatch.Statement) bool) {
	for _, d := range j.Contract.Defects {
		if d.Tolerate == nil {
			continue
		}
		for _, at := range d.At {
			if at.Operation == j.op.ID && (at.Outcome == o.ID || at.Outcome == "*") && !yield(d, at) {
				return
			}
		}
	}
}

// ruling finds the defect that tolerates what stands at the pointer.
func (j *judge) ruling(o *loginwatch.Outcome, pointer string, doc any) (found *loginwatch.Defect) {
	j.rulings(o, func(d *loginwatch.Defect, at loginwatch.Statement) bool {
		if at.At.String() != pointer || d.Tolerate.Schema == nil {
			return true
		}
		v, ok := tree.Lookup(doc, pointer)
		if !ok {
			return true
		}
		if violations, err := d.Tolerate.Schema.Validate(v); err == nil && len(violations) == 0 {
			found = d
		}
		return found == nil
	})
	return found
}

// statusRuling finds the defect that lets the outcome come with this status.
func (j *judge) statusRuling(o *loginwatch.Outcome) (found *loginwatch.Defect) {
	j.rulings(o, func(d *loginwatch.Defect, _ loginwatch.Statement) bool {
		if slices.Contains(d.Tolerate.Statuses, j.x.Status) {
			found = d
		}
		return found == nil
	})
	return found
}

// relocated gives the body with every field that a ruling lets stand elsewhere
// back at its documented place, so that the schema and the token check see one form.
func (j *judge) relocated(o *loginwatch.Outcome) any {
	return j.relocate(o, func(*loginwatch.Defect, loginwatch.Place) {})
}

// relocate does what relocated does and tells of each field that it moved.
func (j *judge) relocate(o *loginwatch.Outcome, moved func(*loginwatch.Defect, loginwatch.Place)) any {
	doc := j.doc
	j.rulings(o, func(d *loginwatch.Defect, at loginwatch.Statement) bool {
		if d.Tolerate.MovedTo == "" {
			return true
		}
		if !at.At.InDocument() {
			return true // the headers and cookies tell of it
		}
		v, there := j.besideOrIn(doc, d.Tolerate.MovedTo)
		if _, here := wire.Lookup(doc, at.At); here || !there {
			return true
		}
		to, ok := tree.SplitPointer(at.At.String())
		if !ok {
			return true
		}
		edited, ok := edit(doc, to, v, true)
		if from, inside := tree.SplitPointer(d.Tolerate.MovedTo.String()); ok && inside {
			edited, ok = edit(edited, from, nil, false)
		}
		if !ok {
			return true
		}
		doc = edited
		moved(d, at.At)
		return true
	})
	return doc
}

// reportMoved reports a field that a ruling lets stand elsewhere.
func (j *judge) reportMoved(o *loginwatch.Outcome, d *loginwatch.Defect, at loginwatch.Place) {
	f := j.fieldFinding(o, loginwatch.KindMissing, at.String(), "here", "at "+d.Tolerate.MovedTo.String())
	f.Class, f.Defect = loginwatch.Tolerated, d.ID
	f.Contract, f.Document, f.Quote = d.Pos.FileLine(), d.Cite.Document, d.Cite.Quote()
	j.add(f)
}

// edit sets or removes a member of nested objects and copies only the way there.
func edit(doc any, path []string, value any, set bool) (any, bool) {
	object, ok := doc.(map[string]any)
	if !ok || len(path) == 0 {
		return nil, false
	}
	object = maps.Clone(object)
	if len(path) > 1 {
		inner, ok := edit(object[path[0]], path[1:], value, set)
		if !ok {
			return nil, false
		}
		object[path[0]] = inner
		return object, true
	}
	if set {
		object[path[0]] = value
	} else {
		delete(object, path[0])
	}
	return object, true
}

// secretValues gives the text of all fields that the schema marks as secret.
func secretValues(s loginwatch.Schema, doc any) []string {
	var values []string
	for _, at := range s.SecretFields() {
		if v, ok := wire.Lookup(doc, at); ok {
			if text, ok := v.(string); ok && text != "" {
				values = append(values, text)
			}
		}
	}
	return values
}

// named tells whether every member that the pointer names stands in the schema's
// own text; another one is the vendor's.
func named(s *loginwatch.SchemaRef, pointer string) bool {
	tokens, _ := tree.SplitPointer(pointer)
	for _, t := range tokens {
		if _, err := strconv.ParseUint(t, 10, 16); err != nil && !bytes.Contains(s.JSON, []byte(strconv.Quote(t))) {
			return false
		}
	}
	return true
}

// noteSecrets adds what the answer itself holds to the secrets of the run.
func (j *judge) noteSecrets(more []string) {
	if j.redactor == nil || len(more) > 0 {
		r := loginwatch.NewRedactor(append(slices.Clone(j.x.Secrets), more...))
		j.redactor = &r
	}
}

// longestPointer is far above any that somebody would read.
const longestPointer = 4 << 10

// foreignPointer makes a pointer of undocumented keys fit to be shown.
func (j *judge) foreignPointer(pointer string) string {
	if pointer == "" {
		return ""
	}
	if j.redactor == nil {
		j.noteSecrets(nil)
	}
	if len(pointer) > longestPointer {
		return "(withheld)"
	}
	tokens, _ := tree.SplitPointer(pointer)
	shown := ""
	for _, t := range tokens {
		shown = tree.JoinPointer(shown, j.redactor.Foreign(t))
	}
	if j.redactor.Holds(pointer) {
		return "(withheld)"
	}
	return shown
}
