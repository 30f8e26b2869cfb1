package curl

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
)

var (
	psBlank      = regexp.MustCompile("^(?:[ \t]+|`\n(?:>> ?)?)+")
	psRedirect   = regexp.MustCompile(`^[\d*]?>>?(?:&\d|[ \t]*)`)
	psNamed      = regexp.MustCompile(`^\$(?:\{(?:\w+:)?([^}\n:]+)\}|(?:[A-Za-z]+:)?([A-Za-z_]\w*))`)
	psCharacter  = regexp.MustCompile(`^\$\(\[char\](\d{1,5})\)`)
	psAssignment = regexp.MustCompile(`^\$(?:\{(?:\w+:)?([^}\n:]+)\}|(?:[A-Za-z]+:)?([A-Za-z_]\w*))[ \t]*=[ \t]*`)
	psSplat      = regexp.MustCompile(`^@[A-Za-z_]\w*$`)
	psPrompt     = regexp.MustCompile(`^PS(?: [^>\n]{0,200})?> ?`)
)

var psEscape = map[byte]string{'0': "\x00", 'a': "\a", 'b': "\b", 'e': "\x1b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v"}

// psLine reads the commands of one logical line (about_Parsing, about_Quoting_Rules).
func psLine(s *scanner) ([]*command, error) {
	var all []*command
	c := &command{line: s.line}
	finish := func(pipes bool) {
		if len(c.words) > 0 {
			all = append(all, c)
		}
		c = &command{line: s.line, piped: pipes}
	}
	for {
		s.matches(psBlank)
		switch {
		case s.end() || s.takes("\n"):
			finish(false)
			return all, nil
		case s.sees("#"):
			s.rest()
		case s.takes("&&") || s.takes("||") || s.takes(";"):
			finish(false)
		case s.takes("|"):
			finish(true)
		case s.takes("&"): // the call operator, or a job behind the command
			if len(c.words) > 0 {
				finish(false)
			}
		case s.matches(psRedirect) != nil:
			if s.text[s.at-1] != ' ' && s.text[s.at-1] != '>' && s.text[s.at-1] != '\t' {
				continue // into another stream
			}
			if _, err := s.psWord(); err != nil {
				return nil, err
			}
		case len(c.words) == 0 && psSetsUp(s):
			if err := s.psSets(); err != nil {
				return nil, err
			}
		case len(c.words) == 0 && c.answer == "" && s.sees("$"):
			set, err := s.psStatement(c)
			if err != nil {
				return nil, err
			}
			if set != nil {
				all = append(all, set)
			}
		default:
			w, err := s.psWord()
			if err != nil {
				return nil, err
			}
			c.words = append(c.words, w)
		}
	}
}

// psStatement reads what begins with a variable: one that takes what the command behind it
// gives, which c becomes, an assignment, which becomes a command of its own, or an answer
// that is shown.
func (s *scanner) psStatement(c *command) (set *command, err error) {
	if s.psTaken(c) {
		return nil, nil
	}
	if kept, err := s.psKept(); kept || err != nil {
		return nil, err
	}
	if psAssignment.MatchString(s.text[s.at:]) {
		return s.psSet()
	}
	if !s.psShown() {
		w, err := s.psWord()
		c.words = append(c.words, w)
		return nil, err
	}
	return nil, nil
}

// psSet reads an assignment, which becomes a command of its own.
func (s *scanner) psSet() (*command, error) {
	c := &command{line: s.line}
	found := s.matches(psAssignment)
	w, err := s.psWord()
	if err != nil {
		return nil, err
	}
	c.words = []word{{text: importer.Plain("=")}, {text: importer.Plain(found[1] + found[2])}, w}
	return c, nil
}

// psAssigned takes the variable that such a command sets.
func psAssigned(c *command) (set []assignment, ok bool) {
	if len(c.words) != 3 || c.words[0].literal() != "=" {
		return nil, false
	}
	return []assignment{{c.words[1].literal(), c.words[2].text}}, true
}

// psWord reads one argument. One that begins with a quote ends with it.
func (s *scanner) psWord() (word, error) {
	if w, ok, err := s.psValued(); ok {
		return w, err
	}
	w, b := word{line: s.line}, builder{}
	for start := s.at; !s.end() && !strings.ContainsRune(" \t\n|&;", rune(s.text[s.at])); {
		first := s.at == start
		quoted, err := s.psQuoted(&b)
		switch {
		case err != nil:
			return w, err
		case quoted && first:
			w.text = b.done()
			return w, nil
		case quoted:
		case s.sees("$"):
			if ok, err := s.psAnswered(&b, psOf); err != nil {
				return w, err
			} else if ok {
				continue
			}
			if err := s.psExpanded(&b); err != nil {
				return w, err
			}
			if s.sees(".") || s.sees("[") {
				return w, failed(s.line, "a member of a variable can't be read: a variable alone can")
			}
		case s.takes("`"):
			if !s.end() {
				b.plain(s.psEscaped())
			}
		case strings.IndexByte("(){}", s.text[s.at]) >= 0:
			return w, failed(s.line, "an expression of PowerShell can't be read: a text or a variable in its place can")
		case s.sees(","):
			return w, failed(s.line, "PowerShell makes a list of a comma that is not in quotes")
		default:
			b.plain(string([]byte{s.next()}))
		}
	}
	w.text = b.done()
	return w, nil
}

// psUnicode is a character by its number (about_Special_Characters, since PowerShell 6).
var psUnicode = regexp.MustCompile(`^u\{([0-9A-Fa-f]{1,6})\}`)

// psEscaped reads what stands behind a backtick.
func (s *scanner) psEscaped() string {
	if found := s.matches(psUnicode); found != nil {
		code, _ := strconv.ParseUint(found[1], 16, 32) // it is a number
		return string(rune(code))
	}
	c := s.next()
	if text, known := psEscape[c]; known {
		return text
	}
	return string([]byte{c})
}

// psQuoted reads a text in quotes, if one stands here.
func (s *scanner) psQuoted(b *builder) (quoted bool, err error) {
	switch line := s.line; {
	case s.takes("@'\n"), s.takes("@\"\n"):
		mark := s.text[s.at-2 : s.at-1]
		text, after, found := strings.Cut("\n"+s.text[s.at:], "\n"+mark+"@")
		if !found {
			return true, failed(line, "a @%s is opened and not closed", mark)
		}
		text = strings.TrimPrefix(text, "\n")
		if mark == "'" {
			b.plain(text)
		} else {
			inner := scanner{text: text, line: s.line, names: s.names, web: s.web}
			if err := inner.psExpandable(b, ""); err != nil {
				return true, err
			}
		}
		s.line += strings.Count(s.text[s.at:len(s.text)-len(after)], "\n")
		s.at = len(s.text) - len(after)
	case s.takes("'"):
		for {
			text, _, found := strings.Cut(s.text[s.at:], "'")
			if !found {
				return true, failed(line, "a ' is opened and not closed")
			}
			b.plain(text)
			s.line += strings.Count(text, "\n")
			if s.at += len(text) + 1; !s.takes("'") {
				return true, nil
			}
			b.plain("'")
		}
	case s.takes(`"`):
		return true, s.psExpandable(b, `"`)
	default:
		return false, nil
	}
	return true, nil
}

// psExpandable reads to the closing mark; without one to the end.
func (s *scanner) psExpandable(b *builder, mark string) error {
	line := s.line
	for !s.end() {
		switch {
		case mark != "" && s.takes(mark+mark):
			b.plain(mark)
		case mark != "" && s.takes(mark):
			return nil
		case s.takes("`"):
			if !s.end() {
				b.plain(s.psEscaped())
			}
		case s.sees("$"):
			if err := s.psExpanded(b); err != nil {
				return err
			}
		default:
			b.plain(string([]byte{s.next()}))
		}
	}
	if mark != "" {
		return failed(line, "a %s is opened and not closed", mark)
	}
	return nil
}

// psExpanded reads a variable, or a character by its number, as browsers write those
// beyond ASCII.
func (s *scanner) psExpanded(b *builder) error {
	if found := s.matches(psCharacter); found != nil {
		units := []uint16{}
		for ; found != nil; found = s.matches(psCharacter) {
			unit, err := strconv.ParseUint(found[1], 10, 16)
			if err != nil || unit == 0 {
				return failed(s.line, "a number stands for no character")
			}
			units = append(units, uint16(unit))
		}
		b.plain(fromUTF16(units))
		return nil
	}
	if ok, err := s.psAnswered(b, psOfQuote); ok || err != nil {
		return err
	}
	if s.sees("$(") {
		return failed(s.line, "a subexpression can't be read: what the command writes is not known. A variable in its place can")
	}
	if found := s.matches(psNamed); found != nil {
		return b.variable(s, found[1]+found[2])
	}
	s.at++
	b.plain("$")
	return nil
}

// native undoes what a program on Windows gets its arguments by: Windows PowerShell
// hands a text over as it is, so people write \" for a quote in it.
func native(t loginwatch.Template) loginwatch.Template {
	out := loginwatch.Template{Names: t.Names}
	for _, text := range t.Texts {
		out.Texts = append(out.Texts, nativeEscape.ReplaceAllStringFunc(text, func(found string) string {
			return strings.Repeat(`\`, (len(found)-1)/2) + `"`
		}))
	}
	return out
}

var nativeEscape = regexp.MustCompile(`(?:\\\\)*\\"`)
