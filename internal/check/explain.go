package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
	"github.com/loginwatch/loginwatch/internal/wire"
)

func (j *judge) statusFinding(got string) loginwatch.Finding {
	return j.finding(loginwatch.KindStatus, dueStatuses(j.Case.Expect), got)
}

// finding is about the answer as a whole; it points to the first outcome that
// was due, or to the case when nothing is promised.
func (j *judge) finding(kind loginwatch.Kind, documented, got string) loginwatch.Finding {
	f := loginwatch.Finding{
		Class: loginwatch.Breaking, Kind: kind, Documented: documented, Got: got,
		Contract: j.Case.Pos.FileLine(), Document: j.Case.Cite.Document, Quote: j.Case.Cite.Quote(),
	}
	if len(j.Case.Expect) > 0 {
		f.Contract, f.Document, f.Quote = j.Case.Expect[0].Pos.FileLine(), j.Case.Expect[0].Cite.Document, j.Case.Expect[0].Cite.Quote()
	}
	return f
}

func dueStatuses(outcomes []*loginwatch.Outcome) string {
	var parts []string
	for _, o := range outcomes {
		for _, s := range o.Statuses {
			parts = append(parts, fmt.Sprintf("%d (%s)", s, o.ID))
		}
	}
	if len(parts) == 0 {
		return "any answer but a success"
	}
	return strings.Join(parts, " or ")
}

func outcomeIDs(outcomes []*loginwatch.Outcome) string {
	ids := make([]string, len(outcomes))
	for i, o := range outcomes {
		ids[i] = o.ID
	}
	return strings.Join(ids, " or ")
}

// explain finds the documented outcome that the answer comes closest to and
// says what is different, so that the message names the place and not merely
// the failure. The reason is that of the first difference.
func (j *judge) explain() (loginwatch.Reason, error) {
	before := len(j.out.Findings)
	if !j.statusDue() {
		j.add(j.statusFinding(j.statusWords()))
	}
	if j.shape != nil {
		for _, f := range j.discriminatorFindings(j.shape) {
			j.add(f)
		}
		if len(j.shape.shared) > 0 {
			f := j.finding(loginwatch.KindValue, "the outcome "+outcomeIDs(j.Case.Expect), "the shape of "+strings.Join(j.shape.shared, " or "))
			j.add(f)
		}
	} else if err := j.explainNearest(); err != nil {
		return "", err
	}
	if len(j.out.Findings) == before {
		j.add(j.statusFinding(fmt.Sprintf("%d, %s", j.x.Status, j.describe())))
	}
	first := j.out.Findings[before]
	if first.Kind == loginwatch.KindValue && j.Case.SuccessDue() && (j.shape != nil || j.discriminates(first.Pointer)) {
		return loginwatch.ReasonApplication, nil
	}
	return reasonOf(first.Kind), nil
}

func (j *judge) explainNearest() error {
	near, err := j.nearest()
	if err != nil || !slices.Contains(near.Statuses, j.x.Status) {
		return err
	}
	if near.Means == loginwatch.OK && !expected(j.Case, near) {
		return nil // what it lacks of a success that nobody awaits says nothing
	}
	return j.differences(near)
}

// statusWords is a status that was not due, with what came where it was no JSON.
// One that the document has for another outcome is not called undocumented.
func (j *judge) statusWords() string {
	words := strconv.Itoa(j.x.Status)
	var ids []string
	for _, o := range j.op.Outcomes {
		if slices.Contains(o.Statuses, j.x.Status) && !expected(j.Case, o) {
			ids = append(ids, o.ID)
		}
	}
	tell := j.answer.Refusal != nil || !j.Case.SuccessDue()
	switch o := j.calledOtherwise(); {
	case o != nil:
		words += ", " + o.ID + " as documented, but as " + shown(j.answer.MediaType) + " and not " + typesOf(o)
	case len(ids) > 0 && tell:
		words += ", documented for " + strings.Join(ids, " and ") + " but not with " + j.describe()
	case len(ids) > 0:
		words += ", documented for " + strings.Join(ids, " and ") + " but not with this body"
	case tell:
		words += ", " + j.describe()
	}
	return words
}

// calledOtherwise gives the documented outcome of this status that the body is,
// where nothing but its media type differs; nil when there is none.
func (j *judge) calledOtherwise() *loginwatch.Outcome {
	object, _ := j.answer.Doc.(map[string]any)
	for _, o := range j.op.Outcomes {
		if slices.Contains(o.Statuses, j.x.Status) && !expected(j.Case, o) && o.Structured() && !j.contentTypeFits(o) && namesAny(o.Schema, object) {
			if s := j.measure(o); s != nil && s.exact() {
				return o
			}
		}
	}
	return nil
}

// discriminates tells whether outcomes of the operation are told apart by the
// field.
func (j *judge) discriminates(pointer string) bool {
	return slices.ContainsFunc(j.op.Outcomes, func(o *loginwatch.Outcome) bool {
		return slices.ContainsFunc(o.Where, func(w loginwatch.Field) bool { return w.At.String() == pointer })
	})
}

// differences says how the answer differs from an outcome of the same status. A
// body that is no JSON is the first thing to say where JSON is due: a header
// that calls it by its name is right.
func (j *judge) differences(o *loginwatch.Outcome) error {
	if !o.Structured() {
		j.differsInBody(o)
		j.differsInWhere(o)
		j.around(o)
		return nil
	}
	unread := !j.readAs(o)
	if unread {
		j.add(j.refusalFinding(o))
	}
	if !j.contentTypeFits(o) && len(j.answer.Body) > 0 {
		j.add(j.contentTypeFinding(o))
	}
	if unread {
		return nil
	}
	known := j.differsInWhere(o)
	j.around(o)
	return j.inspectBody(o, known)
}

// differsInBody says how a body without fields differs from an outcome's.
func (j *judge) differsInBody(o *loginwatch.Outcome) {
	var f loginwatch.Finding
	switch {
	case !j.contentTypeFits(o):
		f = j.contentTypeFinding(o)
	case o.Body == loginwatch.BodyNone && j.answer.Shape != wire.Empty:
		f = j.finding(loginwatch.KindValue, "no body", j.describe())
	case o.Body == loginwatch.BodyText && !j.fits(o) && len(j.whereMisses(o, nil)) == 0:
		f = j.finding(loginwatch.KindValue, "a body that contains "+strconv.Quote(o.Contains), j.describe())
	default:
		return
	}
	f.Contract, f.Document, f.Quote = o.Pos.FileLine(), o.Cite.Document, o.Cite.Quote()
	j.add(f)
}

// differsInWhere says which discriminators have another value, and gives their
// pointers. What is missing, or of another type, is for the schema to say, or for
// the headers and cookies.
func (j *judge) differsInWhere(o *loginwatch.Outcome) map[string]bool {
	known := map[string]bool{}
	for _, w := range j.whereMisses(o, j.answer.Doc) {
		pointer := w.At.String()
		if v, found := j.lookup(o, j.answer.Doc, w.At); found && !j.wrongType(o, pointer, v) {
			known[pointer] = true
			j.add(j.fieldFinding(o, loginwatch.KindValue, pointer, j.documentedCodes(o, pointer), j.told(pointer, v)))
		}
	}
	return known
}

func (j *judge) contentTypeFinding(o *loginwatch.Outcome) loginwatch.Finding {
	f := j.finding(loginwatch.KindContentType, typesOf(o), shown(j.answer.MediaType))
	f.Contract, f.Document, f.Quote = o.Pos.FileLine(), o.Cite.Document, o.Cite.Quote()
	return f
}

// wrongType tells whether the schema will report the discriminator's type,
// which then says more than its value.
func (j *judge) wrongType(o *loginwatch.Outcome, pointer string, v any) bool {
	if o.Schema == nil || !loginwatch.Place(pointer).InDocument() {
		return false
	}
	field, ok := o.Schema.At(pointer)
	return ok && !ofType(field.Type, tree.TypeOf(v)) && j.ruling(o, pointer, j.answer.Doc) == nil
}

// ofType tells whether a value of one JSON type is of one of the documented
// types, which are joined with "|".
func ofType(documented, got string) bool {
	types := strings.Split(documented, "|")
	return slices.Contains(types, got) || got == "integer" && slices.Contains(types, "number")
}

// nearest picks the outcome with the fewest and smallest differences; one that
// is due wins a draw, and under its own status a body without a field of the others. Weights: a
// status says more than a content type or one discriminator, and those more than single
// fields.
func (j *judge) nearest() (*loginwatch.Outcome, error) {
	candidates := append(slices.Clone(j.Case.Expect), j.op.Outcomes...)
	if j.statusDue() {
		candidates = slices.DeleteFunc(candidates, func(o *loginwatch.Outcome) bool { return !slices.Contains(o.Statuses, j.x.Status) })
	}
	best, least := (*loginwatch.Outcome)(nil), 0
	object, _ := j.answer.Doc.(map[string]any)
	for _, o := range candidates {
		if j.statusDue() && best != nil && !expected(j.Case, o) && o.Structured() && j.readAs(o) && !namesAny(o.Schema, object) {
			continue
		}
		cost := 0
		if !expected(j.Case, o) {
			cost++
		}
		if !slices.Contains(o.Statuses, j.x.Status) {
			cost += 6
		}
		if !j.contentTypeFits(o) {
			cost += 4
		}
		switch {
		case !o.Structured():
			cost += 4 * len(j.whereMisses(o, nil))
		case !j.readAs(o):
			cost += 8
		default:
			c, err := j.bodyCost(o)
			if err != nil {
				return nil, err
			}
			cost += c
		}
		if best == nil || cost < least {
			best, least = o, cost
		}
	}
	return best, nil
}

// largeBody is far above any login's answer. Of a larger one only the outcome
// that its discriminator names is worth the time to validate.
const largeBody = 16 << 10

// bodyCost weighs how far the body is from an outcome's.
func (j *judge) bodyCost(o *loginwatch.Outcome) (int, error) {
	misses := len(j.whereMisses(o, j.answer.Doc))
	if misses > 0 && len(j.answer.Body) > largeBody {
		return 4*misses + 8, nil
	}
	violations, err := o.Schema.Validate(j.answer.Doc)
	return 4*misses + 2*min(len(violations), 4), err
}
