// Package curl reads lines for curl as people, browsers and Postman write them, for
// bash, PowerShell and cmd, with the answers that may stand below them.
//
// What the line would send is held against what the real curl sends. No file that it
// names is read, no variable of this machine is looked up and nothing is run.
package curl

import (
	"errors"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/request"
)

// Limit is how many bytes are read: far more than anybody pastes.
const Limit = 1 << 20

// What remarks say of a line as a whole.
const (
	pipedRemark   = "another command than curl is left out"
	headersRemark = "headers that a client adds by itself are left out, such as User-Agent, Accept-Language or Sec-Fetch-Mode"
)

// reader gathers what the lines say.
type reader struct {
	s       *scanner
	shell   shell
	options options
	out     *importer.Recording
	values  map[string]loginwatch.Template // of the variables that are set
	prompts bool                           // commands stand behind a prompt
	last    int                            // how many requests the last line for curl made
}

// Read reads one or several lines. An error is an *importer.Error.
func Read(data []byte) (*importer.Recording, error) {
	text, err := decoded(data)
	if err != nil {
		return nil, err
	}
	sh := told(text)
	r := &reader{
		s:     &scanner{text: text, line: 1, web: newWeb(), names: &names{folded: sh.folded, of: map[string]string{}, ours: map[string]string{}}},
		shell: sh, options: known(), out: &importer.Recording{}, values: map[string]loginwatch.Template{},
	}
	for !r.s.end() {
		if err := r.step(); err != nil {
			return nil, err
		}
	}
	if len(r.out.Exchanges) == 0 {
		return nil, &importer.Error{Err: errors.New("there is no line for curl")}
	}
	r.tidied()
	r.named()
	return r.out, nil
}

// tidied leaves out what no API asks for, and says so once.
func (r *reader) tidied() {
	said := false
	for i := range r.out.Exchanges {
		e := &r.out.Exchanges[i]
		if request.Tidy(&e.Request) > 0 && !said {
			r.out.Remarks = append(r.out.Remarks, importer.Remark{At: e.At, Text: headersRemark})
			said = true
		}
	}
}

// step reads a command, or what stands between commands.
func (r *reader) step() error {
	s := r.s
	from, line := s.at, s.line
	for s.takes(" ") || s.takes("\t") {
	}
	if s.takes("\n") || s.end() {
		return nil
	}
	for _, mark := range r.shell.comments {
		if s.sees(mark) && !r.prompted() {
			s.rest()
			s.takes("\n")
			return nil
		}
	}
	prompted := s.prompt(r.shell)
	r.prompts = r.prompts || prompted
	if !prompted && len(r.out.Exchanges) > 0 && (r.prompts && !r.starts() || answerBegins(s.text[s.at:])) {
		s.at, s.line = from, line
		return r.answer()
	}
	commands, err := r.shell.line(s)
	if err != nil {
		return err
	}
	r.out.Remarks = append(r.out.Remarks, s.remarks...)
	s.remarks = nil
	for i, c := range commands {
		if i > 0 && r.shell.echoes {
			c.fed(commands[i-1])
		}
		if err := r.command(c); err != nil {
			return err
		}
		r.answers(c, commands[i+1:])
	}
	return nil
}

// prompted tells whether a prompt stands here, which may look like a comment.
func (r *reader) prompted() bool {
	for _, p := range r.shell.prompts {
		if p.MatchString(r.s.text[r.s.at:]) {
			return true
		}
	}
	return false
}

// starts tells whether the line here starts curl.
func (r *reader) starts() bool {
	line, _, _ := strings.Cut(r.s.text[r.s.at:], "\n")
	first, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	return first == "curl" || first == "curl.exe"
}

// command takes one command of a line.
func (r *reader) command(c *command) error {
	if len(c.words) == 0 {
		return nil
	}
	if set, ok := r.shell.assigned(c); ok {
		return r.assign(c, set)
	}
	name, arguments := program(c)
	if len(arguments) > mostArguments {
		return failed(c.line, "there are more than %d arguments", mostArguments)
	}
	switch name {
	case "curl":
		if r.shell.native && isAlias(arguments) {
			return r.invoked(c, arguments)
		}
	case "invoke-webrequest", "invoke-restmethod", "iwr", "irm":
		return r.invoked(c, arguments)
	default:
		if !silent[name] {
			r.out.Remarks = append(r.out.Remarks, importer.Remark{At: importer.Place{Line: c.line}, Text: pipedRemark})
		}
		return nil
	}
	for i, w := range arguments {
		if w.table != nil {
			return orFailed(nil, w.line)
		}
		if r.shell.native {
			w.text = native(w.text)
		}
		text, err := r.resolved(w.line, placeholders(w.text))
		if err != nil {
			return err
		}
		arguments[i].text = text
	}
	operations, err := r.options.parsed(arguments)
	if err != nil {
		return err
	}
	r.last = 0
	for _, operation := range operations {
		made := &call{line: c.line, stdin: c.stdin, values: r.values}
		for _, o := range operation {
			if err := made.apply(o); err != nil {
				return err
			}
		}
		exchanges, err := made.exchanges()
		if err != nil {
			return err
		}
		r.out.Exchanges = append(r.out.Exchanges, exchanges...)
		r.out.Remarks = append(r.out.Remarks, made.said...)
		r.last += len(exchanges)
	}
	return r.keeps(c)
}
