package curl

import (
	"regexp"
	"strings"

	"github.com/loginwatch/loginwatch/internal/importer"
)

// Scripts for bash keep a value of an answer as NAME=$(curl … | jq -r .path). That is the
// one substitution whose result is known by where it comes from.

// keep is the variable that a command sets, and the place in the answer.
type keep struct{ foreign, from string }

var (
	bashKeeps = regexp.MustCompile(`^(?:export[ \t]+)?([A-Za-z_]\w*)=("?)\$\(`)
	jqStep    = regexp.MustCompile(`^(?:\.?\["([^"\\]+)"\]|\.?\[(\d+)\]|\."([^"\\]+)"|\.([A-Za-z_]\w*))`)
	jqOption  = regexp.MustCompile(`^(?:-[rjeMaC]+|--raw-output|--exit-status|--join-output)$`)
)

// kept reads such an assignment, which begins here; ok is false when its commands are
// others, and nothing is read then.
func (s *scanner) kept() (c *command, ok bool, err error) {
	at, line, remarks := s.at, s.line, len(s.remarks)
	found := s.matches(bashKeeps)
	if found == nil || s.inside {
		s.at, s.line = at, line
		return nil, false, nil
	}
	text := substituted(s.text[s.at:])
	inner := &scanner{text: text, line: s.line, names: s.names, inside: true}
	var all []*command
	for !inner.end() {
		commands, err := bashLine(inner)
		if err != nil {
			return nil, false, err
		}
		all = append(all, commands...)
	}
	s.at += len(text)
	s.line += strings.Count(text, "\n")
	if len(all) == 2 && all[1].piped && s.takes(")"+found[2]) {
		name, _ := program(all[0])
		if from := filtered(all[1]); name == "curl" && from != "" {
			all[0].keep = &keep{found[1], from}
			return all[0], true, nil
		}
	}
	s.at, s.line, s.remarks = at, line, s.remarks[:remarks]
	return nil, false, nil
}

// substituted gives the text before the parenthesis that closes a substitution.
func substituted(text string) string {
	open, quote := 0, byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quote != '\'':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '(':
			open++
		case c == ')':
			if open--; open < 0 {
				return text[:i]
			}
		}
	}
	return text
}

// filtered gives the place that a filter of jq names; "" for any other command.
func filtered(c *command) (pointer string) {
	name, arguments := program(c)
	for len(arguments) > 0 && jqOption.MatchString(arguments[0].literal()) {
		arguments = arguments[1:]
	}
	if name != "jq" || len(arguments) != 1 {
		return ""
	}
	filter := arguments[0].literal()
	for filter != "" {
		step := jqStep.FindStringSubmatch(filter)
		if step == nil {
			return ""
		}
		filter = filter[len(step[0]):]
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(step[1]+step[2]+step[3]+step[4])
	}
	return pointer
}

// keeps notes what a line keeps of its answer.
func (r *reader) keeps(c *command) error {
	if c.keep == nil {
		return nil
	}
	name, err := r.s.names.name(c.keep.foreign)
	if err != nil {
		return failed(c.line, "%w", err)
	}
	if r.last != 1 {
		return failed(c.line, "a value is kept of the answers to several requests")
	}
	delete(r.values, name)
	e := &r.out.Exchanges[len(r.out.Exchanges)-1]
	e.Kept = append(e.Kept, importer.Kept{Variable: name, From: c.keep.from})
	return nil
}
