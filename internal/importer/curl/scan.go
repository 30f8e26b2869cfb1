package curl

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/request"
)

// word is one argument as the program gets it, and the line on which it begins.
type word struct {
	text  loginwatch.Template
	line  int
	table *table // of PowerShell; then there is no text
}

func (w word) literal() string {
	text, ok := request.Literal(w.text)
	if !ok {
		return ""
	}
	return text
}

// command is one command of a line, with what the shell itself does with it.
type command struct {
	words []word
	line  int
	stdin *loginwatch.Template // a here-document or a here-string
	piped bool                 // its input is what another command writes, or a file
	keep  *keep                // what of the answer it keeps
	// answer is the variable of PowerShell, in small letters, that takes what it gives.
	answer string
}

// scanner goes through the text in the way of one shell. It holds no stack: however
// deep something is nested, a line costs what its length costs.
type scanner struct {
	text    string
	at      int
	line    int
	names   *names
	web     *web
	remarks []importer.Remark
	pending []here
	inside  bool // of a substitution
}

// names are the variables that were met: two of a shell must not become one.
type names struct {
	folded bool              // the shell takes large and small letters for the same
	of     map[string]string // foreign names by ours
	ours   map[string]string // by foreign names, folded
}

var errTwoNames = errors.New("two variables have names that differ only in how they are written")

func (n *names) name(foreign string) (string, error) {
	key := foreign
	if n.folded {
		key = strings.ToLower(foreign)
	}
	if name, known := n.ours[key]; known {
		return name, nil
	}
	name := importer.Name(foreign)
	if name == "" {
		return "", errors.New("a parameter of the shell can't be taken over")
	}
	if _, taken := n.of[name]; taken {
		return "", errTwoNames
	}
	n.of[name], n.ours[key] = foreign, name
	return name, nil
}

func failed(line int, format string, args ...any) error {
	return &importer.Error{At: importer.Place{Line: line}, Err: fmt.Errorf(format, args...)}
}

func (s *scanner) remark(line int, text string) {
	s.remarks = append(s.remarks, importer.Remark{At: importer.Place{Line: line}, Text: text})
}

func (s *scanner) end() bool { return s.at >= len(s.text) }

// sees tells whether the text goes on with this.
func (s *scanner) sees(what string) bool { return strings.HasPrefix(s.text[s.at:], what) }

// takes goes past this, if the text goes on with it.
func (s *scanner) takes(what string) bool {
	if !s.sees(what) {
		return false
	}
	s.at += len(what)
	s.line += strings.Count(what, "\n")
	return true
}

// next gives the next byte and goes past it.
func (s *scanner) next() byte {
	c := s.text[s.at]
	s.at++
	if c == '\n' {
		s.line++
	}
	return c
}

// matches takes what a pattern, which is anchored at its beginning, finds here.
func (s *scanner) matches(pattern *regexp.Regexp) []string {
	found := pattern.FindStringSubmatch(s.text[s.at:])
	if found != nil {
		s.at += len(found[0])
		s.line += strings.Count(found[0], "\n")
	}
	return found
}

// rest gives the rest of the line, and goes before its end.
func (s *scanner) rest() string {
	text, _, _ := strings.Cut(s.text[s.at:], "\n")
	s.at += len(text)
	return text
}

// builder makes a word of its pieces.
type builder struct {
	t    loginwatch.Template
	text strings.Builder
}

func (b *builder) plain(text string) { b.text.WriteString(text) }

// The most variables of one text, and arguments of one command, are more than anybody
// writes, and few enough to copy them about.
const (
	mostVariables = 200
	mostArguments = 1000
)

func (b *builder) variable(s *scanner, foreign string) error {
	if len(b.t.Names) >= mostVariables {
		return failed(s.line, "there are more than %d variables in one text", mostVariables)
	}
	name, err := s.names.name(foreign)
	if err != nil {
		return failed(s.line, "%w", err)
	}
	b.t.Texts, b.t.Names = append(b.t.Texts, b.text.String()), append(b.t.Names, name)
	b.text.Reset()
	return nil
}

func (b *builder) done() loginwatch.Template {
	return loginwatch.Template{Texts: append(b.t.Texts, b.text.String()), Names: b.t.Names}
}
