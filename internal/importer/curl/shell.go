package curl

import (
	"path"
	"regexp"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/request"
)

// shell is one way to write a line.
type shell struct {
	line     func(*scanner) ([]*command, error)
	assigned func(*command) ([]assignment, bool)
	prompts  []*regexp.Regexp
	comments []string
	folded   bool // variables are the same in large and small letters
	native   bool // a program gets \" where a quote is meant
	echoes   bool // what echo writes is what stands behind it
}

func shells() (bash, powershell, cmd shell) {
	return shell{line: bashLine, assigned: bashAssigned, prompts: []*regexp.Regexp{bashPrompt, bashPromptRoot}, comments: []string{"#"}, echoes: true},
		shell{line: psLine, assigned: psAssigned, prompts: []*regexp.Regexp{psPrompt}, comments: []string{"#"}, folded: true, native: true},
		shell{line: cmdLine, assigned: cmdAssigned, prompts: []*regexp.Regexp{cmdPrompt}, comments: []string{"::", "rem ", "REM ", "@rem ", "@REM "}, folded: true}
}

var (
	programLine = regexp.MustCompile(`(?im)^[^\n]*?(?:^|[\s/\\@&"'>$])(?:curl(?:\.exe)?|invoke-webrequest|invoke-restmethod|iwr|irm)(?:[ \t"'][^\n]*)?$`)
	psSigns     = regexp.MustCompile(`(?im)^PS(?: [A-Z]:[^>\n]*)?> |\$env:\w|^[ \t]*\$\w+[ \t]*=[ \t]|^[ \t]*(?:&[ \t]+\S*curl|invoke-webrequest|invoke-restmethod|iwr|irm)\b|\bcurl\.exe\b.*'|[{,:] ?\x60"|\bcurl\b.*[ \t]-(?:uri|method|headers|body|contenttype|usebasicparsing)\b`)
	cmdSigns    = regexp.MustCompile(`(?im)^[A-Z]:\\[^>\n]*>|\^"|^@?(?:set[ \t]+"?\w+=|rem |echo off)|%[A-Z_]\w{2,}%|"\{""|"":|>[ ]?nul\b|\bcurl\.exe\b`)
	bashSigns   = regexp.MustCompile(`\$'|\$\{?[A-Z_]|(?m)^\$ `)
)

// told tells the shells apart: by how the first line for curl is continued, or else by
// what only one of them has.
func told(text string) shell {
	bash, powershell, cmd := shells()
	first := strings.TrimRight(programLine.FindString(text), " \t")
	switch {
	case psPrompt.MatchString(first):
		return powershell
	case cmdPrompt.MatchString(first):
		return cmd
	case strings.HasSuffix(first, `\`):
		return bash
	case strings.HasSuffix(first, "^"):
		return cmd
	case strings.HasSuffix(first, "`") && strings.Count(first, "`")%2 == 1: // two are what bash runs
		return powershell
	case psSigns.MatchString(text):
		return powershell
	case bashSigns.MatchString(text):
		return bash
	case cmdSigns.MatchString(text):
		return cmd
	}
	return bash
}

// before are programs that start another one, whose arguments follow.
var before = map[string]bool{"sudo": true, "time": true, "command": true, "exec": true, "nohup": true, "call": true, "@call": true}

// silent are commands that say nothing of a request, and nothing that is missed.
var silent = map[string]bool{
	"set": true, "echo": true, "printf": true, "cd": true, "exit": true, "sleep": true, "write-host": true,
	"write-output": true, "out-null": true, "convertfrom-json": true, "convertto-json": true,
}

// program gives what a command starts, and its arguments.
func program(c *command) (name string, arguments []word) {
	words := c.words
	for len(words) > 1 && (before[words[0].literal()] || len(words[0].text.Names) <= 1 && bashAssignment.MatchString(words[0].text.Texts[0])) {
		words = words[1:]
	}
	name = strings.ToLower(strings.ReplaceAll(words[0].literal(), `\`, "/"))
	return strings.TrimSuffix(path.Base(strings.TrimPrefix(name, "@")), ".exe"), words[1:]
}

// prompt goes past what a shell writes before a command.
func (s *scanner) prompt(sh shell) bool {
	for _, p := range sh.prompts {
		if s.matches(p) != nil {
			return true
		}
	}
	return false
}

// fed gives a command what echo writes to it. How echo reads a backslash depends on the
// shell.
func (c *command) fed(before *command) {
	name, words := program(before)
	if !c.piped || c.stdin != nil || name != "echo" {
		return
	}
	end := "\n"
	if len(words) > 0 && words[0].literal() == "-n" {
		words, end = words[1:], ""
	}
	var text []loginwatch.Template
	for i, w := range words {
		if i > 0 {
			text = append(text, importer.Plain(" "))
		}
		if i == 0 && request.Begins(w.text, "-") || strings.Contains(strings.Join(w.text.Texts, ""), `\`) {
			return
		}
		text = append(text, w.text)
	}
	whole := importer.Joined(append(text, importer.Plain(end))...)
	c.stdin = &whole
}
