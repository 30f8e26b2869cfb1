package bruno

import (
	"bytes"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch/internal/importer"
)

// block is one of those that a file in Bru is made of: pairs, a text, or a list.
type block struct {
	name  string
	line  int // of the name
	pairs []pair
	text  []string // the lines of a text, without their indentation
	list  []string
}

// pair is one line of a dictionary, or several where its value is a text or a list.
type pair struct {
	name, value string
	line        int
	list        []string
	inner       []pair // of an example: what stands in brackets behind the name
	off         bool
}

// texts are the blocks whose lines are nothing but text.
var texts = regexp.MustCompile(`^(?:body(?::(?:json|text|xml|sparql|graphql|graphql:vars))?|script:[a-z-]+|tests|docs)$`)

var opening = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9:_-]*)[ \t]*([{\[])[ \t]*$`)

// looksLikeBru tells the language from JSON and YAML: its first line opens a block.
func looksLikeBru(data []byte) bool {
	first, _, _ := bytes.Cut(bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\ufeff")), " \t\r\n"), []byte("\n"))
	return opening.Match(bytes.TrimRight(first, "\r"))
}

// parser reads lines.
type parser struct {
	lines []string
	at    int
}

func (p *parser) fail(line int, why string) error {
	return &importer.Error{At: importer.Place{Line: line}, Err: errors.New(why)}
}

// parse reads the blocks of a file.
func parse(data []byte) (blocks []block, err error) {
	text := strings.ReplaceAll(strings.TrimPrefix(string(data), "\ufeff"), "\r\n", "\n")
	p := &parser{lines: strings.Split(text, "\n")}
	for ; p.at < len(p.lines); p.at++ {
		line := strings.TrimRight(p.lines[p.at], " \t")
		if strings.TrimSpace(line) == "" {
			continue
		}
		open := opening.FindStringSubmatch(strings.TrimLeft(line, " \t"))
		if open == nil {
			return nil, p.fail(p.at+1, "here a block such as headers { has to begin")
		}
		b := block{name: open[1], line: p.at + 1}
		p.at++
		switch {
		case open[2] == "[":
			b.list, err = p.items("]")
		case texts.MatchString(b.name):
			b.text, err = p.text(b.line)
		default:
			b.pairs, err = p.dictionary(b.line, b.name == "example", 0)
		}
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}

// text reads the lines up to the bracket in the first column that ends a block.
func (p *parser) text(from int) (lines []string, err error) {
	for ; p.at < len(p.lines); p.at++ {
		line := p.lines[p.at]
		if strings.HasPrefix(line, "}") {
			return lines, p.ended(line)
		}
		lines = append(lines, strings.TrimPrefix(line, "  "))
	}
	return nil, p.fail(from, "this block is not closed: its } stands in the first column of a line")
}

func (p *parser) ended(line string) error {
	if strings.TrimSpace(line) != "}" {
		return p.fail(p.at+1, "behind the } of a block nothing may stand")
	}
	return nil
}

// items reads a list, one item on a line.
func (p *parser) items(end string) (items []string, err error) {
	from := p.at
	for ; p.at < len(p.lines); p.at++ {
		switch line := strings.TrimSpace(p.lines[p.at]); line {
		case end:
			return items, nil
		case "":
		default:
			items = append(items, strings.TrimSuffix(line, ","))
		}
	}
	return nil, p.fail(from, "this list is not closed")
}

// deepest is how many brackets an example has in each other.
const deepest = 8

// dictionary reads pairs. In an example a value may be a dictionary of its own, whose
// bracket is indented.
func (p *parser) dictionary(from int, nested bool, depth int) (pairs []pair, err error) {
	if depth > deepest {
		return nil, p.fail(from, "more brackets in each other than a file of Bruno has")
	}
	for ; p.at < len(p.lines); p.at++ {
		line := p.lines[p.at]
		trimmed := strings.TrimSpace(line)
		switch {
		case depth == 0 && strings.HasPrefix(line, "}"):
			return pairs, p.ended(line)
		case depth > 0 && trimmed == "}":
			return pairs, nil
		case trimmed == "":
			continue
		case strings.HasPrefix(trimmed, "@") && !local.MatchString(trimmed): // an annotation of the pair below
			if err := p.annotation(trimmed); err != nil {
				return nil, err
			}
			continue
		}
		one, err := p.pair(trimmed, nested, depth)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, one)
	}
	return nil, p.fail(from, "this block is not closed: its } stands in the first column of a line")
}

// local is a pair whose name begins with the mark of annotations: a variable that is the
// request's alone. No colon stands behind the name of an annotation.
var local = regexp.MustCompile(`^@[^()\s:]+[ \t]*:`)

// annotation passes over one, which may have a text of several lines.
func (p *parser) annotation(line string) error {
	from := p.at + 1
	if strings.Count(line, "'''") != 1 {
		return nil
	}
	for p.at++; p.at < len(p.lines); p.at++ {
		if strings.Contains(p.lines[p.at], "'''") {
			return nil
		}
	}
	return p.fail(from, "this text is not closed: its ''' is missing")
}

var contentType = regexp.MustCompile(`\s*@contentType\([^)]*\)$`)

func (p *parser) pair(line string, nested bool, depth int) (one pair, err error) {
	one.line = p.at + 1
	rest, off := strings.CutPrefix(line, "~")
	one.off = off
	if quoted, isQuoted := strings.CutPrefix(rest, `"`); isQuoted {
		end := strings.Index(strings.ReplaceAll(quoted, `\"`, "\x00\x00"), `"`)
		if end < 0 {
			return one, p.fail(one.line, "this quote is not closed")
		}
		one.name, rest = strings.ReplaceAll(quoted[:end], `\"`, `"`), quoted[end+1:]
	} else if at := strings.IndexByte(rest, ':'); at >= 0 {
		one.name, rest = strings.TrimSpace(rest[:at]), rest[at:]
	}
	value, found := strings.CutPrefix(strings.TrimLeft(rest, " \t"), ":")
	if !found {
		return one, p.fail(one.line, "a pair such as name: value has to stand here")
	}
	switch value = strings.TrimSpace(value); {
	case strings.HasPrefix(value, "'''"):
		one.value, err = p.multiline(value[3:], depth)
	case value == "[":
		p.at++
		one.list, err = p.items("]")
	case value == "{" && nested:
		p.at++
		one.inner, err = p.dictionary(one.line, true, depth+1)
	default:
		one.value = value
	}
	return one, err
}

// multiline reads a text between three quotes, whose lines are indented by four. What
// stands deeper in an example is indented by two more for each bracket.
func (p *parser) multiline(first string, depth int) (string, error) {
	from := p.at + 1
	indent := strings.Repeat(" ", 4+2*depth)
	lines := []string{first}
	for line := first; ; line = p.lines[p.at] {
		if end := strings.Index(line, "'''"); end >= 0 {
			if rest := strings.TrimSpace(line[end+3:]); rest != "" && !contentType.MatchString(rest) {
				return "", p.fail(p.at+1, "behind the ''' of a text nothing may stand but its @contentType(...)")
			}
			lines[len(lines)-1] = line[:end]
			break
		}
		if p.at++; p.at == len(p.lines) {
			return "", p.fail(from, "this text is not closed: its ''' is missing")
		}
		lines = append(lines, p.lines[p.at])
	}
	for i, line := range lines[1:] {
		cut := min(len(line), len(indent))
		lines[i+1] = strings.TrimLeft(line[:cut], " \t") + line[cut:]
	}
	return strings.TrimSpace(strings.Join(lines, "\n")), nil
}

// field is a name and a value of a request.
type field struct {
	name, value string
	at          importer.Place
	off         bool
	file        bool
	inPath      bool
}

// fields are the pairs of a block.
func (b block) fields() []field {
	all := make([]field, 0, len(b.pairs))
	for _, p := range b.pairs {
		value := contentType.ReplaceAllString(p.value, "")
		all = append(all, field{
			name: p.name, value: value, off: p.off, at: importer.Place{Line: p.line, Path: b.name},
			file: strings.HasPrefix(value, "@file("), inPath: b.name == "params:path",
		})
	}
	return all
}

// values are the pairs of a block by their names.
func (b block) values() map[string]string {
	all := map[string]string{}
	for _, p := range b.pairs {
		if !p.off {
			all[importer.Name(p.name)] = p.value
		}
	}
	return all
}

func find(blocks []block, names ...string) (b block, found bool) {
	i := slices.IndexFunc(blocks, func(b block) bool { return slices.Contains(names, b.name) })
	if i < 0 {
		return b, false
	}
	return blocks[i], true
}

func inner(pairs []pair, name string) pair {
	for _, p := range pairs {
		if p.name == name {
			return p
		}
	}
	return pair{}
}
