package curl

import (
	_ "embed" // the table of options
	"errors"
	"strings"
)

//go:embed options.txt
var optionTable string

// What is done with an option.
const (
	set     = "set"
	ignored = "ignored"
	remark  = "remark"
	refused = "refused"
)

// option is one of curl's.
type option struct {
	letter    string // "" without one
	name      string
	argument  bool
	treatment string
	text      string // what is said of it
	off       bool   // written as --no-NAME
}

type options struct{ letters, names map[string]option }

// known reads the table.
func known() options {
	all := options{map[string]option{}, map[string]option{}}
	for line := range strings.Lines(optionTable) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 5)
		if len(fields) < 4 || fields[0] == "//" {
			continue
		}
		o := option{letter: strings.TrimPrefix(fields[0], "-"), name: fields[1], argument: fields[2] == "1", treatment: fields[3]}
		if len(fields) == 5 {
			o.text = fields[4]
		}
		all.names[o.name] = o
		if o.letter != "" {
			all.letters[o.letter] = o
		}
	}
	return all
}

var errOption = errors.New("an option that curl does not have")

// long finds an option by its name, which may be shortened where one has it alone.
func (all options) long(name string) (option, error) {
	if o, found := all.names[name]; found {
		return o, nil
	}
	if name == "%" {
		return option{}, errors.New("--% of PowerShell can't be read: leave it out, and put what has signs in it into quotes")
	}
	if base, no := strings.CutPrefix(name, "no-"); no {
		if o, found := all.names[base]; found && !o.argument {
			o.off = true
			return o, nil
		}
	}
	var one option
	for full, o := range all.names {
		if name != "" && strings.HasPrefix(full, name) {
			if one.name != "" {
				return option{}, errors.New("an option that is shortened to the beginning of several")
			}
			one = o
		}
	}
	if one.name == "" {
		return option{}, errOption
	}
	return one, nil
}

// given is an option as a line has it.
type given struct {
	option
	value word
}

// parsed parts the arguments of a command into options and addresses, which become
// options too (curl(1), "URL"); each --next begins a list of its own.
func (all options) parsed(words []word) (operations [][]given, err error) {
	var current []given
	url := all.names["url"]
	onlyURLs := false
	for i := 0; i < len(words); i++ {
		w := words[i]
		argument := func(o option, rest word, attached bool) error {
			switch {
			case attached:
			case i+1 < len(words):
				i++
				rest = words[i]
			default:
				return failed(w.line, "%s has no value", shown(o))
			}
			current = append(current, given{o, rest})
			return nil
		}
		switch first := w.text.Texts[0]; {
		case onlyURLs || !strings.HasPrefix(first, "-") || first == "-" && len(w.text.Names) == 0:
			current = append(current, given{url, w})
		case first == "--" && len(w.text.Names) == 0:
			onlyURLs = true
		case strings.HasPrefix(first, "--"):
			o, err := all.long(first[2:])
			if len(w.text.Names) > 0 {
				err = errOption
			}
			if err != nil {
				return nil, failed(w.line, "%w", err)
			}
			if !o.argument {
				current = append(current, given{o, word{line: w.line}})
			} else if err := argument(o, word{}, false); err != nil {
				return nil, err
			}
		default:
			if err := all.short(w, argument, &current); err != nil {
				return nil, err
			}
		}
		if n := len(current); n > 0 && current[n-1].name == "next" {
			operations, current = append(operations, current[:n-1]), nil
		}
	}
	return append(operations, current), nil
}

// short reads options of one letter, of which the last may have its value behind it.
func (all options) short(w word, argument func(option, word, bool) error, current *[]given) error {
	letters := w.text.Texts[0][1:]
	for letters != "" || len(w.text.Names) > 0 {
		if letters == "" {
			return failed(w.line, "a variable stands for options")
		}
		o, found := all.letters[letters[:1]]
		if !found {
			return failed(w.line, "%w", errOption)
		}
		letters = letters[1:]
		if !o.argument {
			*current = append(*current, given{o, word{line: w.line}})
			continue
		}
		rest := w
		rest.text.Texts = append([]string{letters}, w.text.Texts[1:]...)
		return argument(o, rest, letters != "" || len(w.text.Names) > 0)
	}
	return nil
}

// shown names an option in an error.
func shown(o option) string {
	if o.letter != "" {
		return "-" + o.letter + " (--" + o.name + ")"
	}
	return "--" + o.name
}
