package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// notices writes the terms of all that a release has of others, as paragraphs of Debian's form
// (debian.org/doc/packaging-manuals/copyright-format/1.0): each text once, in the order of the
// modules. With debian the texts that every Debian system has are named instead, as Debian's
// policy (12.5) asks for.
func notices(repo string, debian bool, w io.Writer) error {
	modules := map[string]module{}
	for _, b := range builds {
		if !b.released {
			continue
		}
		of, err := modulesOf(repo, b)
		if err != nil {
			return err
		}
		for name, m := range of {
			m.dirs = append(m.dirs, modules[name].dirs...)
			modules[name] = m
		}
	}
	paragraphs, err := paragraphsOf(modules)
	if err != nil {
		return err
	}
	for _, p := range paragraphs {
		if _, err := io.WriteString(w, "\n"+p.write(debian)); err != nil {
			return err
		}
	}
	return nil
}

// paragraph is a text, and all that it is for.
type paragraph struct {
	text
	files []string
}

// paragraphsOf gives each text once. Those that differ in where their lines break are the same.
func paragraphsOf(modules map[string]module) ([]paragraph, error) {
	byWords := map[string]paragraph{}
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		m := modules[name]
		slices.Sort(m.dirs)
		texts, err := judged(slices.Compact(m.dirs))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, t := range texts {
			below, err := filepath.Rel(m.root, t.dir)
			if err != nil {
				return nil, err
			}
			words := strings.Join(strings.Fields(t.content), " ")
			p, known := byWords[words]
			if !known {
				p.text = t
			}
			p.files = append(p.files, strings.ReplaceAll(name+"/"+filepath.ToSlash(below)+"/*", "/./", "/"))
			byWords[words] = p
		}
	}
	return slices.SortedFunc(maps.Values(byWords), func(a, b paragraph) int {
		return cmp.Or(slices.Compare(a.files, b.files), cmp.Compare(a.name, b.name))
	}), nil
}

// common are the licences whose text is on every Debian system, in /usr/share/common-licenses.
var common = []string{"Apache-2.0", "MPL-2.0"}

// write gives a paragraph. A field is one line, or goes on in lines that begin with a blank,
// of which an empty one has a full stop.
func (p paragraph) write(debian bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Files: %s\nCopyright: %s\nLicense: %s\n", strings.Join(p.files, "\n "), strings.Join(p.holders(), "\n "),
		cmp.Or(strings.Join(p.licences, " and "), "NOTICE"))
	content := p.content
	if debian && len(p.licences) > 0 { // notices stay as they are
		content = shortened(content)
	}
	for line := range strings.Lines(strings.Trim(content, "\r\n")) {
		b.WriteString(" " + cmp.Or(strings.TrimRight(line, " \t\r\n\f"), ".") + "\n")
	}
	return b.String()
}

// shortened says where on a Debian system a licence is, in the place of its text.
func shortened(content string) string {
	matches := licensecheck.Scan([]byte(content)).Match
	for _, m := range slices.Backward(matches) {
		if slices.Contains(common, m.ID) && !m.IsURL {
			content = content[:m.Start] + "On Debian systems the full text is in /usr/share/common-licenses/" + m.ID + ".\n" + content[m.End:]
		}
	}
	return content
}

// claim is a line that says whose something is, and not one that speaks of such lines.
var claim = regexp.MustCompile(`(?im)^\W*(?:portions )?copyright\s+((?:\(c\)|©|\d{4}).*?)\s*$`)

// holders says who has the rights, as the text does, each claim once.
func (p paragraph) holders() (holders []string) {
	for _, m := range claim.FindAllStringSubmatch(p.content, -1) {
		if !slices.Contains(holders, m[1]) {
			holders = append(holders, m[1])
		}
	}
	switch {
	case len(holders) > 0:
		return holders
	case slices.Equal(p.licences, []string{publicDomain}):
		return []string{"none"}
	}
	return []string{"the authors of these files"}
}
