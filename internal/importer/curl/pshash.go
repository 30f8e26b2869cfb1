package curl

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
)

// table is a hash table of PowerShell, in the order in which it is written.
type table struct {
	entries []member
	json    bool // it goes through ConvertTo-Json
}

// member is a key of a table with its value: a text, what JSON has without quotes, or
// another table.
type member struct {
	key   string
	text  loginwatch.Template
	bare  bool
	table *table
}

// deepestTable is how deep tables stand in each other.
const deepestTable = 16

var (
	psGap     = regexp.MustCompile("^(?:[ \t\n;]|`\n|#[^\n]*\n)+")
	psComma   = regexp.MustCompile(`^[ \t]*,[ \t]*`)
	psIndexed = regexp.MustCompile(`^[ \t]*\][ \t]*=[ \t]*`)
	psEquals  = regexp.MustCompile(`^[ \t]*=[ \t\n]*`)
	psKey     = regexp.MustCompile(`^[\w-]+`)
	psBare    = regexp.MustCompile(`(?i)^(?:-?\d+(?:\.\d+)?|\$true|\$false|\$null)(?:[ \t\n;})])`)
	psToJSON  = regexp.MustCompile(`(?i)^[ \t]*\|[ \t]*ConvertTo-Json(?:[ \t]+-(?:Depth[ \t]+\d+|Compress))*`)
	psOpens   = regexp.MustCompile(`(?i)^(?:\[(?:ordered|hashtable)\][ \t]*)?@\{`)
	psBytes   = regexp.MustCompile(`(?i)^\(\[(?:System\.)?Text\.Encoding\]::UTF8\.GetBytes\([ \t]*`)
	errValues = "a value of a hash table can't be read: a text, a number, a variable or another table can"
)

// psTable reads a table, behind its opening.
func (s *scanner) psTable(depth int) (*table, error) {
	t, line := &table{}, s.line
	if depth > deepestTable {
		return nil, failed(line, "hash tables are nested too deep")
	}
	for {
		s.matches(psGap)
		switch {
		case s.end():
			return nil, failed(line, "a @{ is opened and not closed")
		case s.takes("}"):
			return t, nil
		case len(t.entries) >= mostArguments:
			return nil, failed(line, "a hash table has more than %d entries", mostArguments)
		}
		m, err := s.psMember(depth)
		if err != nil {
			return nil, err
		}
		t.entries = append(t.entries, m)
	}
}

func (s *scanner) psMember(depth int) (m member, err error) {
	b := builder{}
	quoted, err := s.psQuoted(&b)
	if err != nil {
		return m, err
	}
	if key := b.done(); quoted && len(key.Names) == 0 {
		m.key = key.Texts[0]
	} else if found := s.matches(psKey); !quoted && found != nil {
		m.key = found[0]
	} else {
		return m, failed(s.line, "the key of a hash table is no plain text")
	}
	if s.matches(psEquals) == nil {
		return m, failed(s.line, "a key of a hash table has no value")
	}
	err = s.psValue(&m, depth)
	return m, err
}

// psValue reads the value of an entry.
func (s *scanner) psValue(m *member, depth int) error {
	b := builder{}
	quoted, err := s.psQuoted(&b)
	if err != nil {
		return err
	}
	switch bare := psBare.FindString(s.text[s.at:]); {
	case quoted:
		m.text = b.done()
	case s.matches(psOpens) != nil:
		m.table, err = s.psTable(depth + 1)
	case bare != "":
		s.at += len(bare) - 1
		m.text, m.bare = importer.Plain(strings.ToLower(strings.TrimPrefix(bare[:len(bare)-1], "$"))), true
	case s.sees("$") && psNamed.MatchString(s.text[s.at:]):
		var ok bool
		if ok, err = s.psAnswered(&b, psOf); !ok && err == nil {
			err = s.psExpanded(&b)
		}
		m.text = b.done()
	default:
		err = failed(s.line, "%s", errValues)
	}
	return err
}

// psEntry reads what a statement adds to a table, behind its opening: a key, what stands
// between, a value, and an end.
func (s *scanner) psEntry(name string, between *regexp.Regexp, end string) error {
	b := builder{}
	quoted, err := s.psQuoted(&b)
	if err != nil {
		return err
	}
	key, t := b.done(), s.web.tables[strings.ToLower(name)]
	switch {
	case !quoted || len(key.Names) > 0:
		return failed(s.line, "the key of a hash table is no plain text")
	case s.matches(between) == nil:
		return failed(s.line, "a key of a hash table has no value")
	case len(t.entries) >= mostArguments:
		return failed(s.line, "a hash table has more than %d entries", mostArguments)
	}
	m := member{key: key.Texts[0]}
	if err := s.psValue(&m, 0); err != nil {
		return err
	}
	if s.matches(psBlank); !s.takes(end) {
		return orFailed(nil, s.line)
	}
	t.entries = append(slices.DeleteFunc(t.entries, func(other member) bool { return strings.EqualFold(other.key, m.key) }), m)
	return nil
}

// psValued reads what may stand for a value beside a text: a table, and the bytes of a
// text; ok is false when none of them stands here.
func (s *scanner) psValued() (w word, ok bool, err error) {
	w.line = s.line
	in := s.sees("(") && psOpens.MatchString(strings.TrimLeft(s.text[s.at+1:min(len(s.text), s.at+40)], " "))
	switch {
	case in || psOpens.MatchString(s.text[s.at:]):
		if in {
			s.takes("(")
			s.matches(psBlank)
		}
		s.matches(psOpens)
		if w.table, err = s.psTable(0); err != nil {
			return w, true, err
		}
		w.table.json = in && s.matches(psToJSON) != nil
		s.matches(psBlank)
		if in && !s.takes(")") {
			return w, true, failed(s.line, "an expression of PowerShell can't be read: a text or a variable in its place can")
		}
		w.text = importer.Plain("")
		return w, true, nil
	case s.matches(psBytes) != nil:
		b := builder{}
		if quoted, err := s.psQuoted(&b); err != nil || !quoted || !s.takes("))") {
			return w, true, orFailed(err, s.line)
		}
		w.text = b.done()
		return w, true, nil
	}
	return w, false, nil
}

func orFailed(err error, line int) error {
	if err != nil {
		return err
	}
	return failed(line, "an expression of PowerShell can't be read: a text or a variable in its place can")
}

// asJSON writes a table as ConvertTo-Json does, but for the white space.
func (t *table) asJSON() loginwatch.Template {
	all := []loginwatch.Template{importer.Plain("{")}
	for i, m := range t.entries {
		if i > 0 {
			all = append(all, importer.Plain(","))
		}
		all = append(all, importer.Plain(`"`+inJSON(m.key)+`":`))
		switch {
		case m.table != nil:
			all = append(all, m.table.asJSON())
		case m.bare:
			all = append(all, m.text)
		default:
			all = append(all, importer.Plain(`"`), importer.Mapped(m.text, inJSON), importer.Plain(`"`))
		}
	}
	return importer.Joined(append(all, importer.Plain("}"))...)
}

func inJSON(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		return text // of a text it can't fail
	}
	return string(quoted[1 : len(quoted)-1])
}

// fields gives the entries of a table that has no other in it.
func (t *table) fields() ([]importer.Field, bool) {
	var all []importer.Field
	for _, m := range t.entries {
		if m.table != nil {
			return nil, false
		}
		all = append(all, importer.Field{Name: m.key, Value: m.text})
	}
	return all, true
}
