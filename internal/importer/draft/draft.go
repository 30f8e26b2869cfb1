// Package draft makes the files of a pack out of what a description says about calls:
// it finds the login among them, puts placeholders in the place of credentials and
// invented values in the place of whatever answers say of somebody, and writes down
// what it could not know.
//
// Nothing that the description holds as a value of a secret leaves it, neither in a
// file nor in a report. It opens no file, sends nothing and asks nobody.
package draft

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/importer"
)

// Options are what a description does not say.
type Options struct {
	Vendor string
	Source string    // how the person calls the description, such as its file's name; "" for none
	Text   []byte    // the description, when it is the vendor's own, so that its words can be cited; else nil
	Read   time.Time // when it was read
	Calls  []string  // "METHOD /path" of the calls that belong to the login; none: they are found
	// Check gives what is wrong with the files; nil takes them as they are.
	Check func([]File) error
}

// File is one of a pack, by its name below the pack's folder.
type File struct {
	Name string
	Data []byte
}

// Secret is one that whoever uses the pack supplies, or that a step captures.
type Secret struct {
	Name     string
	Captured bool
}

// Replacement says in whose place something else stands now, and never what stood there.
type Replacement struct {
	At   string // the call and the place in it
	With string // ${name}, or words
}

// Draft is what came of a description.
type Draft struct {
	Vendor   string
	Target   string // the address of the API; "" when the description has none
	Files    []File
	Calls    []string // those that became operations, in their order
	Left     []string // the others
	Secrets  []Secret
	Replaced []Replacement
	Remarks  []importer.Remark
}

// ErrNoPack is a fault of this package: whatever was left out, no draft passed its check.
var ErrNoPack = errors.New("no pack that passes vet could be made of this; please report it with the description's shape")

// Make drafts a pack. The error says what is missing and shows no value of the
// description.
func Make(rec *importer.Recording, o Options) (*Draft, error) {
	rec = typed(rec)
	if o.Text == nil {
		rec = pasted(rec)
	} else {
		rec = namesakes(rec)
	}
	chosen, left, err := choose(rec, o.Calls)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(spoken(chosen), few(chosen)); err != nil {
		return nil, err
	}
	var first error
	for f := range fallbacks {
		if f == unstated && !slices.ContainsFunc(chosen, func(c *call) bool { return slices.ContainsFunc(c.exchanges, states) }) {
			continue
		}
		m := newMaker(rec, o, f)
		d, err := m.make(chosen, left)
		if err != nil {
			return nil, err
		}
		if o.Check != nil {
			err = o.Check(d.Files)
		}
		if err == nil {
			return d, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, fmt.Errorf("%w: %w", ErrNoPack, first)
}

// pasted takes an answer that was kept without its status, as curl prints it, for a
// success: who keeps one keeps that, and a remark of the reader says so.
func pasted(rec *importer.Recording) *importer.Recording {
	copied := *rec
	copied.Exchanges = slices.Clone(rec.Exchanges)
	for i, e := range copied.Exchanges {
		answers := slices.Clone(e.Answers)
		for j, a := range answers {
			if a.Status == 0 && len(a.Body) > 0 {
				answers[j].Status = http.StatusOK
				if guard.Check(a.Body, guard.Defaults()) == nil {
					answers[j].ContentType = "application/json"
				}
			}
		}
		copied.Exchanges[i].Answers = answers
	}
	return &copied
}

// typed leaves out what is said to be the type of a body and is none.
func typed(rec *importer.Recording) *importer.Recording {
	copied := *rec
	copied.Exchanges = slices.Clone(rec.Exchanges)
	for i, e := range copied.Exchanges {
		if e.Request.Body != nil {
			body := *e.Request.Body
			body.ContentType = typeOf(body.ContentType)
			copied.Exchanges[i].Request.Body = &body
		}
		answers := slices.Clone(e.Answers)
		for j, a := range answers {
			answers[j].ContentType = typeOf(a.ContentType)
		}
		copied.Exchanges[i].Answers = answers
	}
	return &copied
}

// fallback is how much a draft leaves out of what would not pass together. Foreign
// descriptions contradict themselves, and less that is right helps more than nothing.
type fallback int

const (
	everything fallback = iota
	noLifetime          // what is said of a token's time does not fit its example
	unstated            // what our own exports say of outcomes does not fit together
	inferred            // the description's schemas do not fit its examples
	bodiless            // neither do those that are inferred
	fallbacks           // how many there are
)

// maker is the work on one draft.
type maker struct {
	rec      *importer.Recording
	o        Options
	fallback fallback

	ops       []*operation
	secrets   []*secret
	byRaw     map[string]*secret // by the value in the description
	usedNames map[string]bool
	unsure    bool   // the call that is being written is a login in which no password was recognised
	basic     string // the name of the computed value; "" for none
	basicOf   [2]string
	people    people
	invented  *inventor
	target    string
	draft     *Draft
	cites     citations
}

func newMaker(rec *importer.Recording, o Options, f fallback) *maker {
	m := &maker{rec: rec, o: o, fallback: f, byRaw: map[string]*secret{}, usedNames: map[string]bool{"basic": true}, draft: &Draft{Vendor: o.Vendor}}
	m.invented = newInventor(m)
	m.cites = newCitations(o.Text)
	return m
}

func (m *maker) make(chosen, left []*call) (*Draft, error) {
	m.draft.Remarks = append(m.draft.Remarks, m.rec.Remarks...)
	for _, c := range chosen {
		if m.fallback >= unstated {
			c = foreign(c)
		}
		m.ops = append(m.ops, newOperation(c))
	}
	m.notePeople()
	m.list(left)
	if m.fallback > everything {
		m.remark(m.login().at, "%s", [...]string{"", "the lifetime of the token does not fit its example: left out",
			"what the description says of its outcomes by x-loginwatch members does not fit together: they are told apart by their examples",
			"the description's schemas do not fit its examples: inferred from those instead",
			"the answers are left unspecified: what is said of them does not fit together"}[m.fallback])
	}
	if likeness(m.login().call) < 10 {
		m.remark(m.login().at, "no password, grant_type, Basic credentials or secret of a client was recognised in %s: it is taken for the login because nothing else is more like one", m.login().call)
	}
	m.address()
	m.noteCredentials()
	for i := range m.ops {
		if err := m.request(i); err != nil {
			return nil, err
		}
	}
	m.unlike()
	for i := range m.ops {
		m.answers(i)
	}
	m.unexplained()
	m.identify()
	m.write()
	for _, s := range m.secrets {
		m.draft.Secrets = append(m.draft.Secrets, Secret{s.name, s.captured})
	}
	return m.draft, m.clean()
}

// list says which calls became operations, and which are left.
func (m *maker) list(left []*call) {
	for i, op := range m.ops {
		m.hideNames(op.call, i)
		m.draft.Calls = append(m.draft.Calls, op.call.String())
		if c := op.call; c.more > 0 {
			m.remark(op.at, "%s was called %d times: %d of them are looked at", c, len(c.exchanges)+c.more, len(c.exchanges))
		}
	}
	for _, c := range left {
		m.hideNames(c, len(m.ops))
		shown := c.String()
		if !sameHost(c, m.ops[0].call) {
			shown += ", at another address"
		} else if slices.Contains(m.draft.Calls, shown) {
			shown += ", another call of that path"
		}
		if !slices.Contains(m.draft.Left, shown) {
			m.draft.Left = append(m.draft.Left, shown)
		}
	}
}

func (m *maker) login() *operation {
	for _, op := range m.ops {
		if op.role == loginwatch.RoleSubject {
			return op
		}
	}
	return m.ops[0]
}

func (m *maker) remark(at importer.Place, format string, args ...any) {
	m.draft.Remarks = append(m.draft.Remarks, importer.Remark{At: at, Text: fmt.Sprintf(format, args...)})
}

func (m *maker) replaced(at, with string) {
	r := Replacement{at, with}
	for _, before := range m.draft.Replaced {
		if before == r {
			return
		}
	}
	m.draft.Replaced = append(m.draft.Replaced, r)
}

// count says how many there are of something.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
