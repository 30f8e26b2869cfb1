// Package script recognises the few lines of the scripts of collections that take a value
// out of an answer. It runs nothing and knows no JavaScript: a line is of a form that it
// knows, or it is not.
package script

import (
	"regexp"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// The bounds.
const (
	mostNames   = 100
	longestLine = 2_000 // bytes of one that is looked at
)

// Dialect is how one program's scripts say it.
type Dialect struct {
	Set     *regexp.Regexp // keeps a value; groups 2 and 3 are the name and what it is made of
	Body    *regexp.Regexp // begins an expression that is the decoded body
	Headers *regexp.Regexp // a header of the answer; the group that is there is its name
	Cookies *regexp.Regexp // a cookie of the answer; nil where there is none
}

var (
	assigned = regexp.MustCompile(`^(?:(?:const|let|var)\s+)?([A-Za-z_$][A-Za-z0-9_$]*)\s*=\s*([^=].*)$`)
	member   = regexp.MustCompile(`^(?:\??\.([A-Za-z_$][A-Za-z0-9_$]*)|(?:\?\.)?\[\s*(?:"([^"]*)"|'([^']*)'|(\d{1,6}))\s*\])`)
)

// Read gives what lines keep, how many others there are and which of them is the first.
func (d Dialect) Read(lines []string) (kept []importer.Kept, others, first int) {
	r := reading{Dialect: d, places: map[string]string{}}
	for i, line := range lines {
		understood := len(line) <= longestLine || blank(line[:longestLine])
		for _, statement := range statements(line) {
			understood = understood && r.statement(statement)
		}
		if understood {
			continue
		}
		if others++; others == 1 {
			first = i
		}
	}
	return r.kept, others, first
}

// Place gives where in the answer the value of an expression stands; "" for nowhere that
// a contract can name.
func (d Dialect) Place(expression string) string {
	if len(expression) > longestLine {
		return ""
	}
	place, ok := d.place(strings.TrimSpace(expression), nil)
	if !ok {
		return ""
	}
	return place
}

// Lines counts the lines that say something.
func Lines(lines []string) (n int) {
	for _, line := range lines {
		if len(statements(line)) > 0 {
			n++
		}
	}
	return n
}

// reading is what is known of a script up to a line.
type reading struct {
	Dialect
	places map[string]string // of names that stand for a part of the answer
	kept   []importer.Kept
}

// statement tells whether it is understood.
func (r *reading) statement(text string) bool {
	if set := r.Set.FindStringSubmatch(text); set != nil {
		from, ok := r.place(strings.TrimSpace(set[3]), r.places)
		name := importer.Name(set[2])
		if !ok || name == "" || from == "" || len(r.kept) == mostNames {
			return false
		}
		if !slices.ContainsFunc(r.kept, func(k importer.Kept) bool { return k.Variable == name }) {
			r.kept = append(r.kept, importer.Kept{Variable: name, From: from})
		}
		return true
	}
	set := assigned.FindStringSubmatch(text)
	if set == nil || len(r.places) == mostNames {
		return false
	}
	from, ok := r.place(strings.TrimSpace(set[2]), r.places)
	if ok {
		r.places[set[1]] = from
	}
	return ok
}

// statements cuts a line at the semicolons that stand in no text, and leaves out what
// says nothing.
func statements(line string) (all []string) {
	line = line[:min(len(line), longestLine)]
	add := func(text string) {
		if !blank(text) {
			all = append(all, strings.TrimSpace(text))
		}
	}
	from, quote := 0, byte(0)
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case c == '/' && strings.HasPrefix(line[i:], "//"):
			add(line[from:i])
			return all
		case c == ';':
			add(line[from:i])
			from = i + 1
		}
	}
	add(line[from:])
	return all
}

// blank tells whether nothing but brackets stands in a text, such as those behind a
// function.
func blank(text string) bool { return strings.Trim(text, " \t\r{}();") == "" }

// place gives where in the answer the value of an expression stands.
func (d Dialect) place(expression string, places map[string]string) (place string, ok bool) {
	if m := d.Headers.FindStringSubmatch(expression); m != nil {
		return string(loginwatch.HeaderPlace(strings.Join(m[1:], ""))), true
	}
	if d.Cookies != nil {
		if m := d.Cookies.FindStringSubmatch(expression); m != nil {
			return string(loginwatch.CookiePlace(strings.Join(m[1:], ""))), true
		}
	}
	rest := ""
	if body := d.Body.FindString(expression); body != "" {
		rest = expression[len(body):]
	} else {
		end := strings.IndexAny(expression, ".[?")
		if end < 0 {
			end = len(expression)
		}
		base, known := places[expression[:end]]
		if !known || base != "" && base[0] != '/' && end < len(expression) {
			return "", false
		}
		place, rest = base, expression[end:]
	}
	for rest != "" {
		m := member.FindStringSubmatch(rest)
		if m == nil {
			return "", false
		}
		place = tree.JoinPointer(place, m[1]+m[2]+m[3]+m[4])
		rest = rest[len(m[0]):]
	}
	return place, true
}
