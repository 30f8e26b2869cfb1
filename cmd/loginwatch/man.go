package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

type manCmd struct {
	Dir  string `arg:"" help:"The folder to write them into."`
	Date string `required:"" help:"The date that they bear, as 2026-11-27." placeholder:"DATE"`
}

// Run writes a manual page for the program and one for each verb, of what --help says.
func (m manCmd) Run(parsed *kong.Context) error {
	root := parsed.Model.Node
	pages := map[string]string{root.Name: m.program(root)}
	for _, verb := range shown(root) {
		pages[root.Name+"-"+verb.Name] = m.verb(root, verb)
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(m.Dir, name+".1"), []byte(text), 0o644); err != nil {
			return ours(err)
		}
	}
	return nil
}

func shown(node *kong.Node) []*kong.Node {
	return slices.DeleteFunc(slices.Clone(node.Children), func(n *kong.Node) bool { return n.Hidden })
}

func (m manCmd) head(name, says string) *roff {
	v, _ := buildVersion()
	r := &roff{}
	fmt.Fprintf(r, ".TH %s 1 %s %q %q\n", strings.ToUpper(name), m.Date, "loginwatch "+v, "loginwatch")
	r.macro("SH", "NAME")
	r.text(name + " - " + strings.ToLower(says[:1]) + strings.TrimSuffix(says[1:], "."))
	r.macro("SH", "SYNOPSIS")
	return r
}

func (m manCmd) program(root *kong.Node) string {
	r := m.head(root.Name, root.Help)
	r.macro("B", root.Name+" VERB")
	r.macro("SH", "VERBS")
	for _, verb := range shown(root) {
		r.item(verb.Name, verb.Help+" See "+root.Name+"-"+verb.Name+"(1).")
	}
	r.macro("SH", "FILES")
	r.item(defaultConfig, "The configuration, in the working directory.")
	r.macro("SH", "EXIT STATUS")
	for _, code := range [][2]string{
		{"0", "All as documented."},
		{"1", "A breaking finding: a consumer written to the document would fail."},
		{"2", "Wrong usage."},
		{"3", "The vendor was unavailable, limited our rate or refused the credential; of sla: a promise was not kept."},
		{"4", "Our side is wrong: contract, configuration, a missing secret; or nothing ran, or not to its end."},
	} {
		r.item(code[0], code[1])
	}
	return r.String()
}

func (m manCmd) verb(root, verb *kong.Node) string {
	r := m.head(root.Name+"-"+verb.Name, verb.Help)
	for i, leaf := range verb.Leaves(true) {
		if i > 0 {
			r.macro("br")
		}
		r.macro("B", leaf.FullPath()+strings.TrimPrefix(leaf.Summary(), leaf.Path()))
	}
	if verb.Leaf() {
		r.macro("B", strings.TrimSpace(root.Name+" "+verb.Summary()))
		m.details(r, verb)
		return r.after(root)
	}
	for _, leaf := range verb.Leaves(true) {
		r.macro("SH", strings.ToUpper(strings.TrimPrefix(leaf.FullPath(), root.Name+" ")))
		r.text(leaf.Help)
		m.details(r, leaf)
	}
	return r.after(root)
}

// details tells of the arguments and flags of a verb.
func (m manCmd) details(r *roff, verb *kong.Node) {
	heading := "SH"
	if verb.Depth() > 1 {
		heading = "SS"
	}
	if len(verb.Positional) > 0 {
		r.macro(heading, "ARGUMENTS")
		for _, p := range verb.Positional {
			r.item(p.Summary(), p.Help)
		}
	}
	r.macro(heading, "OPTIONS")
	for _, group := range verb.AllFlags(true) {
		for _, f := range group {
			r.item(f.String(), f.Help)
		}
	}
}

// roff is a page in the making, of man(7) macros alone.
type roff struct{ strings.Builder }

func (r *roff) macro(name string, args ...string) {
	r.WriteString("." + name)
	for _, a := range args {
		r.WriteString(` "` + strings.ReplaceAll(escaped(a), `"`, `\(dq`) + `"`)
	}
	r.WriteByte('\n')
}

func (r *roff) text(words string) {
	// A line that begins with one of these would be a macro.
	if words = escaped(words); strings.HasPrefix(words, ".") || strings.HasPrefix(words, "'") {
		words = `\&` + words
	}
	r.WriteString(words + "\n")
}

func (r *roff) item(term, words string) {
	r.macro("TP")
	r.macro("B", term)
	r.text(words)
}

func (r *roff) after(root *kong.Node) string {
	r.macro("SH", "SEE ALSO")
	r.text(fmt.Sprintf("%s(1)", root.Name))
	return r.String()
}

func escaped(words string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(words)
}
