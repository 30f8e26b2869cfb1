package curl

import (
	"regexp"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// Bash is read here and by no library: the one there is for it descends into what is
// nested, and 256 KiB of opening parentheses end the process with a stack overflow.
// The real bash holds what is read of the corpus.

var (
	bashBlank       = regexp.MustCompile(`^(?:[ \t]+|\\\n(?:> )?)+`)
	bashRedirect    = regexp.MustCompile(`^(?:\d*|&)(?:>>|>\||>&|<&|>|<)(?:[ \t]|\\\n)*`)
	bashHere        = regexp.MustCompile(`^\d*<<(-?)[ \t]*(?:'([^'\n]+)'|"([^"\n]+)"|\\?([A-Za-z_][\w.-]*))`)
	bashNamed       = regexp.MustCompile(`^\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::?[?]([^}'"$\x60\\]*))?\})`)
	bashAssignment  = regexp.MustCompile(`^([A-Za-z_]\w*)=`)
	bashPrompt      = regexp.MustCompile(`^(?:\[[^\]\n]{1,80}\]|[\w.@:~/-]{0,80})[$%❯] `)
	bashPromptRoot  = regexp.MustCompile(`^(?:\[[^\]\n]{1,80}\]|\w[\w.-]*@[\w.@:~/-]{0,80})# `)
	bashDescriptors = regexp.MustCompile(`^\d*[<>]&(?:\d+|-)`)
)

// here is a document that begins with the next line.
type here struct {
	command *command
	word    string
	tabs    bool // those at the beginning of a line are left out
	quoted  bool // nothing in it is expanded
	line    int
}

// bashLine reads the commands of one logical line, with the documents below it.
func bashLine(s *scanner) ([]*command, error) {
	var all []*command
	c := &command{line: s.line}
	finish := func(pipes bool) {
		if len(c.words) > 0 || c.stdin != nil {
			all = append(all, c)
		}
		c = &command{line: s.line, piped: pipes}
	}
	for {
		s.matches(bashBlank)
		switch {
		case s.end() || s.sees("\n"):
			s.takes("\n")
			finish(false)
			return all, s.documents()
		case s.sees("#"):
			s.rest()
		case s.sees("<(") || s.sees(">("):
			return nil, failed(s.line, "a process substitution can't be read: what the command writes is not known")
		case s.takes("&&") || s.takes(";"):
			finish(false)
		case s.takes("||") || s.takes("|&") || s.takes("|"):
			finish(true)
		case s.sees("&>"), s.sees("<"), s.sees(">"):
			if err := s.bashRedirected(c); err != nil {
				return nil, err
			}
		case s.takes("&"):
			if s.matches(bashBlank); !s.end() && !s.sees("\n") && !s.sees("#") && len(c.words) > 0 {
				s.remark(s.line, "an & that is not in quotes ends the command: what stands after it was not sent")
			}
			finish(false)
		case s.sees("("), s.sees(")"):
			return nil, failed(s.line, "parentheses of a shell can't be read: a line for curl alone can")
		case regexpDigitRedirect.MatchString(s.text[s.at:min(len(s.text), s.at+8)]):
			if err := s.bashRedirected(c); err != nil {
				return nil, err
			}
		default:
			if len(c.words) == 0 {
				if kept, ok, err := s.kept(); err != nil {
					return nil, err
				} else if ok {
					all = append(all, kept)
					continue
				}
			}
			w, err := s.bashWord()
			if err != nil {
				return nil, err
			}
			c.words = append(c.words, w)
		}
	}
}

var regexpDigitRedirect = regexp.MustCompile(`^\d{1,3}[<>]`)

// bashRedirected reads a redirection. Where an answer goes says nothing of the request.
func (s *scanner) bashRedirected(c *command) error {
	line := s.line
	if s.takes("<<<") {
		s.matches(bashBlank)
		w, err := s.bashWord()
		if err != nil {
			return err
		}
		text := w.text
		text.Texts[len(text.Texts)-1] += "\n"
		c.stdin = &text
		return nil
	}
	if s.sees("<<") || regexpDigitHere.MatchString(s.text[s.at:min(len(s.text), s.at+8)]) {
		found := s.matches(bashHere)
		if found == nil {
			return failed(line, "the mark of a here-document can't be read")
		}
		s.pending = append(s.pending, here{c, found[2] + found[3] + found[4], found[1] == "-", found[4] == "" || strings.Contains(found[0], `\`), line})
		return nil
	}
	if s.matches(bashDescriptors) != nil {
		return nil
	}
	found := s.matches(bashRedirect)
	if found == nil {
		return failed(line, "a redirection can't be read")
	}
	if _, err := s.bashWord(); err != nil {
		return err
	}
	if strings.HasSuffix(strings.TrimSpace(found[0]), "<") {
		c.piped = true
	}
	return nil
}

var regexpDigitHere = regexp.MustCompile(`^\d{1,3}<<`)

// documents reads the here-documents that the line before has announced.
func (s *scanner) documents() error {
	for _, d := range s.pending {
		var b builder
		for {
			if s.end() {
				return failed(d.line, "the here-document does not end")
			}
			line := s.rest()
			s.takes("\n")
			if d.tabs {
				line = strings.TrimLeft(line, "\t")
			}
			if line == d.word {
				break
			}
			if d.quoted {
				b.plain(line + "\n")
				continue
			}
			inner := scanner{text: line + "\n", line: s.line - 1, names: s.names}
			if err := inner.bashQuoted(&b, ""); err != nil {
				return err
			}
		}
		text := b.done()
		d.command.stdin = &text
	}
	s.pending = nil
	return nil
}

// bashWord reads one word (Bash Reference Manual, 3.1.2 "Quoting").
func (s *scanner) bashWord() (word, error) {
	w, b, start := word{line: s.line}, builder{}, s.at
	var braces, commas int
	for !s.end() && !strings.ContainsRune(" \t\n|&;()<>", rune(s.text[s.at])) {
		switch {
		case s.takes("\\\n"):
			s.takes("> ")
		case s.takes(`\`):
			if !s.end() {
				b.plain(string(s.next()))
			}
		case s.takes("'"):
			text, after, found := strings.Cut(s.text[s.at:], "'")
			if !found {
				return w, failed(s.line, "a ' is opened and not closed")
			}
			b.plain(text)
			s.line += strings.Count(text, "\n")
			s.at = len(s.text) - len(after)
		case s.takes("$'"):
			if err := s.ansi(&b); err != nil {
				return w, err
			}
		case s.takes(`$"`) || s.takes(`"`):
			if err := s.bashQuoted(&b, `"`); err != nil {
				return w, err
			}
		case s.sees("$") || s.sees("`"):
			if err := s.bashExpanded(&b); err != nil {
				return w, err
			}
		default:
			c := s.next()
			switch {
			case c == '{':
				braces++
			case braces > 0 && (c == ',' || c == '.' && s.sees(".")):
				commas++
			case c == '}' && commas > 0:
				return w, failed(s.line, "bash makes several words of braces that are not in quotes")
			}
			b.plain(string([]byte{c}))
		}
	}
	if s.at == start && !s.end() {
		return w, failed(s.line, "a word is missing before %q", s.text[s.at])
	}
	w.text = b.done()
	return w, nil
}

// bashQuoted reads to the closing mark, in which some characters keep their meaning;
// without a mark to the end of the text, as in a here-document.
func (s *scanner) bashQuoted(b *builder, mark string) error {
	line := s.line
	for !s.end() {
		switch {
		case mark != "" && s.takes(mark):
			return nil
		case s.takes("\\\n"):
		case s.sees(`\$`), s.sees("\\`"), s.sees(`\\`), mark != "" && s.sees(`\"`):
			b.plain(s.text[s.at+1 : s.at+2])
			s.at += 2
		case s.sees("$") || s.sees("`"):
			if err := s.bashExpanded(b); err != nil {
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

// bashExpanded reads a variable. What would have to be run or reckoned is an error.
func (s *scanner) bashExpanded(b *builder) error {
	if found := s.matches(bashNamed); found != nil {
		return b.variable(s, found[1]+found[2])
	}
	rest := s.text[s.at:]
	switch {
	case rest[0] == '`' || strings.HasPrefix(rest, "$("):
		return failed(s.line, "a command substitution can't be read: what the command writes is not known. A variable in its place can")
	case strings.HasPrefix(rest, "${"):
		return failed(s.line, "this expansion of a variable can't be read: ${NAME} can")
	case len(rest) > 1 && strings.IndexByte("0123456789@*#?$!_-", rest[1]) >= 0:
		return failed(s.line, "a parameter of the shell can't be taken over")
	}
	b.plain("$")
	s.at++
	return nil
}

// bashAssigned takes the variables that a command of bash sets; ok is false when it
// does something else.
func bashAssigned(c *command) (set []assignment, ok bool) {
	words := c.words
	if len(words) > 1 && (words[0].literal() == "export" || words[0].literal() == "readonly" || words[0].literal() == "local") {
		words = words[1:]
	}
	for _, w := range words {
		found := bashAssignment.FindStringSubmatch(w.text.Texts[0])
		if found == nil {
			return nil, false
		}
		value := loginwatch.Template{Texts: append([]string{}, w.text.Texts...), Names: w.text.Names}
		value.Texts[0] = value.Texts[0][len(found[0]):]
		set = append(set, assignment{found[1], value})
	}
	return set, len(set) > 0
}
