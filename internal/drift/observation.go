package drift

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
)

// Observation is one answer as it is learned from.
type Observation struct {
	Operation string
	Case      string
	Outcome   string // "" for one that no document has
	Status    int
	Verdict   loginwatch.Verdict
	Run       string
	At        time.Time
	Traits    []loginwatch.Trait // of the answer

	Page        bool          // HTML where the document has none
	Lifetime    time.Duration // of the token
	HasLifetime bool
	Issuer      string // of the certificate, as it names itself; "" without TLS
	Findings    []loginwatch.Finding
}

// Of gives what can be learned from a run. An answer in the vendor's place, as that of a
// gateway or a bot wall, an outage and what we broke ourselves say nothing of its shapes.
func Of(run *loginwatch.Run) []Observation {
	var all []Observation
	at := run.Started
	for i := range run.Steps {
		s := &run.Steps[i]
		if s.Evidence == nil || s.Evidence.Status == 0 || !tells(s) {
			continue
		}
		o := Observation{
			Operation: s.Operation, Case: s.Case, Outcome: s.Outcome, Status: s.HTTPStatus, Verdict: s.Verdict, Run: run.ID, At: at,
			Traits: s.Evidence.Answer, Findings: s.Findings, Page: s.Sign == loginwatch.SignPage,
		}
		if s.Token.Present && s.Token.HasLifetime {
			o.Lifetime, o.HasLifetime = s.Token.Lifetime, true
		}
		if len(s.Evidence.Certificates) > 0 {
			o.Issuer = organization(s.Evidence.Certificates[0].Issuer)
		}
		all = append(all, o)
	}
	return all
}

// tells tells whether a step's answer is the vendor's own.
func tells(s *loginwatch.StepResult) bool {
	switch s.Verdict {
	case loginwatch.OK, loginwatch.Drift:
	case loginwatch.Rejected, loginwatch.Throttled:
		if s.Outcome == "" {
			return false
		}
	default:
		return false
	}
	switch s.Sign {
	case loginwatch.SignWall, loginwatch.SignBlocked, loginwatch.SignPortal, loginwatch.SignMaintenance:
		return false
	}
	return s.Reason != loginwatch.ReasonBodyTooLarge // it was cut
}

// organization gives who is behind an issuer: a CA signs with one key today and another
// one tomorrow, under names that differ in a number.
func organization(issuer string) string {
	name := issuer
	for part := range strings.SplitSeq(strings.ReplaceAll(issuer, `\,`, "\x00"), ",") {
		key, value, found := strings.Cut(strings.TrimSpace(strings.ReplaceAll(part, "\x00", ",")), "=")
		switch {
		case found && key == "O" && value != "":
			return short(value)
		case found && key == "CN":
			name = strings.TrimRight(value, "0123456789 -.")
		}
	}
	return short(name)
}

// longest is how long a name may be that is kept, in bytes.
const longest = 200

func short(s string) string {
	if len(s) > longest {
		s = s[:longest]
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// noOutcome is what answers are called that no document has.
const noOutcome = "none that is documented"

// answer names which answer came, by its outcome, and its status.
func (o *Observation) answer() string {
	name := o.Outcome
	if name == "" {
		name = noOutcome
	}
	name += ", HTTP " + strconv.Itoa(o.Status)
	switch {
	case o.Page:
		name += ", a page of HTML"
	case o.Outcome == "":
		name += o.fields()
	}
	return name
}

// fields names what stands in a body that no document has: nothing else tells one such
// answer from another.
func (o *Observation) fields() string {
	var names []string
	for _, t := range o.Traits {
		switch name, isField := strings.CutPrefix(t.Place, "/"); {
		case t.Place == "" && t.Type != "object":
			return ", " + strings.TrimSpace(t.Type+" "+formOf(t))
		case isField && !strings.Contains(name, "/") && len(names) < 8 && !slices.Contains(names, name):
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return short(", with " + strings.Join(names, ", "))
}

// shape names the shape that the answer belongs to.
func (o *Observation) shape() string {
	if o.Outcome == "" {
		return o.Operation + "/" + o.Case + "/" + o.answer()
	}
	return o.Operation + "/" + o.Case + "/" + o.Outcome
}

// The places of what is no part of a message.
const (
	placeAnswer   = "answer"
	placeIssuer   = "tls:issuer"
	placeLifetime = "token:lifetime"
	placeFull     = "token:full" // of tokens that live as long as one can, where others are handed out again
)

const formatOf = "#format" // after a place: the form of what stands there

// absent is the value of a place at which nothing stood.
const absent = "nothing"

// sight is what stood at the places of one answer.
type sight struct {
	values map[string][]string // by place
	open   map[string]bool     // the places below which others can stand
}

// look reads what stood where.
func (o *Observation) look() sight {
	s := sight{values: make(map[string][]string, 2*len(o.Traits)), open: map[string]bool{"": true}}
	for _, t := range o.Traits {
		place := bodyPlace(t.Place)
		if len(place) > longest || passing(t.Place) && !o.documents(t.Place) {
			continue
		}
		s.see(place, typeOf(t, o))
		switch {
		case t.Type == "object" && t.Length <= loginwatch.MostFields || t.Type == "array" && t.Length > 0 || strings.HasPrefix(place, "cookie:"):
			s.open[place] = true
		}
		if formed(place) && t.Type == "string" {
			s.open[place] = true
			s.see(place+formatOf, formOf(t))
		}
	}
	return s
}

func (s *sight) see(place, value string) {
	if !slices.Contains(s.values[place], value) {
		s.values[place] = append(s.values[place], value)
	}
}

// body stands before the places in a body, so that the body itself has a name.
const body = "body:"

func bodyPlace(place string) string {
	if place == "" || place[0] == '/' {
		return body + place
	}
	return place
}

// formed tells whether the form of what stands at a place is learned. Headers have all
// sorts of values, and nobody reads most of them.
func formed(place string) bool {
	return strings.HasPrefix(place, body) || place == "header:Content-Type" || strings.HasSuffix(place, ";SameSite")
}

func formOf(t loginwatch.Trait) string {
	if t.Format == "" || strings.Contains(t.Format, "${") {
		return "any text"
	}
	return short(t.Format)
}

// typeOf gives the type of a value. JSON has one type of numbers (RFC 8259, 6), and which
// of them have a fraction is chance, unless the contract says that none has.
func typeOf(t loginwatch.Trait, o *Observation) string {
	switch t.Type {
	case "integer", "number":
		if t.Type == "number" && o.finding(bodyPlace(t.Place), loginwatch.KindType) != nil {
			return "fraction"
		}
		return "number"
	}
	return t.Type
}

// parentOf gives the place in which a place stands, "" for the answer as a whole.
func parentOf(place string) string {
	if at, isForm := strings.CutSuffix(place, formatOf); isForm {
		return at
	}
	if strings.HasPrefix(place, body) {
		return place[:max(strings.LastIndexByte(place, '/'), 0)]
	}
	cookie, _, isAttribute := strings.Cut(place, ";")
	if isAttribute && strings.HasPrefix(place, "cookie:") {
		return cookie
	}
	return ""
}

// documents tells whether a finding is about a place: then the contract speaks of it.
func (o *Observation) documents(place string) bool { return o.finding(place, "") != nil }

// finding gives the worst finding about a place, of a kind if one is given; nil for none.
func (o *Observation) finding(place string, kind loginwatch.Kind) *loginwatch.Finding {
	place, _ = strings.CutSuffix(place, formatOf)
	pointer := strings.TrimPrefix(place, body)
	if cookie, _, isAttribute := strings.Cut(place, ";"); isAttribute {
		pointer = cookie
	}
	var worst *loginwatch.Finding
	for i := range o.Findings {
		f := &o.Findings[i]
		if (kind == "" || f.Kind == kind) && about(f, pointer) && (worst == nil || rank(f.Class) < rank(worst.Class)) {
			worst = f
		}
	}
	return worst
}

func rank(c loginwatch.Class) int { return slices.Index(loginwatch.Classes, c) }

// about tells whether a finding is about what stands at a place, whose "*" is any entry.
func about(f *loginwatch.Finding, place string) bool {
	switch place {
	case placeLifetime, placeFull:
		return f.Kind == loginwatch.KindTokenLifetime
	case placeAnswer:
		return f.Kind == loginwatch.KindStatus || f.Kind == loginwatch.KindContentType || f.Kind == loginwatch.KindNotJSON || f.Kind == loginwatch.KindMalformed
	case placeIssuer:
		return false
	case "header:Content-Type":
		if f.Kind == loginwatch.KindContentType {
			return true
		}
	}
	if strings.HasPrefix(place, "header:") || strings.HasPrefix(place, "cookie:") {
		return strings.EqualFold(f.Pointer, place)
	}
	want, got := strings.Split(place, "/"), strings.Split(f.Pointer, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && want[i] != "*" {
			return false
		}
	}
	return f.Kind != loginwatch.KindStatus && f.Kind != loginwatch.KindContentType
}
