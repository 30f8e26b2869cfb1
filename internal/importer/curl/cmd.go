package curl

import (
	"regexp"
	"strings"

	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/request"
)

var (
	// Two hexadecimal digits between percent signs are an escape and another one.
	cmdNamed   = regexp.MustCompile(`^%([A-Za-z_][\w.-]*)%`)
	cmdEscapes = regexp.MustCompile(`^%[0-9A-Fa-f]{2}`)
	cmdPrompt  = regexp.MustCompile(`^[A-Za-z]:\\[^>\n]{0,200}>[ \t]?`)
)

// piece is a byte of a command as cmd hands it over, or a variable.
type piece struct {
	c        byte
	variable string
	line     int
}

// cmdLine reads the commands of one logical line: first as cmd does, which knows ^ and
// " and joins lines, then as programs on Windows part their arguments.
func cmdLine(s *scanner) ([]*command, error) {
	var all []*command
	var pieces []piece
	line, piped := s.line, false
	finish := func(pipes bool) error {
		words, err := s.arguments(pieces)
		if len(words) > 0 {
			all = append(all, &command{words: words, line: line, piped: piped})
		}
		pieces, piped, line = nil, pipes, s.line
		return err
	}
	quoted, opened := false, s.line
	for {
		switch {
		case s.end() || s.sees("\n"):
			if quoted {
				return nil, failed(opened, `a " is opened and not closed on its line`)
			}
			err := finish(false)
			s.takes("\n")
			return all, err
		case s.sees("%") && cmdNamed.MatchString(s.text[s.at:]) && !s.twoEscapes():
			found := s.matches(cmdNamed)
			pieces = append(pieces, piece{variable: found[1], line: s.line})
		case s.sees(`"`):
			quoted, opened = !quoted, s.line
			pieces = append(pieces, piece{c: s.next(), line: s.line})
		case quoted:
			pieces = append(pieces, piece{c: s.next(), line: s.line})
		case s.takes("^"):
			if s.takes("\n") {
				s.takes("More? ")
			}
			if !s.end() {
				line := s.line
				pieces = append(pieces, piece{c: s.next(), line: line})
			}
		case s.takes("&&"), s.takes("||"), s.takes("&"):
			if err := finish(false); err != nil {
				return nil, err
			}
		case s.takes("|"):
			if err := finish(true); err != nil {
				return nil, err
			}
		case s.sees("<"), s.sees(">"):
			pieces = s.cmdRedirected(pieces, &piped)
		default:
			pieces = append(pieces, piece{c: s.next(), line: s.line})
		}
	}
}

func (s *scanner) twoEscapes() bool {
	found := cmdNamed.FindString(s.text[s.at:])
	return len(found) == 4 && cmdEscapes.MatchString(found) && cmdEscapes.MatchString(s.text[s.at+3:])
}

// cmdRedirected leaves out where something is written to or read from, and the number
// of the stream before it.
func (s *scanner) cmdRedirected(pieces []piece, piped *bool) []piece {
	if n := len(pieces); n > 1 && pieces[n-1].c >= '0' && pieces[n-1].c <= '9' && blank(pieces[n-2]) {
		pieces = pieces[:n-1]
	}
	*piped = *piped || s.sees("<")
	for s.takes(">") || s.takes("<") || s.takes("&") {
	}
	for s.takes(" ") || s.takes("\t") {
	}
	quoted := false
	for !s.end() && !s.sees("\n") && (quoted || !strings.ContainsRune(" \t&|<>", rune(s.text[s.at]))) {
		quoted = quoted != (s.next() == '"')
	}
	return pieces
}

func blank(p piece) bool { return p.variable == "" && (p.c == ' ' || p.c == '\t') }

// arguments parts a command line as the C runtime of Windows does ("Parsing C
// command-line arguments").
func (s *scanner) arguments(pieces []piece) ([]word, error) {
	var words []word
	for i := 0; i < len(pieces); {
		if blank(pieces[i]) {
			i++
			continue
		}
		w, b, quoted := word{line: pieces[i].line}, builder{}, false
		for ; i < len(pieces) && (quoted || !blank(pieces[i])); i++ {
			p := pieces[i]
			if p.variable != "" {
				if err := b.variable(s, p.variable); err != nil {
					return nil, err
				}
				continue
			}
			slashes := 0
			for i+slashes < len(pieces) && pieces[i+slashes].c == '\\' {
				slashes++
			}
			if quote := i + slashes; quote < len(pieces) && pieces[quote].c == '"' {
				b.plain(strings.Repeat(`\`, slashes/2))
				i = quote
				switch {
				case slashes%2 == 1:
					b.plain(`"`)
				case quoted && i+1 < len(pieces) && pieces[i+1].c == '"':
					b.plain(`"`)
					i++
				default:
					quoted = !quoted
				}
				continue
			}
			if slashes > 0 {
				b.plain(strings.Repeat(`\`, slashes))
				i += slashes - 1
				continue
			}
			b.plain(string([]byte{p.c}))
		}
		if quoted {
			return nil, failed(w.line, `a " is opened and not closed`)
		}
		w.text = b.done()
		words = append(words, w)
	}
	return words, nil
}

// cmdAssigned takes the variable that set gives a value.
func cmdAssigned(c *command) (set []assignment, ok bool) {
	if len(c.words) < 2 || !strings.EqualFold(strings.TrimPrefix(c.words[0].literal(), "@"), "set") {
		return nil, false
	}
	text := c.words[1].text
	for _, w := range c.words[2:] {
		text = importer.Joined(text, importer.Plain(" "), w.text)
	}
	name, value, found := request.Cut(text, "=")
	foreign, literal := request.Literal(name)
	if !found || !literal || strings.HasPrefix(foreign, "/") {
		return nil, false
	}
	return []assignment{{foreign, value}}, true
}
