package check

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// match finds the documented outcome that the answer is: by status, content
// type and discriminator, in the contract's order. The defect is the ruling
// that lets the outcome come with this status, if it needed one.
func (j *judge) match() (*loginwatch.Outcome, *loginwatch.Defect) {
	for _, o := range j.op.Outcomes {
		lenient := (*loginwatch.Defect)(nil)
		if !slices.Contains(o.Statuses, j.x.Status) {
			if lenient = j.statusRuling(o); lenient == nil {
				continue
			}
		}
		if j.fits(o) {
			return o, lenient
		}
	}
	return nil, nil
}

// fits tells whether content type and discriminator are the outcome's.
func (j *judge) fits(o *loginwatch.Outcome) bool {
	switch {
	case o.Unspecified:
		return true
	case !j.contentTypeFits(o):
		return false
	case o.Schema == nil:
		return bytes.Contains(bytes.ToLower(j.answer.Body), []byte(strings.ToLower(o.Contains)))
	}
	return j.answer.Refusal == nil && len(whereMisses(o, j.answer.Doc)) == 0
}

func (j *judge) contentTypeFits(o *loginwatch.Outcome) bool {
	if o.Schema != nil && o.ContentType == "application/json" {
		return j.answer.PromisesJSON()
	}
	return j.answer.MediaType == o.ContentType
}

// whereMisses gives the discriminator's fields that the document does not have.
func whereMisses(o *loginwatch.Outcome, doc any) []loginwatch.Field {
	var misses []loginwatch.Field
	for _, w := range o.Where {
		v, found := tree.Lookup(doc, w.At.Pointer())
		// As text, so that 200 and "200" select the same outcome; whether the type is
		// right is for the schema to say.
		if text, scalar := tree.ScalarText(v); !found || !scalar || text != w.Value {
			misses = append(misses, w)
		}
	}
	return misses
}

func expected(k *loginwatch.Case, o *loginwatch.Outcome) bool { return slices.Contains(k.Expect, o) }

// statusDue tells whether the status is one that the case expects.
func (j *judge) statusDue() bool {
	for _, o := range j.Case.Expect {
		if slices.Contains(o.Statuses, j.x.Status) {
			return true
		}
	}
	return false
}

// refusalDocumented tells whether the document describes a refused credential
// for the operation; then only that description counts as one.
func (j *judge) refusalDocumented() bool {
	return slices.ContainsFunc(j.op.Outcomes, func(o *loginwatch.Outcome) bool { return o.Means == loginwatch.Rejected })
}

func (j *judge) statusFinding(got string) loginwatch.Finding {
	return j.finding(loginwatch.KindStatus, dueStatuses(j.Case.Expect), got)
}

// finding is about the answer as a whole; it points to the first outcome that
// was due, or to the case when nothing is promised.
func (j *judge) finding(kind loginwatch.Kind, documented, got string) loginwatch.Finding {
	f := loginwatch.Finding{
		Class: loginwatch.Breaking, Kind: kind, Documented: documented, Got: got,
		Contract: j.Case.Pos.FileLine(), Quote: j.Case.Cite.Quote(),
	}
	if len(j.Case.Expect) > 0 {
		f.Contract, f.Quote = j.Case.Expect[0].Pos.FileLine(), j.Case.Expect[0].Cite.Quote()
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
	near, err := j.nearest()
	if err != nil {
		return "", err
	}
	before := len(j.out.Findings)
	if !j.statusDue() {
		j.add(j.statusFinding(strconv.Itoa(j.x.Status)))
	}
	if slices.Contains(near.Statuses, j.x.Status) {
		if err := j.differences(near); err != nil {
			return "", err
		}
	}
	if len(j.out.Findings) == before {
		j.add(j.statusFinding(fmt.Sprintf("%d, %s", j.x.Status, j.describe())))
	}
	first := j.out.Findings[before]
	if first.Kind == loginwatch.KindValue && j.Case.SuccessDue() && slices.ContainsFunc(near.Where, func(w loginwatch.Field) bool { return w.At.Pointer() == first.Pointer }) {
		return loginwatch.ReasonApplication, nil
	}
	return reasonOf(first.Kind), nil
}

// differences says how the answer differs from an outcome of the same status.
func (j *judge) differences(o *loginwatch.Outcome) error {
	if !j.contentTypeFits(o) {
		f := j.finding(loginwatch.KindContentType, o.ContentType, shown(j.answer.MediaType))
		f.Contract, f.Quote = o.Pos.FileLine(), o.Cite.Quote()
		if len(j.answer.Body) > 0 || o.Schema == nil {
			j.add(f)
		}
	}
	if o.Schema == nil {
		if j.contentTypeFits(o) {
			f := j.finding(loginwatch.KindValue, "a body that contains "+strconv.Quote(o.Contains), j.describe())
			f.Contract, f.Quote = o.Pos.FileLine(), o.Cite.Quote()
			j.add(f)
		}
		return nil
	}
	if j.answer.Refusal != nil {
		j.add(j.refusalFinding(o))
		return nil
	}
	discriminators := map[string]bool{}
	for _, w := range whereMisses(o, j.answer.Doc) {
		if v, found := tree.Lookup(j.answer.Doc, w.At.Pointer()); found && !j.wrongType(o, w.At.Pointer(), v) {
			discriminators[w.At.Pointer()] = true
			j.add(j.fieldFinding(o, loginwatch.KindValue, w.At.Pointer(), j.documentedCodes(o, w.At.Pointer()), "another "+tree.TypeOf(v)))
		}
	}
	return j.inspectBody(o, discriminators)
}

// wrongType tells whether the schema will report the discriminator's type,
// which then says more than its value.
func (j *judge) wrongType(o *loginwatch.Outcome, pointer string, v any) bool {
	field, ok := o.Schema.At(pointer)
	return ok && !ofType(field.Type, tree.TypeOf(v)) && j.ruling(o, pointer, j.answer.Doc) == nil
}

// ofType tells whether a value of one JSON type is of one of the documented
// types, which are joined with "|".
func ofType(documented, got string) bool {
	types := strings.Split(documented, "|")
	return slices.Contains(types, got) || got == "integer" && slices.Contains(types, "number")
}

// documentedCodes lists what the document has at the discriminator of all
// outcomes that may come with this status.
func (j *judge) documentedCodes(near *loginwatch.Outcome, pointer string) string {
	var codes []string
	for _, o := range j.op.Outcomes {
		if !slices.Contains(o.Statuses, j.x.Status) && o != near {
			continue
		}
		for _, w := range o.Where {
			if w.At.Pointer() == pointer && !slices.Contains(codes, w.Value) {
				codes = append(codes, w.Value)
			}
		}
	}
	return strings.Join(codes, " or ")
}

// nearest picks the outcome with the fewest and smallest differences; one that
// is due wins a draw. Weights: a status says more than a content type or one
// discriminator, and those more than single fields.
func (j *judge) nearest() (*loginwatch.Outcome, error) {
	candidates := append(slices.Clone(j.Case.Expect), j.op.Outcomes...)
	if j.statusDue() {
		candidates = slices.DeleteFunc(candidates, func(o *loginwatch.Outcome) bool { return !slices.Contains(o.Statuses, j.x.Status) })
	}
	best, least := (*loginwatch.Outcome)(nil), 0
	for _, o := range candidates {
		cost := 0
		if !expected(j.Case, o) {
			cost++
		}
		if !slices.Contains(o.Statuses, j.x.Status) {
			cost += 6
		}
		if !o.Unspecified && !j.contentTypeFits(o) {
			cost += 4
		}
		if o.Schema != nil {
			if j.answer.Refusal != nil {
				cost += 8
			} else {
				c, err := j.bodyCost(o)
				if err != nil {
					return nil, err
				}
				cost += c
			}
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
	misses := len(whereMisses(o, j.answer.Doc))
	if misses > 0 && len(j.answer.Body) > largeBody {
		return 4*misses + 8, nil
	}
	violations, err := o.Schema.Validate(j.answer.Doc)
	return 4*misses + 2*min(len(violations), 4), err
}
