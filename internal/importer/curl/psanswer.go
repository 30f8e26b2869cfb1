package curl

import (
	"regexp"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// A variable takes what a command of PowerShell gives: $response = Invoke-RestMethod ….
// Where that is the decoded answer, its members are values that later calls send.

// keptOf is a value of the answer to one exchange, by its number.
type keptOf struct {
	exchange int
	importer.Kept
}

const psMembers = `(?:\.[A-Za-z_]\w*|\.'[^'\n]+'|\."[^"$\n]+"|\[\d{1,6}\])`

var (
	// A bare word behind = is a command, and so is anything behind &.
	psTakes   = regexp.MustCompile(`^\$(?:[A-Za-z]+:)?([A-Za-z_]\w*)[ \t]*=[ \t]*(?:&[ \t]*|[A-Za-z.\\/])`)
	psKeeps   = regexp.MustCompile(`^\$(?:[A-Za-z]+:)?([A-Za-z_]\w*)[ \t]*=[ \t]*\$(\w+)(` + psMembers + `+)`)
	psOf      = regexp.MustCompile(`^\$(\w+)(` + psMembers + `+)`)
	psOfQuote = regexp.MustCompile(`^\$\(\$(\w+)(` + psMembers + `+)\)`) // within double quotes
	psShows   = regexp.MustCompile(`^\$(\w+)` + psMembers + `*`)
	psStep    = regexp.MustCompile(`^(?:\.([A-Za-z_]\w*)|\.'([^'\n]+)'|\."([^"$\n]+)"|\[(\d{1,6})\])`)
)

// psTaken goes past a variable that takes what the command behind it gives.
func (s *scanner) psTaken(c *command) bool {
	found := psTakes.FindStringSubmatch(s.text[s.at:])
	if found == nil {
		return false
	}
	c.answer = strings.ToLower(found[1])
	taken := found[0]
	if last := taken[len(taken)-1]; last != '&' && last != ' ' && last != '\t' {
		taken = taken[:len(taken)-1] // of the command
	}
	s.at += len(taken)
	return true
}

// psShown goes past a statement that shows an answer, or a part of it.
func (s *scanner) psShown() bool {
	found := psShows.FindStringSubmatch(s.text[s.at:])
	if found == nil {
		return false
	}
	if _, known := s.web.answers[strings.ToLower(found[1])]; !known {
		return false
	}
	s.at += len(found[0])
	return true
}

// psKept reads the assignment of a value of an answer, and of nothing else.
func (s *scanner) psKept() (ok bool, err error) {
	found := psKeeps.FindStringSubmatch(s.text[s.at:])
	if found == nil {
		return false, nil
	}
	behind := strings.TrimLeft(s.text[s.at+len(found[0]):], " \t")
	if behind != "" && strings.IndexByte("\n;#", behind[0]) < 0 {
		return false, nil
	}
	ok, err = s.keepsOf(found[2], found[3], found[1])
	if ok {
		s.at += len(found[0])
	}
	return ok, err
}

// psAnswered reads a value of an answer where a text is due, which becomes a variable.
func (s *scanner) psAnswered(b *builder, pattern *regexp.Regexp) (ok bool, err error) {
	found := pattern.FindStringSubmatch(s.text[s.at:])
	if found == nil {
		return false, nil
	}
	foreign := found[1] + found[2]
	if ok, err = s.keepsOf(found[1], found[2], foreign); !ok || err != nil {
		return ok, err
	}
	s.at += len(found[0])
	return true, b.variable(s, foreign)
}

// keepsOf notes that a variable is what members of an answer lead to; ok is false where
// none is known under the name.
func (s *scanner) keepsOf(answer, members, variable string) (ok bool, err error) {
	exchange, known := s.web.answers[strings.ToLower(answer)]
	if !known {
		return false, nil
	}
	name, err := s.names.name(variable)
	if err != nil {
		return true, failed(s.line, "%w", err)
	}
	s.web.kept = append(s.web.kept, keptOf{exchange, importer.Kept{Variable: name, From: psPointer(members)}})
	return true, nil
}

// psPointer is the place in the answer that members lead to.
func psPointer(members string) (pointer string) {
	for members != "" {
		step := psStep.FindStringSubmatch(members)
		if step == nil {
			return pointer
		}
		pointer = tree.JoinPointer(pointer, step[1]+step[2]+step[3]+step[4])
		members = members[len(step[0]):]
	}
	return pointer
}

// answers notes which variable has the decoded answer to a command, and what is kept of
// such answers.
func (r *reader) answers(c *command, behind []*command) {
	web := r.s.web
	for _, k := range web.kept {
		e := &r.out.Exchanges[k.exchange]
		if len(e.Kept) < mostVariables && !slices.Contains(e.Kept, k.Kept) {
			e.Kept = append(e.Kept, k.Kept)
		}
		delete(r.values, k.Variable)
	}
	web.kept = nil
	if c.answer == "" {
		return
	}
	delete(web.answers, c.answer)
	name, _ := program(c)
	decodes := name == "invoke-restmethod" || name == "irm"
	if len(behind) > 0 && behind[0].piped && (name == "curl" || name == "invoke-webrequest" || name == "iwr") {
		next, _ := program(behind[0])
		decodes = next == "convertfrom-json"
	}
	if decodes && r.last == 1 {
		web.answers[c.answer] = len(r.out.Exchanges) - 1
	}
}
