package drift

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/persist"
)

// Kind says what sort of change a part is. The list is closed.
type Kind string

// The kinds.
const (
	Added    Kind = "added"
	Dropped  Kind = "dropped"
	Renamed  Kind = "renamed"
	Retyped  Kind = "retyped"
	Reformed Kind = "form"     // another form of the same type
	Lifetime Kind = "lifetime" // of tokens
	Answered Kind = "answer"   // another outcome or status
	Issued   Kind = "issuer"   // of the certificate
)

// Part is what has changed at one place.
type Part struct {
	Kind  Kind            `json:"kind"`
	Place string          `json:"place"` // "/a/b" in a body, "header:NAME", "cookie:NAME", "cookie:NAME;ATTRIBUTE", "body", "token", "answer" or "tls"
	From  string          `json:"from"`
	To    string          `json:"to"` // of a renamed one its new place
	More  persist.Members `json:",embed"`
}

// Cited is where the contract says what a change breaks or varies.
type Cited struct {
	Documented string          `json:"documented,omitempty"`
	Contract   string          `json:"contract,omitempty"` // FILE:LINE
	Schema     string          `json:"schema,omitempty"`   // FILE:LINE
	Document   string          `json:"document,omitempty"`
	Quote      string          `json:"quote,omitempty"`
	More       persist.Members `json:",embed"`
}

func citedOf(f *loginwatch.Finding) *Cited {
	return &Cited{Documented: short(f.Documented), Contract: short(f.Contract), Schema: short(f.Schema), Document: short(f.Document), Quote: short(f.Quote)}
}

// Change is one change of a vendor's, with all its parts and wherever it shows.
type Change struct {
	ID      string           `json:"id"`
	Class   loginwatch.Class `json:"class"`
	Parts   []Part           `json:"parts"`
	At      []string         `json:"at"` // operation/case/outcome
	First   time.Time        `json:"first"`
	Last    time.Time        `json:"last"` // that an answer showed it
	Looked  time.Time        `json:"looked"`
	Answers int              `json:"answers"`
	Run     string           `json:"run"` // the first that showed it
	Cited   *Cited           `json:"cited,omitempty"`
	// What the operator said.
	Until    time.Time `json:"until,omitzero"` // acknowledged until then
	Note     string    `json:"note,omitempty"`
	Accepted time.Time `json:"accepted,omitzero"`

	More persist.Members `json:",embed"`
}

// over is how long answers have to be as before for a change to be gone.
const over = 7 * 24 * time.Hour

// Standing says how a change stands. The list is closed.
type Standing string

// The standings. Only an open one wants to be looked at.
const (
	Open         Standing = "open"
	Acknowledged Standing = "acknowledged"
	Gone         Standing = "gone" // for a week answers were as before
	Accepted     Standing = "accepted"
)

// Standing gives how the change stands.
func (c *Change) Standing(now time.Time) Standing {
	switch {
	case !c.Accepted.IsZero():
		return Accepted
	case c.Looked.Sub(c.Last) >= over:
		return Gone
	case now.Before(c.Until):
		return Acknowledged
	}
	return Open
}

const (
	mostAt    = 30 // places of a change that are kept
	sameTime  = 14 * 24 * time.Hour
	mostParts = 50
)

// tell makes a change of what is new in a shape, together with all else that began with
// the same answer, or finds the change that it is a part of.
func (s *State) tell(o *Observation, name string, sh *shape, news []event, l *Learned) {
	slices.SortFunc(news, func(a, b event) int { return strings.Compare(a.place+a.to, b.place+b.to) })
	for len(news) > 0 {
		first := news[0]
		together := sh.since(first, news)
		news = slices.DeleteFunc(news, func(e event) bool {
			return slices.ContainsFunc(together, func(t event) bool { return t.place == e.place && t.to == e.to })
		})
		c := &Change{
			At: []string{name}, First: time.Unix(first.spell.At, 0).UTC(), Last: o.At.UTC(), Looked: o.At.UTC(), Answers: first.spell.N,
			Run: first.spell.Run, Class: loginwatch.Additive,
		}
		for _, e := range together {
			c.count(e)
		}
		c.Parts = sh.parts(together)
		if s.join(c) {
			continue
		}
		s.Changes = append(s.Changes, c)
		s.forget(o.At, mostChanges)
		c.ID = c.identify()
		l.Told = append(l.Told, c)
	}
}

// since gives what began with the same answer as an event, and makes it known.
func (sh *shape) since(first event, news []event) (together []event) {
	for place, n := range sh.Places {
		for _, v := range n.Values {
			if p := v.Spell; !v.Known && p != nil && p.Begin == first.spell.Begin && p.N*2 >= first.spell.N {
				together = append(together, event{place, n.usual(v.Name), v.Name, *p})
			}
		}
	}
	for _, e := range news {
		if e.spell.Begin == first.spell.Begin && !slices.ContainsFunc(together, func(t event) bool { return t.place == e.place && t.to == e.to }) {
			together = append(together, e)
		}
	}
	slices.SortFunc(together, func(a, b event) int { return strings.Compare(a.place+a.to, b.place+b.to) })
	for i := range together {
		e := &together[i]
		n := sh.Places[e.place]
		if n.Worst = max(n.Worst, n.Miss); e.place == placeLifetime || e.place == placeFull {
			e.from, e.to = sh.knowLifetime(*e)
			e.place = placeLifetime
		}
		if v := n.Values.of(e.to); v != nil && v.Spell != nil {
			v.N, v.Known, v.Spell = v.N+v.Spell.N, true, nil
		}
	}
	return together
}

// count adds the class of an event, the worst of all, and what it cites.
func (c *Change) count(e event) {
	class := e.spell.Class
	switch adds := e.from == absent; {
	case class == "" && adds:
		class = loginwatch.Additive
	case class == "", class == loginwatch.Additive && !adds: // of what no document has, and was there before
		class = loginwatch.Tolerated
	}
	if rank(class) < rank(c.Class) || class == c.Class && c.Cited == nil {
		c.Class, c.Cited = class, e.spell.Cited
	}
}

// parts gives what has changed, without what stands in something else that has.
func (sh *shape) parts(together []event) (parts []Part) {
	changed := map[string]bool{}
	for _, e := range together {
		changed[e.place] = true
	}
	var added []event
	for _, e := range together {
		if e.from == absent && !inside(e.place, changed) {
			added = append(added, e)
		}
	}
	for _, e := range together {
		if inside(e.place, changed) || e.from == absent || len(parts) >= mostParts {
			continue
		}
		p := partOf(e)
		if i := slices.IndexFunc(added, func(a event) bool { return sh.renames(e, a) }); i >= 0 {
			p = Part{Kind: Renamed, Place: shown(e.place), From: shown(e.place), To: shown(added[i].place)}
			added = slices.Delete(added, i, i+1)
		}
		parts = append(parts, p)
	}
	for _, e := range added {
		if len(parts) < mostParts {
			parts = append(parts, partOf(e))
		}
	}
	return parts
}

// inside tells whether a place is in another one of those.
func inside(place string, of map[string]bool) bool {
	for p := parentOf(place); p != ""; p = parentOf(p) {
		if of[p] {
			return true
		}
	}
	return false
}

// renames tells whether what came is what went, under another name: the same type and
// form, in the same place.
func (sh *shape) renames(went, came event) bool {
	kind := func(place string) string { k, _, _ := strings.Cut(place, ":"); return k }
	if went.to != absent || went.from != came.to || parentOf(went.place) != parentOf(came.place) || kind(went.place) != kind(came.place) {
		return false
	}
	a, b := sh.Places[went.place+formatOf], sh.Places[came.place+formatOf]
	return a == nil || b == nil || a.usual("") == b.usual("")
}

// shown is a place as people know it.
func shown(place string) string {
	place, _ = strings.CutSuffix(place, formatOf)
	switch place {
	case body:
		return "body"
	case placeLifetime, placeFull:
		return "token"
	case placeIssuer:
		return "tls"
	}
	return strings.TrimPrefix(place, body)
}

func partOf(e event) Part {
	p := Part{Kind: Retyped, Place: shown(e.place), From: e.from, To: e.to}
	switch {
	case e.place == placeAnswer:
		p.Kind = Answered
	case e.place == placeIssuer:
		p.Kind = Issued
	case e.place == placeLifetime:
		p.Kind = Lifetime
	case strings.HasSuffix(e.place, formatOf):
		p.Kind = Reformed
	case e.to == absent:
		p.Kind = Dropped
	case e.from == absent:
		p.Kind = Added
	}
	return p
}

func (c *Change) identify() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{c.At[0], c.Run, c.Parts[0].Place, c.Parts[0].From, c.Parts[0].To, c.First.String()}, "\x00")))
	return hex.EncodeToString(sum[:4])
}

// forget drops the changes that matter least, where there are too many.
func (s *State) forget(now time.Time, most int) {
	for len(s.Changes) > most {
		least := 0
		weight := func(c *Change) int {
			return slices.Index([]Standing{Accepted, Gone, Acknowledged, Open}, c.Standing(now))
		}
		for i, c := range s.Changes {
			if weight(c) < weight(s.Changes[least]) {
				least = i
			}
		}
		s.Changes = slices.Delete(s.Changes, least, least+1)
	}
}
