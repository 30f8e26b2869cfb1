package curl

import (
	"regexp"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
)

// web is what a text for PowerShell sets up, by the names of variables in small letters.
type web struct {
	sessions map[string]*session
	tables   map[string]*table
	answers  map[string]int // of which exchange, by its number, a variable is the decoded answer
	kept     []keptOf       // what the line that is read keeps of such answers
}

func newWeb() *web {
	return &web{sessions: map[string]*session{}, tables: map[string]*table{}, answers: map[string]int{}}
}

type session struct {
	agent   *word
	cookies []loginwatch.Template
}

var (
	psSession = regexp.MustCompile(`(?i)^\$(\w+)[ \t]*=[ \t]*(?:New-Object[ \t]+(?:-TypeName[ \t]+)?Microsoft\.PowerShell\.Commands\.WebRequestSession|\[Microsoft\.PowerShell\.Commands\.WebRequestSession\]::new\(\))`)
	psAgent   = regexp.MustCompile(`(?i)^\$(\w+)\.UserAgent[ \t]*=[ \t]*`)
	psCookie  = regexp.MustCompile(`(?i)^\$(\w+)\.Cookies\.Add\(\(New-Object[ \t]+System\.Net\.Cookie\(`)
	psTableIs = regexp.MustCompile(`(?i)^\$(\w+)[ \t]*=[ \t]*(?:\[(?:ordered|hashtable)\][ \t]*)?@\{`)
	// As Postman writes it for headers.
	psTableNew = regexp.MustCompile(`(?i)^\$(\w+)[ \t]*=[ \t]*New-Object[ \t]+["']?System\.Collections\.Generic\.Dictionary\[\[String\],[ ]*\[String\]\]["']?`)
	psTableAdd = regexp.MustCompile(`(?i)^\$(\w+)\.Add\([ \t]*`)
	psTableAt  = regexp.MustCompile(`^\$(\w+)\[[ \t]*`)
)

// psSetsUp tells whether such a statement stands here.
func psSetsUp(s *scanner) bool {
	rest := s.text[s.at:]
	for _, p := range []*regexp.Regexp{psSession, psAgent, psTableIs, psTableNew, psCookie} {
		if p.MatchString(rest) {
			return true
		}
	}
	for _, p := range []*regexp.Regexp{psTableAdd, psTableAt} {
		if found := p.FindStringSubmatch(rest); found != nil && s.web.tables[strings.ToLower(found[1])] != nil {
			return true
		}
	}
	return false
}

// psSets reads a statement that sets up a session or a table.
func (s *scanner) psSets() error {
	if found := s.matches(psSession); found != nil {
		s.web.sessions[strings.ToLower(found[1])] = &session{}
		return nil
	}
	if found := s.matches(psAgent); found != nil {
		w, err := s.psWord()
		s.session(found[1]).agent = &w
		return err
	}
	if found := s.matches(psTableIs); found != nil {
		t, err := s.psTable(0)
		if err != nil {
			return err
		}
		t.json = s.matches(psToJSON) != nil
		s.web.tables[strings.ToLower(found[1])] = t
		return nil
	}
	if found := s.matches(psTableNew); found != nil {
		s.web.tables[strings.ToLower(found[1])] = &table{}
		return nil
	}
	if found := s.matches(psTableAdd); found != nil {
		return s.psEntry(found[1], psComma, ")")
	}
	if found := s.matches(psTableAt); found != nil {
		return s.psEntry(found[1], psIndexed, "")
	}
	return s.psCookie()
}

// psCookie reads a statement that adds a cookie to a session.
func (s *scanner) psCookie() error {
	found := s.matches(psCookie)
	var parts []loginwatch.Template
	for {
		b := builder{}
		s.matches(psBlank)
		if quoted, err := s.psQuoted(&b); err != nil || !quoted {
			return orFailed(err, s.line)
		}
		parts = append(parts, b.done())
		if s.matches(psBlank); !s.takes(",") {
			break
		}
	}
	if len(parts) < 2 || !s.takes(")))") {
		return orFailed(nil, s.line)
	}
	in := s.session(found[1])
	in.cookies = append(in.cookies, importer.Joined(parts[0], importer.Plain("="), parts[1]))
	return nil
}

func (s *scanner) session(name string) *session {
	name = strings.ToLower(name)
	if s.web.sessions[name] == nil {
		s.web.sessions[name] = &session{}
	}
	return s.web.sessions[name]
}
